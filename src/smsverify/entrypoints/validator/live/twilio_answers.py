"""What Twilio's API answers to a question of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import attrs
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]

from smsverify.adapters.twilio.http_client import TransportError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from twilio.rest import Client  # type: ignore[import-untyped]

    from smsverify.adapters.twilio.client import TwilioApi
    from smsverify.settings import Settings

T = TypeVar("T")

CALL_SECONDS: Final = 8.0
NOT_FOUND: Final = 404
REFUSED: Final = (401, 403)


class Unreachable(Exception):
    """Twilio did not answer, or not as Twilio does."""


@attrs.frozen
class Refusal:
    """
    Twilio said no.

    Attributes:
        status: the HTTP status.
    """

    status: int

    @property
    def of_credentials(self) -> bool:
        """Whether it did not let us in."""
        return self.status in REFUSED


def api_of(settings: Settings) -> TwilioApi:
    """Return the way to Twilio that these settings describe; they must be whole."""
    from smsverify.container import Container

    api: TwilioApi = Container(settings=settings).twilio_api()
    return api


async def ask(api: TwilioApi, question: Callable[[Client], Awaitable[T]]) -> T | Refusal:
    """
    Ask one question, and return the answer or that it was refused.

    Raises:
        Unreachable: there was no answer, or one that only a fault gives.
    """
    call = api.call(CALL_SECONDS)
    try:
        return await question(call.client)
    except TransportError:
        trouble = "no answer came"
    except (TwilioException, ValueError, KeyError, TypeError):
        # Bodies that are not what the SDK expects raise about anything.
        status = call.exchange.status
        if status is not None and 400 <= status < 500:  # noqa: PLR2004 - a refusal, by HTTP
            return Refusal(status)
        trouble = f"it answered with HTTP status {status}"
    raise Unreachable(trouble)

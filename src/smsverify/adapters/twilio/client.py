"""The account at Twilio, and the SDK's client for one call to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import attrs
from twilio.rest import (  # type: ignore[import-untyped]
    Client,
    api,  # noqa: F401 - the SDK would load it in the middle of the first send
    pricing,  # noqa: F401 - the same
)

from smsverify.adapters.event_loops import PerLoop
from smsverify.adapters.twilio.http_client import HttpClient
from smsverify.adapters.twilio.sessions import abandon_session, close_session, open_session

if TYPE_CHECKING:
    from smsverify.adapters.twilio.sessions import Exchange

NOTHING_FROM_OUTSIDE: Final = {"-": ""}
"""
Stands in for the environment, where the SDK would look for credentials, edge and region.

It must not be empty, or the SDK would look outside after all.
"""


def _mask_sid(sid: str) -> str:
    return f"{sid[:2]}***{sid[-4:]}"


@attrs.frozen
class Credentials:
    """
    How we sign in.

    Attributes:
        account_sid: the account that messages are sent through.
        username: the account again, or an API key's SID.
        password: the account's token, or the API key's secret; never shown.
    """

    account_sid: str = attrs.field(repr=_mask_sid)
    username: str = attrs.field(repr=_mask_sid)
    password: str = attrs.field(repr=False)


@attrs.frozen
class Call:
    """
    One call to Twilio; several requests when it reads page after page.

    Attributes:
        client: the SDK's client, good for this call only.
    """

    client: Client = attrs.field(repr=False)

    @property
    def exchange(self) -> Exchange:
        """What is known of the latest request."""
        exchange: Exchange = self.client.http_client.exchange
        return exchange


class TwilioApi:
    """
    The way to Twilio's API for all adapters here; one object serves all event loops.

    ``base_url`` takes the place of every host of Twilio's.
    """

    def __init__(self, credentials: Credentials, base_url: str | None = None) -> None:
        self._credentials = credentials
        self._base_url = base_url
        self._sessions = PerLoop(open_session, close=close_session, abandon=abandon_session)

    def call(self, seconds: float) -> Call:
        """
        Return a client for one call that takes at most ``seconds`` from now; needs a running loop.

        A client is a few microseconds' work. Each call has its own, so that nothing of a request
        outlives it and no call sees another's answer.
        """
        ends = asyncio.get_running_loop().time() + seconds
        http = HttpClient(self._sessions.get(), base_url=self._base_url, ends=ends)
        client = Client(
            self._credentials.username,
            self._credentials.password,
            account_sid=self._credentials.account_sid,
            http_client=http,
            environment=NOTHING_FROM_OUTSIDE,
        )
        return Call(client)

    async def close(self) -> None:
        """Give back connections; the object can be used again afterwards."""
        await self._sessions.close()

    def __repr__(self) -> str:
        """Show the account, masked, and nothing secret."""
        return f"<TwilioApi {self._credentials!r}>"

"""What the provider billed, which it tells long after the message went out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from smsverify.errors import SmsVerifyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from smsverify.domain.periods import Millis


class BillingUnavailable(SmsVerifyError):
    """The provider's records could not be read to their end; the message says what to look at."""


@attrs.frozen
class Bill:
    """
    One message that the account sent.

    Attributes:
        country: ISO code of the recipient's country.
        segments: how many were billed.
        amount: micro-dollars for all of them, None when the provider does not know it yet.
    """

    country: str
    segments: int
    amount: int | None


class Billing(Protocol):
    """Reads what the account's messages of a day cost."""

    def bills(self, day: Millis) -> AsyncIterator[Bill]:
        """
        Give the messages of the UTC day of a time, in any order; those of other programs too.

        Raises :class:`BillingUnavailable`, also in the middle.
        """
        ...

"""What messages really cost, from Twilio's records of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from smsverify.adapters.twilio.price_list import read_amount
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.ports.billing import Bill, BillingUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from smsverify.adapters.twilio.client import TwilioApi
    from smsverify.domain.periods import Millis

LISTING_SECONDS: Final = 600.0
"""For all pages; a page takes about a second."""
PAGE: Final = 1000
"""Messages on a page: the most that Twilio gives at once."""


class TwilioBilling:
    """The account's Messages list; implements :class:`~smsverify.ports.billing.Billing`."""

    def __init__(self, api: TwilioApi) -> None:
        self._api = api

    async def bills(self, day: Millis) -> AsyncIterator[Bill]:
        """Give a day's messages; see :class:`~smsverify.ports.billing.Billing`."""
        date = datetime.fromtimestamp(day / 1000, UTC).date()
        call = self._api.call(LISTING_SECONDS)
        try:
            listed = await call.client.messages.stream_async(date_sent=date, page_size=PAGE)
            async for message in listed:
                bill = _read(message)
                if bill is not None:
                    yield bill
        except Exception as trouble:  # noqa: BLE001 - a garbled answer makes the SDK raise anything
            status = call.exchange.status
            answer = "gave no answer" if status is None else f"answered {status}"
            reason = f"Twilio's records of messages could not be read: it {answer}"
            raise BillingUnavailable(
                f"{reason} ({type(trouble).__name__}). Check the credentials with smsverify "
                "validate, then try again."
            ) from None


def _read(message: Any) -> Bill | None:
    """Return a message's bill; None for one that came in, or went to no phone number."""
    if not str(message.direction).startswith("outbound"):
        return None
    recipient = parse_phone(message.to)
    segments = str(message.num_segments)
    if not isinstance(recipient, PhoneNumber) or not segments.isdecimal() or not int(segments):
        return None
    return Bill(recipient.region, int(segments), read_amount(message.price, message.price_unit))

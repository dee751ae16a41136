"""The account's own numbers, for operators who name none."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from smsverify.adapters.twilio.turns import turns
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.domain.senders import Sender

if TYPE_CHECKING:
    from smsverify.adapters.twilio.client import TwilioApi
    from smsverify.ports.clock import Clock

REFRESH_SECONDS: Final = 600.0
"""How long a list of numbers is used: numbers are bought and sold by people."""
RETRY_SECONDS: Final = 30.0
"""How long a failed reading, or one that found no number, is not repeated."""
CALL_SECONDS: Final = 5.0
PAGE: Final = 1000
"""Numbers on a page: the most that Twilio gives at once."""

_log = logging.getLogger("smsverify.twilio")


class TwilioSenders:
    """
    The account's numbers that can send SMS.

    Implements :class:`~smsverify.ports.senders.SenderDirectory`. Of many that ask at once one reads
    the list; the others wait for the first one, and later use the last one meanwhile.
    """

    def __init__(self, api: TwilioApi, *, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._turns = turns(1)
        self._senders: tuple[Sender, ...] = ()
        self._next_reading = float("-inf")

    async def senders(self) -> tuple[Sender, ...]:
        """Return the numbers in a stable order; an outage gives the last list, empty at first."""
        if self._is_due():
            if self._senders:
                await self._read_again()
            else:
                async with self._turns.get():
                    if self._is_due():
                        await self._read_again()
        return self._senders

    def _is_due(self) -> bool:
        return self._clock.monotonic() >= self._next_reading

    async def _read_again(self) -> None:
        if self._senders:
            self._next_reading = self._clock.monotonic() + RETRY_SECONDS
        try:
            async with asyncio.timeout(CALL_SECONDS):
                self._senders = await self._read()
        except Exception as trouble:  # noqa: BLE001 - a garbled answer makes the SDK raise anything
            _log.debug("Twilio's list of numbers could not be read: %s", type(trouble).__name__)
            pause = RETRY_SECONDS
        else:
            pause = REFRESH_SECONDS if self._senders else RETRY_SECONDS
        self._next_reading = self._clock.monotonic() + pause

    async def _read(self) -> tuple[Sender, ...]:
        client = self._api.call(CALL_SECONDS).client
        listed = await client.incoming_phone_numbers.list_async(page_size=PAGE)
        able = [one.phone_number for one in listed if (one.capabilities or {}).get("sms")]
        numbers = (parse_phone(address) for address in sorted(filter(None, able)))
        return tuple(
            Sender(number.e164, number.region, number.area_code)
            for number in numbers
            if isinstance(number, PhoneNumber)
        )

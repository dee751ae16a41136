"""
What a segment costs: the operator's prices, Twilio's own list, and estimates when it is not heard.

Twilio's prices are kept in the store for the UTC day, as a group of counters by country, so that a
deployment asks once a day and country, whatever the number of its processes. An addition whose
ceiling is the price itself is made once: of two processes that found it, the second adds nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

import attrs

from smsverify.adapters.twilio.price_list import dearest_price
from smsverify.adapters.twilio.turns import turns
from smsverify.domain.counters import Add
from smsverify.domain.periods import DAY, SECOND, day_name, end_of_day
from smsverify.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from smsverify.adapters.twilio.client import TwilioApi
    from smsverify.domain.cost import Tariff
    from smsverify.domain.periods import Millis
    from smsverify.ports.clock import Clock
    from smsverify.ports.prices import PriceSource
    from smsverify.ports.store import Store

LOOK_SECONDS: Final = 1.0
"""How long a send may wait for a price, store and Twilio together."""
SHORTEST_LOOK: Final = 0.5
"""What must be left of that for asking to be worth it, after waiting for one's turn."""
RETRY_SECONDS: Final = 60.0
"""How long nobody is asked again after Twilio did not answer."""
HOUR_SECONDS: Final = 3600.0
"""How long a price serves that could not be stored, and for how long a missing one is missing."""

_NOT_FOUND: Final = 404
_log = logging.getLogger("smsverify.twilio")


@attrs.frozen
class _Known:
    """A tariff that has a country's price, and until when it serves, by the monotonic clock."""

    tariff: Tariff
    until: float


@attrs.frozen
class _Day:
    """What is stored: the day's list and the day before's, and the store's time if it answered."""

    now: Millis | None = None
    prices: Mapping[str, int] = attrs.field(factory=dict)
    older: Mapping[str, int] = attrs.field(factory=dict)

    @property
    def left(self) -> float:
        """The seconds for which a price of today serves."""
        return HOUR_SECONDS if self.now is None else (end_of_day(self.now) - self.now) / SECOND


def list_key(now: Millis) -> str:
    """Return the key of the day's list: micro-dollars a segment by country."""
    return f"prices:{day_name(now)}"


class TwilioPrices:
    """
    Twilio's price list; implements :class:`~smsverify.ports.prices.PriceSource`.

    ``own`` are the countries with a price of the operator's, for which nobody is asked;
    ``otherwise`` has those prices, and the estimates for what Twilio does not tell.
    """

    def __init__(
        self,
        api: TwilioApi,
        *,
        own: Collection[str],
        otherwise: PriceSource,
        store: Store,
        clock: Clock,
    ) -> None:
        self._api = api
        self._own = own
        self._otherwise = otherwise
        self._store = store
        self._clock = clock
        self._turns = turns(1)
        self._known: dict[str, _Known] = {}
        self._silent_until = float("-inf")

    async def tariff(self, country: str) -> Tariff:
        """Return a tariff with the country's price; waits a second at most, and never raises."""
        known = self._known.get(country)
        if known is not None and self._clock.monotonic() < known.until:
            return known.tariff
        base = known.tariff if known is not None else await self._otherwise.tariff(country)
        if country in self._own or self._is_silent():
            return base
        began = False
        try:
            async with asyncio.timeout(LOOK_SECONDS) as time, self._turns.get():
                began = _left(time) >= SHORTEST_LOOK
                if began:
                    await self._look_up(country, base)
        except TimeoutError:
            if began:
                self._fall_silent()
        known = self._known.get(country)
        return base if known is None else known.tariff

    def _is_silent(self) -> bool:
        return self._clock.monotonic() < self._silent_until

    def _fall_silent(self) -> None:
        self._silent_until = self._clock.monotonic() + RETRY_SECONDS

    async def _look_up(self, country: str, base: Tariff) -> None:
        known = self._known.get(country)
        if self._is_silent() or (known is not None and self._clock.monotonic() < known.until):
            return  # whoever had the turn before has found it, or found nobody
        day = await self._read_day()
        if country in day.older:
            base = self._remember(country, base.with_prices({country: day.older[country]}), 0)
        price = day.prices.get(country)
        if price is None:
            try:
                price = await self._ask(country)
            except Exception as trouble:  # noqa: BLE001 - a garbled answer makes the SDK raise anything
                _log.debug("Twilio's prices could not be read: %s", type(trouble).__name__)
                self._fall_silent()
                return
        if price is None:
            self._remember(country, base, HOUR_SECONDS)
            return
        self._remember(country, base.with_prices({country: price}), day.left)
        if country not in day.prices and day.now is not None:
            await self._store_price(country, price, day.now)

    def _remember(self, country: str, tariff: Tariff, seconds: float) -> Tariff:
        self._known[country] = _Known(tariff, self._clock.monotonic() + seconds)
        return tariff

    async def _read_day(self) -> _Day:
        guess = self._clock.wall()
        try:
            loaded = await self._store.load((), (list_key(guess), list_key(guess - DAY)))
        except StoreError:
            return _Day()
        if list_key(loaded.now) != list_key(guess):
            return _Day(loaded.now)
        return _Day(loaded.now, *loaded.counters)

    async def _ask(self, country: str) -> int | None:
        """Return Twilio's price, None when it has none for the country; raises anything."""
        call = self._api.call(LOOK_SECONDS)
        try:
            listed = await call.client.pricing.v1.messaging.countries(country).fetch_async()
        except Exception:
            if call.exchange.status == _NOT_FOUND:
                return None
            raise
        return dearest_price(listed.outbound_sms_prices, listed.price_unit)

    async def _store_price(self, country: str, price: int, now: Millis) -> None:
        add = Add(list_key(now), country, price, price, end_of_day(now) + DAY)
        with contextlib.suppress(StoreError):
            await self._store.commit((), (add,), now)


def _left(time: asyncio.Timeout) -> float:
    ends = time.when()
    return 0.0 if ends is None else ends - asyncio.get_running_loop().time()

"""
Were yesterday's estimates high enough? The budget counts estimates, and the bill comes later.

What was charged is in the day's counters, which are kept three days; what it cost is in the
provider's records, which hold every message of the account, those of other programs too.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs

from smsverify.application.silence import silence_of
from smsverify.domain import counters
from smsverify.domain.periods import DAY
from smsverify.ports.store import STORE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsverify.domain.periods import Millis
    from smsverify.ports.billing import Bill, Billing
    from smsverify.ports.prices import PriceSource
    from smsverify.ports.store import Store


@attrs.frozen
class CountryBill:
    """
    One country's day; money in micro-dollars.

    Attributes:
        sends: messages that we were admitted to send.
        charged: what they were charged under the day's ceiling, returned charges left out.
        messages: the account's messages that are billed by now, of all its programs.
        segments: of these messages.
        billed: what they cost.
        waiting: messages whose price the provider does not know yet.
        price: what a segment is charged at present.
        dearest: what a segment cost at most, rounded up; 0 when nothing is billed.
    """

    sends: int = 0
    charged: int = 0
    messages: int = 0
    segments: int = 0
    billed: int = 0
    waiting: int = 0
    price: int = 0
    dearest: int = 0

    @property
    def too_low(self) -> bool:
        """Whether a message cost more than it would be charged now."""
        return self.dearest > self.price

    def with_bill(self, bill: Bill) -> CountryBill:
        """Return this with one more message of the account's."""
        if bill.amount is None:
            return attrs.evolve(self, waiting=self.waiting + 1)
        return attrs.evolve(
            self,
            messages=self.messages + 1,
            segments=self.segments + bill.segments,
            billed=self.billed + bill.amount,
            dearest=max(self.dearest, -(-bill.amount // bill.segments)),
        )


@attrs.frozen
class PriceReport:
    """
    What came of a check.

    Attributes:
        day: a time in the UTC day that was looked at, the one before today.
        countries: by ISO code, in its order.
    """

    day: Millis
    countries: Mapping[str, CountryBill]


class CheckPrices:
    """Compares yesterday's estimates with the provider's records."""

    def __init__(self, *, store: Store, prices: PriceSource, billing: Billing) -> None:
        self._store = store
        self._prices = prices
        self._billing = billing

    async def __call__(self) -> PriceReport:
        """
        Read both and compare; takes a second for some thousand messages.

        Raises a :class:`~smsverify.errors.StoreError` or a
        :class:`~smsverify.ports.billing.BillingUnavailable`.
        """
        day, counted = await self._yesterday()
        countries = {
            country: CountryBill(
                sends=counted.get(counters.of_country(counters.SENDS, country), 0),
                charged=counted.get(counters.of_country(counters.SPENT, country), 0),
            )
            for country in _countries(counted)
        }
        async for bill in self._billing.bills(day):
            countries[bill.country] = countries.get(bill.country, CountryBill()).with_bill(bill)
        for country, found in countries.items():
            tariff = await self._prices.tariff(country)
            countries[country] = attrs.evolve(found, price=tariff.price(country))
        return PriceReport(day, dict(sorted(countries.items())))

    async def _yesterday(self) -> tuple[Millis, Mapping[str, int]]:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                now = (await self._store.load(())).now
                loaded = await self._store.load((), (counters.day_key(now - DAY),))
        except TimeoutError as error:
            raise silence_of(self._store) from error
        return now - DAY, loaded.counters[0]


def _countries(counted: Mapping[str, int]) -> set[str]:
    """Return the countries that were sent to."""
    start = counters.of_country(counters.SENDS, "")
    return {field.removeprefix(start) for field in counted if field.startswith(start)}

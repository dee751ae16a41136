"""Yesterday's estimates against what was billed: country by country, and which are too low."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from smsverify.adapters.memory.store import MemoryStore
from smsverify.application.price_check import CheckPrices, CountryBill
from smsverify.domain import counters
from smsverify.domain.cost import Tariff
from smsverify.errors import StoreUnavailable
from smsverify.ports.billing import Bill, BillingUnavailable
from smsverify.testing import FailsAt, ManualClock
from smsverify.testing.clock import NOON
from tests.unit.application.test_commit_loop import Hangs
from tests.unit.virtual_time import LoopClock, run_virtually

DAY = 24 * 3600
PRICES = {"US": 8_300, "GB": 55_000}


class Provider:
    """Bills what a test says; notes which day it was asked for."""

    def __init__(self, *bills: Bill, trouble: Exception | None = None) -> None:
        self.days: list[str] = []
        self._bills = bills
        self._trouble = trouble

    async def bills(self, day: int) -> AsyncIterator[Bill]:
        """Give the bills, then the trouble."""
        self.days.append(dt.datetime.fromtimestamp(day / 1000, dt.UTC).date().isoformat())
        for bill in self._bills:
            yield bill
        if self._trouble is not None:
            raise self._trouble


class Prices:
    """Has the prices above; like the provider's list, it is asked for one country at a time."""

    async def tariff(self, country: str) -> Tariff:
        """Return the country's price, the highest above for one that is not there."""
        return Tariff({country: PRICES.get(country, max(PRICES.values())), "any other": 99_000})


async def charge(store: MemoryStore, clock: ManualClock, country: str, *amounts: int) -> None:
    """Count sends as admission does."""
    now = clock.wall()
    for amount in amounts:
        sends = counters.add_to_day(now, counters.of_country(counters.SENDS, country))
        spent = counters.add_to_day(now, counters.of_country(counters.SPENT, country), amount)
        await store.commit((), (sends, spent), now)


async def check(provider: Provider, **yesterday: tuple[int, ...]) -> Any:
    """Charge sends, let the day pass, and check."""
    clock = ManualClock()
    store = MemoryStore(clock, "test:")
    for country, amounts in yesterday.items():
        await charge(store, clock, country, *amounts)
    clock.advance(DAY)
    await charge(store, clock, "FR", 99)
    return await CheckPrices(store=store, prices=Prices(), billing=provider)()


async def test_a_country_is_compared() -> None:
    """What was charged yesterday stands beside what the provider billed for the same day."""
    provider = Provider(Bill("US", 1, 8_300), Bill("US", 2, 16_000), Bill("US", 1, None))

    report = await check(provider, US=(8_300, 16_600, 8_300))

    assert provider.days == ["2050-01-01"]
    assert report.day == NOON
    assert report.countries == {
        "US": CountryBill(
            sends=3,
            charged=33_200,
            messages=2,
            segments=3,
            billed=24_300,
            waiting=1,
            price=8_300,
            dearest=8_300,
        )
    }


@pytest.mark.parametrize(
    ("segments", "amount", "too_low"),
    [(1, 8_300, False), (1, 8_301, True), (3, 24_900, False), (3, 24_901, True), (1, None, False)],
)
async def test_a_price_that_is_too_low(segments: int, amount: int | None, too_low: bool) -> None:
    """One message that cost more a segment than is charged is enough."""
    report = await check(Provider(Bill("US", 1, 100), Bill("US", segments, amount)), US=(8_300,))

    assert report.countries["US"].too_low is too_low


async def test_the_dearest_segment_is_rounded_up() -> None:
    """A part of a micro-dollar counts as a whole one, and money stays a whole number."""
    report = await check(Provider(Bill("US", 3, 24_901)))

    assert report.countries["US"].dearest == 8_301
    assert isinstance(report.countries["US"].dearest, int)


async def test_sends_that_were_charged_nothing() -> None:
    """Where a day's sends have no charge beside them, nothing was charged."""
    clock = ManualClock()
    store = MemoryStore(clock, "test:")
    sends = counters.add_to_day(NOON, counters.of_country(counters.SENDS, "US"))
    await store.commit((), (sends,), NOON)
    clock.advance(DAY)

    report = await CheckPrices(store=store, prices=Prices(), billing=Provider())()

    assert report.countries == {"US": CountryBill(sends=1, charged=0, price=8_300)}


async def test_each_side_alone() -> None:
    """Countries that only we sent to, and that only others' programs did, are both there."""
    report = await check(Provider(Bill("GB", 1, 60_000)), US=(8_300,), DE=(1,))

    assert list(report.countries) == ["DE", "GB", "US"]
    assert report.countries["GB"].too_low
    assert (report.countries["GB"].sends, report.countries["GB"].charged) == (0, 0)
    assert (report.countries["US"].messages, report.countries["US"].dearest) == (0, 0)
    assert report.countries["DE"].price == 55_000


async def test_nothing_to_compare() -> None:
    """A day without messages is an empty report."""
    assert (await check(Provider())).countries == {}


async def test_records_that_end_in_the_middle() -> None:
    """Half of the records would name too few prices: the trouble is told instead."""
    with pytest.raises(BillingUnavailable):
        await check(Provider(Bill("US", 1, 1), trouble=BillingUnavailable("gone")))


async def test_the_store_away() -> None:
    """Without the counters there is nothing to compare."""
    store = FailsAt(MemoryStore(ManualClock(), "test:"), range(9))
    with pytest.raises(StoreUnavailable):
        await CheckPrices(store=store, prices=Prices(), billing=Provider())()


def test_a_silent_store() -> None:
    """It is waited for two seconds."""

    async def ask() -> str:
        store = Hangs(MemoryStore(LoopClock(), "test:"))
        with pytest.raises(StoreUnavailable) as caught:
            await CheckPrices(store=store, prices=Prices(), billing=Provider())()
        return str(caught.value)

    told, seconds = run_virtually(ask())
    assert "did not answer within 2 seconds" in told
    assert seconds == 2.0

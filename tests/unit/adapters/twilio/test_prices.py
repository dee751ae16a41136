"""Twilio's prices: asked for once a day and country, never for long, and never a lower guess."""

from __future__ import annotations

import asyncio
import functools
from types import SimpleNamespace
from typing import Any

import pytest

from smsverify.adapters.builtin.prices import ESTIMATES, BuiltinPrices
from smsverify.adapters.memory.store import MemoryStore
from smsverify.adapters.twilio.prices import TwilioPrices, list_key
from smsverify.domain.counters import Add
from smsverify.domain.periods import DAY
from smsverify.testing import CountsCalls, FailsAt, Hold, ManualClock, WrappedStore
from smsverify.testing.clock import NOON
from tests.unit.adapters.twilio.stand_in import StandIn
from tests.unit.application.test_commit_loop import Hangs
from tests.unit.virtual_time import LoopClock, run_virtually

HALF_A_DAY = 12 * 3600
DEAREST = max(ESTIMATES.values())


class Market:
    """Prices, Twilio behind them, a store and a clock; a second process may share the store."""

    def __init__(self, store: Any = None, *, clock: Any = None, own: Any = None) -> None:
        self.clock = clock or ManualClock()
        memory = MemoryStore(self.clock, "test:")
        self.store: Any = memory if store is None else store(memory)
        self.says: dict[str, Any] = {"US": "0.0079", "GB": "0.0524"}
        self.hold: Hold | None = None
        self.pause = 0.0
        self.api = StandIn(self._answer)
        self.prices = self.process(own)

    def process(self, own: Any = None) -> TwilioPrices:
        """Return the prices of another process."""
        return TwilioPrices(
            self.api,  # type: ignore[arg-type]
            own=own or {},
            otherwise=BuiltinPrices(own),
            store=self.store,
            clock=self.clock,
        )

    async def _answer(self, country: str) -> Any:
        if self.hold is not None:
            await self.hold.stop()
        if self.pause:
            await self.clock.sleep(self.pause)
        says = self.says.get(country)
        if isinstance(says, Exception):
            raise says
        self.api.exchange.status = 404 if says is None else 200
        if says is None:
            raise LookupError("20404")
        prices = [{"prices": [{"base_price": says, "current_price": says}]}]
        return SimpleNamespace(outbound_sms_prices=prices, price_unit="USD")

    async def price(self, country: str = "US") -> int:
        """Return what a segment to a country is charged."""
        return (await self.prices.tariff(country)).price(country)


async def test_twilios_price_counts() -> None:
    """Twilio's own price takes the place of the estimate, for the country that was asked for."""
    market = Market()

    assert await market.price("US") == 7_900
    assert await market.price("GB") == 52_400
    tariff = await market.prices.tariff("US")
    assert tariff.price("FR") == ESTIMATES["FR"]
    assert tariff.price("XX") == DEAREST


async def test_it_is_asked_for_once_a_day() -> None:
    """A price serves until the UTC day ends; neither Twilio nor the store is asked again."""
    market = Market(CountsCalls)
    assert await market.price() == 7_900
    loads = market.store.loads
    market.says["US"] = "0.0091"

    market.clock.advance(HALF_A_DAY - 1)
    assert await market.price() == 7_900
    assert (market.api.asked, market.store.loads) == (["US"], loads)
    market.clock.advance(1)
    assert await market.price() == 9_100
    assert market.api.asked == ["US", "US"]


async def test_a_deployment_asks_once() -> None:
    """What one process found the next one reads in the store."""
    market = Market()
    await market.price()
    other = market.process()

    assert (await other.tariff("US")).price("US") == 7_900
    assert market.api.asked == ["US"]


async def test_of_two_that_found_it_the_first_counts() -> None:
    """A price is stored once, never added up."""
    market = Market()
    other = market.process()
    market.hold = Hold()
    both = [asyncio.ensure_future(one.tariff("US")) for one in (market.prices, other)]
    await market.hold.arrival()
    market.hold.release()

    assert [(await one).price("US") for one in both] == [7_900, 7_900]
    stored = (await market.store.load((), (list_key(NOON),))).counters[0]
    assert dict(stored) == {"US": 7_900}


async def test_of_many_at_once_one_asks() -> None:
    """A thousand sends that need a price make one request for it."""
    market = Market()
    market.hold = Hold()
    waiting = [asyncio.ensure_future(market.price()) for _ in range(1000)]
    await market.hold.arrival()
    market.hold.release()

    assert set(await asyncio.gather(*waiting)) == {7_900}
    assert market.api.asked == ["US"]


async def test_of_many_at_once_one_hears_the_silence() -> None:
    """Of a thousand that wait while Twilio fails, none asks again."""
    market = Market()
    market.says["US"] = OSError("gone")

    prices = await asyncio.gather(*(market.price() for _ in range(1000)))

    assert set(prices) == {ESTIMATES["US"]}
    assert market.api.asked == ["US"]


def test_a_turn_that_does_not_come_is_no_silence() -> None:
    """Who waited in vain behind other countries asks with the next send."""

    async def ask() -> list[int]:
        market = Market(clock=LoopClock())
        countries = ("US", "GB", "FR", "DE", "IT", "ES")
        market.says = dict.fromkeys(countries, "0.001")
        market.pause = 0.3
        found = []
        for _ in range(3):
            prices = await asyncio.gather(*(market.price(country) for country in countries))
            found.append(prices.count(1_000))
        assert sorted(market.api.asked) == sorted(countries)
        return found

    assert run_virtually(ask())[0] == [2, 4, 6]


async def test_the_list_is_kept_through_the_day_after() -> None:
    """Yesterday's prices are there for a bad day; then they are forgotten."""
    adds: list[Any] = []

    class Notes(WrappedStore):
        async def commit(self, swaps: Any, added: Any, decided_at: int) -> Any:
            adds.extend(added)
            return await super().commit(swaps, added, decided_at)

    await Market(Notes).price()

    (add,) = adds
    assert (add.key, add.field, add.amount, add.ceiling) == (list_key(NOON), "US", 7_900, 7_900)
    assert add.keep_until == NOON + DAY + HALF_A_DAY * 1000


async def test_the_operators_price_asks_nobody() -> None:
    """For a country in SMS_PRICES neither store nor Twilio is asked."""
    market = Market(functools.partial(FailsAt, which=range(100)), own={"US": 5_000})

    assert await market.price("US") == 5_000
    assert market.api.asked == []
    assert await market.price("GB") == 52_400


@pytest.mark.parametrize("trouble", [OSError("gone"), ValueError("garbled"), TimeoutError()])
async def test_an_outage_gives_the_estimate(trouble: Exception) -> None:
    """Without Twilio the estimate counts, and Twilio is left alone for a minute, all countries."""
    market = Market()
    market.says = {"US": trouble, "GB": "0.0524"}

    assert await market.price("US") == ESTIMATES["US"]
    assert await market.price("GB") == ESTIMATES["GB"]
    market.clock.advance(59.9)
    assert await market.price("US") == ESTIMATES["US"]
    assert market.api.asked == ["US"]
    market.says["US"] = "0.0079"
    market.clock.advance(0.1)
    assert await market.price("US") == 7_900


async def test_an_outage_after_the_day_gives_the_days_before() -> None:
    """Yesterday's price is better than an estimate, in this process and in a new one."""
    market = Market()
    await market.price()
    market.says["US"] = OSError("gone")
    market.clock.advance(HALF_A_DAY)

    assert await market.price() == 7_900
    fresh = market.process()
    assert (await fresh.tariff("US")).price("US") == 7_900
    assert (await fresh.tariff("US")).price("US") == 7_900


async def test_a_country_that_twilio_does_not_know() -> None:
    """It costs the highest price there is, and Twilio is not asked about it for an hour."""
    market = Market()

    assert await market.price("XX") == DEAREST
    market.clock.advance(3599.9)
    assert await market.price("XX") == DEAREST
    assert market.api.asked == ["XX"]
    market.clock.advance(0.1)
    await market.price("XX")
    assert market.api.asked == ["XX", "XX"]
    assert await market.price("US") == 7_900


@pytest.mark.parametrize("says", ["0", "-", "1000"])
async def test_a_price_that_is_none(says: str) -> None:
    """Nought and nonsense never lower what a message is charged."""
    market = Market()
    market.says["US"] = says

    assert await market.price("US") == ESTIMATES["US"]
    assert (await market.store.load((), (list_key(NOON),))).counters == ({},)


async def test_the_store_away_is_no_trouble_here() -> None:
    """Without the store Twilio is asked, and its answer serves for an hour."""
    market = Market(functools.partial(FailsAt, which=range(100)))

    assert await market.price() == 7_900
    market.clock.advance(3599.9)
    assert await market.price() == 7_900
    assert market.api.asked == ["US"]
    market.clock.advance(0.1)
    assert await market.price() == 7_900
    assert market.api.asked == ["US", "US"]


@pytest.mark.parametrize("silent", ["Twilio", "the store"])
def test_a_send_waits_a_second_at_most(silent: str) -> None:
    """A silent Twilio or store holds the first send up for a second, and those after it not."""

    async def ask() -> tuple[int, int]:
        market = Market(None if silent == "Twilio" else Hangs, clock=LoopClock())
        market.hold = Hold()
        first = await market.price()
        return first, await market.price()

    assert run_virtually(ask()) == ((ESTIMATES["US"], ESTIMATES["US"]), 1.0)


def test_many_wait_a_second_at_most() -> None:
    """So do all that ask at once, also for other countries."""

    async def ask() -> set[int]:
        market = Market(clock=LoopClock())
        market.hold = Hold()
        asking = [market.price(country) for country in ("US", "US", "US", "CA")]
        return set(await asyncio.gather(*asking))

    assert run_virtually(ask()) == ({ESTIMATES["US"]}, 1.0)


async def test_an_asker_that_goes_away_is_no_silence() -> None:
    """A cancelled send says nothing about Twilio: the next one asks."""
    market = Market()
    market.hold = Hold()
    asking = asyncio.ensure_future(market.price())
    await market.hold.arrival()
    asking.cancel()
    market.hold = None

    assert await market.price() == 7_900


@pytest.mark.parametrize("days", [1, -1])
async def test_a_hosts_wrong_day_is_nobodys(days: int) -> None:
    """The day is the store's: a host on another day neither reads nor writes that day's list."""
    market = Market()
    old = Add(list_key(NOON - DAY), "US", 5_000, None, NOON + DAY)
    await market.store.commit((), (old,), NOON)
    host = ManualClock()
    host.jump(days * 24 * 3600)
    prices = TwilioPrices(
        market.api,  # type: ignore[arg-type]
        own={},
        otherwise=BuiltinPrices(),
        store=market.store,
        clock=host,
    )

    assert (await prices.tariff("US")).price("US") == 7_900
    keys = [list_key(NOON + day * DAY) for day in (-1, 0, 1)]
    lists = await market.store.load((), keys)
    assert [dict(one) for one in lists.counters] == [{"US": 5_000}, {"US": 7_900}, {}]

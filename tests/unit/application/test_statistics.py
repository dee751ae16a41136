"""Today's figures: what commits have counted, what waits here, and what an outage leaves."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest

from smsverify.adapters.memory.store import MemoryStore
from smsverify.domain.error_code import ErrorCode
from smsverify.testing import CountsCalls, FailsAt, ManualClock, last_code
from smsverify.testing.clock import NOON
from tests.unit.kit import PHONE, Kit, build
from tests.unit.virtual_time import LoopClock, run_virtually

HALF_A_DAY = 12 * 3600


async def describe(kit: Kit) -> dict[str, Any]:
    """Return the figures as a dict."""
    statistics = kit.container.statistics()
    described = statistics.describe(await statistics.figures())
    return json.loads(json.dumps(described))


def advance(kit: Kit, seconds: float) -> None:
    """Let time pass."""
    assert isinstance(kit.clock, ManualClock)
    kit.clock.advance(seconds)


async def test_an_empty_day() -> None:
    """Before anything happened all is zero, and there is no conversion yet."""
    assert await describe(build()) == {
        "day": "2050-01-01",
        "sends": {
            "asked": 0, "admitted": 0, "accepted": 0, "failed": 0, "unknown": 0,
            "delivered": 0, "undelivered": 0, "refused": {},
        },
        "checks": {"approved": 0, "wrong": 0, "refused": {}},
        "conversion": None,
        "cost": {"spent_dollars": 0.0, "limit_dollars": 50.0, "left_dollars": 50.0},
        "countries": {},
    }  # fmt: skip


async def test_a_day_with_everything() -> None:
    """Sends asked, taken, failed and refused; checks; conversion; money; countries."""
    from smsverify.domain.delivery import FailureReason, Rejected, Uncertain

    kit = build(daily_cost_limit="0.10")
    kit.gateway.answer_next(Rejected(FailureReason.OTHER), Uncertain())
    for _ in range(6):
        await kit.verifier.send_verification_sms(PHONE, "MyApp")
    code = last_code(kit.gateway, PHONE)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for typed in (wrong, code, code, "nonsense"):
        await kit.verifier.verify_code(PHONE, typed)

    assert await describe(kit) == {
        "day": "2050-01-01",
        "sends": {
            "asked": 6, "admitted": 5, "accepted": 3, "failed": 1, "unknown": 1,
            "delivered": 0, "undelivered": 0, "refused": {"RATE_LIMIT_EXCEEDED": 1},
        },
        "checks": {
            "approved": 1, "wrong": 1,
            "refused": {"INVALID_CODE_FORMAT": 1, "NO_PENDING_VERIFICATION": 1},
        },
        "conversion": 0.3333,
        "cost": {"spent_dollars": 0.04, "limit_dollars": 0.1, "left_dollars": 0.06},
        "countries": {"US": {"sends": 5, "approved": 1, "spent_dollars": 0.04}},
    }  # fmt: skip


async def test_what_receipts_have_said() -> None:
    """Messages that arrived and those that did not are counted apart."""
    from smsverify.domain.delivery import DeliveryState

    kit = build()
    arrived, lost = DeliveryState.DELIVERED, DeliveryState.UNDELIVERED
    for state in (arrived, arrived, lost):
        result = await kit.verifier.send_verification_sms(PHONE, "MyApp")
        message = kit.gateway.messages[-1]
        assert result.message_id is not None
        take = kit.container.take_receipt()
        await take(message.record, message.attempt, state, result.message_id)

    sends = (await describe(kit))["sends"]

    assert (sends["accepted"], sends["delivered"], sends["undelivered"]) == (3, 2, 1)


async def test_a_country_with_one_figure_has_the_others_too() -> None:
    """A code of yesterday may be approved today, where nothing was sent or spent: that is zero."""
    from smsverify.domain.counters import APPROVED, SENDS, SPENT, add_to_day, of_country

    kit = build()
    for country, field, amount in (("DE", APPROVED, 2), ("FR", SENDS, 3), ("GB", SPENT, 40_000)):
        add = add_to_day(NOON, of_country(field, country), amount)
        await kit.store.commit((), (add,), NOON)

    assert (await describe(kit))["countries"] == {
        "DE": {"sends": 0, "approved": 2, "spent_dollars": 0.0},
        "FR": {"sends": 3, "approved": 0, "spent_dollars": 0.0},
        "GB": {"sends": 0, "approved": 0, "spent_dollars": 0.04},
    }


async def test_it_takes_one_load() -> None:
    """Asking costs one round trip, and counts that wait are added without being sent."""
    kit = build(CountsCalls)
    kit.container.refusals().count_send(ErrorCode.RATE_LIMIT_EXCEEDED)

    described = await describe(kit)

    assert isinstance(kit.store, CountsCalls)
    assert (kit.store.loads, kit.store.answers) == (1, [])
    assert described["sends"]["refused"] == {"RATE_LIMIT_EXCEEDED": 1}
    assert described["sends"]["asked"] == 1
    assert kit.container.refusals().waiting() != {}


async def test_counts_that_went_are_not_counted_twice() -> None:
    """What was sent stands in the store only."""
    kit = build()
    kit.container.refusals().count_send(ErrorCode.RATE_LIMIT_EXCEEDED)
    await kit.container.loop().send_counts(NOON)
    kit.container.refusals().count_send(ErrorCode.RATE_LIMIT_EXCEEDED)

    assert (await describe(kit))["sends"]["refused"] == {"RATE_LIMIT_EXCEEDED": 2}


async def test_a_new_day_starts_at_zero() -> None:
    """The day is the store's UTC day."""
    kit = build()
    await kit.verifier.send_verification_sms(PHONE, "MyApp")
    advance(kit, HALF_A_DAY - 0.001)
    assert (await describe(kit))["sends"]["admitted"] == 1

    advance(kit, 0.001)

    described = await describe(kit)
    assert (described["day"], described["sends"]["admitted"]) == ("2050-01-02", 0)


async def test_a_host_with_another_day_shows_the_stores() -> None:
    """A host that thinks it is tomorrow shows today's figures, at the price of a second look."""
    kit = build(CountsCalls)
    await kit.verifier.send_verification_sms(PHONE, "MyApp")
    ahead = ManualClock(NOON + 24 * 3600 * 1000)
    other = build(clock=ahead)
    assert isinstance(kit.store, CountsCalls)
    kit.store.loads = 0
    other.container.store.override(kit.store)

    described = await describe(other)

    assert (described["day"], described["sends"]["admitted"]) == ("2050-01-01", 1)
    assert kit.store.loads == 2


async def test_an_outage_leaves_what_this_process_knows() -> None:
    """The figures say why the store's counters are missing, and show those that wait."""
    kit = build(functools.partial(FailsAt, which={0}))
    kit.container.refusals().count_send(ErrorCode.RATE_LIMIT_EXCEEDED)

    figures = await kit.container.statistics().figures()

    assert figures.trouble is not None
    assert figures.trouble.code is ErrorCode.STORE_UNAVAILABLE
    assert figures.now == NOON
    assert dict(figures.counts) == {"refused_send.RATE_LIMIT_EXCEEDED": 1}


def test_a_silent_store_is_given_two_seconds() -> None:
    """Statistics wait for the store as long as everybody else, and name it."""
    from tests.unit.application.test_commit_loop import Hangs

    async def ask() -> Any:
        kit = build(Hangs, clock=LoopClock())
        return (await kit.container.statistics().figures()).trouble

    trouble, waited = run_virtually(ask())

    assert waited == 2.0
    assert trouble.code is ErrorCode.REDIS_UNAVAILABLE
    assert "memory" in str(trouble)


@pytest.mark.parametrize("spent", [49, 50, 51])
async def test_what_is_left_is_never_negative(spent: int) -> None:
    """A ceiling that was lowered below what is spent leaves nothing, and no debt."""
    from smsverify.domain.counters import SPENT, add_to_day

    kit = build(daily_cost_limit="0.50")
    assert isinstance(kit.store, MemoryStore)
    await kit.store.commit((), (add_to_day(NOON, SPENT, spent * 10_000),), NOON)

    cost = (await describe(kit))["cost"]

    assert cost["spent_dollars"] == spent / 100
    assert cost["left_dollars"] == max(0, 50 - spent) / 100

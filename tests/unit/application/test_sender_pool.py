"""The pool as sends see it: looked at every few seconds, written only at the ends of rests."""

from __future__ import annotations

import asyncio
import functools

import pytest

from smsverify.domain.events import SenderReleased
from smsverify.domain.pool import POOL_KEY, RestReason
from smsverify.domain.senders import Sender
from smsverify.errors import StoreUnavailable
from smsverify.ports.store import Swap
from smsverify.testing import CountsCalls, FailsAt, ManualClock
from tests.unit.kit import SENDERS, Kit, build
from tests.unit.virtual_time import LoopClock, run_virtually

DAY = 24 * 3600
FIRST, SECOND = SENDERS


def looks(kit: Kit) -> int:
    """Return how often the store was read."""
    assert isinstance(kit.store, CountsCalls)
    return kit.store.loads


def pass_time(kit: Kit, seconds: float) -> None:
    """Let time pass."""
    assert isinstance(kit.clock, ManualClock)
    kit.clock.advance(seconds)


async def test_a_look_serves_for_five_seconds() -> None:
    """Within five seconds the store is not asked again, unless a fresh look is wanted."""
    kit = build(CountsCalls, senders=SENDERS)
    pool = kit.container.pool()

    await pool.look()
    pass_time(kit, 5)
    await pool.look()
    assert looks(kit) == 1
    await pool.look(fresh=True)
    assert looks(kit) == 2
    pass_time(kit, 5.001)
    await pool.look()
    assert looks(kit) == 3


async def test_of_many_at_once_one_looks_again() -> None:
    """When a look is old, one send asks the store; the others have the last look at once."""
    kit = build(CountsCalls, senders=SENDERS)
    pool = kit.container.pool()
    await pool.look()
    pass_time(kit, 5.001)

    await asyncio.gather(*(pool.look() for _ in range(100)))

    assert looks(kit) == 2


async def test_a_look_tells_all() -> None:
    """Senders, their countries, who rests, what was sent today, and the store's time."""
    kit = build(senders=SENDERS)
    await kit.verifier.send_verification_sms("+15551234567", "MyApp")
    used = kit.gateway.messages[0].sender
    idle = FIRST if used == SECOND else SECOND
    await kit.container.pool().rest(used, RestReason.OPERATOR)

    pool = await kit.container.pool().look()

    assert pool.senders == SENDERS
    assert pool.home == {"US"}
    assert list(pool.rests) == [used.id]
    assert pool.roster.senders == (idle,)
    assert pool.roster.area_code == "720"
    assert dict(pool.sent_today) == {used.id: 1}
    assert pool.now == kit.clock.wall()


async def test_a_rest_lasts_for_the_cooldown() -> None:
    """A sender rests for a day and is then there again; a second order changes nothing."""
    kit = build(senders=SENDERS)
    pool = kit.container.pool()

    assert await pool.rest(FIRST, RestReason.OPERATOR)
    assert not await pool.rest(FIRST, RestReason.OPERATOR)
    pass_time(kit, DAY - 1)
    assert (await pool.look()).roster.senders == (SECOND,)
    pass_time(kit, 1)
    assert (await pool.look(fresh=True)).roster.senders == SENDERS


async def test_another_process_sees_the_rest() -> None:
    """The rest is in the store, so whoever looks there knows of it."""
    kit = build(senders=SENDERS)
    other = build(senders=SENDERS, clock=kit.clock)
    other.container.store.override(kit.store)

    await kit.container.pool().rest(FIRST, RestReason.OPERATOR)

    assert (await other.container.pool().look()).roster.senders == (SECOND,)


async def test_a_released_sender_works_at_once() -> None:
    """Releasing ends the rest for the next look; one that does not rest changes nothing."""
    kit = build(senders=SENDERS)
    pool = kit.container.pool()
    await pool.rest(FIRST, RestReason.OPERATOR)

    assert await pool.release(FIRST, "operator")
    assert kit.events.events[-1] == SenderReleased(FIRST, "operator")
    assert (await pool.look()).roster.senders == SENDERS
    assert not await pool.release(FIRST, "operator")


async def test_each_order_writes_a_name_of_its_own() -> None:
    """What a rest's beginning and end write is told apart by eight random bytes."""
    kit = build(senders=SENDERS)
    pool = kit.container.pool()
    stamps = []
    for change in (pool.rest(FIRST, RestReason.OPERATOR), pool.release(FIRST, "operator")):
        assert await change
        data = (await kit.store.load((POOL_KEY,))).records[0]
        assert data is not None
        stamps.append(kit.container.pool_codec().decode(data).stamp)

    assert [len(stamp) for stamp in stamps] == [8, 8]
    assert stamps[0] != stamps[1]


async def test_a_sender_with_its_allowance_spent_rests() -> None:
    """The look that sees the day's allowance carried lets the sender rest."""
    kit = build(sender_daily_allowance=2)
    for _ in range(2):
        assert (await kit.verifier.send_verification_sms("+15551234567", "MyApp")).success
    pass_time(kit, 5.001)

    refused = await kit.verifier.send_verification_sms("+15551234567", "MyApp")

    assert refused.error_code == "NO_SENDER_AVAILABLE"
    pool = await kit.container.pool().look()
    assert pool.rests[FIRST.id].reason is RestReason.ALLOWANCE
    assert (dict(pool.sent_today), pool.now) == ({FIRST.id: 2}, kit.clock.wall())
    assert (await kit.day())["sends.US"] == 2


async def test_a_sender_that_carried_nothing_has_its_allowance() -> None:
    """An allowance of one message is there until that message was sent."""
    kit = build(sender_daily_allowance=1)

    assert (await kit.container.pool().look()).roster.senders == (FIRST,)


async def test_without_an_allowance_nobody_rests() -> None:
    """By default a sender carries any number."""
    kit = build()
    for _ in range(5):
        await kit.verifier.send_verification_sms("+15551234567", "MyApp")

    assert not (await kit.container.pool().look(fresh=True)).rests


async def test_an_unusable_sender_rests_also_as_the_last() -> None:
    """What the provider says is not ours is no sender, even if no other is left."""
    kit = build()

    await kit.container.pool().note_unusable(FIRST)

    assert (await kit.container.pool().look()).roster.senders == ()


# ── outages ───────────────────────────────────────────────────────────────────────────────────


async def test_an_outage_gives_the_last_look_again() -> None:
    """Who rested at the last look still does; before the first, nobody rests."""
    kit = build(functools.partial(FailsAt, which=set()), senders=SENDERS)
    assert isinstance(kit.store, FailsAt)
    pool = kit.container.pool()
    await pool.rest(FIRST, RestReason.OPERATOR)
    await pool.look()

    kit.store._which = range(1000)
    again = await pool.look(fresh=True)
    assert (again.roster.senders, again.sent_today, again.now) == ((SECOND,), {}, None)

    never = build(functools.partial(FailsAt, which=range(1000)), senders=SENDERS)
    assert (await never.container.pool().look()).roster.senders == SENDERS


async def test_an_order_does_not_make_an_outage_forget() -> None:
    """After an order the store is asked again; if it is away, the last look still counts."""
    kit = build(functools.partial(FailsAt, which=set()), senders=SENDERS)
    assert isinstance(kit.store, FailsAt)
    pool = kit.container.pool()
    await pool.rest(FIRST, RestReason.OPERATOR)
    await pool.look()
    await pool.release(SECOND, "operator")

    kit.store._which = range(1000)

    assert (await pool.look()).roster.senders == (SECOND,)


async def test_garbage_in_the_pools_place_stops_no_sends() -> None:
    """A pool that can't be read is a pool in which nobody rests; it is not overwritten."""
    kit = build(senders=SENDERS)
    await kit.store.commit((Swap(POOL_KEY, None, b"garbage", None),), (), kit.clock.wall())

    assert (await kit.container.pool().look_to_write()).roster.senders == SENDERS
    assert (await kit.verifier.send_verification_sms("+15551234567", "MyApp")).success
    await kit.container.pool().note_unusable(FIRST)

    assert (await kit.store.load((POOL_KEY,))).records == (b"garbage",)


async def test_an_order_that_could_not_be_written_is_told() -> None:
    """Resting and releasing by hand raise in an outage; what receipts say is dropped."""
    kit = build(functools.partial(FailsAt, which=range(1000)), senders=SENDERS)
    pool = kit.container.pool()

    with pytest.raises(StoreUnavailable):
        await pool.rest(FIRST, RestReason.OPERATOR)
    with pytest.raises(StoreUnavailable):
        await pool.release(FIRST, "operator")
    await pool.note_unusable(FIRST)
    await pool.note_filtered(FIRST.id)


async def test_who_is_about_to_send_hears_of_the_outage() -> None:
    """The look that met it raises, with an event; within five seconds nobody asks again."""
    kit = build(functools.partial(FailsAt, which=range(1000)), senders=SENDERS)

    with pytest.raises(StoreUnavailable):
        await kit.container.pool().look_to_write()

    assert kit.events.names == ["sms.store.failed"]
    assert (await kit.container.pool().look_to_write()).roster.senders == SENDERS
    assert isinstance(kit.store, FailsAt)
    assert kit.store.calls == 1


def test_a_look_takes_two_seconds_at_most() -> None:
    """A silent store holds a look up for two seconds, then the last one serves."""
    from tests.unit.application.test_commit_loop import Hangs

    async def look() -> int:
        kit = build(Hangs, clock=LoopClock(), senders=SENDERS)
        return len((await kit.container.pool().look()).roster.senders)

    assert run_virtually(look()) == (2, 2.0)


def test_a_receipt_waits_two_seconds_for_the_pool_at_most() -> None:
    """A store that falls silent after a look costs the receipt two seconds, and nobody rests."""
    from tests.unit.application.test_commit_loop import Hangs

    async def note() -> tuple[Sender, ...]:
        kit = build(clock=LoopClock(), senders=SENDERS)
        pool = kit.container.pool()
        await pool.look()
        pool._store = Hangs(pool._store)
        await pool.note_filtered(FIRST.id)
        return (await pool.look()).roster.senders

    assert run_virtually(note()) == (SENDERS, 2.0)

"""The stores that go wrong do so as told, and only so."""

from __future__ import annotations

import itertools

import pytest

from smsverify.adapters.memory.store import MemoryStore
from smsverify.errors import ErrorCode, StoreUnavailable
from smsverify.ports.store import Conflict, Written
from smsverify.testing.clock import ManualClock
from smsverify.testing.store import ExecutesLate, LosesRaces, LosesReplies, Loss, WrappedStore
from smsverify.testing.store_contract import StoreContract
from smsverify.testing.store_suite.commands import add, commit, counters, record, swap


@pytest.fixture
def inner() -> MemoryStore:
    """Return a store that works."""
    return MemoryStore(ManualClock())


class TestDoublesThatDoNothing(StoreContract):
    """A double whose plan is over is a store like any other."""

    @pytest.fixture
    def store(self, clock: ManualClock) -> WrappedStore:
        """Return all doubles, around one another, with nothing planned."""

        async def nobody() -> None:
            pytest.fail("There is nobody to let in.")

        store = LosesReplies(MemoryStore(clock), ())
        return ExecutesLate(LosesRaces(store, nobody, times=0), ())


async def test_it_passes_for_the_store_inside(inner: MemoryStore) -> None:
    """Name and code of a double are those of the store inside."""
    double = WrappedStore(inner)

    assert (double.name, double.unavailable_code) == ("memory", ErrorCode.STORE_UNAVAILABLE)


async def test_a_lost_reply_is_an_outage_after_the_fact(inner: MemoryStore) -> None:
    """The commit is executed, once, and the caller does not hear so."""
    store = LosesReplies(inner)

    with pytest.raises(StoreUnavailable):
        await commit(store, [swap("p:a", None, b"A")], [add("n", 1)])

    assert await record(inner, "p:a") == b"A"
    assert await counters(inner) == {"n": 1}
    assert isinstance(await commit(store, [swap("p:a", b"A", b"B")]), Written)


async def test_a_repeated_commit_meets_itself(inner: MemoryStore) -> None:
    """An adapter that repeats gets a conflict with the caller's own bytes."""
    store = LosesReplies(inner, [Loss.NONE, Loss.REPEATED])

    first = await commit(store, [swap("p:a", None, b"A")])
    second = await commit(store, [swap("p:a", b"A", b"B")], [add("n", 1)])

    assert isinstance(first, Written)
    assert isinstance(second, Conflict)
    assert second.records == (b"B",)
    assert await counters(inner) == {"n": 1}


async def test_additions_alone_are_not_repeated(inner: MemoryStore) -> None:
    """Without a swap to know it by, a lost reply stays lost."""
    store = LosesReplies(inner, [Loss.REPEATED])

    with pytest.raises(StoreUnavailable):
        await commit(store, adds=[add("n", 1)])

    assert await counters(inner) == {"n": 1}


async def test_another_writer_may_come_between(inner: MemoryStore) -> None:
    """What was written is overwritten before the repetition sees it."""

    async def overwrite() -> None:
        await commit(inner, [swap("p:a", b"A", b"other")])

    store = LosesReplies(inner, [Loss.REPEATED], between=overwrite)

    answer = await commit(store, [swap("p:a", None, b"A")])

    assert isinstance(answer, Conflict)
    assert answer.records == (b"other",)


async def test_replies_can_be_lost_for_ever(inner: MemoryStore) -> None:
    """A plan need not end."""
    store = LosesReplies(inner, itertools.repeat(Loss.RAISED))

    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await commit(store, adds=[add("n", 1)])

    assert await counters(inner) == {"n": 3}


async def test_a_race_is_lost_as_often_as_told(inner: MemoryStore) -> None:
    """Before each of the first commits another one writes, also through the same object."""
    values = (b"%d" % number for number in itertools.count())

    async def interfere() -> None:
        await commit(store, [swap("p:a", await record(store, "p:a"), next(values))])

    store = LosesRaces(inner, interfere, times=2)

    lost = [await commit(store, [swap("p:a", None, b"mine")]) for _ in range(2)]
    won = await commit(store, [swap("p:a", b"1", b"mine")])

    assert [answer.records for answer in lost if isinstance(answer, Conflict)] == [(b"0",), (b"1",)]
    assert isinstance(won, Written)
    assert store.times == 0


async def test_a_late_commit_is_executed_at_its_release(inner: MemoryStore) -> None:
    """The caller gives up; later the commit meets whatever is there by then."""
    store = ExecutesLate(inner, which=(1,))
    await commit(store, [swap("p:a", None, b"A")])

    with pytest.raises(StoreUnavailable):
        await commit(store, [swap("p:a", b"A", b"late")], [add("n", 1)])
    assert await record(inner, "p:a") == b"A"

    assert [type(answer) for answer in await store.release()] == [Written]
    assert await record(inner, "p:a") == b"late"
    assert await counters(inner) == {"n": 1}
    assert await store.release() == []


async def test_closing_closes_what_is_inside() -> None:
    """A double gives back what the store inside holds."""
    closed: list[bool] = []

    class Closing(MemoryStore):
        async def close(self) -> None:
            closed.append(True)

    await WrappedStore(Closing(ManualClock())).close()

    assert closed == [True]

"""The stores that count, fail or stop do so at the call that was chosen."""

from __future__ import annotations

import asyncio

import pytest

from smsverify.adapters.memory.store import MemoryStore
from smsverify.errors import StoreContended, StoreUnavailable
from smsverify.ports.store import Conflict, Written
from smsverify.testing.clock import NOON, ManualClock
from smsverify.testing.store_probes import CountsCalls, FailsAt, StopsAt
from smsverify.testing.store_suite.commands import add, record, swap


@pytest.fixture
def inner() -> MemoryStore:
    """Return a store that works."""
    return MemoryStore(ManualClock())


async def test_calls_are_counted(inner: MemoryStore) -> None:
    """Loads, and commits with their answers, are counted apart."""
    store = CountsCalls(inner)

    await store.load(("p:a",))
    await store.commit([swap("p:a", None, b"A")], [], NOON)
    await store.commit([swap("p:a", None, b"A")], [], NOON)

    assert store.loads == 1
    assert [type(answer) for answer in store.answers] == [Written, Conflict]


@pytest.mark.parametrize("which", [0, 1, 2, 3])
async def test_the_chosen_call_fails_and_no_other(inner: MemoryStore, which: int) -> None:
    """Loads and commits are numbered together; what fails is not executed."""
    store = FailsAt(inner, {which})
    failed = []

    for number in range(4):
        try:
            if number % 2:
                await store.commit([swap(f"p:{number}", None, b"A")], [], NOON)
            else:
                await store.load(("p:a",))
        except StoreUnavailable:
            failed.append(number)

    assert failed == [which]
    assert store.calls == 4
    stored = [await record(inner, f"p:{number}") is not None for number in (1, 3)]
    assert stored == [which != 1, which != 3]


async def test_it_fails_as_told(inner: MemoryStore) -> None:
    """Any exception can be chosen."""
    store = FailsAt(inner, {0}, lambda: StoreContended("Others wrote."))

    with pytest.raises(StoreContended):
        await store.load(())


@pytest.mark.parametrize("executed", [True, False])
async def test_the_chosen_call_stops_before_or_after_its_execution(
    inner: MemoryStore, *, executed: bool
) -> None:
    """Cancelled where it stopped, a commit was executed, or never is."""
    store = StopsAt(inner, 1, executed=executed)
    await store.load(())
    committing = asyncio.ensure_future(store.commit([swap("p:a", None, b"A")], [add("n", 1)], NOON))
    await store.hold.arrival()

    committing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await committing

    assert store.hold.cancelled
    assert await record(inner, "p:a") == (b"A" if executed else None)


async def test_a_stopped_load_goes_on_when_released(inner: MemoryStore) -> None:
    """Released, the call answers as if nothing had been."""
    store = StopsAt(inner, 0)
    loading = asyncio.ensure_future(store.load(("p:a",)))
    await store.hold.arrival()

    store.hold.release()

    assert (await loading).records == (None,)

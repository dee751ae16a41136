"""The store in memory keeps the contract, and forgets in time."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from smsverify.adapters.memory.store import FORGOTTEN_AT_ONCE, MemoryStore
from smsverify.adapters.system.clock import SystemClock
from smsverify.domain.periods import DAY, HOUR
from smsverify.ports.store import Written
from smsverify.testing.clock import ManualClock
from smsverify.testing.store_contract import AnyClockStoreContract, StoreContract
from smsverify.testing.store_suite.commands import add, commit, swap


class TestMemoryStore(StoreContract):
    """The whole contract of a store."""

    @pytest.fixture
    def store(self, clock: ManualClock) -> MemoryStore:
        """Return an empty store."""
        return MemoryStore(clock)


class TestMemoryStoreByTheSystemsClock(AnyClockStoreContract):
    """What can be asked while time passes by itself."""

    @pytest.fixture
    def store(self) -> MemoryStore:
        """Return an empty store."""
        return MemoryStore(SystemClock())


async def test_what_is_past_its_keeping_is_deleted() -> None:
    """Commits clear away what is over, so that memory does not fill with the dead."""
    clock = ManualClock()
    store = MemoryStore(clock)
    for number in range(100):
        await commit(store, [swap(f"p:{number}", None, b"x", keep=HOUR)])
        await commit(store, adds=[add("n", 1, key=f"c:{number}", keep_until=clock.wall() + HOUR)])
    await commit(store, [swap("p:for ever", None, b"x", keep=None)])
    await commit(store, [swap("p:long", None, b"x", keep=DAY)])
    clock.advance(3_600)

    for _ in range(200 // FORGOTTEN_AT_ONCE + 1):
        await commit(store, adds=[add("m", 1)])

    assert sorted(store._records) == ["p:for ever", "p:long"]
    assert list(store._groups) == ["day"]
    assert [key for _, key in store._ends] == ["p:long", "day"]


async def test_a_commit_deletes_only_a_few() -> None:
    """However much is over, no caller waits for all of it."""
    clock = ManualClock()
    store = MemoryStore(clock)
    for number in range(100):
        await commit(store, [swap(f"p:{number}", None, b"x", keep=HOUR)])
    clock.advance(3_600)

    await commit(store, adds=[add("n", 1)])

    assert len(store._records) == 100 - FORGOTTEN_AT_ONCE


async def test_keys_stand_under_the_namespace() -> None:
    """What is kept bears the deployment's name, as in every other store."""
    store = MemoryStore(ManualClock(), "{smsverify:simulation}:")

    await commit(store, [swap("p:a", None, b"A")], [add("n", 1)])

    assert list(store._records) == ["{smsverify:simulation}:p:a"]
    assert list(store._groups) == ["{smsverify:simulation}:day"]


async def test_what_was_loaded_does_not_change_later() -> None:
    """An answer is a picture of its moment, and changing it changes nothing stored."""
    store = MemoryStore(ManualClock())
    await commit(store, adds=[add("n", 1)])

    loaded = await store.load((), ("day",))
    await commit(store, adds=[add("n", 1)])

    assert loaded.counters == ({"n": 1},)


def test_a_forked_child_is_not_held_up_by_a_thread_that_it_lacks() -> None:
    """Forked while another thread was in the store, the child can use its copy."""
    store = MemoryStore(ManualClock())
    with store._lock:
        child = os.fork()
        if child == 0:
            # Nothing may be raised through pytest here: the answer is the exit status.
            signal.alarm(10)
            answer = asyncio.run(commit(store, [swap("p:a", None, b"A")]))
            os._exit(0 if isinstance(answer, Written) else 1)

    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0

"""Calls are made in their order, off the loop, for whoever still waits."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from smsverify.adapters.sqlite.database import Database
from smsverify.adapters.sqlite.process_ends import PROCESS
from smsverify.adapters.sqlite.worker import Worker
from smsverify.errors import StoreUnavailable
from smsverify.testing.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


class CountingDatabase(Database):
    """Counts how often it is closed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "", ManualClock(), 30)
        self.closed = 0

    def close(self) -> None:
        """Count."""
        self.closed += 1
        super().close()


@pytest.fixture
def made() -> list[CountingDatabase]:
    """Return the databases that were made, oldest first."""
    return []


@pytest.fixture
def make(tmp_path: Path, made: list[CountingDatabase]) -> Callable[[], Database]:
    """Return what makes a worker's databases."""

    def make() -> Database:
        made.append(CountingDatabase(tmp_path / "store.db"))
        return made[-1]

    return make


@pytest.fixture
def worker(make: Callable[[], Database]) -> Worker:
    """Return a worker."""
    return Worker(make)


async def test_calls_are_made_in_another_thread_in_their_order(worker: Worker) -> None:
    """One thread makes all calls, first come first served."""
    seen: list[int] = []
    threads: set[threading.Thread] = set()

    def call(number: int, _: Database) -> int:
        threads.add(threading.current_thread())
        seen.append(number)
        return number * 10

    answers = await asyncio.gather(*(worker.run(partial(call, number)) for number in range(100)))

    assert seen == list(range(100))
    assert answers == [number * 10 for number in range(100)]
    assert len(threads) == 1
    assert threading.current_thread() not in threads
    await worker.close()


async def test_the_loop_goes_on_while_a_call_blocks(worker: Worker) -> None:
    """Other tasks run while the thread waits."""
    release = threading.Event()
    blocked = asyncio.ensure_future(worker.run(lambda _: release.wait(30)))

    for _ in range(10):
        await asyncio.sleep(0)

    assert not blocked.done()
    release.set()
    assert await blocked
    await worker.close()


async def test_what_a_call_raises_is_raised_where_it_was_asked_for(worker: Worker) -> None:
    """Any exception comes through, and the next call is made."""

    def fail(_: Database) -> None:
        raise ValueError("as it is")

    with pytest.raises(ValueError, match="as it is"):
        await worker.run(fail)

    assert await worker.run(lambda _: "next") == "next"
    await worker.close()


async def test_a_call_that_nobody_waits_for_is_not_made(worker: Worker) -> None:
    """Cancelled before its turn, a call does not happen; begun, it ends unheard."""
    release = threading.Event()
    begun = threading.Event()
    made: list[str] = []

    def block(_: Database) -> None:
        begun.set()
        release.wait(30)
        made.append("begun")

    first = asyncio.ensure_future(worker.run(block))
    second = asyncio.ensure_future(worker.run(lambda _: made.append("waiting")))
    assert await asyncio.to_thread(begun.wait, 30)
    first.cancel()
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    release.set()

    await worker.run(lambda _: made.append("next"))
    assert made == ["begun", "next"]
    await worker.close()


async def test_an_answer_that_is_there_already_saves_the_call(worker: Worker) -> None:
    """What is known when a call's turn comes is its answer; None means that it is not known."""
    known = iter(["known", None])

    def already(_: Database) -> str | None:
        return next(known)

    assert await worker.run(lambda _: "asked for", already) == "known"
    assert await worker.run(lambda _: "asked for", already) == "asked for"
    # Whatever goes wrong there is raised like what the call raises, and the worker goes on.
    with pytest.raises(RuntimeError, match="StopIteration"):
        await worker.run(lambda _: "asked for", already)
    assert await worker.run(lambda _: "next") == "next"
    await worker.close()


async def test_answers_that_cost_nothing_are_told_together(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crowd of known answers wakes the loop once; what took a while is told before the next."""
    release = threading.Event()
    begun = threading.Event()
    woken: list[object] = []

    def block(_: Database) -> str:
        begun.set()
        release.wait(30)
        return "blocked"

    def known(number: int, _: Database) -> str:
        return f"known {number}"

    calls = [asyncio.ensure_future(worker.run(block))]
    assert await asyncio.to_thread(begun.wait, 30)
    calls += [
        asyncio.ensure_future(worker.run(lambda _: "never", partial(known, number)))
        for number in range(100)
    ]
    calls.append(asyncio.ensure_future(worker.run(lambda _: "last")))
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    wake = loop.call_soon_threadsafe

    def count(callback: Callable[..., object], *values: Any) -> asyncio.Handle:
        woken.append(callback)
        return wake(callback, *values)

    monkeypatch.setattr(loop, "call_soon_threadsafe", count)
    release.set()

    answers = await asyncio.gather(*calls)

    assert answers == ["blocked", *(f"known {n}" for n in range(100)), "last"]
    assert len(woken) == 2
    await worker.close()


async def test_closing_lets_finish_what_was_begun(
    worker: Worker, made: list[CountingDatabase]
) -> None:
    """What was handed over before is done; afterwards there is a new thread and database."""
    done: list[int] = []

    def call(number: int, _: Database) -> None:
        done.append(number)

    calls = [asyncio.ensure_future(worker.run(partial(call, number))) for number in range(50)]
    await asyncio.sleep(0)

    await worker.close()
    await asyncio.gather(*calls)

    assert done == list(range(50))
    assert [one.closed > 0 for one in made] == [True]
    assert await worker.run(lambda database: database) is made[1]
    await worker.close()


async def test_closing_twice_or_unused_is_no_mistake(
    worker: Worker, made: list[CountingDatabase]
) -> None:
    """There may be nothing to give back."""
    await worker.close()
    await worker.run(lambda _: None)
    await worker.close()
    await worker.close()

    assert len(made) == 1


async def test_a_worker_that_nobody_has_ends(make: Callable[[], Database]) -> None:
    """Forgotten, its thread closes the database and ends, also after many reopenings."""
    worker = Worker(make)
    for _ in range(3):
        await worker.run(lambda _: None)
        await worker.close()
    thread = await worker.run(lambda _: threading.current_thread())
    gone = weakref.ref(worker)

    del worker
    gc.collect()
    thread.join(30)

    assert gone() is None
    assert not thread.is_alive()


async def test_paused_it_stands_still_with_its_file_closed(
    worker: Worker, made: list[CountingDatabase]
) -> None:
    """Between pause and resumption nothing is done; then the waiting goes on."""
    await worker.run(lambda database: database.load((), (), time.monotonic()))
    session = worker._session
    assert session is not None

    session.pause()
    assert made[0]._connection is None
    assert made[0].gate.locked()
    threading.Timer(0, session.resume).start()

    loaded = await worker.run(lambda database: database.load((), (), time.monotonic()))
    assert loaded.records == ()
    await worker.close()


@pytest.fixture
async def parents(worker: Worker) -> AsyncIterator[threading.Thread]:
    """Return the thread of a session that the tests below pretend to be a parent's."""
    thread = await worker.run(lambda _: threading.current_thread())
    session = worker._session
    assert session is not None
    yield thread
    session.end()
    thread.join(30)


@pytest.mark.parametrize("told", [True, False])
async def test_a_child_starts_afresh(
    worker: Worker,
    made: list[CountingDatabase],
    parents: threading.Thread,
    monkeypatch: pytest.MonkeyPatch,
    *,
    told: bool,
) -> None:
    """In another process, told by a hook or not, the parent's copy is closed and not used."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: -1)
        if told:
            worker.forget_parent()

        childs = await worker.run(lambda _: threading.current_thread())

        assert childs is not parents
        assert [one.closed for one in made] == [1, 0]
        await worker.close()
    assert parents.is_alive()


@pytest.mark.usefixtures("parents")
async def test_a_child_that_was_copied_in_use_is_refused(
    worker: Worker, made: list[CountingDatabase], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can't be closed safely is not used: the answer says when to fork."""
    with monkeypatch.context() as patch, made[0].gate:
        patch.setattr(os, "getpid", lambda: -1)

        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="Fork before the first use"):
                await worker.run(lambda _: None)

    assert [one.closed for one in made] == [0]


@pytest.mark.usefixtures("parents")
async def test_a_child_that_only_closes_leaves_all_to_its_parent(
    worker: Worker, made: list[CountingDatabase], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing or ending a child waits for no thread of the parent."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: -1)

        await worker.close()
        PROCESS.at_exit()

    assert [one.closed for one in made] == [0]


async def test_the_end_waits_for_what_was_handed_over(
    make: Callable[[], Database], made: list[CountingDatabase]
) -> None:
    """At the process's end the last call is made and the file closed, also if its owner is gone."""
    done: list[str] = []
    worker = Worker(make)
    call = asyncio.ensure_future(worker.run(lambda _: done.append("last")))
    await asyncio.sleep(0)
    session = worker._session
    assert session in PROCESS._sessions
    del worker

    PROCESS.at_exit()

    assert done == ["last"]
    assert made[0].closed > 0
    assert session not in PROCESS._sessions
    await call

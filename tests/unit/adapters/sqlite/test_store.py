"""The store in a file keeps the contract, answers like memory, and waits for nobody too long."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis.stateful import run_state_machine_as_test

from smsverify.adapters.sqlite.store import BUSY_SECONDS, SqliteStore
from smsverify.adapters.sqlite.transaction import FORGOTTEN_AT_ONCE
from smsverify.adapters.system.clock import SystemClock
from smsverify.domain.periods import DAY, HOUR
from smsverify.errors import StoreContended
from smsverify.ports.store import STORE_SECONDS, CeilingReached, Conflict, Stale, Written
from smsverify.testing.clock import NOON, ManualClock
from smsverify.testing.store_contract import AnyClockStoreContract, StoreContract
from smsverify.testing.store_machine import compare_with_memory
from smsverify.testing.store_suite.commands import add, commit, counters, record, swap
from tests.stepping.effort import effort

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from smsverify.domain.periods import Millis
    from smsverify.ports.store import CommitAnswer


class TestSqliteStore(StoreContract):
    """The whole contract of a store, on one object."""

    @pytest.fixture
    async def store(self, tmp_path: Path, clock: ManualClock) -> AsyncIterator[SqliteStore]:
        """Return a store on a new file."""
        store = SqliteStore(tmp_path / "store.db", namespace="{test}:", clock=clock)
        yield store
        await store.close()


class TestTwoSqliteStores(AnyClockStoreContract):
    """What can be asked by the system's clock, on two objects that share a file."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[SqliteStore]:
        """Return a store on a new file."""
        store = SqliteStore(tmp_path / "store.db", namespace="{test}:", clock=SystemClock())
        yield store
        await store.close()

    @pytest.fixture
    async def second_store(self, store: SqliteStore, tmp_path: Path) -> AsyncIterator[SqliteStore]:
        """Return another object on the same file."""
        second = SqliteStore(tmp_path / "store.db", namespace="{test}:", clock=SystemClock())
        yield second
        await second.close()


@pytest.mark.hypothesis
def test_no_order_of_commands_makes_it_answer_other_than_memory(tmp_path: Path) -> None:
    """A search through commands finds no difference from the store in memory."""
    places = iter(range(100_000))

    def make(clock: ManualClock) -> SqliteStore:
        # One file for all runs, a name space for each: a new file costs more than a run.
        return SqliteStore(tmp_path / "one.db", namespace=f"{next(places)}:", clock=clock)

    run_state_machine_as_test(compare_with_memory(make), settings=effort(runs=20))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the stores of a test keep their file."""
    return tmp_path / "store.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """Return a store that gives up soon."""
    store = SqliteStore(path, namespace="{test}:", clock=ManualClock(), busy_seconds=0.05)
    yield store
    await store.close()


@pytest.fixture
async def writing(store: SqliteStore, path: Path) -> AsyncIterator[sqlite3.Connection]:
    """Return another writer's connection that holds the file's lock."""
    await commit(store, [swap("p:a", None, b"A")], [add("n", 10)])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


async def test_a_lock_that_lasts_is_contention(
    store: SqliteStore, writing: sqlite3.Connection
) -> None:
    """While another one writes all the time, the answer is "try again", in the port's words."""
    with pytest.raises(StoreContended, match="Try again") as raised:
        await commit(store, [swap("p:a", b"A", b"B")])

    assert "locked" not in str(raised.value)
    writing.execute("ROLLBACK")
    assert isinstance(await commit(store, [swap("p:a", b"A", b"B")]), Written)


async def test_reading_waits_for_no_writer(store: SqliteStore, writing: sqlite3.Connection) -> None:
    """What was committed can be read while another one writes."""
    writing.execute("DELETE FROM records")

    assert await record(store, "p:a") == b"A"
    assert await counters(store) == {"n": 10}


async def test_a_refusal_waits_for_no_writer(
    store: SqliteStore, writing: sqlite3.Connection
) -> None:
    """What can't be written anyway is refused while another one writes."""
    now = (await store.load(())).now

    assert isinstance(await store.commit([swap("p:a", b"x", b"B")], [], now), Conflict)
    assert isinstance(await store.commit([], [add("n", 1, 10)], now), CeilingReached)
    assert isinstance(await store.commit([], [add("n", 1)], now - HOUR), Stale)


class WatchedClock(ManualClock):
    """Tells when a store looks at it, which it does in each of its tries."""

    def __init__(self) -> None:
        super().__init__()
        self.looked_at = threading.Event()

    def wall(self) -> Millis:
        """Return the time, and note that it was asked for."""
        self.looked_at.set()
        return super().wall()


@pytest.fixture
async def patient(path: Path) -> AsyncIterator[SqliteStore]:
    """Return a store on the same file that does not give up during a test."""
    store = SqliteStore(path, namespace="{test}:", clock=ManualClock(), busy_seconds=60)
    yield store
    await store.close()


async def test_a_commit_goes_on_when_the_other_is_done(
    path: Path, writing: sqlite3.Connection
) -> None:
    """A short lock is waited for, and the caller does not hear of it."""
    clock = WatchedClock()
    patient = SqliteStore(path, namespace="{test}:", clock=clock, busy_seconds=60)
    committing = asyncio.ensure_future(patient.commit([swap("p:a", b"A", b"B")], [], NOON))
    assert await asyncio.to_thread(clock.looked_at.wait, 30)
    assert not committing.done()

    writing.execute("ROLLBACK")

    assert isinstance(await committing, Written)
    await patient.close()


def test_it_gives_up_before_its_callers_do() -> None:
    """Callers give a store two seconds; the store says sooner why it could not."""
    assert BUSY_SECONDS < STORE_SECONDS


async def test_a_cancelled_caller_that_waits_for_its_turn_writes_nothing(
    patient: SqliteStore, writing: sqlite3.Connection
) -> None:
    """Who goes away before the commit began has not committed."""
    first = asyncio.ensure_future(patient.commit([swap("p:b", None, b"first")], [], NOON))
    second = asyncio.ensure_future(patient.commit([swap("p:c", None, b"second")], [], NOON))
    await asyncio.sleep(0)

    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    writing.execute("ROLLBACK")

    assert isinstance(await first, Written)
    assert (await patient.load(("p:b", "p:c"))).records == (b"first", None)


async def test_rows_past_their_keeping_are_deleted(path: Path) -> None:
    """Each commit clears away a few rows that are over, so that the file does not grow for ever."""
    clock = ManualClock()
    store = SqliteStore(path, namespace="", clock=clock)
    for number in range(20):
        end = clock.wall() + HOUR
        await commit(
            store,
            [swap(f"p:{number}", None, b"x", keep=HOUR)],
            [add("n", 1, key=f"c:{number}", keep_until=end)],
        )
    await commit(store, [swap("p:for ever", None, b"x", keep=None)])
    await commit(store, [swap("p:long", None, b"x", keep=DAY)], [add("n", 1)])
    clock.advance(3_600)

    with sqlite3.connect(path) as look:
        left = []
        for _ in range(4):
            await commit(store, adds=[add("n", 1)])
            left.append(
                look.execute(
                    "SELECT (SELECT count(*) FROM records), (SELECT count(*) FROM counters)"
                ).fetchone()
            )
    look.close()
    await store.close()

    over = [max(0, 20 - turn * FORGOTTEN_AT_ONCE) for turn in range(1, 5)]
    assert left == [(2 + rows, 1 + rows) for rows in over]


async def test_a_row_that_is_over_and_written_anew_stays(path: Path) -> None:
    """What a commit writes is not cleared away by that commit."""
    clock = ManualClock()
    store = SqliteStore(path, namespace="", clock=clock)
    await commit(store, [swap("p:a", None, b"A", keep=HOUR)])
    clock.advance(7_200)

    assert isinstance(await commit(store, [swap("p:a", b"A", b"B", keep=HOUR)]), Written)

    assert await record(store, "p:a") == b"B"
    await store.close()


async def test_deployments_share_a_file_without_meeting(path: Path) -> None:
    """The name space keeps simulation and live apart."""
    clock = ManualClock()
    live = SqliteStore(path, namespace="{live}:", clock=clock)
    simulation = SqliteStore(path, namespace="{simulation}:", clock=clock)

    await commit(live, [swap("p:a", None, b"live")], [add("n", 1)])
    await commit(simulation, [swap("p:a", None, b"simulation")], [add("n", 2)])

    assert [await record(live, "p:a"), await record(simulation, "p:a")] == [b"live", b"simulation"]
    assert [await counters(live), await counters(simulation)] == [{"n": 1}, {"n": 2}]
    await live.close()
    await simulation.close()


async def test_what_was_written_is_there_for_the_next_process(path: Path) -> None:
    """A store opened anew on the file goes on where the last one ended."""
    clock = ManualClock()
    first = SqliteStore(path, namespace="", clock=clock)
    await commit(first, [swap("p:a", None, b"A")], [add("n", 1)])
    await first.close()

    second = SqliteStore(path, namespace="", clock=clock)

    assert await record(second, "p:a") == b"A"
    assert isinstance(await commit(second, [swap("p:a", b"A", b"B")], [add("n", 1)]), Written)
    assert await counters(second) == {"n": 2}
    await second.close()


async def test_the_path_is_that_of_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that changes its working directory later still uses the same file."""
    monkeypatch.chdir(tmp_path)
    store = SqliteStore(Path("store.db"), namespace="", clock=ManualClock())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    await commit(store, [swap("p:a", None, b"A")])
    await store.close()

    assert (tmp_path / "store.db").exists()


def workers() -> list[threading.Thread]:
    """Return the threads that stores run."""
    return [one for one in threading.enumerate() if one.name.startswith("smsverify-sqlite")]


def handles() -> list[str]:
    """Return what this process's descriptors stand for."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the descriptor of this very listing
            found.append(str(entry.readlink()))
    return found


def handles_on(path: Path) -> list[str]:
    """Return the descriptors on a database's files."""
    return [target for target in handles() if target.startswith(str(path))]


@pytest.fixture
def no_threads_before() -> None:
    """Let the stores of other tests end first."""
    gc.collect()
    for thread in workers():
        thread.join(5)
    assert workers() == []


@pytest.mark.usefixtures("no_threads_before")
async def test_closing_gives_back_files_and_threads(path: Path) -> None:
    """Nothing stays open, and the log is folded into the file."""
    store = SqliteStore(path, namespace="", clock=ManualClock())
    await commit(store, [swap("p:a", None, b"A")])
    assert len(workers()) == 2
    assert handles_on(path)

    await store.close()

    for thread in workers():
        thread.join(5)
    assert workers() == []
    assert handles_on(path) == []
    assert [file.name for file in path.parent.iterdir()] == ["store.db"]


@pytest.mark.usefixtures("no_threads_before")
def test_a_store_that_nobody_has_any_more_gives_back_all(path: Path) -> None:
    """Forgotten without being closed, it leaves neither thread nor descriptor."""
    store = SqliteStore(path, namespace="", clock=ManualClock())
    asyncio.run(commit(store, [swap("p:a", None, b"A")]))

    del store
    gc.collect()

    for thread in workers():
        thread.join(5)
    assert workers() == []
    assert handles_on(path) == []


@pytest.mark.usefixtures("no_threads_before")
def test_event_loops_that_come_and_go_leave_nothing(path: Path) -> None:
    """A hundred runs of a loop use the threads and descriptors of one."""
    store = SqliteStore(path, namespace="", clock=ManualClock())
    asyncio.run(commit(store, adds=[add("n", 1)]))
    before = (len(workers()), len(handles()))

    for _ in range(99):
        asyncio.run(commit(store, adds=[add("n", 1)]))

    assert (len(workers()), len(handles())) == before
    assert asyncio.run(counters(store)) == {"n": 100}
    asyncio.run(store.close())


def test_a_loop_that_is_gone_holds_nobody_up(path: Path) -> None:
    """A caller whose loop ended before the answer leaves the store usable."""
    store = SqliteStore(path, namespace="", clock=ManualClock())

    left: list[asyncio.Future[CommitAnswer]] = []

    async def leave() -> None:
        now = (await store.load(())).now
        swaps = [swap(f"p:{number}", None, b"x") for number in range(50)]
        left.extend(asyncio.ensure_future(store.commit([one], [], now)) for one in swaps)
        await asyncio.sleep(0)

    asyncio.run(leave())

    assert all(one.cancelled() for one in left)
    assert isinstance(asyncio.run(commit(store, [swap("p:a", None, b"A")])), Written)
    asyncio.run(store.close())

"""Programs that use one SQLite file from a process of their own; run with ``python -m``."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import sys
import threading
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from smsverify.adapters.sqlite.store import SqliteStore
from smsverify.adapters.system.clock import SystemClock
from smsverify.ports.store import Conflict, Written
from smsverify.testing.store_suite.commands import add, commit, record, swap

if TYPE_CHECKING:
    from collections.abc import Callable


def open_store(path: str) -> SqliteStore:
    """Return a store on the file."""
    return SqliteStore(Path(path), namespace="{test}:", clock=SystemClock())


def tell(line: str) -> None:
    """Say something to the test at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def wait_for_go() -> None:
    """Say that this process stands at the line, and wait for the others."""
    tell("ready")
    sys.stdin.readline()


async def spend(path: str, name: str, tasks: str) -> None:
    """Have many tasks spend 7 of the same 700, once each, with a record for each."""
    store = open_store(path)
    wait_for_go()
    now = (await store.load(())).now
    answers = await asyncio.gather(
        *(
            store.commit(
                [swap(f"p:{name}:{task}", None, b"x")], [add("spent", 7, 700), add("sends", 1)], now
            )
            for task in range(int(tasks))
        ),
        return_exceptions=True,
    )
    tell(json.dumps(Counter(type(answer).__name__ for answer in answers)))
    await store.close()


async def increase(path: str, times: str) -> None:
    """Replace a record by its successor so many times, however often others are first."""
    store = open_store(path)
    wait_for_go()
    await increase_by(store, int(times))
    tell(json.dumps({"Written": int(times)}))
    await store.close()


async def increase_by(store: SqliteStore, times: int) -> None:
    """Replace a record by its successor so many times."""
    current = await record(store, "p:number")
    for _ in range(times):
        while True:
            new = b"%d" % (int(current or b"0") + 1)
            answer = await commit(store, [swap("p:number", current, new)], [add("n", 1)])
            if isinstance(answer, Written):
                current = new
                break
            assert isinstance(answer, Conflict)
            current = answer.records[0]


async def count_until_killed(path: str) -> None:
    """Count up for ever, and tell each number once it is written."""
    store = open_store(path)
    tell("ready")
    current = await record(store, "p:number")
    while True:
        new = b"%d" % (int(current or b"0") + 1)
        await commit(store, [swap("p:number", current, new)], [add("n", 1)])
        current = new
        tell(new.decode())


async def leave_without_closing(path: str) -> None:
    """Write, and end without a word."""
    store = open_store(path)
    await commit(store, [swap("p:number", None, b"1")], [add("n", 1)])


def fork(path: str, how: str) -> None:
    """Use a store, fork, beside a thread that goes on using it if told, count on both sides."""
    store = open_store(path)
    asyncio.run(increase_by(store, 5))
    busy = threading.Thread(target=lambda: asyncio.run(increase_by(store, 100)))
    if how == "busy":
        busy.start()
    child = FORKS[how]()
    if child == 0:
        # The parent reads this from the exit status: 0 is success, and nothing may escape.
        signal.alarm(60)
        asyncio.run(increase_by(store, 50))
        asyncio.run(store.close())
        os._exit(0)
    asyncio.run(increase_by(store, 50))
    if how == "busy":
        busy.join()
    asyncio.run(store.close())
    _, status = os.waitpid(child, 0)
    tell(json.dumps({"child": os.waitstatus_to_exitcode(status)}))


def outlive(path: str, how: str) -> None:
    """Fork after use, and let the child go on after its parent ended without closing."""
    store = open_store(path)
    asyncio.run(increase_by(store, 5))
    reading, writing = os.pipe()
    if FORKS[how]() == 0:
        signal.alarm(60)
        os.close(writing)
        asyncio.run(increase_by(store, 5))
        os.read(reading, 1)  # the parent's end
        asyncio.run(increase_by(store, 45))
        tell("child done")
        asyncio.run(store.close())
        os._exit(0)
    os.close(reading)
    asyncio.run(increase_by(store, 50))


def _fork_in_python() -> int:
    with warnings.catch_warnings():
        # Python 3.12 and later warn of any fork beside a thread; this is what is tested.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _fork_in_c() -> int:
    """Fork as servers written in C do: Python is told afterwards, in the child, and not before."""
    child = int(ctypes.PyDLL(None).fork())
    if child == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    return child


FORKS: dict[str, Callable[[], int]] = {
    "busy": _fork_in_python,
    "quiet": _fork_in_python,
    "in C": _fork_in_c,
}

if __name__ == "__main__":
    program, *arguments = sys.argv[1:]
    result = globals()[program](*arguments)
    if asyncio.iscoroutine(result):
        asyncio.run(result)

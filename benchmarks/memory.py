"""Memory: what a phone takes in the server, everything counted, after little and after much."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import attrs

from benchmarks import records
from benchmarks.goals import Goal
from benchmarks.plan import Plan
from benchmarks.records import FULL
from benchmarks.server import Server
from benchmarks.spread import Spread
from benchmarks.worker import Worker

_REPEATS = 3
_PHONES = 20_000
_ROUNDS = 3_000

ONCE = "one verification"
DAY = "a full day's history"
_WANTED = {ONCE: 400.0, DAY: 1_600.0}

_EXCEPTIONS = {
    "a full day, 2 purposes": attrs.evolve(FULL, purposes=2),
    "a full day, 8 purposes": attrs.evolve(FULL, purposes=8),
    "a full day, 16 STOPs and STARTs": attrs.evolve(FULL, wishes=16),
}
"""Days that leave more than the goal speaks of."""


@attrs.frozen
class History:
    """
    What phones went through.

    Attributes:
        what: In words.
        record_bytes: How long a record is then.
        bytes_each: Bytes of the server's memory for a phone.
    """

    what: str
    record_bytes: int
    bytes_each: Spread


@attrs.frozen
class Memory:
    """The rows, and the goals that they speak of."""

    rows: list[History]
    goals: list[Goal]


def measure(plan: Plan) -> Memory:
    """Fill a server with phones of each history, in turns."""
    stored = asyncio.run(_records())
    grown: dict[str, list[float]] = {}
    with (
        Server() as server,
        tempfile.TemporaryDirectory() as folder,
        Worker("ours", server.url, Path(folder)) as worker,
    ):
        worker.prepare("round_for_a_client")
        rounds = partial(worker.run, "round_for_a_client", tasks=1, times=_ROUNDS)
        for number in range(_REPEATS):
            plan.say(f"memory {number + 1}/{_REPEATS}")
            for what, record in stored.items():
                fill = partial(records.fill, server.url, [record], _PHONES)
                grown.setdefault(what, []).append(_growth(server, fill) / _PHONES)
            with_client = _growth(server, rounds) / _ROUNDS
            grown.setdefault(f"{ONCE}, own client_id", []).append(with_client)
    rows = [
        History(what, len(stored.get(what, stored[ONCE])), Spread.of(each))
        for what, each in grown.items()
    ]
    return Memory(rows, [_goal(row) for row in rows if row.what in _WANTED])


async def _records() -> dict[str, bytes]:
    stored = {
        ONCE: await records.after_one_verification(),
        DAY: await records.after_a_full_day(FULL),
    }
    for what, day in _EXCEPTIONS.items():
        stored[what] = await records.after_a_full_day(day)
    return stored


def _growth(server: Server, work: Callable[[], object]) -> int:
    server.flush()
    before = server.used_memory()
    work()
    return server.used_memory() - before


def _goal(row: History) -> Goal:
    name = f"memory: {row.what}"
    return Goal(name, _WANTED[row.what], row.bytes_each, at_most=True, unit=" bytes")

"""Growth: what an operation costs, and a phone takes, as the server fills."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

import attrs

from benchmarks import records
from benchmarks.drive import Run
from benchmarks.goals import Goal
from benchmarks.plan import Plan
from benchmarks.server import Server
from benchmarks.spread import Figures, Spread
from benchmarks.worker import Worker

_TASKS = 64
_MEMORY_PHONES = 50_000


@attrs.frozen
class Size:
    """
    A server of one size.

    Attributes:
        phones: How many records lie in it before the measurement.
        figures: What rounds with further phones came to.
        bytes_each: Bytes of its memory for a phone, everything counted.
    """

    phones: int
    figures: Figures
    bytes_each: float


@attrs.frozen
class Growth:
    """
    The sizes, and the goals that they speak of.

    Attributes:
        record_bytes: How long a record is, after one verification and after a full day.
    """

    rows: list[Size]
    record_bytes: tuple[int, int]
    goals: list[Goal]


def measure(plan: Plan) -> Growth:
    """Let servers of all sizes take turns."""
    once = asyncio.run(records.after_one_verification())
    day = asyncio.run(records.after_a_full_day())
    sizes = plan.phones
    runs: dict[int, list[Run]] = {phones: [] for phones in sizes}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="smsverify-bench-")))
        servers = {phones: stack.enter_context(Server()) for phones in sizes}
        used = {}
        for phones, server in servers.items():
            plan.say(f"growth: storing {phones:,} phones")
            used[phones] = _fill(server, once, phones) / phones
        workers = {
            phones: stack.enter_context(Worker("ours", server.url, folder))
            for phones, server in servers.items()
        }
        for number in range(plan.repeats):
            for phones, server in servers.items():
                plan.say(f"growth {number + 1}/{plan.repeats}: {phones:,} phones")
                worker = workers[phones]
                worker.prepare("round")
                run = server.measure(worker, "round", tasks=_TASKS, seconds=plan.seconds)
                runs[phones].append(run)
                if phones == min(sizes):
                    # What the rounds added would make the small one a large one.
                    server.flush()
                    records.fill(server.url, [once], phones)
        full = servers[min(sizes)]
        full.flush()
        plan.say("growth: memory after one verification, and after a full day")
        after_one = _fill(full, once, _MEMORY_PHONES) / _MEMORY_PHONES
        full.flush()
        after_day = _fill(full, day, _MEMORY_PHONES) / _MEMORY_PHONES
    rows = [Size(phones, Figures.of(runs[phones]), used[phones]) for phones in sizes]
    goals = [*_cost_goals(runs), *_memory_goals(after_one, after_day)]
    return Growth(rows, (len(once), len(day)), goals)


def _fill(server: Server, record: bytes, phones: int) -> int:
    before = server.used_memory()
    records.fill(server.url, [record], phones)
    return server.used_memory() - before


def _cost_goals(runs: dict[int, list[Run]]) -> list[Goal]:
    small = min(runs)
    return [
        Goal(
            f"growth: cost of a round at {phones:,} phones beside {small:,}",
            1.2,
            Spread.of(
                few.rate / many.rate for few, many in zip(runs[small], runs[phones], strict=True)
            ),
            at_most=True,
            unit="x",
        )
        for phones in runs
        if phones != small
    ]


def _memory_goals(after_one: float, after_day: float) -> list[Goal]:
    return [
        Goal(name, wanted, Spread.of([reached]), at_most=True, unit=" bytes")
        for name, wanted, reached in (
            ("server memory of a phone after one verification", 400.0, after_one),
            ("server memory of a phone with a full day's history", 1_600.0, after_day),
        )
    ]

"""Growth: what an operation costs as the server fills."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

import attrs

from benchmarks import records
from benchmarks.drive import Run
from benchmarks.goals import Goal
from benchmarks.plan import MANY, Plan
from benchmarks.server import Server
from benchmarks.spread import Figures, Spread
from benchmarks.worker import Worker


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
    """The sizes, and the goals that they speak of."""

    rows: list[Size]
    goals: list[Goal]


def measure(plan: Plan) -> Growth:
    """Let servers of all sizes take turns."""
    once = asyncio.run(records.after_one_verification())
    runs: dict[int, list[Run]] = {phones: [] for phones in plan.phones}
    used: dict[int, float] = {}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="smsverify-bench-")))
        sides: dict[int, tuple[Server, Worker]] = {}
        for phones in plan.phones:
            plan.say(f"growth: storing {phones:,} phones")
            server = stack.enter_context(Server())
            used[phones] = _fill(server, once, phones) / phones
            sides[phones] = server, stack.enter_context(Worker("ours", server.url, folder))
        for number in range(plan.repeats):
            for phones, (server, worker) in sides.items():
                plan.say(f"growth {number + 1}/{plan.repeats}: {phones:,} phones")
                worker.prepare("round")
                run = server.measure(worker, "round", tasks=MANY, seconds=plan.seconds)
                runs[phones].append(run)
                if phones == min(plan.phones):
                    # What the rounds added would make the small one a large one.
                    _fill(server, once, phones)
    rows = [Size(phones, Figures.of(all_), used[phones]) for phones, all_ in runs.items()]
    return Growth(rows, _goals(runs))


def _fill(server: Server, record: bytes, phones: int) -> int:
    """Store so many phones and no other; give the bytes that they take."""
    records.fill(server.url, [record], 1)  # what the first client of a server takes once
    server.flush()
    before = server.used_memory()
    records.fill(server.url, [record], phones)
    return server.used_memory() - before


def _goals(runs: dict[int, list[Run]]) -> list[Goal]:
    small = min(runs)
    return [
        Goal(
            f"cost among {phones:,} phones",
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

"""Rounds, a send and a check each, per second: ours and what a user would pick instead."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import attrs

from benchmarks.drive import Run
from benchmarks.goals import Goal
from benchmarks.plan import Plan
from benchmarks.server import DURABILITY, Server
from benchmarks.spread import Figures, Spread, ratios
from benchmarks.worker import Worker

_SQLITE = "SQLite file, write-ahead log, synchronous=NORMAL: a power cut loses the last commits"

SIDES = {
    "ours": ("smsverify", DURABILITY),
    "ours_synchronous": ("smsverify.sync", DURABILITY),
    "floor": ("floor: redis-py, 4 commands", DURABILITY),
    "rules_in_lua": ("rules in Lua by hand", DURABILITY),
    "limiter": ("limits: the limiter alone", DURABILITY),
    "django_phone_verify": ("django-phone-verify", _SQLITE),
    "django_otp": ("django-otp", _SQLITE),
}
"""Each side with its name in print, and what its store outlives."""

CONCURRENCY = (1, 64)
_PEERS_OF_DJANGO = ("django_phone_verify", "django_otp")


@attrs.frozen
class Row:
    """
    One side under one load.

    Attributes:
        side: Its name in `SIDES`.
        tasks: How many tasks, or threads, at once.
        figures: What it came to.
    """

    side: str
    tasks: int
    figures: Figures


@attrs.frozen
class Rounds:
    """The rows, and the goals that they speak of."""

    rows: list[Row]
    goals: list[Goal]


def measure(plan: Plan) -> Rounds:
    """Let all sides take turns, on a server that is empty each time."""
    runs: dict[tuple[str, int], list[Run]] = {}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="smsverify-bench-")))
        server = stack.enter_context(Server())
        workers: dict[str, Worker] = {}
        for side in SIDES:
            (folder / side).mkdir()
            workers[side] = stack.enter_context(Worker(side, server.url, folder / side))
        for number in range(plan.repeats):
            for tasks in CONCURRENCY:
                for side, worker in workers.items():
                    plan.say(f"rounds {number + 1}/{plan.repeats}: {side}, {tasks} at once")
                    server.flush()
                    worker.prepare("round")
                    run = server.measure(worker, "round", tasks=tasks, seconds=plan.seconds)
                    runs.setdefault((side, tasks), []).append(run)
    rows = [Row(side, tasks, Figures.of(all_)) for (side, tasks), all_ in runs.items()]
    return Rounds(rows, _goals(runs))


def _goals(runs: dict[tuple[str, int], list[Run]]) -> list[Goal]:
    return [
        Goal(
            "64 tasks: rounds beside the rules in Lua by hand",
            1.0,
            ratios(runs["ours", 64], runs["rules_in_lua", 64]),
            unit="x",
        ),
        Goal(
            "1 task: rounds beside the faster of the Django libraries",
            1.5,
            _beside_django(runs, 1),
            unit="x",
        ),
        Goal(
            "64 tasks: rounds beside the faster of the Django libraries, 64 threads",
            6.0,
            _beside_django(runs, 64),
            unit="x",
        ),
        Goal(
            "64 tasks: the same beside one thread of theirs, which is faster",
            6.0,
            _beside_django(runs, 64, theirs=1),
            unit="x",
        ),
    ]


def _beside_django(
    runs: dict[tuple[str, int], list[Run]], tasks: int, *, theirs: int | None = None
) -> Spread:
    """Compare with the faster one of them, repeat by repeat; ``theirs`` is another load."""
    peers = [runs[side, theirs or tasks] for side in _PEERS_OF_DJANGO]
    fastest = [max(run.rate for run in turn) for turn in zip(*peers, strict=True)]
    return Spread.of(
        run.rate / rate for run, rate in zip(runs["ours", tasks], fastest, strict=True)
    )

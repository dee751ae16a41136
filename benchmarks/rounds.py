"""Rounds, a send and a check each, per second: ours and what a user would pick instead."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import attrs

from benchmarks.drive import Run
from benchmarks.goals import Goal
from benchmarks.plan import LOADS, MANY, Plan
from benchmarks.server import Server
from benchmarks.spread import Figures, Spread, ratios
from benchmarks.stores import MEMORY, SQLITE, Store
from benchmarks.worker import Worker

SIDES: dict[str, tuple[str, Store]] = {
    "ours": ("smsverify", MEMORY),
    "ours_synchronous": ("smsverify.sync", MEMORY),
    "floor": ("floor: as many commands", MEMORY),
    "rules_in_lua": ("rules in Lua by hand", MEMORY),
    "limiter": ("limits, nothing else", MEMORY),
    "django_phone_verify": ("django-phone-verify", SQLITE),
    "django_otp": ("django-otp", SQLITE),
}
"""Each side with its name in print, and its store."""

_PEERS_OF_DJANGO = ("django_phone_verify", "django_otp")


def title(side: str) -> str:
    """Give a side's name in print, with its store."""
    name, store = SIDES[side]
    return f"{name} ({store.name})"


@attrs.frozen
class Row:
    """
    One side under one load.

    Attributes:
        side: Its name in `SIDES`.
        durability: What its store is, and what that outlives.
        tasks: How many tasks, or threads, at once.
        figures: What it came to.
    """

    side: str
    durability: str
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
            for tasks in LOADS:
                for side, worker in workers.items():
                    plan.say(f"rounds {number + 1}/{plan.repeats}: {side}, {tasks} at once")
                    run = _turn(server, side, worker, tasks, plan.seconds)
                    runs.setdefault((side, tasks), []).append(run)
    rows = [
        Row(side, SIDES[side][1].durability, tasks, Figures.of(all_))
        for (side, tasks), all_ in runs.items()
    ]
    return Rounds(rows, _goals(runs))


def _turn(server: Server, side: str, worker: Worker, tasks: int, seconds: float) -> Run:
    if SIDES[side][1] is SQLITE:
        worker.prepare("round")
        return worker.run(tasks=tasks, seconds=seconds)
    server.flush()
    worker.prepare("round")
    return server.measure(worker, "round", tasks=tasks, seconds=seconds)


def _goals(runs: dict[tuple[str, int], list[Run]]) -> list[Goal]:
    def goal(name: str, wanted: float, reached: Spread, tasks: int) -> Goal:
        return Goal(name, wanted, reached, unit="x", tasks=tasks)

    beside_lua = ratios(runs["ours", MANY], runs["rules_in_lua", MANY])
    one = _beside_django(runs, 1)
    many = _beside_django(runs, MANY)
    many_beside_one = _beside_django(runs, MANY, theirs=1)
    return [
        goal("64 tasks beside the rules in Lua", 1.0, beside_lua, MANY),
        goal("1 task beside the faster Django", 1.5, one, 1),
        goal("64 tasks beside 64 Django threads", 6.0, many, MANY),
        goal("64 tasks beside 1 Django thread", 6.0, many_beside_one, MANY),
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

"""Refusals under attack: 64 tasks that guess at one phone, or ask for sends to it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import attrs

from benchmarks.drive import Run
from benchmarks.goals import Goal
from benchmarks.plan import Plan
from benchmarks.server import Server
from benchmarks.spread import Figures, Spread, ratios
from benchmarks.worker import Worker

_TASKS = 64
CASES = {
    ("floor", "read"): "redis-py reads one key",
    ("ours", "guess"): "smsverify: guesses refused",
    ("ours", "resend"): "smsverify: sends refused",
    ("rules_in_lua", "guess"): "rules in Lua: guesses refused",
    ("rules_in_lua", "resend"): "rules in Lua: sends refused",
}
"""Side and operation, and what they are called in print."""

_WRITES = ("set", "hincrby", "hset", "zadd", "del", "pexpire", "zremrangebyscore")


@attrs.frozen
class Refusals:
    """
    One kind of refusal.

    Attributes:
        side: Who refuses.
        operation: What is refused.
        figures: What it came to.
        writes: Writing commands inside the server for a thousand refusals.
    """

    side: str
    operation: str
    figures: Figures
    writes: float


@attrs.frozen
class Attack:
    """The rows, and the goals that they speak of."""

    rows: list[Refusals]
    goals: list[Goal]


def measure(plan: Plan) -> Attack:
    """Let the sides take turns, each against windows that are full."""
    runs: dict[tuple[str, str], list[Run]] = {case: [] for case in CASES}
    writes = dict.fromkeys(CASES, 0)
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        workers = {
            side: Worker(side, server.url, Path(folder)) for side in {side for side, _ in CASES}
        }
        try:
            for number in range(plan.repeats):
                for side, operation in CASES:
                    plan.say(f"attack {number + 1}/{plan.repeats}: {side} {operation}")
                    worker = workers[side]
                    server.flush()
                    worker.prepare(operation)
                    before = _written(server)
                    run = server.measure(worker, operation, tasks=_TASKS, seconds=plan.seconds)
                    writes[side, operation] += _written(server) - before
                    runs[side, operation].append(run)
        finally:
            for worker in workers.values():
                worker.__exit__(None, None, None)
    rows = [
        Refusals(*case, Figures.of(all_), writes[case] / sum(run.count for run in all_) * 1e3)
        for case, all_ in runs.items()
    ]
    return Attack(rows, _goals(runs))


def _goals(runs: dict[tuple[str, str], list[Run]]) -> list[Goal]:
    goals = []
    for operation, name in (("guess", "guesses"), ("resend", "sends")):
        mine = runs["ours", operation]
        beside = ratios(mine, runs["floor", "read"])
        slowest = Spread.of(run.p99 for run in mine)
        goals += [
            Goal(f"attack: refused {name} beside reads of one key", 0.75, beside, unit="x"),
            Goal(f"attack: p99 of refused {name}", 50.0, slowest, at_most=True, unit=" ms"),
        ]
    return goals


def _written(server: Server) -> int:
    counts = server.commands()
    return sum(counts.get(name, 0) for name in _WRITES)

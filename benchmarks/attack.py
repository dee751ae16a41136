"""Refusals under attack: 64 tasks that guess at one phone, or ask for sends to it."""

from __future__ import annotations

import contextlib
import tempfile
import time
from pathlib import Path

import attrs

from benchmarks.drive import Run
from benchmarks.goals import Goal
from benchmarks.plan import MANY, Plan
from benchmarks.server import Server
from benchmarks.sides.side import LIMIT
from benchmarks.spread import Figures, Spread, ratios
from benchmarks.worker import Worker

READ = ("floor", "read")
CASES = {
    READ: "redis-py reads one key",
    ("ours", "guess"): "smsverify: guesses refused",
    ("ours", "resend"): "smsverify: sends refused",
    ("rules_in_lua", "guess"): "rules in Lua: guesses refused",
    ("rules_in_lua", "resend"): "rules in Lua: sends refused",
}
"""Side and operation, and what they are called in print."""

_WRITES = ("set", "del", "hset", "hdel", "hincrby", "zadd", "zremrangebyscore")
"""What changes data. PEXPIRE comes with these; how often hangs on the millisecond."""
_OPENING_SECONDS = 0.1
_FLUSH_SECONDS = 5.0
_FLUSH_WRITES = {"ours": 2, "rules_in_lua": 0}
"""Counts of refusals go along so often: one addition for sends, and one for checks."""


@attrs.frozen
class Turn:
    """
    One attack, from its first call on, when all windows are empty.

    Attributes:
        run: The calls when the windows are full.
        refused: How many calls were refused in all.
        written: Writing commands inside the server.
        allowed: How many of those policy lets through: what as many calls as a window holds write
            when they come one after another, and the counts of refusals.
    """

    run: Run
    refused: int = 0
    written: int = 0
    allowed: int = 0


@attrs.frozen
class Refusals:
    """
    One kind of refusal.

    Attributes:
        side: Who refuses.
        operation: What is refused.
        figures: What it came to.
        written: Writing commands inside the server for a thousand refusals; None for plain reads.
        allowed: How many policy lets through.
    """

    side: str
    operation: str
    figures: Figures
    written: Spread | None
    allowed: Spread | None


@attrs.frozen
class Attack:
    """The rows, and the goals that they speak of."""

    rows: list[Refusals]
    goals: list[Goal]


def measure(plan: Plan) -> Attack:
    """Let the sides take turns, each on a server that is empty when it begins."""
    turns: dict[tuple[str, str], list[Turn]] = {case: [] for case in CASES}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(Server())
        workers = {
            side: stack.enter_context(Worker(side, server.url, folder))
            for side in sorted({side for side, _ in CASES})
        }
        let_through = {
            case: _let_through(server, workers[case[0]], case[1]) for case in CASES if case != READ
        }
        for number in range(plan.repeats):
            for case in CASES:
                plan.say(f"attack {number + 1}/{plan.repeats}: {' '.join(case)}")
                worker = workers[case[0]]
                if case == READ:
                    turns[case].append(_read(server, worker, plan.seconds))
                    continue
                turn = _attack(server, worker, case, plan.seconds, let_through[case])
                turns[case].append(turn)
    return Attack([_row(case, all_) for case, all_ in turns.items()], _goals(turns))


def _let_through(server: Server, worker: Worker, operation: str) -> int:
    """Count what a window's worth of calls writes when they come one after another."""
    server.flush()
    worker.prepare(f"first_{operation}")  # which warms up too, the first time
    server.flush()
    worker.prepare(f"first_{operation}")
    before = _written(server)
    worker.run(f"first_{operation}", tasks=1, times=LIMIT)
    return _written(server) - before


def _read(server: Server, worker: Worker, seconds: float) -> Turn:
    server.flush()
    worker.prepare(READ[1])
    return Turn(server.measure(worker, READ[1], tasks=MANY, seconds=seconds))


def _attack(
    server: Server, worker: Worker, case: tuple[str, str], seconds: float, let_through: int
) -> Turn:
    side, operation = case
    server.flush()
    worker.prepare(f"first_{operation}")
    before, began = _written(server), time.monotonic()
    opening = worker.run(f"first_{operation}", tasks=MANY, seconds=_OPENING_SECONDS)
    run = server.measure(worker, operation, tasks=MANY, seconds=seconds)
    flushes = 1 + int((time.monotonic() - began) / _FLUSH_SECONDS)
    return Turn(
        run,
        refused=opening.count - LIMIT + run.count,
        written=_written(server) - before,
        allowed=let_through + flushes * _FLUSH_WRITES[side],
    )


def _written(server: Server) -> int:
    counts = server.commands()
    return sum(counts.get(name, 0) for name in _WRITES)


def _row(case: tuple[str, str], turns: list[Turn]) -> Refusals:
    figures = Figures.of([turn.run for turn in turns])
    if case == READ:
        return Refusals(*case, figures, None, None)
    written = Spread.of(turn.written / turn.refused * 1e3 for turn in turns)
    allowed = Spread.of(turn.allowed / turn.refused * 1e3 for turn in turns)
    return Refusals(*case, figures, written, allowed)


def _goals(turns: dict[tuple[str, str], list[Turn]]) -> list[Goal]:
    reads = [turn.run for turn in turns[READ]]
    goals = []
    for operation, name in (("guess", "guesses"), ("resend", "sends")):
        mine = turns["ours", operation]
        beside = ratios([turn.run for turn in mine], reads)
        slowest = Spread.of(turn.run.p99 for turn in mine)
        writes = Spread.of(turn.written / turn.allowed for turn in mine)
        goals += [
            Goal(f"{name} refused beside reads", 0.75, beside, unit="x"),
            Goal(f"{name} refused: p99", 50.0, slowest, at_most=True, unit=" ms"),
            Goal(
                f"{name}: writes beside policy's",
                1.0,
                writes,
                at_most=True,
                unit="x",
            ),
        ]
    return goals

"""What was measured, as parts of one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks import attack, rounds
from benchmarks.attack import Attack
from benchmarks.goals import Goal
from benchmarks.growth import Growth
from benchmarks.memory import Memory
from benchmarks.parts import Part, spread, spreads
from benchmarks.plan import LOADS, MANY
from benchmarks.report import Report
from benchmarks.rounds import Rounds
from benchmarks.spread import Figures
from benchmarks.start import Starts
from benchmarks.wire import Wire

_HEADS = ("per second", "p50 ms", "p99 ms", "client µs", "server µs")


def parts_of(report: Report) -> list[Part]:
    """Give a part for each section that was measured, and the goals last."""
    parts: list[Part] = []
    if report.rounds is not None:
        parts += _rounds(report.rounds)
    if report.wire is not None:
        parts.append(_wire(report.wire))
    if report.attack is not None:
        parts += _attack(report.attack)
    if report.growth is not None:
        parts.append(_growth(report.growth))
    if report.memory is not None:
        parts.append(_memory(report.memory, report.growth))
    if report.start is not None:
        parts.append(_start(report.start))
    parts += [profile.part() for profile in report.profiles]
    if report.goals:
        parts.append(_goals(report.goals))
    return parts


def _rounds(measured: Rounds) -> Iterator[Part]:
    for tasks in LOADS:
        rows = [
            (rounds.title(row.side), *_figures(row.figures))
            for row in measured.rows
            if row.tasks == tasks
        ]
        yield Part(f"rounds, {tasks} at once", _HEADS, rows)


def _wire(measured: Sequence[Wire]) -> Part:
    rows = [
        (
            rounds.title(wire.side),
            f"{spread(wire.said)}{'' if wire.unit == 'commands' else f' {wire.unit}'}",
            *spreads((wire.trips, wire.bytes_up, wire.bytes_down, wire.memory)),
        )
        for wire in measured
    ]
    heads = ("commands", "trips", "bytes up", "bytes down", "store's bytes")
    return Part("a round, counted, one at a time", heads, rows)


def _attack(measured: Attack) -> Iterator[Part]:
    rows = [
        (attack.CASES[row.side, row.operation], *_figures(row.figures)) for row in measured.rows
    ]
    yield Part(f"attack: refusals, {MANY} at once", _HEADS, rows)
    writes = [
        (attack.CASES[row.side, row.operation], *spreads((row.written, row.allowed)))
        for row in measured.rows
        if row.written is not None
    ]
    yield Part("attack: writes for 1,000 refusals", ("written", "policy allows"), writes)


def _growth(measured: Growth) -> Part:
    rows = [(f"among {row.phones:,} phones", *_figures(row.figures)) for row in measured.rows]
    return Part(f"growth: rounds, {MANY} at once", _HEADS, rows)


def _memory(measured: Memory, growth: Growth | None) -> Part:
    rows = [(row.what, spread(row.bytes_each), f"{row.record_bytes:,}") for row in measured.rows]
    rows += [
        (f"one verification, {size.phones:,} phones", f"{size.bytes_each:,.0f}", "")
        for size in (growth.rows if growth else ())
    ]
    return Part("memory of a phone in the server", ("bytes", "of them record"), rows)


def _start(measured: Starts) -> Part:
    rows = [
        (row.what, *spreads((row.milliseconds, row.added, row.mebibytes))) for row in measured.rows
    ]
    return Part("start, whole processes", ("ms", "added ms", "MiB"), rows)


def _goals(goals: Iterable[Goal]) -> Part:
    rows = []
    for goal in goals:
        wanted = f"{'≤' if goal.at_most else '≥'} {goal.wanted:,g}{goal.unit}"
        verdict = "[green]met[/]" if goal.met else "[red]missed[/]"
        rows.append((goal.name, wanted, spread(goal.reached), verdict))
    return Part("goals", ("wanted", "reached", ""), rows)


def _figures(figures: Figures) -> tuple[str, ...]:
    server = figures.server_cpu_each if figures.server_cpu_each.high else None
    return spreads((figures.rate, figures.p50, figures.p99, figures.cpu_each, server))

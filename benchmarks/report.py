"""The figures as one table on the screen, and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs
from rich.console import Console
from rich.table import Table

from benchmarks import attack, cores, rounds, server
from benchmarks.attack import Attack
from benchmarks.goals import Goal
from benchmarks.growth import Growth
from benchmarks.rounds import Rounds
from benchmarks.spread import Figures, Spread
from benchmarks.start import Starts
from benchmarks.wire import Wire

_QUIET_LOAD = 0.5


@attrs.frozen
class Report:
    """All that was measured; a section that was left out is None."""

    made: str
    conditions: dict[str, str]
    rounds: Rounds | None = None
    wire: list[Wire] | None = None
    attack: Attack | None = None
    growth: Growth | None = None
    start: Starts | None = None

    @property
    def goals(self) -> list[Goal]:
        """The goals of all sections."""
        sections = (self.rounds, self.attack, self.growth, self.start)
        return [goal for section in sections if section is not None for goal in section.goals]


def conditions(repeats: int, seconds: float) -> dict[str, str]:
    """Say what the figures depend on."""
    return {
        "processor": _processor(),
        "placement": cores.described(),
        "others": _others(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "server": server.version(),
        "store": server.DURABILITY,
        "repeats": f"{repeats}, {seconds:g} s for each side and load, all sides in turns",
    }


def write(report: Report, path: Path) -> None:
    """Write all figures as JSON."""
    told = attrs.asdict(report)
    told["goals"] = [attrs.asdict(goal) | {"met": goal.met} for goal in report.goals]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def show(report: Report, console: Console) -> None:
    """Print one table with a part for each section."""
    for name, value in report.conditions.items():
        console.print(f"[dim]{name:>10}[/] {value}")
    table = Table(title="smsverify, measured", title_justify="left", pad_edge=False)
    table.add_column("what", min_width=32)
    for head in ("per second", "p50 ms", "p99 ms", "client µs", "server µs"):
        table.add_column(head, justify="right", no_wrap=True)
    for title, rows in _sections(report):
        table.add_section()
        table.add_row(f"[bold]{title}[/]")
        for row in rows:
            table.add_row(*row)
    console.print(table)
    _show_plain(report, console)
    _show_goals(report.goals, console)


def _sections(report: Report) -> Iterable[tuple[str, list[list[str]]]]:
    if report.rounds is not None:
        for tasks in rounds.CONCURRENCY:
            yield (
                f"rounds, {tasks} at once",
                [
                    [rounds.SIDES[row.side][0], *_cells(row.figures)]
                    for row in report.rounds.rows
                    if row.tasks == tasks
                ],
            )
    if report.attack is not None:
        yield (
            "refusals under attack, 64 at once",
            [
                [attack.CASES[row.side, row.operation], *_cells(row.figures)]
                for row in report.attack.rows
            ],
        )
    if report.growth is not None:
        yield (
            "rounds as the server fills, 64 at once",
            [[f"{row.phones:,} phones", *_cells(row.figures)] for row in report.growth.rows],
        )


def _show_plain(report: Report, console: Console) -> None:
    if report.wire is not None:
        table = _table("a round, counted", "commands", "trips", "bytes up", "down", "memory")
        for wire in report.wire:
            figures = (wire.commands, wire.trips, wire.bytes_up, wire.bytes_down, wire.memory)
            table.add_row(rounds.SIDES[wire.side][0], *(f"{figure:,.1f}" for figure in figures))
        console.print(table)
    if report.growth is not None:
        once, day = report.growth.record_bytes
        console.print(f"A record has {once} bytes after one verification, {day} after a full day.")
    if report.attack is not None:
        table = _table("writes inside the server", "per 1,000 refusals")
        for row in report.attack.rows:
            table.add_row(attack.CASES[row.side, row.operation], f"{row.writes:.2f}")
        console.print(table)
    if report.start is not None:
        table = _table("start", "ms", "added ms", "MiB")
        for start in report.start.rows:
            added, memory = f"{start.added:.0f}", f"{start.mebibytes:.0f}"
            table.add_row(start.what, _spread(start.milliseconds, 0), added, memory)
        console.print(table)


def _show_goals(goals: Iterable[Goal], console: Console) -> None:
    table = _table("goal", "wanted", "reached", "")
    for goal in goals:
        sign = "≤" if goal.at_most else "≥"
        digits = 2 if goal.wanted < 10 else 0
        table.add_row(
            goal.name,
            f"{sign} {goal.wanted:,g}{goal.unit}",
            f"{_spread(goal.reached, digits)}{goal.unit}",
            "[green]met[/]" if goal.met else "[red]missed[/]",
        )
    console.print(table)


def _table(first: str, *others: str) -> Table:
    table = Table(pad_edge=False)
    table.add_column(first, min_width=30)
    for head in others:
        table.add_column(head, justify="right", no_wrap=True)
    return table


def _cells(figures: Figures) -> list[str]:
    return [
        _spread(figures.rate, 0),
        f"{figures.p50.median:,.2f}",
        _spread(figures.p99, 1),
        _spread(figures.cpu_each, 0),
        f"{figures.server_cpu_each.median:,.0f}",
    ]


def _spread(spread: Spread, digits: int) -> str:
    if spread.low == spread.high:
        return f"{spread.median:,.{digits}f}"
    return f"{spread.median:,.{digits}f} ({spread.low:,.{digits}f}..{spread.high:,.{digits}f})"


def _others() -> str:
    """Say whether other programs were at work when the measurement began."""
    load = os.getloadavg()[0]
    if load < _QUIET_LOAD:
        return f"a quiet machine (load {load:.1f})"
    return f"busy with other programs (load {load:.1f}): compare sides, not machines"


def _processor() -> str:
    names = platform.processor()
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            found: list[Any] = [line for line in file if line.startswith("model name")]
    except OSError:
        return names or platform.machine()
    name = found[0].partition(":")[2].strip() if found else names
    return f"{name}, {len(found) or '?'} cores"

"""
Measures, prints one table, writes results/latest.json and results/latest.png.

    python -m benchmarks [--quick] [--only rounds wire attack growth memory start] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from pathlib import Path
from typing import Any

import attrs
from rich.console import Console

from benchmarks import attack, chart, growth, memory, parts, profile, report, rounds, start, wire
from benchmarks.plan import Plan
from benchmarks.report import Report
from benchmarks.sections import parts_of

_RESULTS = Path(__file__).parent / "results"
_SECTIONS = ("rounds", "wire", "attack", "growth", "memory", "start")


def main() -> None:
    """Run the sections that are asked for."""
    arguments = _arguments()
    console = Console(width=None if sys.stdout.isatty() else parts.WIDTH)
    note = Console(stderr=True)
    plan = Plan(
        repeats=arguments.repeats,
        seconds=arguments.seconds,
        phones=(1_000, 100_000) if arguments.quick else (1_000, 100_000, 1_000_000),
        say=lambda text: note.print(f"[dim]{text}[/]"),
    )
    began = time.monotonic()
    made = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    told = Report(made, report.conditions(plan))
    for section in arguments.only:
        told = attrs.evolve(told, **{section: _measure(section, plan)})
    told = _with_profiles(told, plan)
    _show(told, console)
    report.write(told, arguments.out / "latest.json")
    chart.draw(told, arguments.out / "latest.png")
    console.print(f"{time.monotonic() - began:.0f} s; written to {arguments.out}/latest.json, .png")


def _with_profiles(told: Report, plan: Plan) -> Report:
    """A goal of the rounds that was missed is told with a profile that says where the time goes."""
    profiles = []
    for tasks in told.missed_loads:
        plan.say(f"a goal was missed: where the time goes, {tasks} at once")
        profiles.append(profile.in_a_process(tasks))
    return attrs.evolve(told, profiles=profiles)


def _show(told: Report, console: Console) -> None:
    for name, value in told.conditions.items():
        console.print(f"[dim]{name:>10}[/] {value}")
    parts.show(parts_of(told), console)


def _measure(section: str, plan: Plan) -> Any:
    match section:
        case "rounds":
            return rounds.measure(plan)
        case "wire":
            return wire.measure(plan)
        case "attack":
            return attack.measure(plan)
        case "growth":
            return growth.measure(plan)
        case "memory":
            return memory.measure(plan)
        case _:
            return start.measure(plan)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=_SECTIONS, default=list(_SECTIONS))
    parser.add_argument("--repeats", type=int, default=5, help="turns of each side, at least 3")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a turn")
    parser.add_argument("--quick", action="store_true", help="short turns, no million of phones")
    parser.add_argument("--out", type=Path, default=_RESULTS, help="where the results go")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.repeats, arguments.seconds = 3, 0.4
    if arguments.repeats < 3:
        parser.error("fewer than three repeats make no spread")
    return arguments


if __name__ == "__main__":
    main()

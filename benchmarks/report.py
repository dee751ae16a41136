"""All that was measured, what it depends on, and how it is written as JSON."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

import attrs

from benchmarks import cores, server
from benchmarks.areas import Profile
from benchmarks.attack import Attack
from benchmarks.goals import Goal
from benchmarks.growth import Growth
from benchmarks.memory import Memory
from benchmarks.plan import Plan
from benchmarks.rounds import Rounds
from benchmarks.start import Starts
from benchmarks.stores import MEMORY, SQLITE
from benchmarks.wire import Wire

_QUIET_LOAD = 0.5


@attrs.frozen
class Report:
    """
    All that was measured; a section that was left out is None.

    Attributes:
        profiles: Where our time goes under each load whose goal was missed.
    """

    made: str
    conditions: dict[str, str]
    rounds: Rounds | None = None
    wire: list[Wire] | None = None
    attack: Attack | None = None
    growth: Growth | None = None
    memory: Memory | None = None
    start: Starts | None = None
    profiles: list[Profile] = attrs.field(factory=list)

    @property
    def goals(self) -> list[Goal]:
        """The goals of all sections."""
        sections = (self.rounds, self.attack, self.growth, self.memory, self.start)
        return [goal for section in sections if section is not None for goal in section.goals]

    @property
    def missed_loads(self) -> list[int]:
        """The loads under which a goal of the rounds was missed."""
        goals = [] if self.rounds is None else self.rounds.goals
        return sorted({goal.tasks for goal in goals if goal.tasks is not None and not goal.met})


def conditions(plan: Plan) -> dict[str, str]:
    """Say what the figures depend on."""
    return {
        "processor": _processor(),
        "placement": cores.described(),
        "others": _others(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "server": server.version(),
        MEMORY.name: MEMORY.durability,
        SQLITE.name: SQLITE.durability,
        "repeats": f"{plan.repeats}, {plan.seconds:g} s for each side and load, all sides in turns",
    }


def write(report: Report, path: Path) -> None:
    """Write all figures as JSON."""
    told = attrs.asdict(report)
    told["goals"] = [attrs.asdict(goal) | {"met": goal.met} for goal in report.goals]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def is_busy(conditions: dict[str, str]) -> bool:
    """Say whether other programs were at work."""
    return conditions["others"].startswith("busy")


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

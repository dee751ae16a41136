"""
Where a round's time goes: the processor's, by area.

    python -m benchmarks.profile [--tasks 1] [--json]

A profiler makes small functions look dearer than they are: read it for what stands out, and measure
a change with `make bench`. Rubbish collection is measured apart, without the profiler.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import json
import pstats
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from operator import itemgetter

import attrs
from rich.console import Console

from benchmarks import cores, parts
from benchmarks.areas import Area, Profile, area_of
from benchmarks.plan import MANY
from benchmarks.server import Server
from benchmarks.sides.ours import Ours

_ROUNDS = 4_000


def in_a_process(tasks: int) -> Profile:
    """Take a profile in a process of its own, which the profiler and its pinning end with."""
    command = [sys.executable, "-m", "benchmarks.profile", "--json", "--tasks", str(tasks)]
    told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    areas = [Area(**area) for area in told.pop("areas")]
    return Profile(**told, areas=areas)


class _Collections:
    """Counts what the rubbish collection of this thread takes."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.runs = 0
        self._began = 0.0

    def __call__(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.thread_time()
        else:
            self.seconds += time.thread_time() - self._began
            self.runs += 1


class _Rounds:
    """Runs rounds in so many tasks."""

    def __init__(self, side: Ours, tasks: int) -> None:
        self._round = side.operations["round"]
        self._tasks = tasks
        self._next = 0

    async def run(self, count: int) -> float:
        """Run so many; give the processor's seconds."""
        end = self._next + count

        async def one() -> None:
            while self._next < end:
                self._next += 1
                await self._round(self._next)

        began = time.process_time()
        await asyncio.gather(*(one() for _ in range(self._tasks)))
        return time.process_time() - began


async def _measure(tasks: int) -> Profile:
    with Server() as server:
        cores.pin(0, cores.client_core())
        side = Ours(server.url)
        rounds = _Rounds(side, tasks)
        await rounds.run(_ROUNDS // 4)
        collections = _Collections()
        gc.callbacks.append(collections)
        plain = await rounds.run(_ROUNDS)
        gc.callbacks.remove(collections)
        profile = cProfile.Profile()
        profile.enable()
        await rounds.run(_ROUNDS)
        profile.disable()
        await side.close()
    return Profile(
        tasks,
        plain / _ROUNDS * 1e6,
        collections.seconds / _ROUNDS * 1e6,
        collections.runs / _ROUNDS * 1e3,
        _areas(pstats.Stats(profile)),
    )


def _areas(statistics: pstats.Stats) -> list[Area]:
    spent: defaultdict[str, float] = defaultdict(float)
    calls: Counter[str] = Counter()
    for file, count, seconds in _entries(statistics):
        spent[area_of(file)] += seconds
        calls[area_of(file)] += count
    whole = sum(spent.values())
    return [
        Area(name, seconds / whole, calls[name] / _ROUNDS)
        for name, seconds in sorted(spent.items(), key=itemgetter(1), reverse=True)
    ]


def _entries(statistics: pstats.Stats) -> Iterator[tuple[str, int, float]]:
    """Give file, calls and own seconds; what is written in C counts for who called it."""
    for (file, _, _), (_, count, own, _, callers) in vars(statistics)["stats"].items():
        if file != "~":
            yield file, count, own
            continue
        for (caller, _, _), (_, part, seconds, _) in callers.items():
            yield caller, part, seconds


def main() -> None:
    """Take one, and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile")
    parser.add_argument("--tasks", type=int, default=MANY)
    parser.add_argument("--json", action="store_true", help="for programs")
    arguments = parser.parse_args()
    profile = asyncio.run(_measure(arguments.tasks))
    if arguments.json:
        print(json.dumps(attrs.asdict(profile)))
    else:
        parts.show([profile.part()], Console())


if __name__ == "__main__":
    main()

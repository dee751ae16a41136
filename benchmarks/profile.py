"""
Where a round's time goes: the processor's, by area, with 64 tasks.

    python -m benchmarks.profile [--tasks 1]

A profiler makes small functions look dearer than they are: read it for what stands out, and measure
a change with `make bench`. Rubbish collection is measured apart, without the profiler.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import pstats
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from operator import itemgetter

from rich.console import Console
from rich.table import Table

from benchmarks import cores
from benchmarks.server import Server
from benchmarks.sides.ours import Ours

_ROUNDS = 4_000
_AREAS = (
    ("/smsverify/domain/", "rules"),
    ("/smsverify/application/", "use cases, the commit loop"),
    ("/smsverify/adapters/msgpack/", "records to bytes and back"),
    ("/smsverify/adapters/redis/", "our Redis adapter"),
    ("/smsverify/adapters/", "our other adapters"),
    ("/smsverify/", "facade"),
    ("/phonenumbers/", "phonenumbers"),
    ("/redis/", "redis-py"),
    ("/asyncio/", "asyncio"),
    ("/benchmarks/", "the measurement itself"),
)


class _Collections:
    """Counts what the rubbish collection of this thread takes."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.runs: Counter[int] = Counter()
        self._began = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.thread_time()
        else:
            self.seconds += time.thread_time() - self._began
            self.runs[info["generation"]] += 1


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


async def _measure(tasks: int, console: Console) -> None:
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
    _show(pstats.Stats(profile), console)
    micro = 1e6 / _ROUNDS
    console.print(
        f"A round takes {plain * micro:.0f} µs without the profiler,"
        f" {collections.seconds * micro:.0f} µs of them rubbish collection"
        f" ({collections.runs.total()} runs in {_ROUNDS:,} rounds,"
        f" {collections.runs[2]} of them over everything)."
    )


def _show(statistics: pstats.Stats, console: Console) -> None:
    spent: defaultdict[str, float] = defaultdict(float)
    calls: Counter[str] = Counter()
    for file, count, seconds in _entries(statistics):
        spent[_area(file)] += seconds
        calls[_area(file)] += count
    whole = sum(spent.values())
    table = Table(pad_edge=False)
    table.add_column("area", min_width=30)
    table.add_column("of the time", justify="right")
    table.add_column("calls a round", justify="right")
    for area, seconds in sorted(spent.items(), key=itemgetter(1), reverse=True):
        table.add_row(area, f"{seconds / whole:.0%}", f"{calls[area] / _ROUNDS:,.0f}")
    console.print(table)


def _entries(statistics: pstats.Stats) -> Iterator[tuple[str, int, float]]:
    """Give file, calls and own seconds; what is written in C counts for who called it."""
    for (file, _, _), (_, count, own, _, callers) in vars(statistics)["stats"].items():
        if file != "~":
            yield file, count, own
            continue
        for (caller, _, _), (_, part, seconds, _) in callers.items():
            yield caller, part, seconds


def _area(file: str) -> str:
    # What attrs generates is named after its class.
    path = "/" + file.partition("<attrs generated methods ")[2].replace(".", "/") or file
    for part, area in _AREAS:
        if part in (file if path == "/" else path):
            return area
    return "the rest of Python"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile")
    parser.add_argument("--tasks", type=int, default=64)
    asyncio.run(_measure(parser.parse_args().tasks, Console()))

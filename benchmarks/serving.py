"""
The process of one side: it hears on its input what to run, and tells the figures on its output.

    python -m benchmarks.serving SIDE URL FOLDER
"""

# ruff: noqa: PLC0415 - each process imports its own side alone

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from benchmarks import cores, drive
from benchmarks.crew import Crew
from benchmarks.drive import Run
from benchmarks.plan import MANY

_WARM_UP_SECONDS = 0.3
_WARM_UP_TASKS = 8


def make_side(name: str, url: str, folder: Path) -> Any:
    """Build a side; only what it needs is imported."""
    match name:
        case "ours":
            from benchmarks.sides.ours import Ours

            return Ours(url)
        case "ours_synchronous":
            from benchmarks.sides.ours import OursSynchronous

            return OursSynchronous(url)
        case "floor":
            from benchmarks.sides.floor import Floor

            return Floor(url)
        case "rules_in_lua":
            from benchmarks.sides.rules_in_lua import RulesInLua

            return RulesInLua(url)
        case "limiter":
            from benchmarks.sides.limiter import Limiter

            return Limiter(url)
        case "django_phone_verify":
            from benchmarks.sides.django_sides import PhoneVerify

            return PhoneVerify(folder)
        case "django_otp":
            from benchmarks.sides.django_sides import Otp

            return Otp(folder)
    raise ValueError(name)


class _Serving:
    """The process's own end."""

    def __init__(self, side: Any) -> None:
        self._side = side
        self._numbers = drive.counting()
        self._crew = Crew()
        self._warm: set[str] = set()

    async def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        if "prepare" in asked:
            await self._prepare(asked["prepare"])
            return {}
        if "spent" in asked:
            figures: dict[str, int] = await asyncio.to_thread(self._side.spent)
            return figures
        return attrs.asdict(await self._run(asked))

    async def _run(self, asked: dict[str, Any]) -> Run:
        operation = self._side.operations[asked["operation"]]
        times, seconds = asked["times"], asked["seconds"]
        is_due = drive.so_often(times) if times else drive.for_seconds(seconds)
        return await self._drive(operation, asked["tasks"], is_due)

    async def _prepare(self, name: str) -> None:
        await self._side.prepare(name)
        if name in self._warm:
            return
        self._warm.add(name)
        operation = self._side.operations[name]
        if self._side.threaded:
            # Each thread once: Django opens a connection for each.
            await asyncio.to_thread(self._crew.all_do, lambda: operation(next(self._numbers)), MANY)
        await self._drive(operation, _WARM_UP_TASKS, drive.for_seconds(_WARM_UP_SECONDS))

    async def _drive(self, operation: Any, tasks: int, is_due: Callable[[], bool]) -> Run:
        if self._side.threaded:
            run = partial(self._crew.run, operation, self._numbers, threads=tasks, is_due=is_due)
            return await asyncio.to_thread(run)
        return await drive.in_tasks(operation, self._numbers, tasks=tasks, is_due=is_due)


async def _serve(name: str, url: str, folder: Path) -> None:
    side = await asyncio.to_thread(make_side, name, url, folder)
    serving = _Serving(side)
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await serving.answer(json.loads(line))), flush=True)
    await side.close()


if __name__ == "__main__":
    # A service shows warnings; a line for each send would measure the terminal.
    logging.basicConfig(level=logging.WARNING)
    cores.pin(0, cores.client_core())
    asyncio.run(_serve(sys.argv[1], sys.argv[2], Path(sys.argv[3])))

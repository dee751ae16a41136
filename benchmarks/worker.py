"""
A process for one side: it hears on its input what to run, and tells the figures on its output.

Each side has a process of its own, so that none pays for what another has in memory, and all live
through the whole measurement, so that they can take turns.
"""

# ruff: noqa: PLC0415 - each process imports its own side alone

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs

from benchmarks import cores, drive
from benchmarks.drive import Run

_ROOT = Path(__file__).parents[1]
_WARM_UP_SECONDS = 0.3
_WARM_UP_TASKS = 8


class Worker:
    """The parent's end of such a process."""

    def __init__(self, side: str, url: str, folder: Path) -> None:
        """
        Start it.

        Args:
            side: One of the names in `make_side`.
            url: The server.
            folder: Where a side may put files.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", side, url, str(folder)],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def run(
        self, operation: str = "round", *, tasks: int, seconds: float = 0.0, times: int = 0
    ) -> Run:
        """
        Run an operation for so many seconds, or so many times in one task.

        Raises:
            RuntimeError: The process has ended; what it said is on standard error.
        """
        asked = {"operation": operation, "tasks": tasks, "seconds": seconds, "times": times}
        return Run(**self._ask(asked))

    def prepare(self, operation: str) -> None:
        """Bring about what an operation needs, and warm up; not measured. Raises as `run` does."""
        self._ask({"prepare": operation})

    def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("a side of the benchmark has ended; see its words above")
        told: dict[str, Any] = json.loads(answer)
        return told


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
        self._warm: set[str] = set()

    async def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        if "prepare" in asked:
            await self._prepare(asked["prepare"])
            return {}
        return attrs.asdict(await self._run(asked))

    async def _run(self, asked: dict[str, Any]) -> Run:
        name = asked["operation"]
        operation = self._side.operations[name]
        if asked["times"]:
            return await self._count(operation, asked["times"])
        return await self._drive(operation, asked["tasks"], asked["seconds"])

    async def _prepare(self, name: str) -> None:
        await self._side.prepare(name)
        if name not in self._warm:
            self._warm.add(name)
            await self._drive(self._side.operations[name], _WARM_UP_TASKS, _WARM_UP_SECONDS)

    async def _drive(self, operation: Any, tasks: int, seconds: float) -> Run:
        if self._side.threaded:
            return await asyncio.to_thread(
                drive.in_threads, operation, self._numbers, tasks=tasks, seconds=seconds
            )
        return await drive.in_tasks(operation, self._numbers, tasks=tasks, seconds=seconds)

    async def _count(self, operation: Any, times: int) -> Run:
        for _ in range(times):
            number = next(self._numbers)
            if self._side.threaded:
                await asyncio.to_thread(operation, number)
            else:
                await operation(number)
        return Run(times, 1.0, 0.0, 0.0, 0.0)


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

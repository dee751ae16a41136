"""
A process for one side, as its parent sees it.

Each side has a process of its own, so that none pays for what another has in memory, and all live
through the whole measurement, so that they can take turns.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.drive import Run

_ROOT = Path(__file__).parents[1]


class Worker:
    """Starts such a process, asks it, and ends it."""

    def __init__(self, side: str, url: str, folder: Path) -> None:
        """
        Start it.

        Args:
            side: One of the names in `benchmarks.serving.make_side`.
            url: The server.
            folder: Where a side may put files.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.serving", side, url, str(folder)],
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
        self.close()

    def close(self) -> None:
        """End it."""
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
        Run an operation for so many seconds, or so many times.

        Raises:
            RuntimeError: The process has ended; what it said is on standard error.
        """
        asked = {"operation": operation, "tasks": tasks, "seconds": seconds, "times": times}
        return Run(**self._ask(asked))

    def prepare(self, operation: str) -> None:
        """Bring about what an operation needs, and warm up; not measured. Raises as `run` does."""
        self._ask({"prepare": operation})

    def spent(self) -> dict[str, int]:
        """Ask a side that keeps a file for its figures up to now. Raises as `run` does."""
        return self._ask({"spent": True})

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

"""The real server: started here, on a core of its own, and asked for its figures."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import attrs

from benchmarks import cores
from benchmarks.drive import Run
from benchmarks.worker import Worker
from tests.integration.servers import Single, server_version


class Server:
    """A single server; give `url` to whoever uses it."""

    def __init__(self) -> None:
        self._single = Single()
        self.process = self._single.process
        self.url = self._single.url
        cores.pin(self.process.pid, cores.server_core())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._single.stop()

    def flush(self) -> None:
        """Remove all that is stored, and be done with it before the next command."""
        self.process.call("FLUSHALL", "SYNC", timeout=60.0)

    def used_memory(self) -> int:
        """Give the bytes in use, everything counted."""
        return int(self.process.info("memory")["used_memory"])

    def commands(self) -> dict[str, int]:
        """Give how often each command ran, those inside scripts included."""
        return dict(self._single.command_counts())

    def measure(self, worker: Worker, operation: str, *, tasks: int, seconds: float) -> Run:
        """Run an operation, and add what it cost this server."""
        before = self._cpu()
        run = worker.run(operation, tasks=tasks, seconds=seconds)
        return attrs.evolve(run, server_cpu=self._cpu() - before)

    def _cpu(self) -> float:
        used = self.process.info("cpu")
        return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


def version() -> str:
    """Give the server's name and version."""
    return server_version()

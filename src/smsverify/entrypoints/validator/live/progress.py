"""How far the probes are, on a terminal."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import TaskID


class NoProgress:
    """Shows nothing."""

    def begin(self, name: str) -> None:
        """Show nothing."""

    def end(self, name: str) -> None:
        """Show nothing."""


class LiveProgress:
    """A line for each service, with a spinner until it has answered."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def begin(self, name: str) -> None:
        """Show the service's line."""
        self._tasks[name] = self._progress.add_task(f"Asking {name}", total=1)

    def end(self, name: str) -> None:
        """Stop its spinner."""
        self._progress.update(self._tasks[name], completed=1, description=f"Asked {name}")


@contextlib.contextmanager
def showing_progress(*, wanted: bool) -> Iterator[NoProgress | LiveProgress]:
    """Show progress on standard error while the block runs, if that is a terminal; then wipe it."""
    if not wanted or not sys.stderr.isatty() or os.environ.get("NO_COLOR"):
        yield NoProgress()
        return
    columns = (SpinnerColumn(finished_text="✓"), TextColumn("{task.description}"))
    with Progress(
        *columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True
    ) as progress:
        yield LiveProgress(progress)

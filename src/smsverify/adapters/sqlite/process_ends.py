"""
What a fork and the end of the process mean to workers.

SQLite's connections and locks must not be carried into a child: it would believe that it holds the
locks of its parent. So every worker stands still and is closed while the process forks; parent and
child open the file again, each for itself, at their next call.
"""

from __future__ import annotations

import atexit
import os
import time
import weakref
from typing import TYPE_CHECKING, Final, Protocol

from smsverify.adapters.sqlite.connection import OPENING

if TYPE_CHECKING:
    from collections.abc import Callable

LAST_SECONDS: Final = 2.0
"""How long the end of the process waits for what was handed over before."""


class Watched(Protocol):
    """What is told of forks and of the process's end."""

    def pause(self) -> Callable[[], None]:
        """Stand still, holding nothing open; the answer ends it."""
        ...

    def forget_parent(self) -> None:
        """Drop what belongs to the parent."""
        ...

    def end(self, seconds: float) -> None:
        """Come to an end within so many seconds."""
        ...


_watched: Final[weakref.WeakSet[Watched]] = weakref.WeakSet()
_resume: Final[list[Callable[[], None]]] = []


def watch(worker: Watched) -> None:
    """Tell a worker from now on, for as long as somebody uses it."""
    _watched.add(worker)


def _before_fork() -> None:
    # First, so that of two forks at a time one waits, and no file is opened in between.
    OPENING.acquire()
    _resume.extend([worker.pause() for worker in list(_watched)])


def _after_fork_in_parent() -> None:
    while _resume:
        _resume.pop()()
    OPENING.release()


def _after_fork_in_child() -> None:
    _after_fork_in_parent()
    for worker in list(_watched):
        worker.forget_parent()


def _at_exit() -> None:
    deadline = time.monotonic() + LAST_SECONDS
    for worker in list(_watched):
        worker.end(max(0.0, deadline - time.monotonic()))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
atexit.register(_at_exit)

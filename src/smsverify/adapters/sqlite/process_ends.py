"""
What a fork and the end of the process mean to whoever has a file open.

SQLite's connections and locks must not be carried into a child: it would believe that it holds the
locks of its parent. So every session stands still, with its file closed, while the process forks;
parent and child open the file again, each for itself, at their next call.
"""

from __future__ import annotations

import atexit
import os
import time
import weakref
from typing import Final, Protocol

from smsverify.adapters.sqlite.connection import OPENING

LAST_SECONDS: Final = 2.0
"""How long the end of the process waits for what was handed over before."""


class Session(Protocol):
    """What uses a file in this process, and has a thread that does so."""

    @property
    def pid(self) -> int:
        """The process that it belongs to."""
        ...

    def pause(self) -> None:
        """Stand still, with nothing open."""
        ...

    def resume(self) -> None:
        """Go on."""
        ...

    def end(self) -> None:
        """Come to an end after all that was handed over."""
        ...

    def join(self, seconds: float) -> None:
        """Wait for that end."""
        ...


class Owner(Protocol):
    """Who has a session."""

    def forget_parent(self) -> None:
        """Drop the session, which is that of a parent process."""
        ...


_sessions: Final[set[Session]] = set()
_paused: Final[list[Session]] = []
_owners: Final[weakref.WeakSet[Owner]] = weakref.WeakSet()


def begins(session: Session) -> None:
    """Tell a session of forks and of the process's end, from now on."""
    _sessions.add(session)


def ended(session: Session) -> None:
    """Tell a session nothing more."""
    _sessions.discard(session)


def owns(owner: Owner) -> None:
    """Tell an owner when it is in a child, for as long as somebody uses it."""
    _owners.add(owner)


def _own_sessions() -> list[Session]:
    """Return the sessions of this process: after a fork without hooks a parent's are there too."""
    return [session for session in list(_sessions) if session.pid == os.getpid()]


def _before_fork() -> None:
    # First, so that of two forks at a time one waits, and no file is opened in between.
    OPENING.acquire()
    for session in _own_sessions():
        session.pause()
        _paused.append(session)


def _after_fork_in_parent() -> None:
    while _paused:
        _paused.pop().resume()
    OPENING.release()


def _after_fork_in_child() -> None:
    _after_fork_in_parent()
    _sessions.clear()
    for owner in list(_owners):
        owner.forget_parent()


def _at_exit() -> None:
    deadline = time.monotonic() + LAST_SECONDS
    last = _own_sessions()
    for session in last:
        session.end()
    for session in last:
        session.join(max(0.0, deadline - time.monotonic()))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
atexit.register(_at_exit)

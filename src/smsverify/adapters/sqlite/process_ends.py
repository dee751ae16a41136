"""
What a fork and the end of the process mean to whoever has a file open.

SQLite's connections and locks must not be carried into a child: it would believe that it holds the
locks of its parent, and write into a log that others fold away. So every session stands still,
with its file closed, while the process forks; parent and child open the file again, each for
itself, at their next call. A server written in C, such as uWSGI, forks without telling Python
beforehand; the copies of open connections are then closed before the child opens its own.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from typing import Final, Protocol

from smsverify.adapters.sqlite.connection import OPENING

_FORKING: Final = threading.Lock()
"""Of two forks at a time one waits."""

LAST_SECONDS: Final = 2.0
"""How long the end of the process waits for what was handed over before."""


class Session(Protocol):
    """What uses a file in one process, and has a thread that does so."""

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

    def disown(self) -> bool:
        """Close a child's copy of what the parent has open; False if it was copied while in use."""
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


class ProcessEnds:
    """Tells sessions of forks and of the process's end; there is one for the process."""

    def __init__(self) -> None:
        self._sessions: set[Session] = set()
        self._owners: weakref.WeakSet[Owner] = weakref.WeakSet()
        self._paused: list[Session] | None = None

    def begins(self, session: Session) -> None:
        """Tell a session from now on."""
        self._sessions.add(session)

    def ended(self, session: Session) -> None:
        """Tell a session nothing more."""
        self._sessions.discard(session)

    def owns(self, owner: Owner) -> None:
        """Tell an owner when it is in a child, for as long as somebody uses it."""
        self._owners.add(owner)

    def disown_parents(self) -> bool:
        """
        Close the copies of a parent's connections, before this process opens its own.

        False means that one of them was in use when it was copied: what SQLite holds in memory can
        then be neither closed nor trusted.
        """
        for session in list(self._sessions):
            if session.pid != os.getpid():
                if not session.disown():
                    return False
                self._sessions.discard(session)
        return True

    def before_fork(self) -> None:
        """Bring all to a stand, and see to it that nobody opens a file."""
        _FORKING.acquire()
        self._paused = []
        while True:
            for session in self._at_work():
                session.pause()
                self._paused.append(session)
            # After the sessions, each of which may be about to open its file: taken before them,
            # it would have them wait for us, and us for them.
            OPENING.acquire()
            if not self._at_work():
                return
            OPENING.release()  # one began meanwhile

    def after_fork_in_parent(self) -> None:
        """Let all go on."""
        paused, self._paused = self._paused, None
        for session in paused or ():
            session.resume()
        OPENING.release()
        _FORKING.release()

    def after_fork_in_child(self) -> None:
        """Start afresh; a fork whose beginning was not told leaves copies to disown."""
        if self._paused is not None:
            self.after_fork_in_parent()
            self._sessions.clear()
        for owner in list(self._owners):
            owner.forget_parent()

    def at_exit(self) -> None:
        """Let all end."""
        deadline = time.monotonic() + LAST_SECONDS
        last = self._own_sessions()
        for session in last:
            session.end()
        for session in last:
            session.join(max(0.0, deadline - time.monotonic()))

    def _at_work(self) -> list[Session]:
        return [one for one in self._own_sessions() if one not in (self._paused or ())]

    def _own_sessions(self) -> list[Session]:
        return [session for session in list(self._sessions) if session.pid == os.getpid()]


PROCESS: Final = ProcessEnds()
"""This process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=PROCESS.before_fork,
        after_in_parent=PROCESS.after_fork_in_parent,
        after_in_child=PROCESS.after_fork_in_child,
    )
atexit.register(PROCESS.at_exit)

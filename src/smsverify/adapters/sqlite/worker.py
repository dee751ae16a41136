"""A thread that does what blocks, one thing after the other, for any number of event loops."""

from __future__ import annotations

import os
import queue
import threading
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from smsverify.adapters.sqlite.job import Job, tell
from smsverify.adapters.sqlite.process_ends import PROCESS
from smsverify.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsverify.adapters.sqlite.database import Database

T = TypeVar("T")


class _Session:
    """A thread, its database and what it still has to do; never started again once it ended."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.pid = os.getpid()
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="smsverify-sqlite", daemon=True)
        PROCESS.begins(self)
        self._thread.start()

    def put(self, job: Job) -> None:
        """Have a job done after those before it."""
        self._jobs.put(job)

    def pause(self) -> None:
        """Close the file when no transaction is under way, and hold the next one up."""
        self.database.gate.acquire()
        self.database.close()

    def resume(self) -> None:
        """Let the next transaction open the file and go on."""
        self.database.gate.release()

    def disown(self) -> bool:
        """Close a child's copy of the parent's connection; False if it was copied while in use."""
        if not self.database.gate.acquire(blocking=False):
            return False
        self.database.close()
        self.database.gate.release()
        return True

    def end(self) -> None:
        """Have the thread close the database and end, after all that it was given."""
        self._jobs.put(None)

    def join(self, seconds: float) -> None:
        """Wait for the thread's end."""
        self._thread.join(seconds)

    def _serve(self) -> None:
        while self._serve_waiting():
            pass
        self.database.shut()
        PROCESS.ended(self)

    def _serve_waiting(self) -> bool:
        """Do what waits until nothing does; False at the end. Nobody waits for a later answer."""
        done: list[Job] = []
        job = self._jobs.get()
        while job is not None:
            if not job.is_done_already():
                tell(done)
                job.run()
                done = []
            done.append(job)
            if self._jobs.empty():
                tell(done)
                return True
            job = self._jobs.get()
        tell(done)
        return False


class Worker:
    """
    Runs calls against one database, each in its turn, off the event loop.

    The thread and the connection come with the first call and go with :meth:`close`, with this
    object, or with the process. A forked child has neither and starts its own: what the parent had
    handed over is the parent's.
    """

    def __init__(self, make_database: Callable[[], Database]) -> None:
        self._make_database = make_database
        self._lock = threading.Lock()
        self._session: _Session | None = None
        self._finalizer: weakref.finalize[..., Any] | None = None
        PROCESS.owns(self)

    async def run(
        self,
        call: Callable[[Database], T],
        already: Callable[[Database], T | None] | None = None,
    ) -> T:
        """
        Return what the call returns, or raise what it raises.

        When its turn comes, ``already`` is asked first, if given: what it returns saves the call.
        Cancelled before its turn, the call is not made; later, it is made to its end unheard.
        """
        with self._lock:
            session = self._current()
            database = session.database
            job = Job(partial(call, database), already and partial(already, database))
            session.put(job)
        result: T = await job.future
        return result

    async def close(self) -> None:
        """Let everything handed over before be done, then give back connection and thread."""
        with self._lock:
            session = self._drop()
            if session is None:
                return
            job = Job(session.database.shut)
            session.put(job)
            session.end()
        await job.future

    def forget_parent(self) -> None:
        """Start afresh in a forked child, where neither the thread nor who held the lock exists."""
        self._lock = threading.Lock()
        if self._session is not None and self._session.pid != os.getpid():
            self._drop()

    def _current(self) -> _Session:
        if self._session is not None and self._session.pid == os.getpid():
            return self._session
        self._drop()
        if not PROCESS.disown_parents():
            raise StoreUnavailable(
                "This process was forked while SQLite was in use, and Python was not told before. "
                "Fork before the first use of smsverify, or with os.fork()."
            )
        self._session = _Session(self._make_database())
        self._finalizer = weakref.finalize(self, self._session.end)
        self._finalizer.atexit = False
        return self._session

    def _drop(self) -> _Session | None:
        """Let go of the session; returns it if it is this process's to end."""
        session, self._session = self._session, None
        if self._finalizer is not None:
            self._finalizer.detach()
        return session if session is not None and session.pid == os.getpid() else None

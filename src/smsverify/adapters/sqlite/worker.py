"""A thread that does what blocks, one thing after the other, for any number of event loops."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from smsverify.adapters.sqlite.process_ends import PROCESS
from smsverify.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsverify.adapters.sqlite.database import Database

T = TypeVar("T")


class _Job:
    """A call to make, and the future that waits for it in its own loop."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self._loop.create_future()

    def run(self) -> None:
        """Make the call, unless nobody waits any more, and tell the loop."""
        if self.future.cancelled():
            return
        try:
            result, error = self._call(), None
        except Exception as raised:  # noqa: BLE001 - it is raised where the call was asked for
            result, error = None, raised
        try:
            self._loop.call_soon_threadsafe(self._settle, result, error)
        except RuntimeError:
            # The loop was closed meanwhile: nobody is left to be told.
            return

    def _settle(self, result: object, error: Exception | None) -> None:
        if self.future.cancelled():
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


class _Session:
    """A thread, its database and what it still has to do; never started again once it ended."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.pid = os.getpid()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="smsverify-sqlite", daemon=True)
        PROCESS.begins(self)
        self._thread.start()

    def put(self, job: _Job) -> None:
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
        while True:
            job = self._jobs.get()
            if job is None:
                break
            job.run()
            # Or the last result would live for as long as nobody asks for the next one.
            del job
        self.database.shut()
        PROCESS.ended(self)


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

    async def run(self, call: Callable[[Database], T]) -> T:
        """
        Return what the call returns, or raise what it raises.

        Cancelled before its turn, the call is not made; later, it is made to its end unheard.
        """
        with self._lock:
            session = self._current()
            job = _Job(lambda: call(session.database))
            session.put(job)
        result: T = await job.future
        return result

    async def close(self) -> None:
        """Let everything handed over before be done, then give back connection and thread."""
        with self._lock:
            session = self._drop()
            if session is None:
                return
            job = _Job(session.database.shut)
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
                "This process was forked while SQLite was in use, without Python being told. "
                "Fork before the first use of smsverify, or use os.fork()."
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

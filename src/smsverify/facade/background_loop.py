"""
One event loop in a thread of its own, for callers that have none.

It is made at the first use, once in a process, and again in a forked child, which never touches the
parent's.
"""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from concurrent.futures import Future

T = TypeVar("T")


class BackgroundLoop:
    """Runs coroutines for threads that have no event loop; safe to use from many of them."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """
        Run a coroutine to its end and return what it returns, or raise what it raises.

        Raises RuntimeError in a thread whose event loop runs: it would wait for itself.
        """
        if in_running_loop():
            work.close()
            raise RuntimeError(
                "An event loop runs in this thread: await the asynchronous method instead."
            )
        return self.submit(work).result()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin a coroutine and return at once."""
        return asyncio.run_coroutine_threadsafe(work, self._running())

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._pid != os.getpid():
            # The parent's thread is not in this process, and its lock may be held for ever.
            self._begin()
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="smsverify-loop", daemon=True
                ).start()
            return self._loop


def in_running_loop() -> bool:
    """Say whether an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


BACKGROUND = BackgroundLoop()
"""The one of this process."""

"""One call for the thread to make, and how those who wait for it are told."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Job:
    """A call to make, and the future that waits for it in its own loop."""

    def __init__(self, call: Callable[[], Any], already: Callable[[], Any] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self._call = call
        self._already = already
        self._result: Any = None
        self._error: Exception | None = None

    def is_done_already(self) -> bool:
        """Say whether there is nothing to do: the answer is known, or nobody waits for it."""
        if self.future.cancelled():
            return True
        if self._already is not None:
            self._try(self._already)
        return self._result is not None or self._error is not None

    def run(self) -> None:
        """Make the call, and keep what comes of it."""
        self._try(self._call)

    def _try(self, call: Callable[[], Any]) -> None:
        try:
            self._result = call()
        except StopIteration as error:
            # A future refuses it: in a coroutine it would look like a result.
            self._error = RuntimeError("The call raised StopIteration.")
            self._error.__cause__ = error
        except Exception as error:  # noqa: BLE001 - it is raised where the call was asked for
            self._error = error

    def settle(self) -> None:
        """Hand the answer to who waits; called in the loop."""
        if self.future.cancelled():
            return
        if self._error is None:
            self.future.set_result(self._result)
        else:
            self.future.set_exception(self._error)


def tell(jobs: list[Job]) -> None:
    """Have jobs settled in their loops, each loop woken once for all of its own."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, own in by_loop.items():
        # A loop that was closed meanwhile has nobody left to be told.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, own)


def _settle(jobs: list[Job]) -> None:
    for job in jobs:
        job.settle()

"""
One time limit for many calls at once.

``asyncio.timeout`` sets a timer for each call, and most are never needed; here all calls of an
event loop that may take equally long share one, set for the oldest of them. What a call meets is
the same: it is cancelled when its time is up, and the caller gets TimeoutError.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType


class TimeLimit:
    """
    Ends what takes longer than a span; one object serves all calls, loops and threads.

    Args:
        seconds: the span.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._watches: dict[asyncio.AbstractEventLoop, _Watch] = {}
        self._latest: _Watch | None = None

    def start(self) -> _Limited:
        """Return a context that lasts as long as the span, and then raises TimeoutError."""
        loop = asyncio.get_running_loop()
        watch = self._latest
        if watch is None or watch.loop is not loop:
            watch = self._latest = self._watch_of(loop)
        return _Limited(watch, self._seconds)

    def _watch_of(self, loop: asyncio.AbstractEventLoop) -> _Watch:
        watch = self._watches.get(loop)
        if watch is None:
            for known in list(self._watches):
                if known.is_closed():
                    self._watches.pop(known, None)
            watch = self._watches[loop] = _Watch(loop)
        return watch


class _Watch:
    """Watches over the calls of one event loop; nothing waits in it while there are none."""

    __slots__ = ("_active", "_began", "_timer", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._began: deque[_Limited] = deque()
        self._active = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, call: _Limited) -> None:
        """Watch over a call; it began after all others, so it ends after them."""
        began = self._began
        while began and began[0].task is None:
            began.popleft()
        began.append(call)
        self._active += 1
        if self._timer is None:
            self._timer = self.loop.call_at(call.deadline, self._time_is_up)

    def end(self) -> None:
        """A call is over, in time or not."""
        self._active -= 1
        if not self._active:
            self._began.clear()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _time_is_up(self) -> None:
        self._timer = None
        now = self.loop.time()
        while self._began:
            oldest = self._began[0]
            if oldest.task is not None:
                if oldest.deadline > now:
                    self._timer = self.loop.call_at(oldest.deadline, self._time_is_up)
                    return
                oldest.expire()
            self._began.popleft()


class _Limited:
    """
    One call.

    Attributes:
        deadline: when its time is up, by the event loop's clock.
        task: who makes it, None once it is over.
        expired: whether its time was up, and once it is over, whether that alone ended it.
    """

    __slots__ = ("_cancelling", "_seconds", "_watch", "deadline", "expired", "task")

    def __init__(self, watch: _Watch, seconds: float) -> None:
        self._watch = watch
        self._seconds = seconds
        self.expired = False
        self.deadline = 0.0
        self.task: asyncio.Task[object] | None = None

    def __enter__(self) -> None:
        watch = self._watch
        task = asyncio.current_task(watch.loop)
        if task is None:
            raise RuntimeError("A time limit can only be set inside a task.")
        self.task = task
        self._cancelling = task.cancelling()
        self.deadline = watch.loop.time() + self._seconds
        watch.begin(self)

    def expire(self) -> None:
        """Cancel the call."""
        if self.task is not None:
            self.expired = True
            self.task.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        task, self.task = self.task, None
        self._watch.end()
        if self.expired and task is not None:
            # As asyncio.timeout does: whoever else cancelled the task meanwhile is not silenced.
            self.expired = task.uncancel() <= self._cancelling
            if self.expired and kind is asyncio.CancelledError:
                raise TimeoutError from error

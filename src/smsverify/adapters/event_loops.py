"""
Clients that belong to an event loop: one for each loop that runs, given back when the loop ends.

A socket that one event loop opened is of no use to another, nor to a forked child. So an adapter
keeps its client here instead of in a field:

- each running loop gets a client of its own, whatever thread it runs in;
- a loop that ends in good order (``asyncio.run``, ``asyncio.Runner``) closes its client itself: an
  asynchronous generator stands guard, and loops close these as their last act;
- a loop that was closed without that leaves a client that the next call abandons;
- a forked child abandons what it inherited before its first operation, and what the parent holds
  stays as it is.

No task and no timer of ours waits in the caller's loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import warnings
import weakref
from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from typing import Any

T = TypeVar("T")

_inherited: list[object] = []
# A guard that is dropped asks its loop to run its end. In a forked child this would write to a pipe
# that the parent reads, so the child keeps the guards that it inherited for ever.

_closings: set[asyncio.Task[None]] = set()
# A loop holds its tasks weakly only.


@attrs.frozen(eq=False)
class _Held(Generic[T]):
    client: T
    guard: AsyncGenerator[None, None]


class PerLoop(Generic[T]):
    """
    A client for each event loop, made at the first use in it.

    Args:
        build: makes a client; called inside the running loop.
        close: gives it back in good order; called inside the client's own loop.
        abandon: lets go of a client whose loop is closed, or belongs to the parent of this forked
            process. It is called in a foreign loop, must not wait, must not raise, and in a forked
            child must send nothing: the sockets are the parent's too.
    """

    def __init__(
        self,
        build: Callable[[], T],
        *,
        close: Callable[[T], Awaitable[None]],
        abandon: Callable[[T], None],
    ) -> None:
        self._build = build
        self._close = close
        self._abandon = abandon
        self._pid = os.getpid()
        self._held: dict[asyncio.AbstractEventLoop, _Held[T]] = {}

    def get(self) -> T:
        """Return the running loop's client; raises RuntimeError where no loop runs."""
        loop = asyncio.get_running_loop()
        if self._pid != os.getpid() or len(self._held) > 1 or loop not in self._held:
            self._let_go()
        held = self._held.get(loop)
        if held is None:
            held = self._held[loop] = self._make(loop)
        return held.client

    async def close(self) -> None:
        """
        Close every loop's client; the next use makes a new one.

        The running loop's is closed on return; those of other threads' loops are closed by these
        loops soon after.
        """
        self._let_go()
        here = asyncio.get_running_loop()
        for loop in list(self._held):
            held = self._held.pop(loop, None)
            if held is None:
                continue
            if loop is here:
                await held.guard.aclose()
            else:
                with contextlib.suppress(RuntimeError):  # closed since we looked
                    loop.call_soon_threadsafe(_close_there, loop, held.guard)

    def _make(self, loop: asyncio.AbstractEventLoop) -> _Held[T]:
        client = self._build()
        guard = _guard(client, self._close, weakref.WeakMethod(self._ended), loop)
        # Runs up to the yield, so that the loop knows of the generator; nothing in it waits.
        with contextlib.suppress(StopIteration):
            guard.__anext__().__await__().send(None)
        return _Held(client, guard)

    def _ended(self, loop: asyncio.AbstractEventLoop) -> None:
        self._held.pop(loop, None)

    def _let_go(self) -> None:
        """Abandon what no running loop of this process can use."""
        if self._pid != os.getpid():
            inherited, self._held, self._pid = self._held, {}, os.getpid()
            _inherited.append(inherited)
            for held in inherited.values():
                self._abandon(held.client)
            return
        left = [self._held.pop(loop, None) for loop in list(self._held) if loop.is_closed()]
        if left:
            _finish(left, self._abandon)


async def _guard(
    client: T,
    close: Callable[[T], Awaitable[None]],
    ended: weakref.WeakMethod[Callable[[asyncio.AbstractEventLoop], None]],
    loop: asyncio.AbstractEventLoop,
) -> AsyncGenerator[None, None]:
    """Wait for the loop's end, or for the owner's, and close the client there."""
    try:
        yield
    finally:
        forget = ended()
        if forget is not None:
            forget(loop)
        await close(client)


def _finish(left: list[_Held[T] | None], abandon: Callable[[T], None]) -> None:
    """
    Abandon the clients of closed loops, and free what is left of them.

    Python warns of streams that were never closed, once it finds them unused; it can't be done any
    more, so it is not said. Until they are freed they hold file descriptors; hence the collection.
    It takes a while, and is for loops that were closed without ``shutdown_asyncgens`` alone.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        while left:
            held = left.pop()
            if held is not None:  # another thread was first
                abandon(held.client)
            del held
        gc.collect()


def _close_there(loop: asyncio.AbstractEventLoop, guard: AsyncGenerator[Any, None]) -> None:
    closing = loop.create_task(guard.aclose())
    _closings.add(closing)
    closing.add_done_callback(_closings.discard)

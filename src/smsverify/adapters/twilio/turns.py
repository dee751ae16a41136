"""Taking turns: only so many at a time, in each event loop by itself."""

from __future__ import annotations

import asyncio
from functools import partial

from smsverify.adapters.event_loops import PerLoop


def turns(width: int) -> PerLoop[asyncio.Semaphore]:
    """Return a semaphore for each event loop that lets ``width`` through at a time."""

    async def close(_: asyncio.Semaphore) -> None:
        """Have nothing to give back."""

    def abandon(_: asyncio.Semaphore) -> None:
        """The same."""

    return PerLoop(partial(asyncio.Semaphore, width), close=close, abandon=abandon)

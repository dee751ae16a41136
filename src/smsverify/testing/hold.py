"""A place where a call stops until a test lets it go on."""

from __future__ import annotations

import asyncio


class Hold:
    """
    Stops one call. Made by a double's ``hold()``.

    Attributes:
        cancelled: whether the call went away while it was stopped here.
    """

    def __init__(self) -> None:
        self.cancelled = False
        self._arrived = asyncio.Event()
        self._released = asyncio.Event()

    async def arrival(self) -> None:
        """Wait until the call stands here."""
        await self._arrived.wait()

    def release(self) -> None:
        """Let the call go on, also if it comes only later."""
        self._released.set()

    async def stop(self) -> None:
        """Stand here until released; called by the double."""
        self._arrived.set()
        try:
            await self._released.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise

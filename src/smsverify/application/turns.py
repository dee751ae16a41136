"""
Turns at one key, among those of this process who have lost a race for it.

A crowd that races again as a whole loses as a whole, but for one. So whoever lost once waits until
the others of this event loop before him are through, and finds what they have left. It only orders
tries: what is decided and whether it stands is settled by the commit, as ever, and other processes
know nothing of it. So nobody has to wait for long for somebody who may hear nothing of the store.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from typing import Final

PATIENCE_SECONDS: Final = 0.5
"""How long somebody waits for a turn; then he goes without one. A thousand turns take as long."""


class Turns:
    """Gives turns by key, separately for each event loop; keeps nothing of keys nobody wants."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[int, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def take(self, key: str) -> AsyncGenerator[None, None]:
        """Wait for a turn at a key, for half a second at most."""
        place = (id(asyncio.get_running_loop()), key)
        lock = self._locks.get(place)
        if lock is None:
            lock = self._locks[place] = asyncio.Lock()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await lock.acquire()
        except TimeoutError:
            yield
            return
        try:
            yield
        finally:
            lock.release()

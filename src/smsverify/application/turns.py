"""
Turns at one key, among those of this process who have lost a race for it.

A crowd that races again as a whole loses as a whole, but for one. So whoever lost once waits until
the others of this event loop before him are through, and then looks at what they have left. It only
orders tries: what is decided and whether it stands is settled by the commit, as ever, and other
processes know nothing of it.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class Turns:
    """Gives turns by key, separately for each event loop; keeps nothing of keys nobody wants."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[int, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def take(self, key: str) -> AsyncGenerator[bool, None]:
        """Wait for a turn at a key; gives whether others were before, so that a look is due."""
        place = (id(asyncio.get_running_loop()), key)
        lock = self._locks.get(place)
        if lock is None:
            lock = self._locks[place] = asyncio.Lock()
        waited = lock.locked()
        async with lock:
            yield waited

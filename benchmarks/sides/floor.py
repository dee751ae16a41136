"""The floor: redis-py as it comes, saying as many commands as a round of ours, and no rule."""

from __future__ import annotations

import redis.asyncio

from benchmarks import said
from benchmarks.sides.side import TaskOperation

_DAY_MS = 86_400_000
_ONE_KEY = "victim"


class Floor:
    """What the commands alone cost: as many as ours, each value as long as the one it writes."""

    threaded = False

    def __init__(self, url: str) -> None:
        self._redis = redis.asyncio.Redis.from_url(url)
        self._values = [None if size is None else bytes(size) for size in said.measured()]
        self._record = next(value for value in reversed(self._values) if value is not None)
        self.operations: dict[str, TaskOperation] = {"round": self._round, "read": self._read}

    async def prepare(self, operation: str) -> None:
        """Store the one key that reads ask for."""
        if operation == "read":
            await self._redis.set(_ONE_KEY, self._record)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _round(self, number: int) -> None:
        key = f"p:{number:022d}"
        for value in self._values:
            if value is None:
                await self._redis.get(key)
            else:
                await self._redis.set(key, value, px=_DAY_MS)

    async def _read(self, _number: int) -> None:
        assert await self._redis.get(_ONE_KEY) == self._record

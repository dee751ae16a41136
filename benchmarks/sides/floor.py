"""The floor: redis-py as it comes, saying as many commands as a round of ours, and no rule."""

from __future__ import annotations

import redis.asyncio

from benchmarks.sides.side import TaskOperation

_RECORD = bytes(range(150))
"""As long as a phone's record after one verification."""

_DAY_MS = 86_400_000
_ONE_KEY = "victim"


class Floor:
    """What the commands alone cost: two writes for a send, a read and a write for a check."""

    threaded = False

    def __init__(self, url: str) -> None:
        self._redis = redis.asyncio.Redis.from_url(url)
        self.operations: dict[str, TaskOperation] = {"round": self._round, "read": self._read}

    async def prepare(self, operation: str) -> None:
        """Store the one key that reads ask for."""
        if operation == "read":
            await self._redis.set(_ONE_KEY, _RECORD)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _round(self, number: int) -> None:
        key = f"p:{number:022d}"
        await self._redis.set(key, _RECORD, px=_DAY_MS)
        await self._redis.set(key, _RECORD, px=_DAY_MS)
        assert await self._redis.get(key) == _RECORD
        await self._redis.set(key, _RECORD, px=_DAY_MS)

    async def _read(self, _number: int) -> None:
        assert await self._redis.get(_ONE_KEY) == _RECORD

"""`limits`, the limiter alone: one hit of the two windows that a send is held to."""

from __future__ import annotations

from limits import RateLimitItemPerDay, RateLimitItemPerHour
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from benchmarks.sides.side import TaskOperation, phone_of

_HOUR = RateLimitItemPerHour(5)
_DAY = RateLimitItemPerDay(20)


class Limiter:
    """No code, no budget, no record: what a service would build the rest around."""

    threaded = False

    def __init__(self, url: str) -> None:
        storage = RedisStorage(f"async+{url}", implementation="redispy")
        self._limiter = MovingWindowRateLimiter(storage)
        self.operations: dict[str, TaskOperation] = {"round": self._round}

    async def prepare(self, operation: str) -> None:
        """Nothing is needed."""

    async def close(self) -> None:
        """Its connections end with the process."""

    async def _round(self, number: int) -> None:
        phone = phone_of(number)
        assert await self._limiter.hit(_HOUR, phone)
        assert await self._limiter.hit(_DAY, phone)

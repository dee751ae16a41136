"""The host's own clock."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsverify.domain.periods import Millis

_NANOSECONDS_IN_MILLISECOND = 1_000_000


class SystemClock:
    """Time as the operating system tells it; implements :class:`~smsverify.ports.clock.Clock`."""

    def wall(self) -> Millis:
        """Return the host's time of day, milliseconds since the epoch; may jump either way."""
        return time.time_ns() // _NANOSECONDS_IN_MILLISECOND

    def monotonic(self) -> float:
        """Return seconds that only run forward, from an unknown beginning."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait; may be cancelled."""
        await asyncio.sleep(seconds)

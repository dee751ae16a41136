"""Clocks for tests: time stands still until it is told to move, or is read by another host."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from smsverify.domain.periods import Millis
    from smsverify.ports.clock import Clock

NOON: Final[Millis] = 2_524_651_200_000
"""
2050-01-01T12:00:00Z, where a :class:`ManualClock` starts.

It is ahead of every real clock on purpose: a server that expires by its own time then keeps what
a test stored. It is half a day away from the next change of day, and on the hour.
"""

_MICROSECONDS: Final = 1_000_000


class ManualClock:
    """
    A clock that moves when told to.

    Sleeping takes no time: whoever sleeps moves the clock to the end of the nap and goes on.
    Several sleepers wake in the order of their times. One object may be shared by stores, a
    verifier and a test, also between threads that only read it.
    """

    def __init__(self, start: Millis = NOON) -> None:
        self._start = start
        self._elapsed = 0
        self._naps = itertools.count()
        self._waking: list[tuple[int, int]] = []

    def wall(self) -> Millis:
        """Return the time of day, milliseconds since the epoch."""
        return self._start + self._elapsed // 1_000

    def monotonic(self) -> float:
        """Return the seconds that have passed; jumps of the time of day don't show here."""
        return self._elapsed / _MICROSECONDS

    def advance(self, seconds: float) -> None:
        """Let time pass: both readings move on, to the microsecond."""
        if seconds < 0:
            raise ValueError("Time passes forward; jump() sets the time of day back.")
        self._elapsed += round(seconds * _MICROSECONDS)

    def jump(self, seconds: float) -> None:
        """Set the time of day ahead, or back if negative, as an operator does; no time passes."""
        self._start += round(seconds * 1_000)

    async def sleep(self, seconds: float) -> None:
        """Let others run, then go on with the clock moved by at least ``seconds``."""
        end = self._elapsed + max(0, round(seconds * _MICROSECONDS))
        nap = (end, next(self._naps))
        self._waking.append(nap)
        try:
            await asyncio.sleep(0)
            # An earlier sleeper wakes first; it needs a turn of the loop, not an event.
            while min(self._waking) < nap:  # noqa: ASYNC110
                await asyncio.sleep(0)
            self._elapsed = max(self._elapsed, end)
        finally:
            self._waking.remove(nap)


@attrs.frozen
class HostOffset:
    """
    The clock of a host that is set wrong, while the store's clock is right.

    Attributes:
        clock: the right one.
        seconds: how far this host is ahead, or behind if negative.
    """

    clock: Clock
    seconds: float

    def wall(self) -> Millis:
        """Return the host's wrong time of day."""
        return self.clock.wall() + round(self.seconds * 1_000)

    def monotonic(self) -> float:
        """Return the seconds that have passed, which every host counts alike."""
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep as the right clock does."""
        await self.clock.sleep(seconds)

"""An event loop in which waiting takes no time: with nothing to do, its clock goes on at once."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

from smsverify.testing.clock import NOON

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from smsverify.domain.periods import Millis

T = TypeVar("T")


class _Impatient(selectors.SelectSelector):
    """Looks once, and notes how long it should have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready now; wait only where no timer is due ever."""
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self.skipped += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time is made of what it would have waited, and of nothing else."""

    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        """Return the seconds that were waited for."""
        return self._impatient.skipped


class LoopClock:
    """The clock port, on the running loop's time."""

    def wall(self) -> Millis:
        """Return the time of day."""
        return NOON + round(self.monotonic() * 1000)

    def monotonic(self) -> float:
        """Return the loop's time."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait in the loop."""
        await asyncio.sleep(seconds)


def run_virtually(work: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """Run a coroutine to its end; return what it returned and the seconds that it waited."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        result = runner.run(work)
        return result, runner.get_loop().time()

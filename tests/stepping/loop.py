"""An event loop whose time is the test's: it does all that is due now, and then stands still."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsverify.testing import ManualClock


class StandingLoop(asyncio.SelectorEventLoop):
    """A loop that counts its timers by a clock that only a test moves."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def time(self) -> float:
        """Return the test's time: a timeout comes when the test lets the time pass."""
        return self._clock.monotonic()

    def drain(self) -> None:
        """Run until nobody has anything to do; what waits for an answer goes on waiting."""
        busy = True
        while busy:
            self.call_soon(self.stop)
            self.run_forever()
            busy = bool(self._ready)  # type: ignore[attr-defined]

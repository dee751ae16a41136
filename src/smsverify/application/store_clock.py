"""The store's time, as a host knows it between two answers of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

    from smsverify.domain.periods import Millis
    from smsverify.ports.clock import Clock

TRUSTED_SECONDS: Final = 10.0
"""How long a heard time is carried forward; after that the store is asked again."""


class StoreClock:
    """
    Carries the last time that the store told forward by this host's monotonic clock.

    One pair is kept and replaced as a whole, so several threads may hear and ask at once.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: tuple[Millis, float] | None = None

    def hear(self, now: Millis) -> None:
        """Take the time that came with an answer of the store."""
        self._heard = (now, self._clock.monotonic())

    def now(self) -> Millis | None:
        """Return the store's time, or None when none was heard in the last ten seconds."""
        if self._heard is None:
            return None
        told, at = self._heard
        passed = self._clock.monotonic() - at
        return told + round(passed * 1000) if passed <= TRUSTED_SECONDS else None

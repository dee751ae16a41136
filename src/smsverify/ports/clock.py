"""The clock of this host. Records are never written by it alone: the store's time rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from smsverify.domain.periods import Millis


class Clock(Protocol):
    """Time as this host sees it."""

    def wall(self) -> Millis:
        """Return the host's time of day, milliseconds since the epoch; may jump either way."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only run forward, from an unknown beginning."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; may be cancelled."""
        ...

"""
Counting refusals without writing for them.

A refusal writes nothing, so that an attack is read-only. Its count waits in memory and goes with a
command that is sent anyway, at most every five seconds, and at close. These are the only figures
that a fault may blur: each is sent once, and lost if the answer is.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from smsverify.domain import counters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from smsverify.domain.counters import Add
    from smsverify.domain.error_code import ErrorCode
    from smsverify.domain.periods import Millis
    from smsverify.ports.clock import Clock

FLUSH_SECONDS: Final = 5.0


class RefusalCounts:
    """Gathers counts by the field of the day's counters; safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[str, int] = {}
        self._sent_at = clock.monotonic()

    def count_send(self, code: ErrorCode) -> None:
        """Count a refused send."""
        self._count(counters.of_country(counters.REFUSED_SEND, code))

    def count_check(self, code: ErrorCode) -> None:
        """Count a refused check."""
        self._count(counters.of_country(counters.REFUSED_CHECK, code))

    def _count(self, field: str) -> None:
        with self._lock:
            self._waiting[field] = self._waiting.get(field, 0) + 1

    def waiting(self) -> dict[str, int]:
        """Return what was counted here and not sent yet, for statistics."""
        with self._lock:
            return dict(self._waiting)

    def take_due(self, now: Millis) -> tuple[Add, ...]:
        """Return what is to be sent with the next command; nothing before five seconds are over."""
        if not self._waiting or self._clock.monotonic() - self._sent_at < FLUSH_SECONDS:
            return ()
        return self.take_all(now)

    def take_all(self, now: Millis) -> tuple[Add, ...]:
        """Return all that waits, as additions to the day of ``now``; it is no longer kept here."""
        with self._lock:
            taken, self._waiting = self._waiting, {}
            self._sent_at = self._clock.monotonic()
        return tuple(counters.add_to_day(now, field, count) for field, count in taken.items())

    def put_back(self, adds: Sequence[Add]) -> None:
        """Take back what a commit is known not to have written."""
        with self._lock:
            for add in adds:
                self._waiting[add.field] = self._waiting.get(add.field, 0) + add.amount

    def forget(self) -> None:
        """
        Drop what waits; a forked child calls this, since its parent will send the same.

        The lock is replaced too: at the fork another thread of the parent may have held it.
        """
        self._lock = threading.Lock()
        self._waiting = {}

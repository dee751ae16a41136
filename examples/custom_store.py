"""
A store of your own in its smallest form: two dicts behind a lock.

Yours talks to a database: what stands under the lock becomes one transaction of it. This one
forgets nothing; a real one deletes a record ``swap.keep`` milliseconds after it was written, and a
group of counters after ``add.keep_until``.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from smsverify import ErrorCode
from smsverify.ports.store import MAX_CLOCK_GAP, CeilingReached, Conflict, Loaded, Stale, Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsverify.domain.counters import Add
    from smsverify.ports.clock import Clock
    from smsverify.ports.store import CommitAnswer, Swap


class DictStore:
    """Implements :class:`smsverify.ports.store.Store`."""

    name, unavailable_code = "dict", ErrorCode.STORE_UNAVAILABLE

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._records: dict[str, bytes | None] = {}
        self._groups: dict[str, dict[str, int]] = {}

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """Return what is stored, None and {} where nothing is, and the store's time."""
        with self._lock:
            found = tuple(self._records.get(key) for key in records)
            groups = tuple(dict(self._groups.get(key, {})) for key in counters)
            return Loaded(self._clock.wall(), found, groups)

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: int
    ) -> CommitAnswer:
        """Check everything in the port's order, then write everything."""
        with self._lock:
            now, found = self._clock.wall(), tuple(self._records.get(one.key) for one in swaps)
            if abs(now - decided_at) > MAX_CLOCK_GAP:
                return Stale(now, found)
            if found != tuple(one.expected for one in swaps):
                return Conflict(now, found)
            changed: dict[str, dict[str, int]] = {}
            for index, add in enumerate(adds):
                group = changed.setdefault(add.key, dict(self._groups.get(add.key, {})))
                total = max(0, group.get(add.field, 0) + add.amount)
                if add.ceiling is not None and total > add.ceiling:
                    return CeilingReached(now, index)
                if add.field in group or add.amount > 0:
                    group[add.field] = total
            self._records |= {one.key: one.new for one in swaps}
            self._groups |= changed
            return Written(now)

    async def close(self) -> None:
        """Do nothing: there is no connection."""

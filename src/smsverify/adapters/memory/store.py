"""The store in memory: for tests, demonstrations and programs that may forget when they end."""

from __future__ import annotations

import asyncio
import heapq
import os
import threading
import weakref
from typing import TYPE_CHECKING, Final

import attrs

from smsverify.domain.error_code import ErrorCode
from smsverify.ports.store import (
    MAX_CLOCK_GAP,
    CeilingReached,
    Conflict,
    Loaded,
    Stale,
    Written,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from smsverify.domain.counters import Add
    from smsverify.domain.periods import Millis
    from smsverify.ports.clock import Clock
    from smsverify.ports.store import CommitAnswer, Swap

FORGOTTEN_AT_ONCE: Final = 16
"""
How many entries past their keeping a commit deletes at most: more than one commit creates, so they
can't pile up, and so few that no caller waits for them.
"""


@attrs.frozen
class _Record:
    value: bytes = attrs.field(repr=False)
    keep_until: Millis | None


@attrs.define
class _Group:
    sums: dict[str, int]
    keep_until: Millis


class MemoryStore:
    """
    Records and counters of one process; gone when it ends.

    The clock is the host's. Any number of threads and event loops may use one object. Nothing is
    forgotten before its keeping is over, however much there is. A forked child goes on with a copy
    of its own, so several processes don't share a budget: they need another store.

    Args:
        clock: where the store's time comes from.
        namespace: what is put before each key.
    """

    def __init__(self, clock: Clock, namespace: str = "") -> None:
        self._clock = clock
        self._namespace = namespace
        self._records: dict[str, _Record] = {}
        self._groups: dict[str, _Group] = {}
        # What ends when; entries that were prolonged since are known by not being over.
        self._ends: list[tuple[Millis, str]] = []
        self._lock = threading.Lock()
        _STORES.add(self)

    @property
    def name(self) -> str:
        """``memory``."""
        return "memory"

    @property
    def unavailable_code(self) -> ErrorCode:
        """``STORE_UNAVAILABLE``; memory always answers in time."""
        return ErrorCode.STORE_UNAVAILABLE

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """Return what is stored, and the host's time."""
        # Others get their turn here, so that races are lost as with a store that is elsewhere.
        await asyncio.sleep(0)
        with self._lock:
            return Loaded(
                self._clock.wall(),
                tuple(self._value(key) for key in records),
                tuple(self._sums(key) for key in counters),
            )

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        """Write all or nothing, as the port tells."""
        await asyncio.sleep(0)
        with self._lock:
            now = self._clock.wall()
            found = tuple(self._value(swap.key) for swap in swaps)
            if abs(now - decided_at) > MAX_CLOCK_GAP:
                return Stale(now, found)
            if found != tuple(swap.expected for swap in swaps):
                return Conflict(now, found)
            sums = self._add_up(adds)
            if isinstance(sums, int):
                return CeilingReached(now, sums)
            self._write(swaps, now)
            self._count(adds, sums)
            self._forget(now)
            return Written(now)

    async def close(self) -> None:
        """Do nothing: there is nothing to give back, and what is stored stays."""

    def renew_lock(self) -> None:
        """Forget who held the lock; called in a forked child, where the holder does not exist."""
        self._lock = threading.Lock()

    def _value(self, key: str) -> bytes | None:
        record = self._records.get(self._namespace + key)
        return None if record is None else record.value

    def _sums(self, key: str) -> Mapping[str, int]:
        group = self._groups.get(self._namespace + key)
        return {} if group is None else dict(group.sums)

    def _add_up(self, adds: Iterable[Add]) -> dict[tuple[str, str], int] | int:
        """Return the new sums, or the index of the first addition that passes its ceiling."""
        sums: dict[tuple[str, str], int] = {}
        for index, add in enumerate(adds):
            counter = (add.key, add.field)
            before = sums.get(counter)
            if before is None:
                before = self._sums(add.key).get(add.field)
            total = max(0, (before or 0) + add.amount)
            if add.ceiling is not None and total > add.ceiling:
                return index
            if before is not None or add.amount > 0:
                sums[counter] = total
        return sums

    def _write(self, swaps: Iterable[Swap], now: Millis) -> None:
        for swap in swaps:
            key = self._namespace + swap.key
            if swap.new is None:
                self._records.pop(key, None)
                continue
            keep_until = None if swap.keep is None else now + swap.keep
            self._records[key] = _Record(bytes(swap.new), keep_until)
            if keep_until is not None:
                heapq.heappush(self._ends, (keep_until, key))

    def _count(self, adds: Iterable[Add], sums: Mapping[tuple[str, str], int]) -> None:
        for add in adds:
            total = sums.get((add.key, add.field))
            if total is None:
                continue
            key = self._namespace + add.key
            group = self._groups.get(key)
            if group is None:
                group = self._groups[key] = _Group({}, add.keep_until)
                heapq.heappush(self._ends, (add.keep_until, key))
            group.sums[add.field] = total

    def _forget(self, now: Millis) -> None:
        """Delete a few entries whose keeping is over."""
        for _ in range(FORGOTTEN_AT_ONCE):
            if not self._ends or self._ends[0][0] > now:
                return
            _, key = heapq.heappop(self._ends)
            record, group = self._records.get(key), self._groups.get(key)
            if record and record.keep_until is not None and record.keep_until <= now:
                del self._records[key]
            if group and group.keep_until <= now:
                del self._groups[key]


_STORES: Final[weakref.WeakSet[MemoryStore]] = weakref.WeakSet()


def _renew_locks() -> None:
    for store in list(_STORES):
        store.renew_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)

"""One connection and all that blocks: opening, waiting for other writers, transactions."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from smsverify.adapters.sqlite import transaction
from smsverify.adapters.sqlite.connection import identity, open_connection
from smsverify.adapters.sqlite.failures import is_busy, translate
from smsverify.adapters.sqlite.last_seen import LastSeen
from smsverify.errors import StoreContended
from smsverify.ports.store import Conflict, Loaded, Written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from smsverify.domain.counters import Add
    from smsverify.domain.periods import Millis
    from smsverify.ports.clock import Clock
    from smsverify.ports.store import CommitAnswer, Swap

T = TypeVar("T")

_FIRST_PAUSE: Final = 0.000_1
_LONGEST_PAUSE: Final = 0.002
"""
Seconds between two tries to write. SQLite's own wait grows to 100 ms, and so starves beside a
process that writes without a break: the lock is then free for some 50 microseconds at a time.
"""
_LOOK_AFTER: Final = 1.0
"""Seconds after which the file is looked for again, lest we write to one that was replaced."""


_CLOSING: Final = threading.Lock()
"""One closes at a time: of two that do it at once neither is the last, who folds the log away."""


class _OthersWrite(Exception):
    """A commit that could be written, were it not for another one that is under way."""


class Database:
    """
    The blocking part of the store; one thread uses it at a time.

    ``gate`` is held while the connection is used: who holds it may close the connection, which
    the next use opens again.

    Calls come with the moment when they were asked for (``time.monotonic()``); ``last_seen`` may
    have their answer already when their turn comes.
    """

    def __init__(self, path: Path, namespace: str, clock: Clock, busy_seconds: float) -> None:
        self.gate = threading.Lock()
        self.last_seen = LastSeen(clock)
        self._path = path
        self._namespace = namespace
        self._clock = clock
        self._busy_seconds = busy_seconds
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._looked_at = 0.0

    def load(self, records: Sequence[str], counters: Sequence[str], asked_at: float) -> Loaded:
        """Return what is stored; raises what the port tells."""
        return self._try_until(
            asked_at + self._busy_seconds, partial(self._load, records, counters)
        )

    def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis, asked_at: float
    ) -> CommitAnswer:
        """Write all or nothing; raises what the port tells."""
        return self._try_until(
            asked_at + self._busy_seconds, partial(self._commit, swaps, adds, decided_at)
        )

    def close(self) -> None:
        """Close the connection; the gate must be held, or nobody else be left to use it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def shut(self) -> None:
        """Close the connection when nobody is at it."""
        with self.gate, _CLOSING:
            self.close()

    def _try_until(self, deadline: float, step: Callable[[], T]) -> T:
        """Run a step, again after a pause while others are in the way, until time is up."""
        pause = _FIRST_PAUSE
        while time.monotonic() < deadline:
            with self.gate:
                try:
                    return step()
                except _OthersWrite:
                    pass
                except (sqlite3.Error, OSError) as error:
                    if not is_busy(error):
                        # The next use starts afresh: the file may have been mended meanwhile.
                        self.close()
                        raise translate(error, self._path) from error
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - spreads tries, hides nothing
            pause = min(2 * pause, _LONGEST_PAUSE)
        raise StoreContended(
            f"Others wrote to {self._path} until the time was up. Nothing was written. Try again."
        )

    def _load(self, records: Sequence[str], counters: Sequence[str]) -> Loaded:
        connection = self._connected()
        names = [self._namespace + key for key in records]
        groups = [self._namespace + key for key in counters]
        if len(names) + len(groups) <= 1:
            at = time.monotonic()
            loaded = self._read(connection, names, groups)
            if names:
                self.last_seen.note(records[0], loaded.records[0], at)
            return loaded
        connection.execute("BEGIN")
        try:
            return self._read(connection, names, groups)
        finally:
            connection.execute("ROLLBACK")

    def _read(
        self, connection: sqlite3.Connection, records: Sequence[str], groups: Sequence[str]
    ) -> Loaded:
        values = transaction.read_records(connection, records)
        sums = tuple([transaction.read_counters(connection, group) for group in groups])
        return Loaded(self._clock.wall(), values, sums)

    def _commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        connection = self._connected()
        may_write = _begin(connection)
        at = time.monotonic()
        try:
            now = self._clock.wall()
            sums = transaction.judge(connection, self._namespace, swaps, adds, decided_at, now)
            if not isinstance(sums, dict):
                if isinstance(sums, Conflict) and len(swaps) == 1:
                    self.last_seen.note(swaps[0].key, sums.records[0], at)
                return sums
            if not may_write:
                raise _OthersWrite
            transaction.write(connection, self._namespace, swaps, sums, now)
            at = time.monotonic()
            connection.execute("COMMIT")
            if len(swaps) == 1:
                self.last_seen.note(swaps[0].key, swaps[0].new, at)
            # The disk took its time; the answer tells the time of now.
            return Written(self._clock.wall())
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _connected(self) -> sqlite3.Connection:
        now = time.monotonic()
        if self._connection is not None and now - self._looked_at >= _LOOK_AFTER:
            self._looked_at = now
            if identity(self._path) != self._identity:
                self.close()
        if self._connection is None:
            self._connection = open_connection(self._path)
            self._identity = identity(self._path)
            self._looked_at = now
        return self._connection


def _begin(connection: sqlite3.Connection) -> bool:
    """
    Begin a commit; False when another writer is at it, and the transaction can only read.

    So who is to be refused anyway need not wait for the others.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if not is_busy(error):
            raise
        connection.execute("BEGIN")
        return False
    return True

"""The store in a file: the embedded default, shared by the processes of one machine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from smsverify.adapters.sqlite.database import Database
from smsverify.adapters.sqlite.worker import Worker
from smsverify.domain.error_code import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsverify.domain.counters import Add
    from smsverify.domain.periods import Millis
    from smsverify.ports.clock import Clock
    from smsverify.ports.store import CommitAnswer, Loaded, Swap

BUSY_SECONDS: Final = 1.5
"""
How long a call waits for other writers. Half a second less than callers give the store in all
(:data:`~smsverify.ports.store.STORE_SECONDS`): they shall hear that it is contended, before they
have to guess why it is silent.
"""


class SqliteStore:
    """
    Records and counters in one SQLite file; the clock is the host's.

    Every commit is a transaction of its own and on the disk when it is answered. Several processes
    of one machine may share the file, which must be on a local disk; it is made when it is first
    needed, readable by this user only. Threads, event loops and forked children may share one
    object. Reading and writing each have a thread and a connection, so that a reader never waits
    for the disk.

    Args:
        path: the file; missing directories above it are made, for this user only.
        namespace: what is put before each key, so that deployments may share a file.
        clock: where the store's time comes from.
        busy_seconds: how long a call waits for other writers before it raises ``StoreContended``.
    """

    def __init__(
        self, path: Path, *, namespace: str, clock: Clock, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        # Absolute now: the process may change its working directory before the file is opened.
        absolute = Path(path).absolute()
        self._reader = Worker(lambda: Database(absolute, namespace, clock, busy_seconds))
        self._writer = Worker(lambda: Database(absolute, namespace, clock, busy_seconds))

    @property
    def name(self) -> str:
        """``sqlite``."""
        return "sqlite"

    @property
    def unavailable_code(self) -> ErrorCode:
        """``STORE_UNAVAILABLE``."""
        return ErrorCode.STORE_UNAVAILABLE

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """Return what is stored, and the host's time; raises as the port tells."""
        asked_at = time.monotonic()
        return await self._reader.run(
            lambda database: database.load(records, counters, asked_at),
            None if counters else lambda database: database.last_seen.load(records, asked_at),
        )

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        """
        Write all or nothing, as the port tells.

        Cancelled while it waits for its turn, it is not executed; later, it may be.
        """
        asked_at = time.monotonic()
        return await self._writer.run(
            lambda database: database.commit(swaps, adds, decided_at, asked_at),
            lambda database: database.last_seen.refuse(swaps, decided_at, asked_at),
        )

    async def close(self) -> None:
        """Finish what was begun, then close the file; the next call opens it again."""
        await self._reader.close()
        await self._writer.close()

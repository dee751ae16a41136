"""Where the records of a stage lie: one place that every host opens for itself."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Protocol

from smsverify.adapters.memory.store import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from smsverify.ports.store import Store
    from smsverify.testing import ManualClock

    Stored = dict[bytes, tuple[bytes, ...]]


class Storage(Protocol):
    """One place."""

    def open(self) -> Store:
        """Return a store over it, as another process has it."""
        ...

    def contents(self) -> list[bytes]:
        """Return every key and value that lies there, as they lie there."""
        ...

    def close(self) -> None:
        """Give the place back, once all stores are closed."""
        ...


class InMemory:
    """One store in memory, which all hosts share."""

    def __init__(self, clock: ManualClock) -> None:
        self.store = MemoryStore(clock)

    def open(self) -> Store:
        """Return the one store."""
        return self.store

    def contents(self) -> list[bytes]:
        """Return every key and value."""
        records = self.store._records
        groups = [(key, *group.sums) for key, group in self.store._groups.items()]
        found = [name.encode() for names in groups for name in names]
        found += [key.encode() for key in records]
        return sorted([*found, *(one.value for one in records.values())])

    def close(self) -> None:
        """Do nothing."""


class InSqlite:
    """One file, which each host opens for itself."""

    def __init__(self, clock: ManualClock, path: Path) -> None:
        self._clock = clock
        self._path = path

    def open(self) -> Store:
        """Return a store with handles of its own."""
        from smsverify.adapters.sqlite.store import SqliteStore

        return SqliteStore(self._path, namespace="{stage}", clock=self._clock)

    def contents(self) -> list[bytes]:
        """Return every cell of every table."""
        with closing(sqlite3.connect(self._path)) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return sorted(
                cell if isinstance(cell, bytes) else str(cell).encode()
                for (table,) in tables.fetchall()
                for row in database.execute(f'SELECT * FROM "{table}"')  # noqa: S608
                for cell in row
            )

    def close(self) -> None:
        """Remove the file and what SQLite keeps beside it."""
        for path in self._path.parent.glob(self._path.name + "*"):
            path.unlink()


def in_sqlite(folder: Path) -> Callable[[ManualClock], Storage]:
    """Return what makes a fresh file in a folder, for each stage another."""
    numbers = itertools.count(1)
    return lambda clock: InSqlite(clock, folder / f"stage-{next(numbers)}.db")


class OnRedis:
    """A name space of its own on a server, which each host opens for itself."""

    def __init__(
        self, clock: ManualClock, url: str, namespace: str, stored: Callable[[], Stored]
    ) -> None:
        self._clock = clock
        self._url = url
        self._namespace = namespace
        self._stored = stored

    def open(self) -> Store:
        """Return a store with connections of its own, and the stage's time for the server's."""
        from smsverify.adapters.redis.store import RedisStore

        return RedisStore(
            self._url, namespace=self._namespace, clock=self._clock, time_override=self._clock.wall
        )

    def contents(self) -> list[bytes]:
        """Return every key of the name space with all that it holds."""
        mine = self._namespace.encode()
        return sorted(
            cell
            for key, values in self._stored().items()
            if key.startswith(mine)
            for cell in (key, *values)
        )

    def close(self) -> None:
        """Do nothing: the server is emptied between two tests."""


def on_redis(url: str, stored: Callable[[], Stored]) -> Callable[[ManualClock], Storage]:
    """Return what makes a fresh name space on a server, for each stage another."""
    numbers = itertools.count(1)
    return lambda clock: OnRedis(clock, url, f"{{stage-{next(numbers)}}}:", stored)

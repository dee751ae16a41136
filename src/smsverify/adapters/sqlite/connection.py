"""Opening the file: private from its birth, in write-ahead mode, every commit on the disk."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from pathlib import Path
from typing import Final

from smsverify.adapters.sqlite import schema
from smsverify.errors import StoreUnavailable

OPENING: Final = threading.Lock()
"""
Held while a file is made and opened, and around a fork.

Closing any descriptor of a file gives up all locks that the process holds on it (POSIX), so a file
is made and closed only while no other thread can be opening it.
"""

_FILE_MODE: Final = 0o600
_DIRECTORY_MODE: Final = 0o700
_OTHERS: Final = 0o077
_WAL_BYTES: Final = 16 * 1024 * 1024
"""What the write-ahead log shrinks to after a burst."""


def open_connection(path: Path) -> sqlite3.Connection:
    """
    Return a connection to the database at ``path``, made if it is missing.

    Raises :class:`OSError` and :class:`sqlite3.Error` as they come, busy ones among them: then
    nothing is left open. ``StoreDataInvalid`` means that the file is not ours.
    """
    # SQLite would make the target of a link that leads nowhere, readable by others.
    target = Path(os.path.realpath(path))
    with OPENING:
        _make_private(target)
        connection = sqlite3.connect(
            target,
            timeout=0,
            isolation_level=None,
            # Closed by whoever forks or ends the process, while the worker stands still.
            check_same_thread=False,
        )
    try:
        _prepare(connection, target)
    except BaseException:
        connection.close()
        raise
    return connection


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this file from another one that takes its name; None when it is gone."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _make_private(path: Path) -> None:
    """Make the file, and the directories above it, for this user only."""
    _make_directory(path.parent)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FILE_MODE))


def _close_to_others(path: Path) -> None:
    """Take from others what they may do with a file that was there, and with what is beside it."""
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        with contextlib.suppress(FileNotFoundError):
            if file.stat().st_mode & _OTHERS:
                file.chmod(_FILE_MODE)


def _make_directory(directory: Path) -> None:
    if directory.is_dir():
        return
    _make_directory(directory.parent)
    directory.mkdir(_DIRECTORY_MODE, exist_ok=True)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    # Looked at before anything is done to it: a file of another program must stay as it is.
    connection.execute("BEGIN")
    new = schema.is_empty(connection)
    connection.execute("ROLLBACK")
    _close_to_others(path)
    connection.execute("PRAGMA trusted_schema = OFF")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreUnavailable(
            "SQLite can't keep a write-ahead log there. "
            "Set SMS_SQLITE_PATH to a file on a local disk."
        )
    # FULL: a commit that was answered survives a loss of power.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
    if new:
        schema.create(connection)

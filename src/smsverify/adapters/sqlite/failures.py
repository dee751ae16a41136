"""What SQLite's errors mean to a caller of the store."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

from smsverify.errors import StoreDataInvalid, StoreError, StoreUnavailable

if TYPE_CHECKING:
    from pathlib import Path

_PRIMARY: Final = 0xFF
"""The low byte of a result code says what went wrong, the rest where (sqlite.org/rescode.html)."""

_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
_FOREIGN: Final = frozenset(
    {
        sqlite3.SQLITE_ERROR,  # a table or column that we made is not there
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_NOTADB,
    }
)
_DIRECTORY: Final = (
    "Check that its directory exists, on a local disk, and that this user may write there."
)
_REMEDY: Final = {
    sqlite3.SQLITE_FULL: "The disk is full: free some space.",
    sqlite3.SQLITE_READONLY: "It can't be written to: give this user the right to.",
    sqlite3.SQLITE_CANTOPEN: _DIRECTORY,
    sqlite3.SQLITE_PERM: "This user may not open it: check owner and mode.",
}
_ELSE: Final = "Check the disk, then try again."


def _code_of(error: sqlite3.Error) -> int | None:
    """Return the primary result code; None when Python's own layer raised."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & _PRIMARY


def is_busy(error: sqlite3.Error | OSError) -> bool:
    """Say whether another writer was in the way, so that a later try may pass."""
    return isinstance(error, sqlite3.Error) and _code_of(error) in _BUSY


def translate(error: sqlite3.Error | OSError, path: Path) -> StoreError:
    """Return the error of the port; its message names the file and what to do."""
    if isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        return StoreUnavailable(f"The SQLite file {path} can't be used: {reason}. {_DIRECTORY}")
    code = _code_of(error)
    # Without a code it is Python's layer that raised: text in the file is not UTF-8.
    # SQLite's own text may quote what is stored; the code's name does not.
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if code in _FOREIGN or (code is None and type(error) is sqlite3.OperationalError):
        return StoreDataInvalid(
            f"The file {path} does not hold what smsverify wrote ({name}). Nothing was changed. "
            "Restore it from a backup, or move it away to start anew."
        )
    remedy = _ELSE if code is None else _REMEDY.get(code, _ELSE)
    return StoreUnavailable(f"The SQLite file {path} can't be used ({name}). {remedy}")

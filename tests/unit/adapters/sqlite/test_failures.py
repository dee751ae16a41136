"""Every error of SQLite becomes one of the port's, with a sentence that tells what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from smsverify.adapters.sqlite.failures import is_busy, translate
from smsverify.errors import StoreDataInvalid, StoreUnavailable

PATH = Path("/data/store.db")


def failure(
    code: int | None, kind: type[sqlite3.Error] = sqlite3.OperationalError
) -> sqlite3.Error:
    """Return an error as the library raises it; its text quotes what is stored."""
    error = kind("SECRET")
    if code is not None:
        error.sqlite_errorcode = code
        error.sqlite_errorname = f"SQLITE_{code}"
    return error


@pytest.mark.parametrize(
    "code",
    [
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_BUSY_SNAPSHOT,
        sqlite3.SQLITE_BUSY_RECOVERY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
    ],
)
def test_other_writers_are_waited_for(code: int) -> None:
    """A lock is no failure: a later try may pass."""
    assert is_busy(failure(code))


@pytest.mark.parametrize("code", [None, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR])
def test_failures_are_not_waited_for(code: int | None) -> None:
    """What no other writer is to blame for does not pass by waiting."""
    assert not is_busy(failure(code))
    assert not is_busy(OSError(28, "No space left on device"))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_NOTADB, sqlite3.DatabaseError),
        (sqlite3.SQLITE_CORRUPT, sqlite3.DatabaseError),
        (sqlite3.SQLITE_CORRUPT_INDEX, sqlite3.DatabaseError),
        (sqlite3.SQLITE_ERROR, sqlite3.OperationalError),
        (sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.IntegrityError),
        (None, sqlite3.OperationalError),
    ],
)
def test_what_smsverify_did_not_write_is_invalid(
    code: int | None, kind: type[sqlite3.Error]
) -> None:
    """Damage, missing tables and text that is no UTF-8 fail closed, without quoting anything."""
    error = translate(failure(code, kind), PATH)

    assert type(error) is StoreDataInvalid
    assert "/data/store.db" in str(error)
    assert "Nothing was changed" in str(error)
    assert "SECRET" not in str(error)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (sqlite3.SQLITE_FULL, "free some space"),
        (sqlite3.SQLITE_READONLY, "give this user the right"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "give this user the right"),
        (sqlite3.SQLITE_CANTOPEN, "directory exists"),
        (sqlite3.SQLITE_PERM, "owner and mode"),
        (sqlite3.SQLITE_IOERR_FSYNC, "Check the disk"),
        (sqlite3.SQLITE_NOMEM, "Check the disk"),
    ],
)
def test_what_cannot_be_used_is_unavailable(code: int, says: str) -> None:
    """The message names the file and what to do."""
    error = translate(failure(code), PATH)

    assert type(error) is StoreUnavailable
    assert "/data/store.db" in str(error)
    assert says in str(error)
    assert "SECRET" not in str(error)


def test_the_systems_own_words_are_told() -> None:
    """Trouble with the directory is told as the operating system names it."""
    error = translate(PermissionError(13, "Permission denied", "/data"), PATH)

    assert type(error) is StoreUnavailable
    assert "Permission denied" in str(error)

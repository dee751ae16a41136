"""The file is private from its birth, safe on the disk, and never somebody else's."""

from __future__ import annotations

import os
import sqlite3
import stat
from typing import TYPE_CHECKING, Any

import pytest

from smsverify.adapters.sqlite.connection import identity, open_connection
from smsverify.errors import StoreDataInvalid, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """Let nothing but the code under test close a file to others."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def test_all_files_are_for_their_owner_only(tmp_path: Path) -> None:
    """The database, its log and its index are 0600 while they are in use."""
    path = tmp_path / "store.db"
    connection = open_connection(path)
    connection.execute("INSERT INTO records VALUES ('p:a', x'41', NULL)")

    modes = {file.name: oct(mode(file)) for file in tmp_path.iterdir()}
    connection.close()

    assert modes == dict.fromkeys(("store.db", "store.db-wal", "store.db-shm"), "0o600")


def test_missing_directories_are_made_for_their_owner_only(tmp_path: Path) -> None:
    """Each directory that is made is 0700; those that were there stay as they are."""
    tmp_path.chmod(0o755)

    open_connection(tmp_path / "a" / "b" / "store.db").close()

    assert mode(tmp_path) == 0o755
    assert [mode(tmp_path / "a"), mode(tmp_path / "a" / "b")] == [0o700, 0o700]


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    """A database that was copied with wider permissions loses them."""
    path = tmp_path / "store.db"
    other = open_connection(path)
    for file in tmp_path.iterdir():
        file.chmod(0o664)

    connection = open_connection(path)
    modes = [mode(file) for file in tmp_path.iterdir()]
    connection.close()
    other.close()

    assert modes == [0o600] * 3


def test_a_link_that_leads_nowhere_leads_to_a_private_file(tmp_path: Path) -> None:
    """What a link points to is made like any other file."""
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "data" / "store.db")

    open_connection(link).close()

    assert link.is_symlink()
    assert mode(tmp_path / "data" / "store.db") == 0o600


def test_every_commit_reaches_the_disk(tmp_path: Path) -> None:
    """The log is written ahead and synchronised at each commit (2 is FULL)."""
    connection = open_connection(tmp_path / "store.db")

    modes = [
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous")
    ]
    connection.close()

    assert modes == ["wal", 2]


def test_a_place_that_can_hold_no_log_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where SQLite can't share memory between processes, as on some network disks, it says so."""
    connect = sqlite3.connect

    def connect_without_shared_memory(path: Path, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(f"file:{path}?vfs=unix-none", uri=True, **options)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_without_shared_memory)

    with pytest.raises(StoreUnavailable, match="local disk"):
        open_connection(tmp_path / "store.db")


def test_a_file_of_another_program_stays_as_it_is(tmp_path: Path) -> None:
    """Refused before the first write: not a byte of it changes, and nothing lies beside it."""
    path = tmp_path / "theirs.db"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE theirs (x)")
    theirs.commit()
    theirs.close()
    path.chmod(0o644)
    before = path.read_bytes()

    with pytest.raises(StoreDataInvalid, match="SMS_SQLITE_PATH"):
        open_connection(path)

    assert (path.read_bytes(), mode(path)) == (before, 0o644)
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_database_stays_as_it_is(tmp_path: Path) -> None:
    """A text file is told from a database, and kept."""
    path = tmp_path / "notes.txt"
    path.write_text("These are notes, and no database at all. " * 100)
    before = path.read_bytes()

    with pytest.raises(sqlite3.DatabaseError) as raised:
        open_connection(path)

    assert raised.value.sqlite_errorcode == sqlite3.SQLITE_NOTADB
    assert path.read_bytes() == before


def test_a_file_is_known_again(tmp_path: Path) -> None:
    """A file that takes another's name is another file, and a missing one is none."""
    path, other = tmp_path / "a", tmp_path / "b"
    path.touch()
    other.touch()
    before = identity(path)

    assert before is not None
    assert identity(path) == before
    other.rename(path)
    assert identity(path) not in {before, None}
    path.unlink()
    assert identity(path) is None

"""Files that vanish, fill up, break or were never there: typed, whole, and over when mended."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from smsverify.adapters.sqlite import database
from smsverify.adapters.sqlite.database import Database
from smsverify.errors import StoreContended, StoreDataInvalid, StoreUnavailable
from smsverify.ports.store import Written
from smsverify.testing.clock import NOON, ManualClock
from smsverify.testing.store_suite.commands import add, swap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from smsverify.ports.store import CommitAnswer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is to be."""
    return tmp_path / "store.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Database]:
    """Return a database."""
    opened = Database(path, "", ManualClock(), 30)
    yield opened
    opened.shut()


def put(opened: Database, key: str, value: bytes = b"x") -> CommitAnswer:
    """Put a record in the place of nothing, and count it."""
    return opened.commit([swap(key, None, value)], [add("n", 1)], NOON, time.monotonic())


def read(opened: Database, key: str) -> bytes | None:
    """Return a record."""
    return opened.load((key,), (), time.monotonic()).records[0]


def test_a_place_where_nothing_can_be_is_unavailable(tmp_path: Path) -> None:
    """A file in the directory's place is named, with what to do."""
    (tmp_path / "file").touch()
    nowhere = Database(tmp_path / "file" / "store.db", "", ManualClock(), 30)

    with pytest.raises(StoreUnavailable, match=r"store\.db can't be used.*directory"):
        read(nowhere, "p:a")


def test_a_directory_in_the_files_place_is_unavailable(tmp_path: Path) -> None:
    """What can't be opened as a file is told so."""
    (tmp_path / "store.db").mkdir()

    with pytest.raises(StoreUnavailable, match="directory"):
        read(Database(tmp_path / "store.db", "", ManualClock(), 30), "p:a")


def test_what_is_no_database_is_invalid(path: Path) -> None:
    """Garbage in the file's place fails closed, and the file stays."""
    path.write_bytes(b"garbage " * 1_000)

    with pytest.raises(StoreDataInvalid, match="move it away"):
        read(Database(path, "", ManualClock(), 30), "p:a")

    assert path.read_bytes() == b"garbage " * 1_000


def test_damage_inside_is_invalid(opened: Database, path: Path) -> None:
    """Pages that were overwritten are told from an outage."""
    for number in range(200):
        put(opened, f"p:{number}", bytes(500))
    opened.shut()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xaa" * (len(content) - 4096))

    with pytest.raises(StoreDataInvalid):
        read(opened, "p:1")


def test_a_full_disk_is_unavailable_and_leaves_nothing_half_written(opened: Database) -> None:
    """The commit that found no room is not there at all; with room again, all goes on."""
    put(opened, "p:a")
    connection = opened._connection
    assert connection is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreUnavailable, match="disk is full"):
        put(opened, "p:b", bytes(100_000))

    # The limit was the connection's own, and that was given up.
    assert opened.load(("p:a", "p:b"), ("n",), time.monotonic()).records == (b"x", None)
    assert opened.load((), ("day",), time.monotonic()).counters == ({"n": 1},)
    assert isinstance(put(opened, "p:b", bytes(100_000)), Written)


def test_a_file_that_can_only_be_read_is_unavailable(opened: Database) -> None:
    """Without the right to write, the answer says so."""
    put(opened, "p:a")
    connection = opened._connection
    assert connection is not None
    connection.execute("PRAGMA query_only = ON")

    with pytest.raises(StoreUnavailable, match="can't be written to"):
        put(opened, "p:b")

    assert read(opened, "p:a") == b"x"


def test_a_file_that_was_removed_is_made_anew(
    opened: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No process goes on in a file without a name, where no other would see what it spends."""
    monkeypatch.setattr(database, "_LOOK_AFTER", 0)
    put(opened, "p:a")
    for file in path.parent.iterdir():
        file.unlink()

    assert read(opened, "p:a") is None
    assert isinstance(put(opened, "p:a"), Written)
    assert path.exists()


def test_a_file_that_was_replaced_is_the_one_in_use(
    opened: Database, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restore the new file counts, and what others wrote to it by then is kept."""
    monkeypatch.setattr(database, "_LOOK_AFTER", 0)
    put(opened, "p:a", b"old")
    restored = Database(tmp_path / "restored.db", "", ManualClock(), 30)
    put(restored, "p:a", b"new")
    restored.shut()
    for file in (path, path.with_name("store.db-wal"), path.with_name("store.db-shm")):
        file.unlink()
    (tmp_path / "restored.db").rename(path)
    # Another process is quicker: its write stands in the log beside the new file.
    other = Database(path, "", ManualClock(), 30)
    put(other, "p:b", b"also new")

    assert [read(opened, "p:a"), read(opened, "p:b")] == [b"new", b"also new"]
    assert read(other, "p:b") == b"also new"
    other.shut()


def test_a_file_is_not_looked_for_all_the_time(
    opened: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two looks nothing is asked of the directory."""
    looks = []
    monkeypatch.setattr(database, "identity", lambda _: looks.append(1))
    monkeypatch.setattr(database, "_LOOK_AFTER", 3_600)

    for number in range(10):
        put(opened, f"p:{number}")

    assert len(looks) == 1


def test_past_its_deadline_nothing_is_tried(opened: Database, path: Path) -> None:
    """A call that waited too long for its turn is not executed."""
    with pytest.raises(StoreContended):
        opened.commit([swap("p:a", None, b"x")], [], NOON, time.monotonic() - 30)

    assert not path.exists()


def test_a_mistake_of_the_program_is_raised_as_it_is(opened: Database) -> None:
    """What no store could take is no outage, and leaves no transaction open."""
    with pytest.raises(OverflowError):
        opened.commit([swap("p:a", None, b"x")], [add("n", 2**63)], NOON, time.monotonic())
    with pytest.raises(UnicodeEncodeError):
        put(opened, "p:\ud800")

    assert read(opened, "p:a") is None
    assert isinstance(put(opened, "p:a"), Written)


def test_reading_several_things_sees_one_moment(opened: Database, path: Path) -> None:
    """A record and its counters come from the same state, whatever is written meanwhile."""
    put(opened, "p:a")
    writer = Database(path, "", ManualClock(), 30)
    connection = opened._connected()

    class Interfering:
        """Lets another one write between the first statement and the second."""

        def __init__(self) -> None:
            self.statements = 0

        def execute(self, *statement: object) -> sqlite3.Cursor:
            self.statements += 1
            if self.statements == 3:
                put(writer, "p:b")
            return connection.execute(*statement)  # type: ignore[arg-type]

    opened._connection = Interfering()  # type: ignore[assignment]
    loaded = opened.load(("p:a", "p:b"), ("day",), time.monotonic())
    opened._connection = connection

    assert loaded.records == (b"x", None)
    assert loaded.counters == ({"n": 1},)
    assert read(opened, "p:b") == b"x"
    writer.shut()

"""A file is recognised as new, as ours, or as somebody else's."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from smsverify.adapters.sqlite import schema
from smsverify.errors import StoreDataInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """Return an empty database."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def test_a_new_file_gets_the_tables(connection: sqlite3.Connection) -> None:
    """Empty before, it is ours afterwards."""
    assert schema.is_empty(connection)

    schema.create(connection)

    assert not schema.is_empty(connection)
    assert not connection.in_transaction
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert {name for (name,) in tables} == {"records", "counters"}


def test_tables_that_another_process_made_meanwhile_stay(connection: sqlite3.Connection) -> None:
    """Of two that find a new file, the second leaves what the first made."""
    schema.create(connection)
    connection.execute("INSERT INTO records VALUES ('p:a', x'41', NULL)")

    schema.create(connection)

    assert connection.execute("SELECT count(*) FROM records").fetchone() == (1,)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("CREATE TABLE theirs (x)", "another program"),
        ("PRAGMA user_version = 1", "another program"),
        ("PRAGMA application_id = 1", "another program"),
        (f"PRAGMA application_id = {schema.APPLICATION_ID}", "layout 0"),
    ],
)
def test_a_file_of_others_is_refused(
    connection: sqlite3.Connection, statement: str, says: str
) -> None:
    """A database that we did not make is named as such, and gets no tables."""
    connection.execute(statement)

    for ask in (schema.is_empty, schema.create):
        with pytest.raises(StoreDataInvalid, match=says):
            ask(connection)

    assert not connection.in_transaction
    names = connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert ("records",) not in names


def test_another_layout_is_refused(connection: sqlite3.Connection) -> None:
    """What a later release wrote is not touched; the message names both layouts."""
    schema.create(connection)
    connection.execute("PRAGMA user_version = 2")

    with pytest.raises(StoreDataInvalid, match=r"layout 2, .* knows 1"):
        schema.is_empty(connection)


def test_the_first_layout_stays_readable(tmp_path: Path) -> None:
    """A file of layout 1, written out here in full, is read by this and every later release."""
    connection = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
    connection.executescript("""
        CREATE TABLE records (key TEXT PRIMARY KEY, value BLOB NOT NULL, keep_until INTEGER)
            WITHOUT ROWID;
        CREATE TABLE counters (grp TEXT NOT NULL, field TEXT NOT NULL, value INTEGER NOT NULL,
            keep_until INTEGER NOT NULL, PRIMARY KEY (grp, field)) WITHOUT ROWID;
        PRAGMA application_id = 1936552822;
        PRAGMA user_version = 1;
    """)

    assert not schema.is_empty(connection)
    connection.close()

"""The tables, and how a file is recognised as ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsverify.errors import StoreDataInvalid

if TYPE_CHECKING:
    import sqlite3

APPLICATION_ID: Final = 0x736D7376
"""``smsv`` in ASCII: marks the file as ours (PRAGMA application_id)."""

VERSION: Final = 1
"""The layout below (PRAGMA user_version); a release reads its own and the former one."""

_TABLES: Final = (
    # A key is looked up and never ranged over, and a row is small: a tree of its own per row id
    # would only be a second look-up.
    """
    CREATE TABLE records (
        key TEXT PRIMARY KEY,
        value BLOB NOT NULL,
        keep_until INTEGER
    ) WITHOUT ROWID
    """,
    "CREATE INDEX records_end ON records (keep_until) WHERE keep_until IS NOT NULL",
    """
    CREATE TABLE counters (
        grp TEXT NOT NULL,
        field TEXT NOT NULL,
        value INTEGER NOT NULL,
        keep_until INTEGER NOT NULL,
        PRIMARY KEY (grp, field)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX counters_end ON counters (keep_until)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)


def is_empty(connection: sqlite3.Connection) -> bool:
    """
    Say whether the file is new; False means that it holds our tables.

    Asked inside a transaction, or another process could make the tables between two questions.

    Raises:
        StoreDataInvalid: another program wrote it, or a release with another layout.
    """
    application = _number(connection, "PRAGMA application_id")
    version = _number(connection, "PRAGMA user_version")
    if (application, version) == (APPLICATION_ID, VERSION):
        return False
    if application == APPLICATION_ID:
        raise StoreDataInvalid(
            f"The database has layout {version}, and this release of smsverify knows {VERSION}. "
            "Nothing was changed. Use the release that wrote it, or a newer one."
        )
    if application or version or _number(connection, "SELECT count(*) FROM sqlite_master"):
        raise StoreDataInvalid(
            "The database belongs to another program. Nothing was changed. "
            "Set SMS_SQLITE_PATH to a file of its own."
        )
    return True


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, unless another process did so meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if is_empty(connection):
            for statement in _TABLES:
                connection.execute(statement)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _number(connection: sqlite3.Connection, question: str) -> int:
    (number,) = connection.execute(question).fetchone()
    return int(number)

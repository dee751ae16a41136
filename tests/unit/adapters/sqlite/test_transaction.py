"""What lies in the tables and is not ours is told, and left as it is."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from smsverify.adapters.sqlite.store import SqliteStore
from smsverify.errors import ErrorCode, StoreDataInvalid
from smsverify.testing.clock import ManualClock
from smsverify.testing.store_suite.commands import add, commit, swap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / "store.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """Return a store that holds a record and a counter."""
    store = SqliteStore(path, namespace="{test}:", clock=ManualClock())
    await commit(store, [swap("p:good", None, b"A")], [add("n", 1)])
    yield store
    await store.close()


def plant(path: Path, statement: str, *values: object) -> None:
    """Change the file behind the store's back."""
    other = sqlite3.connect(path)
    other.execute(statement, values)
    other.commit()
    other.close()


@pytest.mark.parametrize("value", ["text", 17, 1.5])
async def test_a_record_of_another_type_fails_closed(
    store: SqliteStore, path: Path, value: object
) -> None:
    """Text or a number where bytes belong is refused by load and commit, and stays."""
    plant(path, "INSERT INTO records VALUES ('{test}:p:bad', ?, NULL)", value)

    with pytest.raises(StoreDataInvalid, match="p:bad") as raised:
        await store.load(("p:good", "p:bad"))
    assert raised.value.code is ErrorCode.STORE_DATA_INVALID
    for expected in (None, b"text"):
        with pytest.raises(StoreDataInvalid, match="p:bad"):
            await commit(store, [swap("p:good", b"A", b"B"), swap("p:bad", expected, b"x")])

    assert (await store.load(("p:good",))).records == (b"A",)


@pytest.mark.parametrize("value", ["text", b"1", 1.5, "1e400"])
async def test_a_counter_of_another_type_fails_closed(
    store: SqliteStore, path: Path, value: object
) -> None:
    """A sum that is no whole number is refused by load and commit, and nothing is added."""
    plant(path, "UPDATE counters SET value = ?", value)

    with pytest.raises(StoreDataInvalid, match="day"):
        await store.load((), ("day",))
    with pytest.raises(StoreDataInvalid, match="day"):
        await commit(store, [swap("p:good", b"A", b"B")], [add("n", 1)])

    assert (await store.load(("p:good",))).records == (b"A",)


async def test_a_counter_whose_name_is_no_text_fails_closed(store: SqliteStore, path: Path) -> None:
    """Bytes where a name belongs are refused, and not shown."""
    plant(path, "INSERT INTO counters VALUES ('{test}:day', x'ff5345435245', 1, 1)")
    with pytest.raises(StoreDataInvalid, match="day"):
        await store.load((), ("day",))

    plant(path, "UPDATE counters SET field = cast(x'ff534543524554' AS text) WHERE field != 'n'")
    with pytest.raises(StoreDataInvalid, match="does not hold") as raised:
        await store.load((), ("day",))
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize("table", ["records", "counters"])
async def test_missing_tables_fail_closed(store: SqliteStore, path: Path, table: str) -> None:
    """A table that somebody dropped is not made anew: what it held must not be forgotten."""
    plant(path, f"DROP TABLE {table}")

    with pytest.raises(StoreDataInvalid):
        await store.load(("p:good",), ("day",))
    with pytest.raises(StoreDataInvalid):
        await commit(store, [swap("p:good", b"A", b"B")], [add("n", 1)])


async def test_what_was_mended_is_used_again(store: SqliteStore, path: Path) -> None:
    """After the odd row is gone, the same store goes on."""
    plant(path, "INSERT INTO records VALUES ('{test}:p:bad', 'text', NULL)")
    with pytest.raises(StoreDataInvalid):
        await store.load(("p:bad",))

    plant(path, "DELETE FROM records WHERE key = '{test}:p:bad'")

    assert (await store.load(("p:bad", "p:good"))).records == (None, b"A")

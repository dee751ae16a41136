"""What is read and written inside one transaction, in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from smsverify.errors import StoreDataInvalid
from smsverify.ports.store import MAX_CLOCK_GAP, CeilingReached, Conflict, Stale

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from smsverify.domain.counters import Add
    from smsverify.domain.periods import Millis
    from smsverify.ports.store import Swap

Sums: TypeAlias = "dict[tuple[str, str], tuple[int | None, int, Millis]]"
"""By group and field: what is stored (None: nothing), the new sum, and how long to keep it."""

FORGOTTEN_AT_ONCE: Final = 8
"""
Rows of each table past their keeping that a commit deletes at most: more than one commit creates,
so they can't pile up, and so few that no caller waits for them.
"""

_PUT: Final = """
    INSERT INTO records (key, value, keep_until) VALUES (?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, keep_until = excluded.keep_until
"""
_FORGET_RECORDS: Final = """
    DELETE FROM records WHERE key IN
    (SELECT key FROM records WHERE keep_until <= ? LIMIT ?)
"""
_FORGET_COUNTERS: Final = """
    DELETE FROM counters WHERE (grp, field) IN
    (SELECT grp, field FROM counters WHERE keep_until <= ? LIMIT ?)
"""


def read_records(connection: sqlite3.Connection, keys: Iterable[str]) -> tuple[bytes | None, ...]:
    """Return each key's value; raises ``StoreDataInvalid`` for what is not bytes."""
    return tuple([_read_record(connection, key) for key in keys])


def _read_record(connection: sqlite3.Connection, key: str) -> bytes | None:
    rows = connection.execute("SELECT value FROM records WHERE key = ?", (key,)).fetchall()
    if not rows:
        return None
    (value,) = rows[0]
    if type(value) is not bytes:
        raise _wrong_type("records", key)
    return value


def read_counters(connection: sqlite3.Connection, group: str) -> dict[str, int]:
    """Return a group's counters; raises ``StoreDataInvalid`` for what is no whole number."""
    question = "SELECT field, value FROM counters WHERE grp = ?"
    found: dict[str, int] = {}
    for field, value in connection.execute(question, (group,)).fetchall():
        if type(field) is not str or type(value) is not int:
            raise _wrong_type("counters", group)
        found[field] = value
    return found


def judge(
    connection: sqlite3.Connection,
    namespace: str,
    swaps: Sequence[Swap],
    adds: Sequence[Add],
    decided_at: Millis,
    now: Millis,
) -> Stale | Conflict | CeilingReached | Sums:
    """Return why a commit can't be written, in the port's order, or the sums to write."""
    found = read_records(connection, [namespace + swap.key for swap in swaps])
    if abs(now - decided_at) > MAX_CLOCK_GAP:
        return Stale(now, found)
    if any(there != swap.expected for there, swap in zip(found, swaps, strict=True)):
        return Conflict(now, found)
    sums: Sums = {}
    for index, add in enumerate(adds):
        counter = (namespace + add.key, add.field)
        if counter in sums:
            stored, before, keep_until = sums[counter]
        else:
            stored, keep_until = _read_counter(connection, *counter), add.keep_until
            before = stored or 0
        total = max(0, before + add.amount)
        if add.ceiling is not None and total > add.ceiling:
            return CeilingReached(now, index)
        if stored is not None or counter in sums or add.amount > 0:
            sums[counter] = stored, total, keep_until
    return sums


def _read_counter(connection: sqlite3.Connection, group: str, field: str) -> int | None:
    question = "SELECT value FROM counters WHERE grp = ? AND field = ?"
    rows = connection.execute(question, (group, field)).fetchall()
    if not rows:
        return None
    (value,) = rows[0]
    if type(value) is not int:
        raise _wrong_type("counters", group)
    return value


def write(
    connection: sqlite3.Connection, namespace: str, swaps: Sequence[Swap], sums: Sums, now: Millis
) -> None:
    """Write the new values and sums, and delete a few rows past their keeping."""
    for swap in swaps:
        key = namespace + swap.key
        if swap.new is None:
            connection.execute("DELETE FROM records WHERE key = ?", (key,))
        else:
            keep_until = None if swap.keep is None else now + swap.keep
            connection.execute(_PUT, (key, bytes(swap.new), keep_until))
    _write_sums(connection, sums)
    connection.execute(_FORGET_RECORDS, (now, FORGOTTEN_AT_ONCE))
    connection.execute(_FORGET_COUNTERS, (now, FORGOTTEN_AT_ONCE))


def _write_sums(connection: sqlite3.Connection, sums: Sums) -> None:
    """Write the sums; how long to keep a counter is fixed when it is made."""
    changed = [
        (total, *counter)
        for counter, (stored, total, _) in sums.items()
        if stored is not None and stored != total
    ]
    if changed:
        connection.executemany("UPDATE counters SET value = ? WHERE grp = ? AND field = ?", changed)
    made = [
        (*counter, total, keep_until)
        for counter, (stored, total, keep_until) in sums.items()
        if stored is None
    ]
    if made:
        connection.executemany(
            "INSERT INTO counters (grp, field, value, keep_until) VALUES (?, ?, ?, ?)", made
        )


def _wrong_type(table: str, key: str) -> StoreDataInvalid:
    return StoreDataInvalid(
        f"Something that smsverify did not write is in the table {table} at {key!r}. Nothing was "
        "changed. Restore the row, or delete it if you can do without it."
    )

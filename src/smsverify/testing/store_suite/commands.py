"""Short ways to ask a store for something, with the values that a test does not care about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsverify.domain.counters import Add
from smsverify.domain.periods import HOUR
from smsverify.ports.store import Swap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsverify.domain.periods import Millis
    from smsverify.ports.store import CommitAnswer, Store

FAR_FUTURE: Final[Millis] = 3_471_292_800_000
"""2080-01-01, which no test reaches: counters of tests are kept till then."""


def swap(
    key: str, expected: bytes | None, new: bytes | None, *, keep: Millis | None = HOUR
) -> Swap:
    """Return a swap whose value is kept for an hour, if nothing else is said."""
    return Swap(key, expected, new, keep)


def add(
    field: str,
    amount: int,
    ceiling: int | None = None,
    *,
    key: str = "day",
    keep_until: Millis = FAR_FUTURE,
) -> Add:
    """Return an addition to a counter of the group ``day``, if nothing else is said."""
    return Add(key, field, amount, ceiling, keep_until)


async def time_of(store: Store) -> Millis:
    """Return the store's time."""
    return (await store.load(())).now


async def commit(
    store: Store, swaps: Sequence[Swap] = (), adds: Sequence[Add] = ()
) -> CommitAnswer:
    """Commit at the store's own time."""
    return await store.commit(swaps, adds, await time_of(store))


async def record(store: Store, key: str) -> bytes | None:
    """Return what is stored under a key."""
    return (await store.load((key,))).records[0]


async def counters(store: Store, key: str = "day") -> dict[str, int]:
    """Return the counters of a group."""
    return dict((await store.load((), (key,))).counters[0])

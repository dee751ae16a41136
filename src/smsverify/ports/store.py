"""
The store: keeps records and counters, knows no rule, and has two verbs.

A record is a value of bytes under a key; its bytes are its version. A counter is an integer in a
named group. Keys are relative: an adapter puts its deployment's name space before them, so that
simulation, staging and live never share a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

import attrs

from smsverify.domain.periods import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from smsverify.domain.counters import Add
    from smsverify.domain.error_code import ErrorCode
    from smsverify.domain.periods import Millis

MAX_CLOCK_GAP: Final[Millis] = 2 * SECOND
"""A commit decided further than this from the store's clock, either way, is Stale."""

STORE_SECONDS: Final = 2.0
"""How long a caller waits for the store in all, waiting for a connection included."""


@attrs.frozen
class Swap:
    """
    Put one value in the place of another.

    Attributes:
        key: the record's key.
        expected: the bytes that the caller read, None for "nothing is there".
        new: the bytes to store, None to delete the record.
        keep: milliseconds after which the record may be forgotten, None for never.
    """

    key: str
    expected: bytes | None = attrs.field(repr=False)
    new: bytes | None = attrs.field(repr=False)
    keep: Millis | None


@attrs.frozen
class Loaded:
    """
    What is stored, in the order that was asked for.

    Attributes:
        now: the store's time.
        records: each record's bytes, None where nothing is stored.
        counters: each group's counters, empty where the group does not exist.
    """

    now: Millis
    records: tuple[bytes | None, ...] = attrs.field(repr=False)
    counters: tuple[Mapping[str, int], ...] = ()


@attrs.frozen
class Written:
    """Everything was written, in one step."""

    now: Millis


@attrs.frozen
class Conflict:
    """A record is not what the caller read; nothing was written; ``records`` is what is there."""

    now: Millis
    records: tuple[bytes | None, ...] = attrs.field(repr=False)


@attrs.frozen
class Stale:
    """``decided_at`` is too far from the store's clock; nothing was written; ``records`` too."""

    now: Millis
    records: tuple[bytes | None, ...] = attrs.field(repr=False)


@attrs.frozen
class CeilingReached:
    """The addition number ``index`` (from 0) would pass its ceiling; nothing was written."""

    now: Millis
    index: int


CommitAnswer: TypeAlias = Written | Conflict | Stale | CeilingReached


class Store(Protocol):
    """
    Two verbs over records and counters.

    Both raise :class:`~smsverify.errors.StoreUnavailable` when the store can't be reached or can't
    serve, :class:`~smsverify.errors.StoreContended` when other writers held it all the time, and
    :class:`~smsverify.errors.StoreDataInvalid` when a key of ours holds another type. A call may
    be cancelled; whether a cancelled commit was executed is then unknown. Callers bound the time.
    """

    @property
    def name(self) -> str:
        """The technology, for statistics and logs: ``memory``, ``sqlite``, ``redis``."""
        ...

    @property
    def unavailable_code(self) -> ErrorCode:
        """The error code for "did not answer in time"."""
        ...

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """
        Return what is stored, and the store's time.

        A missing record is None, a missing group empty. A record past its keeping time may still
        be given. An outage raises; a repeated call is harmless.
        """
        ...

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        """
        Write all or nothing, in one step, and say what happened.

        Checked before anything is written, in this order: ``decided_at`` within
        :data:`MAX_CLOCK_GAP` of the store's clock, else Stale; every record byte for byte as
        expected, else Conflict; every addition under its ceiling, else CeilingReached naming the
        first one. A record past its keeping time that is still there counts as there. A missing
        counter is 0; an addition that would go below zero stops at zero; a negative addition never
        creates a counter. Additions to the same counter in one commit are checked one after the
        other, each on top of those before it.

        After an outage nobody knows whether the commit was executed. An adapter may repeat a
        commit with a swap on its own (the second execution is a Conflict that brings the caller's
        own bytes); additions alone are sent once.
        """
        ...

    async def close(self) -> None:
        """Give back connections and handles; the store can be used again afterwards."""
        ...

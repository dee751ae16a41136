"""Who waited while another one looked is answered by what that one saw, and nobody else."""

from __future__ import annotations

import pytest

from smsverify.adapters.sqlite.last_seen import LastSeen
from smsverify.domain.periods import HOUR
from smsverify.ports.store import Conflict, Loaded, Stale
from smsverify.testing.clock import NOON, ManualClock
from smsverify.testing.store_suite.commands import swap

LOOKED_AT = 100.0
BEFORE, AFTER = 99.9, 100.1


@pytest.fixture
def seen() -> LastSeen:
    """Return what saw a record."""
    seen = LastSeen(ManualClock())
    seen.note("p:a", b"A", LOOKED_AT)
    return seen


def test_who_asked_before_the_look_is_answered(seen: LastSeen) -> None:
    """The record was so while the caller waited."""
    for asked_at in (BEFORE, LOOKED_AT):
        assert seen.load(("p:a",), asked_at) == Loaded(NOON, (b"A",))
        refusal = seen.refuse([swap("p:a", b"x", b"B")], NOON, asked_at)
        assert refusal == Conflict(NOON, (b"A",))


def test_who_asked_after_the_look_has_to_look(seen: LastSeen) -> None:
    """The record may have changed since, and a caller must see what it wrote itself."""
    assert seen.load(("p:a",), AFTER) is None
    assert seen.refuse([swap("p:a", b"x", b"B")], NOON, AFTER) is None


def test_a_commit_that_may_be_written_is_not_refused(seen: LastSeen) -> None:
    """As expected then, it has to be seen whether it still is."""
    assert seen.refuse([swap("p:a", b"A", b"B")], NOON, BEFORE) is None


def test_a_wrong_clock_comes_before_the_conflict(seen: LastSeen) -> None:
    """The order of the answers is that of every commit."""
    refusal = seen.refuse([swap("p:a", b"x", b"B")], NOON + HOUR, BEFORE)

    assert refusal == Stale(NOON, (b"A",))


def test_that_nothing_was_there_is_an_answer_too() -> None:
    """A missing record was seen as well as any."""
    seen = LastSeen(ManualClock())
    seen.note("p:a", None, LOOKED_AT)

    assert seen.load(("p:a",), BEFORE) == Loaded(NOON, (None,))
    assert seen.refuse([swap("p:a", b"x", b"B")], NOON, BEFORE) == Conflict(NOON, (None,))
    assert seen.refuse([swap("p:a", None, b"B")], NOON, BEFORE) is None


def test_other_records_were_not_seen(seen: LastSeen) -> None:
    """One look is at one record: others, several, and none are looked for."""
    assert seen.load(("p:b",), BEFORE) is None
    assert seen.load(("p:a", "p:b"), BEFORE) is None
    assert seen.load((), BEFORE) is None
    assert seen.refuse([swap("p:a", b"x", b"B"), swap("p:b", b"x", b"B")], NOON, BEFORE) is None
    assert seen.refuse([], NOON, BEFORE) is None


def test_the_latest_look_counts(seen: LastSeen) -> None:
    """What was seen before is forgotten."""
    seen.note("p:b", b"B", AFTER)

    assert seen.load(("p:a",), BEFORE) is None
    assert seen.load(("p:b",), BEFORE) == Loaded(NOON, (b"B",))
    assert LastSeen(ManualClock()).load(("p:a",), BEFORE) is None

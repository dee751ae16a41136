"""Counts of refusals: gathered here, due after five seconds, sent once."""

from __future__ import annotations

import threading

import pytest

from smsverify.application.refusal_counts import RefusalCounts
from smsverify.domain.error_code import ErrorCode
from smsverify.testing import ManualClock
from smsverify.testing.clock import NOON

LIMIT = ErrorCode.RATE_LIMIT_EXCEEDED
FIELD = "refused_send.RATE_LIMIT_EXCEEDED"


@pytest.fixture
def clock() -> ManualClock:
    """Give a clock."""
    return ManualClock()


@pytest.fixture
def counts(clock: ManualClock) -> RefusalCounts:
    """Give counts on it."""
    return RefusalCounts(clock)


def test_they_add_up_by_reason(counts: RefusalCounts) -> None:
    """Sends and checks are counted apart, each by its code."""
    counts.count_send(LIMIT)
    counts.count_send(LIMIT)
    counts.count_check(ErrorCode.CODE_EXPIRED)

    assert counts.waiting() == {FIELD: 2, "refused_check.CODE_EXPIRED": 1}


def test_nothing_is_due_before_five_seconds(counts: RefusalCounts, clock: ManualClock) -> None:
    """What was counted is due when five seconds have passed since the last time."""
    counts.count_send(LIMIT)
    clock.advance(4.999)
    assert counts.take_due(NOON) == ()
    clock.advance(0.001)

    (add,) = counts.take_due(NOON)

    assert (add.key, add.field, add.amount, add.ceiling) == ("day:2050-01-01", FIELD, 1, None)
    counts.count_send(LIMIT)
    assert counts.take_due(NOON) == ()
    clock.advance(5)
    assert len(counts.take_due(NOON)) == 1


def test_nothing_is_due_where_nothing_waits(counts: RefusalCounts, clock: ManualClock) -> None:
    """An idle process sends no counts, however much time passes."""
    clock.advance(3600)

    assert counts.take_due(NOON) == ()


def test_they_are_taken_once(counts: RefusalCounts) -> None:
    """What was taken is no longer here."""
    counts.count_send(LIMIT)

    assert len(counts.take_all(NOON)) == 1
    assert counts.take_all(NOON) == ()
    assert counts.waiting() == {}


def test_they_can_be_put_back(counts: RefusalCounts) -> None:
    """What was not written joins what was counted meanwhile."""
    counts.count_send(LIMIT)
    counts.count_send(LIMIT)
    taken = counts.take_all(NOON)
    counts.count_send(LIMIT)

    counts.put_back(taken)

    assert counts.waiting() == {FIELD: 3}


def test_a_child_forgets(counts: RefusalCounts) -> None:
    """What waits is dropped, and a lock that another thread held at the fork does not matter."""
    counts.count_send(LIMIT)
    counts._lock.acquire()

    counts.forget()

    assert counts.waiting() == {}
    counts.count_send(LIMIT)
    assert counts.waiting() == {FIELD: 1}


def test_threads_lose_nothing(counts: RefusalCounts) -> None:
    """Counted by many threads while others take: all of it comes out, once."""
    taken: list[int] = []

    def count() -> None:
        for _ in range(500):
            counts.count_send(LIMIT)
            taken.extend(add.amount for add in counts.take_all(NOON))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(taken) + sum(counts.waiting().values()) == 2000

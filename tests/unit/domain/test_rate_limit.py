"""No window ever holds more than its limit, whatever the times, and none is emptied by a clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain.periods import CLOCK_SLACK, HOUR, MINUTE
from smsverify.domain.rate_limit import (
    FullWindow,
    Limit,
    find_full_window,
    places_left,
    prune,
    within,
)
from tests.unit.domain.builders import NOON

SMALL = (Limit("few", 3, 100), Limit("many", 5, 1_000))

limits = st.lists(
    st.builds(Limit, st.sampled_from("abc"), st.integers(1, 6), st.integers(1, 500)),
    min_size=1,
    max_size=3,
).map(tuple)
steps = st.lists(st.integers(0, 200), max_size=60)
walks = st.lists(st.integers(-8_000, 400), max_size=60)


def admit(gaps: list[int], rules: tuple[Limit, ...]) -> list[int]:
    """Ask at times with these gaps, and return the times at which a place was found."""
    now, taken = NOON, list[int]()
    for gap in gaps:
        now += gap
        if find_full_window(taken, rules, now) is None:
            taken.append(now)
    return taken


@given(steps, limits)
def test_no_window_ever_holds_more_than_its_limit(
    gaps: list[int], rules: tuple[Limit, ...]
) -> None:
    """Lay a window of the limit's length anywhere: it holds at most the limit's count."""
    taken = admit(gaps, rules)
    for limit in rules:
        for start in taken:
            inside = [time for time in taken if start <= time < start + limit.span]
            assert len(inside) <= limit.count


@given(steps, limits)
def test_equal_to_a_naive_oracle(gaps: list[int], rules: tuple[Limit, ...]) -> None:
    """While the clock runs forward, the answer is what counting by hand says."""
    now, taken = NOON, list[int]()
    for gap in gaps:
        now += gap
        free = all(
            len([time for time in taken if now - time < limit.span]) < limit.count
            for limit in rules
        )
        assert (find_full_window(taken, rules, now) is None) is free
        if free:
            taken.append(now)


@given(walks, limits)
def test_clock_going_back_refunds_nothing(gaps: list[int], rules: tuple[Limit, ...]) -> None:
    """
    Whenever the clock goes back, no place is free that was not free before.

    What a window held just before the step, it still holds just after it.
    """
    now, taken = NOON, list[int]()
    for gap in gaps:
        if gap < 0:
            for limit in rules:
                held = len(within(taken, limit.span, now))
                assert len(within(taken, limit.span, now + gap)) >= held
            assert places_left(taken, rules, now + gap) <= places_left(taken, rules, now)
        now += gap
        if find_full_window(taken, rules, now) is None:
            taken.append(now)


@given(walks, limits)
def test_waiting_as_told_helps(gaps: list[int], rules: tuple[Limit, ...]) -> None:
    """After the wait that a refusal names, with nothing added, there is a place; before, none."""
    taken = admit(gaps, rules)
    now = taken[-1] if taken else NOON
    full = find_full_window(taken, rules, now)
    if full is None or any(time > now + CLOCK_SLACK for time in taken):
        return
    assert full.retry_after > 0
    assert find_full_window(taken, rules, now + full.retry_after) is None
    assert find_full_window(taken, rules, now + full.retry_after - 1) is not None


@given(st.lists(st.integers(NOON - 500, NOON + 10_000), max_size=12), limits)
def test_places_left_agree_with_the_refusal(times: list[int], rules: tuple[Limit, ...]) -> None:
    """There are places left exactly when no window is full, and never fewer than none."""
    left = places_left(times, rules, NOON)

    assert (left > 0) is (find_full_window(times, rules, NOON) is None)
    assert 0 <= left <= min(limit.count for limit in rules)


@given(st.lists(st.integers(NOON - 2_000, NOON + 10_000), max_size=12).map(tuple), limits)
def test_pruning_is_invisible(times: tuple[int, ...], rules: tuple[Limit, ...]) -> None:
    """What was dropped as too old for the longest window changes no answer, now or later."""
    longest = max(limit.span for limit in rules)
    kept = prune(times, longest, NOON)
    for now in (NOON, NOON + 1, NOON + 250, NOON + 5_000):
        assert find_full_window(kept, rules, now) == find_full_window(times, rules, now)
        assert places_left(kept, rules, now) == places_left(times, rules, now)


def test_window_ends_to_the_millisecond() -> None:
    """An entry leaves its window exactly a span after it was made."""
    hourly = (Limit("hourly", 1, HOUR),)

    assert find_full_window([NOON], hourly, NOON + HOUR - 1) == FullWindow("hourly", 1)
    assert find_full_window([NOON], hourly, NOON + HOUR) is None
    assert within([NOON], HOUR, NOON + HOUR - 1) == [NOON]
    assert within([NOON], HOUR, NOON + HOUR) == []


def test_wait_is_until_the_oldest_that_counts_leaves() -> None:
    """With more entries than places, as after a stricter setting, it is not the very oldest."""
    times = [NOON, NOON + 10, NOON + 20, NOON + 30, NOON + 40]

    assert find_full_window(times, (Limit("few", 3, 100),), NOON + 50) == FullWindow("few", 70)
    assert find_full_window(times[::-1], (Limit("few", 3, 100),), NOON + 50) == FullWindow(
        "few", 70
    )


def test_longest_wait_is_named() -> None:
    """When several windows are full, the refusal names the one that frees a place last."""
    times = [NOON, NOON, NOON, NOON, NOON]

    assert find_full_window(times, SMALL, NOON) == FullWindow("many", 1_000)
    assert find_full_window(times, SMALL[::-1], NOON) == FullWindow("many", 1_000)
    assert find_full_window(times[:3], SMALL, NOON) == FullWindow("few", 100)


def test_equal_waits_name_the_first() -> None:
    """Of two windows that are full for equally long, the first in order is named."""
    rules = (Limit("first", 1, 100), Limit("second", 1, 100))

    assert find_full_window([NOON], rules, NOON) == FullWindow("first", 100)


def test_entries_ahead_of_the_clock_count() -> None:
    """Entries of a host up to five seconds ahead are held, and waited for as they stand."""
    one = (Limit("one", 1, 1_000),)

    assert find_full_window([NOON + 5_000], one, NOON) == FullWindow("one", 6_000)
    assert find_full_window([NOON + 5_001], one, NOON) == FullWindow("one", 1_000)


def test_clock_set_back_an_hour_keeps_a_full_window_full() -> None:
    """After the server's clock went back an hour, nobody gets new places from it."""
    times = [NOON + count * MINUTE for count in range(3)]
    later = NOON + 3 * MINUTE

    assert find_full_window(times, (Limit("few", 3, HOUR),), later) == FullWindow(
        "few", HOUR - 3 * MINUTE
    )
    assert find_full_window(times, (Limit("few", 3, HOUR),), later - HOUR) == FullWindow(
        "few", HOUR
    )


def test_prune_keeps_what_is_recorded() -> None:
    """Pruning drops whole entries and changes none; with nothing to drop it is the same object."""
    times = (NOON - 1_000, NOON - 999, NOON + HOUR)

    assert prune(times, 1_000, NOON) == (NOON - 999, NOON + HOUR)
    assert prune(times[1:], 1_000, NOON) == times[1:]
    assert prune(times, 2_000, NOON) is times


def test_no_limits_leave_no_refusal() -> None:
    """Without windows nothing is refused."""
    assert find_full_window([NOON] * 100, (), NOON) is None


@pytest.mark.parametrize("count", [0, -1])
def test_limit_without_places_is_a_mistake(count: int) -> None:
    """A window that can never take an entry would refuse for ever, so it can't be built."""
    with pytest.raises(ValueError, match="at least one"):
        Limit("none", count, 1_000)

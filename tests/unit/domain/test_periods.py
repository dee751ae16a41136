"""Days and hours are UTC, follow from a time alone, and a clock that went back is noticed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain import periods
from smsverify.domain.periods import DAY, HOUR, MINUTE, SECOND, settle_time
from tests.unit.domain.builders import NOON

times = st.integers(0, 4_102_444_800_000)


def test_units_are_milliseconds() -> None:
    """A second is a thousand, and the rest follows."""
    assert (SECOND, MINUTE, HOUR, DAY) == (1_000, 60_000, 3_600_000, 86_400_000)
    assert periods.COUNTER_KEEPING == 3 * 86_400_000
    assert periods.CLOCK_SLACK == 5_000


@given(times)
def test_names_are_those_of_the_calendar(now: int) -> None:
    """Day and hour are what a calendar in UTC says."""
    moment = dt.datetime.fromtimestamp(now / 1_000, dt.UTC)

    assert periods.day_name(now) == f"{moment:%Y-%m-%d}"
    assert periods.hour_name(now) == f"{moment:%Y-%m-%dT%H}"


@given(times)
def test_periods_end_where_the_next_begins(now: int) -> None:
    """The end is the first millisecond of the next period, never now."""
    for end, length, name in (
        (periods.end_of_day(now), DAY, periods.day_name),
        (periods.end_of_hour(now), HOUR, periods.hour_name),
    ):
        assert now < end <= now + length
        assert end % length == 0
        assert name(end - 1) == name(now) != name(end)


def test_midnight_belongs_to_the_new_day() -> None:
    """The last millisecond of a day and the first of the next have different names."""
    midnight = NOON + 12 * HOUR

    assert periods.day_name(midnight - 1) == "2026-11-22"
    assert periods.day_name(midnight) == "2026-11-23"
    assert periods.hour_name(midnight - 1) == "2026-11-22T23"
    assert periods.hour_name(midnight) == "2026-11-23T00"


@pytest.mark.parametrize(
    ("recorded", "settled"),
    [
        (NOON - 1, NOON - 1),
        (NOON, NOON),
        (NOON + 1, NOON + 1),
        (NOON + 5_000, NOON + 5_000),
        (NOON + 5_001, NOON),
        (NOON + HOUR, NOON),
    ],
)
def test_time_far_ahead_counts_as_now(recorded: int, settled: int) -> None:
    """Up to five seconds ahead is another host's clock; more is a clock that went back."""
    assert settled == settle_time(recorded, NOON)

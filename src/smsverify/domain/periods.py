"""
Times and the periods that counters belong to.

A time is an integer: milliseconds since 1970-01-01T00:00Z by the store's clock. A day is the UTC
day, an hour the clock hour, so a counter's period follows from a time alone and never needs a
time zone.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import Final, TypeAlias

Millis: TypeAlias = int
"""Milliseconds: since the epoch for a time, plain for a span."""

SECOND: Final[Millis] = 1_000
MINUTE: Final[Millis] = 60 * SECOND
HOUR: Final[Millis] = 60 * MINUTE
DAY: Final[Millis] = 24 * HOUR

COUNTER_KEEPING: Final[Millis] = 3 * DAY
"""How long a counter outlives its period: long enough for yesterday's prices to be compared."""

CLOCK_SLACK: Final[Millis] = 5 * SECOND
"""A recorded time further ahead of now than this means that the store's clock went back.

Hosts write with a clock at most 2 s off the store's, so honest times are never that far ahead.
"""


def settle_time(recorded: Millis, now: Millis) -> Millis:
    """Return a recorded time as the rules read it: as it is, or now if the clock went back."""
    return now if recorded > now + CLOCK_SLACK else recorded


@functools.lru_cache(maxsize=8)
def _day_name(number: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=number)).isoformat()


def day_name(now: Millis) -> str:
    """Return the UTC day of a time, such as ``2026-11-22``."""
    return _day_name(now // DAY)


def hour_name(now: Millis) -> str:
    """Return the clock hour of a time in UTC, such as ``2026-11-22T13``."""
    return f"{_day_name(now // DAY)}T{now // HOUR % 24:02d}"


def end_of_day(now: Millis) -> Millis:
    """Return the first millisecond after the UTC day of a time."""
    return (now // DAY + 1) * DAY


def end_of_hour(now: Millis) -> Millis:
    """Return the first millisecond after the clock hour of a time."""
    return (now // HOUR + 1) * HOUR

"""A counter's key names its period, and the counter outlives it by three days."""

from __future__ import annotations

from smsverify.domain import counters
from smsverify.domain.counters import Add
from smsverify.domain.periods import DAY, HOUR
from tests.unit.domain.builders import NOON

MIDNIGHT = NOON + 12 * HOUR


def test_day_is_named_and_kept_three_days_more() -> None:
    """An addition to a day goes to that day's group, whenever it is made in it."""
    expected = Add("day:2026-11-22", "spent", 7, 100, MIDNIGHT + 3 * DAY)

    assert counters.add_to_day(NOON, "spent", 7, 100) == expected
    assert counters.add_to_day(MIDNIGHT - 1, "spent", 7, 100) == expected
    assert counters.add_to_day(MIDNIGHT, "spent").key == "day:2026-11-23"
    assert type(counters.add_to_day(NOON + 1, "spent").keep_until) is int


def test_plain_addition_is_one_without_a_ceiling() -> None:
    """Counting something adds one and is never refused."""
    assert counters.add_to_day(NOON, "wrong") == Add(
        "day:2026-11-22", "wrong", 1, None, MIDNIGHT + 3 * DAY
    )


def test_clients_hour_is_the_clock_hour() -> None:
    """A client's counter belongs to the hour of the clock, and is kept three days more."""
    assert counters.add_to_client("c1", NOON + 1, "sends", 1, 30) == Add(
        "client:c1:2026-11-22T12", "sends", 1, 30, NOON + HOUR + 3 * DAY
    )


def test_parts_are_named_after_the_whole() -> None:
    """A country's part and a sender's stand beside the total in the same group."""
    assert counters.of_country("spent", "GB") == "spent.GB"
    assert counters.of_sender(b"\x00\xff") == "sent_from.00ff"


def test_names_of_counters_never_change() -> None:
    """A day's counters are shared with other releases that run at the same time."""
    names = ["SPENT", "SENDS", "ACCEPTED", "FAILED", "UNKNOWN", "DELIVERED", "UNDELIVERED"]
    names += ["APPROVED", "WRONG", "REFUSED_SEND", "REFUSED_CHECK", "SENT_FROM"]

    assert [getattr(counters, name) for name in names] == [name.lower() for name in names]
    assert (counters.CLIENT_SENDS, counters.CLIENT_WRONG) == ("sends", "wrong")
    assert counters.day_key(NOON) == "day:2026-11-22"

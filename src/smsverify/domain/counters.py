"""
Counters: money, sends and answers, each counted in a period that its key names.

A rule says what to add and under which ceiling; the store adds all or nothing, in the same commit
as the record that the additions belong to. So nothing has to be undone when a ceiling is reached.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from smsverify.domain.periods import (
    COUNTER_KEEPING,
    DAY,
    Millis,
    day_name,
    end_of_day,
    end_of_hour,
    hour_name,
)

if TYPE_CHECKING:
    from typing import Final

SPENT: Final = "spent"
"""Micro-dollars charged today; ``spent.GB`` is one country's part of it."""
SENDS: Final = "sends"
"""Admitted sends; kept per country only, the total is their sum."""
ACCEPTED: Final = "accepted"
"""Sends that the provider took."""
FAILED: Final = "failed"
"""Sends known not to have been taken; their money came back."""
UNKNOWN: Final = "unknown"
"""Sends of which nobody knows; their money stays charged."""
DELIVERED: Final = "delivered"
"""Sends that a receipt says arrived."""
UNDELIVERED: Final = "undelivered"
"""Sends that a receipt says will not arrive."""
APPROVED: Final = "approved"
"""Codes accepted; kept per country only, the total is their sum."""
WRONG: Final = "wrong"
"""Wrong answers that were counted."""
REFUSED_SEND: Final = "refused_send"
"""Sends refused; ``refused_send.RATE_LIMIT_EXCEEDED`` counts one reason."""
REFUSED_CHECK: Final = "refused_check"
"""Checks refused without being counted as a wrong answer, by reason."""
SENT_FROM: Final = "sent_from"
"""Sends per sender: ``sent_from.`` and the sender's id in hexadecimal digits."""
CLIENT_SENDS: Final = "sends"
CLIENT_WRONG: Final = "wrong"


class Add(NamedTuple):
    """
    One addition to one counter; a tuple, since each commit makes several.

    Attributes:
        key: the group of counters, named after its period, such as ``day:2026-11-22``.
        field: the counter in the group, such as ``spent.GB``.
        amount: what to add; may be zero (to test a ceiling) or negative (to return money).
        ceiling: the sum that must not be passed, or None for none.
        keep_until: when the group may be forgotten.
    """

    key: str
    field: str
    amount: int
    ceiling: int | None
    keep_until: Millis


@functools.lru_cache(maxsize=8)
def _day(number: int) -> tuple[str, Millis]:
    """Return a day's group of counters and when it may be forgotten; asked for at every commit."""
    start = number * DAY
    return f"day:{day_name(start)}", end_of_day(start) + COUNTER_KEEPING


def day_key(now: Millis) -> str:
    """Return the key of the day's group of counters."""
    return _day(now // DAY)[0]


def add_to_day(now: Millis, field: str, amount: int = 1, ceiling: int | None = None) -> Add:
    """Return an addition to a counter of the UTC day of ``now``."""
    key, keep_until = _day(now // DAY)
    return Add(key, field, amount, ceiling, keep_until)


def add_to_client(client: str, now: Millis, field: str, amount: int, ceiling: int) -> Add:
    """Return an addition to a client's counter of the clock hour of ``now``."""
    key = f"client:{client}:{hour_name(now)}"
    return Add(key, field, amount, ceiling, end_of_hour(now) + COUNTER_KEEPING)


def of_sender(sender: bytes) -> str:
    """Return the field that counts one sender's messages."""
    return f"{SENT_FROM}.{sender.hex()}"


def of_country(field: str, country: str) -> str:
    """Return the field that counts one country's part, such as ``spent.GB``."""
    return f"{field}.{country}"

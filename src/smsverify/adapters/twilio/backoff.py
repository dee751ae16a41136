"""
When to ask again, and after how long.

Only what is known not to have been processed is repeated: a throttled request twice, one that found
no connection once. A repeat that would leave too little time is not begun.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import attrs

from smsverify.domain.delivery import FailureReason, Rejected

if TYPE_CHECKING:
    from smsverify.domain.delivery import GatewayAnswer
    from smsverify.domain.periods import Millis

REPEATS: Final = {FailureReason.THROTTLED: 2, FailureReason.NOT_CONNECTED: 1}
FIRST_PAUSE: Final = {FailureReason.THROTTLED: 0.5, FailureReason.NOT_CONNECTED: 0.1}
"""Seconds; each further pause for a reason is twice as long, and up to as much again by chance."""
SHORTEST_CALL: Final = 1.0
"""Seconds that a call needs to be worth beginning; Twilio answers in some tenths of one."""

_SECONDS: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


@attrs.define
class Backoff:
    """The repeats of one send."""

    _done: dict[FailureReason, int] = attrs.field(factory=dict)

    def next_pause(
        self, answer: GatewayAnswer, *, asked: float, left: float, chance: float
    ) -> float | None:
        """
        Return the seconds to wait before the next try, None if this answer stands.

        ``asked`` is what the provider asked us to wait, ``left`` what remains of the send's time,
        ``chance`` a random number from 0 to 1 that keeps many senders from coming back at once.
        """
        if not isinstance(answer, Rejected):
            return None
        done = self._done.get(answer.reason, 0)
        if done >= REPEATS.get(answer.reason, 0):
            return None
        pause = max(asked, FIRST_PAUSE[answer.reason] * (1 << done))
        pause += FIRST_PAUSE[answer.reason] * (1 << done) * chance
        if left - pause < SHORTEST_CALL:
            return None
        self._done[answer.reason] = done + 1
        return pause


def read_retry_after(value: str | None, now: Millis) -> float:
    """
    Return the seconds that a ``Retry-After`` header asks for; 0 for none and for nonsense.

    Seconds or a date (RFC 9110, 10.2.3); fractions are taken too, some proxies send them.
    """
    if value is None:
        return 0.0
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return 0.0
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.fromtimestamp(now / 1000, UTC)).total_seconds())

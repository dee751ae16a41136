"""The numbers of all rules, frozen, in named profiles that give the reason for each value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from smsverify.domain.periods import DAY, HOUR, MINUTE, SECOND, Millis
from smsverify.domain.rate_limit import Limit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

SENDS_PER_HOUR: Final = "sends_per_hour"
SENDS_PER_DAY: Final = "sends_per_day"
RESEND_PAUSE: Final = "resend_pause"
WRONG_ANSWERS: Final = "wrong_answers_per_10_minutes"
WRONG_ANSWERS_PER_DAY: Final = "wrong_answers_per_day"
CLIENT_SENDS_PER_HOUR: Final = "client_sends_per_hour"
CLIENT_WRONG_PER_HOUR: Final = "client_wrong_answers_per_hour"
DAILY_COST: Final = "daily_cost"
COUNTRY_COST: Final = "country_daily_cost"


def send_limits(per_hour: int, per_day: int, pause: Millis = 0) -> tuple[Limit, ...]:
    """Return the windows that sends to one phone are held to; a pause is a window of one."""
    limits = (Limit(SENDS_PER_HOUR, per_hour, HOUR), Limit(SENDS_PER_DAY, per_day, DAY))
    return (*limits, Limit(RESEND_PAUSE, 1, pause)) if pause else limits


def wrong_answer_limits(per_10_minutes: int, per_day: int) -> tuple[Limit, ...]:
    """Return the windows that wrong answers of one phone and purpose are held to."""
    return (
        Limit(WRONG_ANSWERS, per_10_minutes, 10 * MINUTE),
        Limit(WRONG_ANSWERS_PER_DAY, per_day, DAY),
    )


@attrs.frozen
class Policy:
    """
    What the rules are held to. Spans are milliseconds, money is micro-dollars.

    Attributes:
        sends: windows for sends to one phone.
        wrong_answers: windows for wrong answers of one phone and purpose.
        code_life: how long a code is accepted.
        client_sends: sends that one client may ask for in a clock hour.
        client_wrong: wrong answers that one client may give in a clock hour.
        daily_ceiling: what may be charged in a UTC day.
        country_ceilings: what may be charged in a UTC day to single countries.
        foreign_divisor: a country without a ceiling of its own and without a sender of ours gets
            the day's ceiling divided by this.
        lease: how long an admitted attempt belongs to the worker that admitted it.
        call_needs: what must be left of the lease when the provider is called.
        attempt_keeping: how long attempts, and so the windows over sends, are kept.
        idempotency_keeping: how long an idempotency key is remembered for sends.
        operation_keeping: how long a counted wrong answer knows its own retry.
        purposes: the purposes that codes are sent for.
    """

    sends: tuple[Limit, ...] = send_limits(per_hour=5, per_day=20)
    wrong_answers: tuple[Limit, ...] = wrong_answer_limits(per_10_minutes=5, per_day=20)
    code_life: Millis = 600 * SECOND
    client_sends: int = 30
    client_wrong: int = 30
    daily_ceiling: int = 50_000_000
    country_ceilings: Mapping[str, int] = attrs.field(factory=dict)
    foreign_divisor: int = 10
    lease: Millis = 15 * SECOND
    call_needs: Millis = 11 * SECOND
    attempt_keeping: Millis = DAY
    idempotency_keeping: Millis = 600 * SECOND
    operation_keeping: Millis = 10 * SECOND
    purposes: tuple[str, ...] = ("verify",)


STANDARD: Final = Policy()
"""
The defaults, each for its reason:

- 5 sends an hour: Twilio Verify's own default for one number; 20 a day stop a slow bomber.
- 5 wrong answers in 10 minutes: Twilio Verify's count of checks; 20 a day bound the odds of a
  guess to 2 x 20 in a million. NIST SP 800-63B-4 section 3.2.2 allows 100 in a row.
- 600 s of life: the longest that NIST SP 800-63B-4 section 3.1.3 allows for an out-of-band code.
- 30 an hour for a client: an office behind one address still works, a script does not.
- 50 dollars a day: the old system's budget. A tenth of it for a country without a sender of ours:
  one attacked country must not end the service for all.
- 15 s lease, 11 s for the call: a call takes at most 10 s, and one more covers waiting.
- 10 s for retries of an operation: a caller gives up after 2 s, so its retries end long before.
"""

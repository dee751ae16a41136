"""The numbers that the guides promise."""

from __future__ import annotations

from smsverify.domain.policy import STANDARD, Policy, send_limits, wrong_answer_limits
from smsverify.domain.rate_limit import Limit


def test_standard_numbers() -> None:
    """The defaults, written out once more by hand: milliseconds and micro-dollars."""
    assert (
        Policy(
            sends=(
                Limit("sends_per_hour", 5, 3_600_000),
                Limit("sends_per_day", 20, 86_400_000),
            ),
            wrong_answers=(
                Limit("wrong_answers_per_10_minutes", 5, 600_000),
                Limit("wrong_answers_per_day", 20, 86_400_000),
            ),
            code_life=600_000,
            client_sends=30,
            client_wrong=30,
            daily_ceiling=50_000_000,
            country_ceilings={},
            foreign_divisor=10,
            lease=15_000,
            call_needs=11_000,
            attempt_keeping=86_400_000,
            idempotency_keeping=600_000,
            operation_keeping=10_000,
            purposes=("verify",),
        )
        == STANDARD
    )


def test_limits_on_sends() -> None:
    """An hour, a day, and, if there is one, a pause, which is a window of one."""
    hour_and_day = (
        Limit("sends_per_hour", 2, 3_600_000),
        Limit("sends_per_day", 3, 86_400_000),
    )
    assert send_limits(2, 3) == hour_and_day
    assert send_limits(2, 3, 60_000) == (*hour_and_day, Limit("resend_pause", 1, 60_000))


def test_limits_on_wrong_answers() -> None:
    """Ten minutes and a day."""
    assert wrong_answer_limits(4, 6) == (
        Limit("wrong_answers_per_10_minutes", 4, 600_000),
        Limit("wrong_answers_per_day", 6, 86_400_000),
    )


def test_nothing_is_kept_shorter_than_it_counts() -> None:
    """Attempts are kept as long as the longest window over them looks back."""
    assert max(limit.span for limit in STANDARD.sends) <= STANDARD.attempt_keeping
    assert STANDARD.call_needs < STANDARD.lease

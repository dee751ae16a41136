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


def test_pause_is_a_window_of_one() -> None:
    """A pause between two sends is a limit like the others; without one there is no window."""
    assert send_limits(2, 3, 60_000)[2:] == (Limit("resend_pause", 1, 60_000),)
    assert len(send_limits(2, 3)) == 2


def test_limits_take_their_counts() -> None:
    """The first number is for the short window, the second for the day."""
    assert [limit.count for limit in send_limits(2, 3)] == [2, 3]
    assert [limit.count for limit in wrong_answer_limits(4, 6)] == [4, 6]


def test_nothing_is_kept_shorter_than_it_counts() -> None:
    """Attempts are kept as long as the longest window over them looks back."""
    assert max(limit.span for limit in STANDARD.sends) <= STANDARD.attempt_keeping
    assert STANDARD.call_needs < STANDARD.lease

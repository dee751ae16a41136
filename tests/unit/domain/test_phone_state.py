"""How one phone stands."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from smsverify.domain.delivery import DeliveryState
from smsverify.domain.periods import DAY, MINUTE, SECOND
from smsverify.domain.phone_state import PurposeState, state_of
from smsverify.domain.policy import STANDARD
from smsverify.domain.rate_limit import FullWindow
from smsverify.domain.record import Approval, PhoneRecord
from tests.unit.domain.builders import NOON, attempt, fresh, record, verification, wrong


def test_an_unknown_phone_may_do_everything() -> None:
    """Of no record nothing is known, and nothing is refused."""
    state = state_of(None, NOON, STANDARD)

    assert not state.known
    assert (state.sends_left, state.full, state.opted_out_at) == (5, None, None)
    assert state.purposes == (PurposeState("verify", (), 0, 5, None),)


def test_a_full_window_of_sends_is_named() -> None:
    """After five sends the hour's limit is reached until the first is an hour old."""
    state = state_of(record(*[attempt(NOON - MINUTE) for _ in range(5)]), NOON, STANDARD)

    assert state.sends_left == 0
    assert state.full == FullWindow("sends_per_hour", 59 * MINUTE)
    assert len(state.sends) == 5


def test_answers_are_told_per_purpose() -> None:
    """Each purpose has its own wrong answers, codes and waiting time."""
    policy = attrs.evolve(STANDARD, purposes=("verify", "login"))
    before = record(
        attempt(NOON - MINUTE),
        wrong=wrong(*[NOON - MINUTE] * 5) + wrong(NOON - 20 * MINUTE, purpose="login"),
    )
    verify, login = state_of(before, NOON, policy).purposes

    assert verify.live_until == (NOON + 9 * MINUTE,)
    assert (verify.wrong_answers, verify.attempts_left) == (5, 0)
    assert verify.full == FullWindow("wrong_answers_per_10_minutes", 9 * MINUTE)
    assert login == PurposeState("login", (), 1, 5, None)


def test_states_are_read_with_the_lease_in_mind() -> None:
    """A send that nobody settled reads as unknown once its lease is over."""
    lost = attempt(NOON - 16 * SECOND, state=DeliveryState.SENDING)

    assert state_of(record(lost), NOON, STANDARD).sends[0].state is DeliveryState.UNKNOWN


def test_what_is_past_its_keeping_is_not_shown() -> None:
    """A send of the day before yesterday is not known any more."""
    assert not state_of(record(attempt(NOON - 2 * DAY)), NOON, STANDARD).known


@pytest.mark.parametrize(
    "part",
    [
        {"attempts": (attempt(NOON),)},
        {"wrong": wrong(NOON)},
        {"approvals": (Approval(fresh(), "verify", verification(NOON)),)},
        {"opted_out_at": NOON - 1},
        {"message_hashes": (fresh(16),)},
    ],
)
def test_any_part_makes_a_phone_known(part: dict[str, Any]) -> None:
    """Whatever is kept, the phone is known; a bare record is not."""
    assert state_of(record(**part), NOON, STANDARD).known
    assert not state_of(PhoneRecord(), NOON, STANDARD).known


def test_counts_of_what_is_kept() -> None:
    """Approvals and messages are told as numbers, an opt-out by its time."""
    state = state_of(
        record(
            approvals=(Approval(fresh(), "verify", verification(NOON)),),
            message_hashes=(fresh(16), fresh(16)),
            opted_out_at=NOON - 1,
        ),
        NOON,
        STANDARD,
    )

    assert (state.approvals, state.messages, state.opted_out_at) == (1, 2, NOON - 1)
    assert state.now == NOON

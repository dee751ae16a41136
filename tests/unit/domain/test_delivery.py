"""The state of an attempt is the highest fact, so the order of receipts does not matter."""

from __future__ import annotations

import itertools

import pytest

from smsverify.domain.delivery import (
    CODE_OF_REASON,
    RANK,
    SENDER_TO_BLAME,
    DeliveryState,
    FailureReason,
    code_of,
    raises,
)
from smsverify.domain.error_code import ErrorCode

ORDER = [
    DeliveryState.SENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.SENT,
    DeliveryState.UNDELIVERED,
    DeliveryState.DELIVERED,
]


@pytest.mark.parametrize(("current", "new"), list(itertools.product(ORDER, ORDER)))
def test_only_a_higher_fact_raises(current: DeliveryState, new: DeliveryState) -> None:
    """SENDING < UNKNOWN < SENT < UNDELIVERED < DELIVERED, and nothing raises itself."""
    assert raises(new, current) is (ORDER.index(new) > ORDER.index(current))


@pytest.mark.parametrize("other", DeliveryState)
def test_failed_is_final_and_told_by_no_receipt(other: DeliveryState) -> None:
    """Nothing raises FAILED, and FAILED raises nothing."""
    assert not raises(other, DeliveryState.FAILED)
    assert not raises(DeliveryState.FAILED, other)


@pytest.mark.parametrize("receipts", list(itertools.permutations(ORDER)))
def test_any_order_ends_alike(receipts: tuple[DeliveryState, ...]) -> None:
    """Whatever the order of the facts, the highest is left."""
    state = DeliveryState.SENDING
    for new in receipts:
        state = new if raises(new, state) else state

    assert state is DeliveryState.DELIVERED


def test_every_state_but_failed_has_a_rank() -> None:
    """No state was forgotten."""
    assert set(RANK) == set(DeliveryState) - {DeliveryState.FAILED}


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (None, ErrorCode.TWILIO_API_ERROR),
        (FailureReason.OTHER, ErrorCode.TWILIO_API_ERROR),
        (FailureReason.FILTERED, ErrorCode.TWILIO_API_ERROR),
        (FailureReason.CANCELLED, ErrorCode.TWILIO_API_ERROR),
        (FailureReason.INVALID_RECIPIENT, ErrorCode.INVALID_PHONE_FORMAT),
        (FailureReason.OPTED_OUT, ErrorCode.RECIPIENT_OPTED_OUT),
        (FailureReason.LEASE_SPENT, ErrorCode.STORE_CONTENDED),
        (FailureReason.OVERTAKEN, ErrorCode.STORE_CONTENDED),
    ],
)
def test_caller_gets_the_sharpest_code(reason: FailureReason | None, code: ErrorCode) -> None:
    """What the caller can do something about has a code of its own."""
    assert code is code_of(reason)


def test_reasons_that_blame_the_sender() -> None:
    """Only what another sender may do better is a reason to take another one."""
    assert {
        FailureReason.UNROUTABLE,
        FailureReason.SENDER_UNUSABLE,
        FailureReason.FILTERED,
    } == SENDER_TO_BLAME
    assert set(CODE_OF_REASON) & SENDER_TO_BLAME == set()

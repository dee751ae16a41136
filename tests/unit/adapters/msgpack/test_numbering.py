"""Each state and reason has one number, for ever."""

from __future__ import annotations

from smsverify.adapters.msgpack import numbering
from smsverify.domain.delivery import DeliveryState, FailureReason

STATES_OF_SCHEMA_1 = ["SENDING", "UNKNOWN", "SENT", "UNDELIVERED", "DELIVERED", "FAILED"]
REASONS_OF_SCHEMA_1 = [
    "OTHER",
    "CREDENTIALS_REFUSED",
    "THROTTLED",
    "NOT_CONNECTED",
    "INVALID_RECIPIENT",
    "UNROUTABLE",
    "COUNTRY_NOT_ENABLED",
    "OPTED_OUT",
    "SENDER_UNUSABLE",
    "TRIAL_ACCOUNT",
    "BAD_REQUEST",
    "BLOCKED",
    "PROVIDER_LIMIT",
    "UNREACHABLE",
    "FILTERED",
    "TOO_LATE",
    "LEASE_SPENT",
    "CANCELLED",
    "OVERTAKEN",
]


def test_numbers_of_states_never_change() -> None:
    """The number of a state is its place in the list that schema 1 began with."""
    assert {
        DeliveryState[name]: number for number, name in enumerate(STATES_OF_SCHEMA_1)
    } == numbering.NUMBER_OF_STATE


def test_numbers_of_reasons_never_change() -> None:
    """The number of a reason is its place in the list that schema 1 began with."""
    numbers = {FailureReason[name]: number for number, name in enumerate(REASONS_OF_SCHEMA_1)}

    assert numbers == {reason: numbering.NUMBER_OF_REASON[reason] for reason in numbers}


def test_every_member_has_its_own_number() -> None:
    """No state or reason lacks a number, and no two share one."""
    assert set(numbering.NUMBER_OF_STATE) == set(DeliveryState)
    assert set(numbering.NUMBER_OF_REASON) == set(FailureReason)
    assert len(numbering.STATE_OF_NUMBER) == len(DeliveryState)
    assert len(numbering.REASON_OF_NUMBER) == len(FailureReason)
    assert max(numbering.STATE_OF_NUMBER) <= 7

"""
The numbers that stand for states and reasons in stored records.

They are part of every stored record: a number is never given to another member, a member never
gets another number, and a new member takes the next free one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.domain.delivery import DeliveryState, FailureReason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

NUMBER_OF_STATE: Final[Mapping[DeliveryState, int]] = {
    DeliveryState.SENDING: 0,
    DeliveryState.UNKNOWN: 1,
    DeliveryState.SENT: 2,
    DeliveryState.UNDELIVERED: 3,
    DeliveryState.DELIVERED: 4,
    DeliveryState.FAILED: 5,
}
"""Three bits of an attempt's flags: at most 7."""

NUMBER_OF_REASON: Final[Mapping[FailureReason, int]] = {
    FailureReason.OTHER: 0,
    FailureReason.CREDENTIALS_REFUSED: 1,
    FailureReason.THROTTLED: 2,
    FailureReason.NOT_CONNECTED: 3,
    FailureReason.INVALID_RECIPIENT: 4,
    FailureReason.UNROUTABLE: 5,
    FailureReason.COUNTRY_NOT_ENABLED: 6,
    FailureReason.OPTED_OUT: 7,
    FailureReason.SENDER_UNUSABLE: 8,
    FailureReason.TRIAL_ACCOUNT: 9,
    FailureReason.BAD_REQUEST: 10,
    FailureReason.BLOCKED: 11,
    FailureReason.PROVIDER_LIMIT: 12,
    FailureReason.UNREACHABLE: 13,
    FailureReason.FILTERED: 14,
    FailureReason.TOO_LATE: 15,
    FailureReason.LEASE_SPENT: 16,
    FailureReason.CANCELLED: 17,
    FailureReason.OVERTAKEN: 18,
}

STATE_OF_NUMBER: Final[Mapping[int, DeliveryState]] = {
    number: state for state, number in NUMBER_OF_STATE.items()
}
REASON_OF_NUMBER: Final[Mapping[int, FailureReason]] = {
    number: reason for reason, number in NUMBER_OF_REASON.items()
}

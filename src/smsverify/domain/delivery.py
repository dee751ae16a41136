"""
What became of an attempt: the states, their order, and what a gateway may answer.

The state of an attempt is the highest fact that was seen, so receipts may come in any order and
any number of times and still end alike.
"""

from __future__ import annotations

import enum
from typing import Final, TypeAlias

import attrs

from smsverify.domain.error_code import ErrorCode


class DeliveryState(enum.StrEnum):
    """How far an attempt is known to have come."""

    SENDING = "sending"
    """Admitted and charged; the provider was not heard yet."""
    UNKNOWN = "unknown"
    """The provider may or may not have taken it; the charge stays."""
    SENT = "sent"
    """The provider took it and gave it a message id."""
    UNDELIVERED = "undelivered"
    """The provider took it and says that it will not arrive."""
    DELIVERED = "delivered"
    """The carrier says that it arrived."""
    FAILED = "failed"
    """Known not to have been taken; the charge is returned. Final, and told by no receipt."""


RANK: Final = {
    DeliveryState.SENDING: 0,
    DeliveryState.UNKNOWN: 1,
    DeliveryState.SENT: 2,
    DeliveryState.UNDELIVERED: 3,
    DeliveryState.DELIVERED: 4,
}
"""The order of facts. FAILED stands outside: nothing raises it, and it raises nothing."""


def raises(new: DeliveryState, current: DeliveryState) -> bool:
    """Say whether a reported state is a higher fact than the one on record."""
    if DeliveryState.FAILED in (new, current):
        return False
    return RANK[new] > RANK[current]


class FailureReason(enum.StrEnum):
    """Why a message was not taken, or was taken and not delivered, in the domain's own terms."""

    CREDENTIALS_REFUSED = "credentials_refused"
    THROTTLED = "throttled"
    NOT_CONNECTED = "not_connected"
    INVALID_RECIPIENT = "invalid_recipient"
    UNROUTABLE = "unroutable"
    COUNTRY_NOT_ENABLED = "country_not_enabled"
    OPTED_OUT = "opted_out"
    SENDER_UNUSABLE = "sender_unusable"
    TRIAL_ACCOUNT = "trial_account"
    BAD_REQUEST = "bad_request"
    BLOCKED = "blocked"
    PROVIDER_LIMIT = "provider_limit"
    UNREACHABLE = "unreachable"
    FILTERED = "filtered"
    TOO_LATE = "too_late"
    LEASE_SPENT = "lease_spent"
    """Our own: the worker stalled between admission and call, so no call was made."""
    CANCELLED = "cancelled"
    """Our own: the caller went away before the call was made."""
    OVERTAKEN = "overtaken"
    """Our own: a code of this phone was approved before the call was made."""
    OTHER = "other"


SENDER_TO_BLAME: Final = frozenset(
    {FailureReason.UNROUTABLE, FailureReason.SENDER_UNUSABLE, FailureReason.FILTERED}
)
"""The reasons for which the same phone is not tried again from the same sender for a day."""


CODE_OF_REASON: Final = {
    FailureReason.INVALID_RECIPIENT: ErrorCode.INVALID_PHONE_FORMAT,
    FailureReason.OPTED_OUT: ErrorCode.RECIPIENT_OPTED_OUT,
    FailureReason.LEASE_SPENT: ErrorCode.STORE_CONTENDED,
    FailureReason.OVERTAKEN: ErrorCode.STORE_CONTENDED,
}
"""The reasons with a sharper error code than ``TWILIO_API_ERROR``."""


def code_of(reason: FailureReason | None) -> ErrorCode:
    """Return the error code that a caller sees for a failed or unknown attempt."""
    if reason is None:
        return ErrorCode.TWILIO_API_ERROR
    return CODE_OF_REASON.get(reason, ErrorCode.TWILIO_API_ERROR)


@attrs.frozen
class Accepted:
    """
    The provider took the message.

    Attributes:
        message_id: the provider's id, ``SM`` and 32 hexadecimal digits (simulation gives such too).
    """

    message_id: str


@attrs.frozen
class Rejected:
    """
    The provider is known not to have processed the message, and never will.

    Attributes:
        reason: why, in our terms.
        provider_code: the provider's number for it, if it gave one.
    """

    reason: FailureReason
    provider_code: int | None = None


@attrs.frozen
class Uncertain:
    """
    Nobody knows whether the provider processed the message: it must not be sent again.

    Attributes:
        provider_code: the provider's number, if it gave one.
    """

    provider_code: int | None = None


GatewayAnswer: TypeAlias = Accepted | Rejected | Uncertain
"""All that a gateway can say of a message."""

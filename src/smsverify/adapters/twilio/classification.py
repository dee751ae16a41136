"""
What Twilio's answers mean, in our terms: one table of codes, and what a status says beside it.

The HTTP status says whether a request can have been processed, the code says why it was not. Pure,
and free of the SDK's types: whatever raised or returned something, its figures come here.

Sources: https://www.twilio.com/docs/api/errors and the page of each code below it; "is the request
safe to retry?" on the pages of 20429 (never processed) and 20500 (may have been processed).
"""

from __future__ import annotations

import re
from typing import Final

import attrs

from smsverify.domain.delivery import (
    Accepted,
    DeliveryState,
    FailureReason,
    GatewayAnswer,
    Rejected,
    Uncertain,
)

REASONS: Final = {
    # Who we are
    20003: FailureReason.CREDENTIALS_REFUSED,
    21608: FailureReason.TRIAL_ACCOUNT,
    30002: FailureReason.BLOCKED,  # the account was suspended while the message was queued
    60238: FailureReason.BLOCKED,
    60410: FailureReason.BLOCKED,  # the recipient's prefix, by Twilio's fraud guard
    60413: FailureReason.BLOCKED,
    # How much
    20429: FailureReason.THROTTLED,
    21611: FailureReason.PROVIDER_LIMIT,  # the sender's queue is full
    30001: FailureReason.PROVIDER_LIMIT,
    60202: FailureReason.PROVIDER_LIMIT,
    60203: FailureReason.PROVIDER_LIMIT,
    60212: FailureReason.PROVIDER_LIMIT,
    # To whom
    21211: FailureReason.INVALID_RECIPIENT,
    21614: FailureReason.INVALID_RECIPIENT,
    21635: FailureReason.INVALID_RECIPIENT,
    30005: FailureReason.INVALID_RECIPIENT,
    30006: FailureReason.INVALID_RECIPIENT,
    21408: FailureReason.COUNTRY_NOT_ENABLED,
    60605: FailureReason.COUNTRY_NOT_ENABLED,
    21610: FailureReason.OPTED_OUT,
    21612: FailureReason.UNROUTABLE,
    30003: FailureReason.UNREACHABLE,
    30004: FailureReason.BLOCKED,
    # From whom
    14102: FailureReason.SENDER_UNUSABLE,
    14108: FailureReason.SENDER_UNUSABLE,
    21212: FailureReason.SENDER_UNUSABLE,
    21601: FailureReason.SENDER_UNUSABLE,
    21606: FailureReason.SENDER_UNUSABLE,
    21661: FailureReason.SENDER_UNUSABLE,
    21703: FailureReason.SENDER_UNUSABLE,  # the Messaging Service has no number to send from
    21704: FailureReason.SENDER_UNUSABLE,
    21705: FailureReason.SENDER_UNUSABLE,
    30007: FailureReason.FILTERED,
    30034: FailureReason.SENDER_UNUSABLE,  # not registered with the carriers of the USA
    30450: FailureReason.BLOCKED,  # taken for a pumping attack
    # What: ours to mend
    14103: FailureReason.BAD_REQUEST,
    21602: FailureReason.BAD_REQUEST,
    21604: FailureReason.BAD_REQUEST,
    21609: FailureReason.BAD_REQUEST,  # the address for receipts
    21617: FailureReason.BAD_REQUEST,
    21658: FailureReason.BAD_REQUEST,
    # When
    30036: FailureReason.TOO_LATE,
}
"""Why, by Twilio's number."""

_REFUSED = range(400, 500)
_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429
_SERVER_TROUBLE = range(20500, 20600)
_HIGHEST_CODE: Final = 999_999
_MESSAGE_ID: Final = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
_DIGITS: Final = re.compile(r"[0-9]{1,6}")

_NEVER_SENT: Final = frozenset({"failed", "canceled"})
"""Of a message just made these are certain: it could not be sent, and Twilio does not bill it."""

_STATES: Final = {
    "accepted": DeliveryState.SENT,
    "scheduled": DeliveryState.SENT,
    "queued": DeliveryState.SENT,
    "sending": DeliveryState.SENT,
    "sent": DeliveryState.SENT,
    "partially_delivered": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.DELIVERED,
    "undelivered": DeliveryState.UNDELIVERED,
    "failed": DeliveryState.UNDELIVERED,
    "canceled": DeliveryState.UNDELIVERED,
}
"""https://www.twilio.com/docs/messaging/api/message-resource#message-status-values"""


@attrs.frozen
class News:
    """
    What a receipt tells.

    Attributes:
        state: SENT, UNDELIVERED or DELIVERED.
        reason: why it was not delivered.
        provider_code: Twilio's number for that.
    """

    state: DeliveryState
    reason: FailureReason | None = None
    provider_code: int | None = None


def read_code(value: object) -> int | None:
    """Return one of Twilio's numbers from whatever stands in its place, None for anything else."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if type(value) is int and 0 < value <= _HIGHEST_CODE:
        return value
    return None


def read_message_id(value: object) -> str | None:
    """Return a message's id, None for anything that does not look like one."""
    return value if isinstance(value, str) and _MESSAGE_ID.fullmatch(value) else None


def answer_to_refusal(status: int, code: int | None) -> Rejected | Uncertain:
    """
    Say what an HTTP answer means that did not bring a message.

    4xx was not processed and never will be; everything else may have been.
    """
    if code == status:
        code = None  # what the SDK says when the body gave no number
    if status not in _REFUSED or code in _SERVER_TROUBLE:
        return Uncertain(code)
    if code in REASONS:
        return Rejected(REASONS[code], code)
    if status == _TOO_MANY:
        return Rejected(FailureReason.THROTTLED, code)
    if status == _UNAUTHORIZED:
        return Rejected(FailureReason.CREDENTIALS_REFUSED, code)
    return Rejected(FailureReason.OTHER, code)


def answer_to_creation(message_id: object, status: object, code: object) -> GatewayAnswer:
    """Say what a message that was made means, from its ``sid``, ``status`` and ``error_code``."""
    number = read_code(code)
    known = read_message_id(message_id)
    if known is None:
        return Uncertain(number)
    if status in _NEVER_SENT:
        return Rejected(_reason_of(number), number)
    return Accepted(known)


def news_of_receipt(status: str, code: str | None) -> News | None:
    """
    Say what a receipt's ``MessageStatus`` and ``ErrorCode`` mean; None for an unknown status.

    A status that Twilio adds one day changes nothing until we know it.
    """
    state = _STATES.get(status)
    if state is None:
        return None
    if state is not DeliveryState.UNDELIVERED:
        return News(state)
    number = read_code(code)
    return News(state, _reason_of(number), number)


def _reason_of(code: int | None) -> FailureReason:
    return FailureReason.OTHER if code is None else REASONS.get(code, FailureReason.OTHER)

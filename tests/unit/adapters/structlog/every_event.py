"""One of each event, and more of those that sound different by what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsverify.domain import events
from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.mode import Mode
from tests.unit.domain.builders import NOON, PHONE, SENDER

if TYPE_CHECKING:
    from smsverify.domain.events import Event

SID: Final = "SM0123456789abcdef0123456789abcdef"

STARTED_LIVE = events.Started(Mode.LIVE, "redis")
STARTED_SIMULATION = events.Started(Mode.SIMULATION, "sqlite", "The credentials are not used.")
STARTED_DISABLED = events.Started(Mode.DISABLED, "sqlite")
ADMITTED = events.SendAdmitted(PHONE, "verify", SENDER, 14_000, repeats=False)
REPEATED = events.SendAdmitted(PHONE, "verify", SENDER, 14_000, repeats=True)
LIMITED = events.SendRefused(
    PHONE, "verify", ErrorCode.RATE_LIMIT_EXCEEDED, "sends_per_hour", 3_599_001
)
OUT_OF_MONEY = events.SendRefused(
    PHONE, "verify", ErrorCode.DAILY_COST_LIMIT_EXCEEDED, "daily_cost", 60_000
)
OPTED_OUT = events.SendRefused(PHONE, "verify", ErrorCode.RECIPIENT_OPTED_OUT)
SENT = events.SendSettled(PHONE, "verify", DeliveryState.SENT, SID)
FAILED = events.SendSettled(
    PHONE, "verify", DeliveryState.FAILED, None, FailureReason.UNROUTABLE, 21_612, 14_000
)
FAILED_RECIPIENT = events.SendSettled(
    PHONE, "verify", DeliveryState.FAILED, None, FailureReason.INVALID_RECIPIENT, 21_211, 14_000
)
UNKNOWN = events.SendSettled(PHONE, "verify", DeliveryState.UNKNOWN)
DELIVERED = events.ReceiptTaken(DeliveryState.DELIVERED, SID)
UNDELIVERED = events.ReceiptTaken(DeliveryState.UNDELIVERED, SID, FailureReason.FILTERED, 30_007)
TAKEN = events.ReceiptTaken(DeliveryState.SENT, SID)
APPROVED = events.CodeApproved(PHONE, "verify")
WRONG = events.AnswerWrong(PHONE, "verify", 4)
CHECK_REFUSED = events.CheckRefused(
    PHONE, "verify", ErrorCode.TOO_MANY_ATTEMPTS, "wrong_answers_per_10_minutes", 1
)
SAID_STOP = events.OptOutChanged(opted_out=True, by="person")
SAID_START = events.OptOutChanged(opted_out=False, by="operator")
RESTS = events.SenderRests(SENDER, NOON, "filtered")
RELEASED = events.SenderReleased(SENDER, "operator")
NO_CREDENTIALS = events.ProviderRefusesCredentials(60_000)
REDIS_GONE = events.StoreFailed(
    ErrorCode.REDIS_UNAVAILABLE, "Redis connection failed: refused. Check REDIS_URL."
)
STORE_GONE = events.StoreFailed(ErrorCode.STORE_UNAVAILABLE, "The disk is full.")
CONTENDED = events.StoreFailed(ErrorCode.STORE_CONTENDED, "Try again.")
GARBAGE = events.StoreFailed(ErrorCode.STORE_DATA_INVALID, "Look at the key.")
AUDITED = events.Audited(PHONE, "unlock", "asked by +15551234567, code 482913")

EVERY_EVENT: Final[dict[str, Event]] = {
    name: value for name, value in list(globals().items()) if isinstance(value, events.Event)
}

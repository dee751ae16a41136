"""What each event sounds like to a person."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from smsverify.domain import events
from smsverify.domain.cost import dollars
from smsverify.domain.delivery import DeliveryState
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.mode import Mode
from smsverify.domain.periods import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Final

    from smsverify.domain.events import Event
    from smsverify.domain.periods import Millis

STARTED: Final[Mapping[Mode, str]] = {
    Mode.LIVE: "✅ SMS Verifier initialized with Twilio integration",
    Mode.SIMULATION: "✅ SMS Verifier initialized in SIMULATION mode (no SMS is sent)",
    Mode.DISABLED: "⚠️ SMS Verifier initialized in DISABLED mode (missing Twilio credentials)",
}
STORE_TROUBLE: Final[Mapping[ErrorCode, str]] = {
    ErrorCode.REDIS_UNAVAILABLE: "❌ Redis connection failed",
    ErrorCode.STORE_UNAVAILABLE: "❌ Store not available",
    ErrorCode.STORE_CONTENDED: "⚠️ Store contended",
    ErrorCode.STORE_DATA_INVALID: "❌ Store holds what can't be read",
}


def sentence_of(event: Event) -> str:
    """Return the line for people; for an event that is not known here, its name."""
    tell = _SENTENCES.get(type(event))
    return event.name if tell is None else tell(event)


def seconds(millis: Millis) -> int:
    """Return whole seconds, rounded up: who waits that long has waited long enough."""
    return math.ceil(millis / SECOND)


def clock_time(at: Millis) -> str:
    """Return a time in UTC to the second, such as ``2026-11-22T13:05:00Z``."""
    return f"{dt.datetime.fromtimestamp(at // SECOND, dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _started(event: events.Started) -> str:
    sentence = STARTED[event.mode]
    if event.settings_file is not None:
        sentence += f", settings from {event.settings_file}"
    return f"{sentence}. {event.notice}" if event.notice else sentence


def _admitted(event: events.SendAdmitted) -> str:
    again = ", the same code again" if event.repeats else ""
    return (
        f"📝 SMS to {event.phone} admitted from {event.sender.masked}"
        f" for ${dollars(event.amount):.4f}{again}"
    )


def _refused(what: str, event: events.SendRefused | events.CheckRefused) -> str:
    rule = f" ({event.rule})" if event.rule else ""
    wait = (
        "" if event.retry_after is None else f"; possible again in {seconds(event.retry_after)} s"
    )
    return f"⛔ {what} {event.phone} refused: {event.code.value}{rule}{wait}"


def _send_refused(event: events.SendRefused) -> str:
    return _refused("SMS to", event)


def _check_refused(event: events.CheckRefused) -> str:
    return _refused("Code check for", event)


def _settled(event: events.SendSettled) -> str:
    match event.state:
        case DeliveryState.FAILED:
            return f"❌ SMS sending failed for {event.phone}{_why(event)}"
        case DeliveryState.UNKNOWN:
            return (
                f"⚠️ SMS sending failed for {event.phone}{_why(event)}: nobody knows whether it was"
                " sent, so it stays charged and is not repeated"
            )
    return f"📤 SMS sent successfully: {event.message_id}"


def _why(event: events.SendSettled | events.ReceiptTaken) -> str:
    parts = [] if event.reason is None else [event.reason.value]
    if event.provider_code is not None:
        parts.append(f"provider's error {event.provider_code}")
    return f" ({', '.join(parts)})" if parts else ""


def _receipt(event: events.ReceiptTaken) -> str:
    match event.state:
        case DeliveryState.DELIVERED:
            return f"📬 SMS delivered: {event.message_id}"
        case DeliveryState.UNDELIVERED:
            return f"⚠️ SMS not delivered: {event.message_id}{_why(event)}"
    return f"📨 SMS accepted: {event.message_id}"


def _approved(event: events.CodeApproved) -> str:
    return f"✅ Phone verified: {event.phone}"


def _wrong(event: events.AnswerWrong) -> str:
    return f"❌ Wrong code for {event.phone}: {event.attempts_left} left"


def _opt_out(event: events.OptOutChanged) -> str:
    if event.opted_out:
        return f"🚫 A phone opted out (by {event.by}): it gets no more messages"
    return f"✅ A phone opted in again (by {event.by})"


def _rests(event: events.SenderRests) -> str:
    return f"💤 Sender {event.sender.masked} rests until {clock_time(event.until)}: {event.reason}"


def _released(event: events.SenderReleased) -> str:
    return f"✅ Sender {event.sender.masked} works again (by {event.by})"


def _credentials(event: events.ProviderRefusesCredentials) -> str:
    return (
        "❌ Twilio refuses the credentials: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
        f" Nothing is sent for {seconds(event.pause)} s"
    )


def _store_failed(event: events.StoreFailed) -> str:
    trouble = STORE_TROUBLE.get(event.code, "❌ Store failed")
    _, _, words = trouble.partition(" ")
    detail = event.detail.removeprefix(words).lstrip(".: ")
    return f"{trouble}: {detail}" if detail else trouble


def _audited(event: events.Audited) -> str:
    return f"🔏 Operator's order: {event.action} for {event.phone}, because: {event.reason}"


_SENTENCES: Final[Mapping[type[Event], Callable[[Any], str]]] = {
    events.Started: _started,
    events.SendAdmitted: _admitted,
    events.SendRefused: _send_refused,
    events.SendSettled: _settled,
    events.ReceiptTaken: _receipt,
    events.CodeApproved: _approved,
    events.AnswerWrong: _wrong,
    events.CheckRefused: _check_refused,
    events.OptOutChanged: _opt_out,
    events.SenderRests: _rests,
    events.SenderReleased: _released,
    events.ProviderRefusesCredentials: _credentials,
    events.StoreFailed: _store_failed,
    events.Audited: _audited,
}

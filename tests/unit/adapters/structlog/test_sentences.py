"""Each event has its sentence; the old system's lines are there."""

from __future__ import annotations

from typing import ClassVar

import attrs
import pytest

from smsverify.adapters.structlog.sentences import clock_time, seconds, sentence_of
from smsverify.domain import events
from tests.unit.adapters.structlog import every_event as one

OLD_LINES = {
    "STARTED_LIVE": "✅ SMS Verifier initialized with Twilio integration",
    "STARTED_DISABLED": "⚠️ SMS Verifier initialized in DISABLED mode (missing Twilio credentials)",
    "SENT": f"📤 SMS sent successfully: {one.SID}",
}


@pytest.mark.parametrize("name", OLD_LINES)
def test_old_lines_are_the_same(name: str) -> None:
    """Who searches the log for the old system's sentences finds them, letter by letter."""
    assert OLD_LINES[name] == sentence_of(one.EVERY_EVENT[name])


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (one.STARTED_SIMULATION, "SIMULATION mode (no SMS is sent). The credentials are not used."),
        (one.ADMITTED, "+1555***4567 admitted from +1***0100 for $0.0140"),
        (one.REPEATED, "the same code again"),
        (one.LIMITED, "RATE_LIMIT_EXCEEDED (sends_per_hour); possible again in 3600 s"),
        (one.OPTED_OUT, "SMS to +1555***4567 refused: RECIPIENT_OPTED_OUT"),
        (one.FAILED, "SMS sending failed for +1555***4567 (unroutable, provider's error 21612)"),
        (one.UNKNOWN, "SMS sending failed for +1555***4567: nobody knows"),
        (one.DELIVERED, f"SMS delivered: {one.SID}"),
        (one.UNDELIVERED, f"SMS not delivered: {one.SID} (filtered, provider's error 30007)"),
        (one.TAKEN, f"SMS accepted: {one.SID}"),
        (one.APPROVED, "Phone verified: +1555***4567"),
        (one.WRONG, "Wrong code for +1555***4567: 4 left"),
        (one.CHECK_REFUSED, "Code check for +1555***4567 refused: TOO_MANY_ATTEMPTS"),
        (one.SAID_STOP, "opted out (by person)"),
        (one.SAID_START, "opted in again (by operator)"),
        (one.RESTS, "Sender +1***0100 rests until 2026-11-22T12:00:00Z: filtered"),
        (one.RELEASED, "Sender +1***0100 works again (by operator)"),
        (one.NO_CREDENTIALS, "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"),
        (one.NO_CREDENTIALS, "Nothing is sent for 60 s"),
        (one.REDIS_GONE, "❌ Redis connection failed: refused. Check REDIS_URL."),
        (one.STORE_GONE, "❌ Store not available: The disk is full."),
        (one.CONTENDED, "⚠️ Store contended: Try again."),
        (one.GARBAGE, "❌ Store holds what can't be read: Look at the key."),
        (one.AUDITED, "unlock for +1555***4567, because: asked by"),
    ],
)
def test_sentence_says_what_happened(event: events.Event, words: str) -> None:
    """A person reads what happened, to whom as far as may be shown, and what to do."""
    assert words in sentence_of(event)


def test_every_event_has_a_sentence() -> None:
    """No event of the domain is left without words, and no two share a name."""
    kinds = [kind for kind in events.Event.__subclasses__() if kind.__module__ == events.__name__]

    assert {type(event) for event in one.EVERY_EVENT.values()} == set(kinds)
    assert len({kind.name for kind in kinds}) == len(kinds)
    for event in one.EVERY_EVENT.values():
        assert sentence_of(event) != event.name


def test_unknown_event_is_told_by_its_name() -> None:
    """An event that somebody adds is logged before it has a sentence."""

    @attrs.frozen
    class Added(events.StoreFailed):
        name: ClassVar[str] = "sms.added"

    added = Added(one.REDIS_GONE.code, "")
    assert sentence_of(added) == "sms.added"


@pytest.mark.parametrize(("millis", "whole"), [(0, 0), (1, 1), (1_000, 1), (1_001, 2)])
def test_spans_are_rounded_up(millis: int, whole: int) -> None:
    """Who waits for the seconds that are told has waited long enough."""
    assert whole == seconds(millis)


def test_times_are_utc() -> None:
    """A time is told in UTC and says so."""
    assert clock_time(1_795_348_800_999) == "2026-11-22T12:00:00Z"

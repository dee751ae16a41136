"""STOP and START: each message counts once, and the memory of them never ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain.decisions import Decision, Noted
from smsverify.domain.events import OptOutChanged
from smsverify.domain.opt_out import MESSAGES_KEPT, OptOutRequest, note_opt_out, read_wish
from smsverify.domain.periods import DAY
from smsverify.domain.policy import STANDARD
from smsverify.domain.record import PhoneRecord
from tests.unit.domain.builders import NOON, attempt, fresh, record


def said(*, stop: bool, message: bytes | None = None, by: str = "person") -> OptOutRequest:
    """Build a wish; without a message it is a fresh one."""
    return OptOutRequest(fresh(), stop, message or fresh(16), by)


def ordered(*, stop: bool) -> OptOutRequest:
    """Build an operator's order, which comes with no message."""
    return OptOutRequest(fresh(), stop, None, "operator")


def test_stop_opts_out() -> None:
    """Also a phone of which nothing was kept; the whole decision."""
    wish = said(stop=True)
    assert wish.message_hash is not None

    assert note_opt_out(None, wish, NOON, STANDARD) == Decision(
        Noted(changed=True),
        PhoneRecord(wish.operation, opted_out_at=NOON, message_hashes=(wish.message_hash,)),
        events=(OptOutChanged(opted_out=True, by="person"),),
    )


def test_start_opts_in_again() -> None:
    """The opt-out is lifted, both messages stay known, and the rest of the record stays."""
    sent, stop, start = attempt(), said(stop=True), said(stop=False)
    out = note_opt_out(record(sent), stop, NOON, STANDARD).record
    back = note_opt_out(out, start, NOON + 1, STANDARD)

    assert back.verdict == Noted(changed=True)
    assert back.record is not None
    assert back.record.opted_out_at is None
    assert back.record.message_hashes == (stop.message_hash, start.message_hash)
    assert back.record.attempts == (sent,)
    assert back.record.stamp == start.operation
    assert back.events == (OptOutChanged(opted_out=False, by="person"),)


@pytest.mark.parametrize("stop", [True, False])
def test_message_seen_before_changes_nothing(stop: bool) -> None:
    """A provider may deliver a message again: nothing is written."""
    wish = said(stop=stop)
    after = note_opt_out(record(), wish, NOON, STANDARD).record
    again = OptOutRequest(fresh(), stop, wish.message_hash)

    assert note_opt_out(after, again, NOON + 1, STANDARD) == Decision(Noted(changed=False))


def test_replayed_start_can_not_undo_a_later_stop() -> None:
    """START, then STOP, then the START once more: the person stays opted out."""
    start, stop = said(stop=False), said(stop=True)
    whole = note_opt_out(None, start, NOON, STANDARD).record
    whole = note_opt_out(whole, stop, NOON + 1, STANDARD).record
    replay = note_opt_out(whole, said(stop=False, message=start.message_hash), NOON + 2, STANDARD)

    assert replay == Decision(Noted(changed=False))


def test_message_that_changes_nothing_is_remembered() -> None:
    """A START of somebody who is in is known afterwards, without an event."""
    start = said(stop=False)
    decision = note_opt_out(None, start, NOON, STANDARD)

    assert decision.verdict == Noted(changed=False)
    assert decision.record is not None
    assert decision.record.message_hashes == (start.message_hash,)
    assert decision.record.opted_out_at is None
    assert decision.events == ()


def test_second_stop_keeps_the_time_of_the_first() -> None:
    """Since when somebody is opted out does not move."""
    out = note_opt_out(None, said(stop=True), NOON, STANDARD).record
    again = note_opt_out(out, said(stop=True), NOON + DAY, STANDARD)

    assert again.verdict == Noted(changed=False)
    assert again.record is not None
    assert again.record.opted_out_at == NOON
    assert len(again.record.message_hashes) == 2


@pytest.mark.parametrize("stop", [True, False])
def test_operators_order(stop: bool) -> None:
    """An order needs no message; one that changes nothing writes nothing."""
    before = record(opted_out_at=None if stop else NOON - 1)
    order = ordered(stop=stop)
    decision = note_opt_out(before, order, NOON, STANDARD)

    assert decision.verdict == Noted(changed=True)
    assert decision.record is not None
    assert decision.record.opted_out_at == (NOON if stop else None)
    assert decision.record.message_hashes == ()
    assert decision.events == (OptOutChanged(opted_out=stop, by="operator"),)
    assert note_opt_out(decision.record, ordered(stop=stop), NOON, STANDARD) == Decision(
        Noted(changed=False)
    )


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_last_word_holds_and_sixteen_messages_are_kept(wishes: list[bool]) -> None:
    """Whatever was said before, the last new message decides; the newest sixteen are known."""
    whole: PhoneRecord | None = None
    messages: list[bytes | None] = []
    for stop in wishes:
        wish = said(stop=stop)
        messages.append(wish.message_hash)
        whole = note_opt_out(whole, wish, NOON, STANDARD).record

    assert whole is not None
    assert (whole.opted_out_at is not None) is wishes[-1]
    assert list(whole.message_hashes) == messages[-MESSAGES_KEPT:]
    assert MESSAGES_KEPT == 16


def test_record_ages_with_the_write() -> None:
    """What is past its keeping goes when a wish is written."""
    decision = note_opt_out(record(attempt(NOON - DAY)), said(stop=True), NOON, STANDARD)

    assert decision.record is not None
    assert decision.record.attempts == ()


def test_wish_of_a_person_is_the_default() -> None:
    """Who says nothing else speaks for the person."""
    assert OptOutRequest(b"", opt_out=True).by == "person"


@pytest.mark.parametrize(
    ("said_by_provider", "text", "wish"),
    [
        *((None, word, True) for word in ("STOP", "UNSUBSCRIBE", "END", "QUIT")),
        *((None, word, True) for word in ("STOPALL", "REVOKE", "OPTOUT", "CANCEL")),
        *((None, word, False) for word in ("START", "YES", "UNSTOP")),
        *((None, word, None) for word in ("HELP", "INFO", "", "STOP IT", "NO", "STOPP", "S T O P")),
        (None, " stop\r\n", True),
        (None, "Start ", False),
        ("STOP", "schluss damit", True),
        ("START", "STOP", False),
        ("HELP", "STOP", None),
        ("stop", "", True),
        ("", "STOP", True),
    ],
)
def test_words_are_read(said_by_provider: str | None, text: str, wish: bool | None) -> None:
    """Twilio's words, trimmed and in any case, alone in the message; what Twilio read wins."""
    assert read_wish(said_by_provider, text) is wish

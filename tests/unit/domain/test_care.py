"""What an operator may change of one phone."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain.care import (
    MAX_REASON_LENGTH,
    Forgotten,
    Order,
    Unlocked,
    check_reason,
    forget,
    opt_in,
    unlock,
)
from smsverify.domain.decisions import Noted
from smsverify.domain.delivery import DeliveryState
from smsverify.domain.events import Audited, OptOutChanged
from smsverify.domain.periods import DAY, MINUTE, SECOND
from smsverify.domain.policy import STANDARD
from smsverify.domain.rate_limit import find_full_window
from smsverify.domain.record import EMPTY, Approval, PhoneRecord
from smsverify.domain.verification import live_verifications
from tests.unit.domain.builders import (
    NOON,
    PHONE,
    attempt,
    fresh,
    possible_records,
    record,
    verification,
    wrong,
)


def order() -> Order:
    """Build an order with a fresh operation."""
    return Order(fresh(), PHONE, "ticket 7")


def told(action: str) -> Audited:
    """Build the event that must tell of it."""
    return Audited(PHONE, action, "ticket 7")


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "x" * (MAX_REASON_LENGTH + 1), "a\x1b[2J"])
def test_a_reason_is_one_line_that_says_something(text: str) -> None:
    """Nothing, too much, or what could forge a line of the audit trail is refused."""
    with pytest.raises(ValueError, match="reason"):
        check_reason(text)


def test_an_empty_reason_is_asked_for() -> None:
    """Whoever gave none is told what is wanted."""
    with pytest.raises(ValueError, match=r"^Say why: a reason must not be empty\.$"):
        check_reason("")


def test_a_reason_is_trimmed() -> None:
    """The spaces around a reason go; the longest one passes."""
    assert check_reason(" ticket 7 ") == "ticket 7"
    assert check_reason("ü" * MAX_REASON_LENGTH) == "ü" * MAX_REASON_LENGTH


def test_unlock_takes_back_wrong_answers_of_every_purpose() -> None:
    """Five wrong answers and one of another purpose are gone, and their number is told."""
    times = tuple(NOON - n * SECOND for n in range(5))
    before = record(wrong=wrong(*times) + wrong(NOON - 1, purpose="login"))
    decision = unlock(before, order(), NOON, STANDARD)

    assert decision.verdict == Unlocked(6, 0, 0)
    assert decision.record is not None
    assert decision.record.wrong == ()
    assert decision.events == (told("unlock"),)
    assert decision.adds == ()


def test_unlock_opens_the_windows_of_sends() -> None:
    """Five sends whose codes are over block no longer."""
    before = record(*[attempt(NOON - 50 * MINUTE + n) for n in range(5)])
    times = [one.at for one in before.attempts]
    assert find_full_window(times, STANDARD.sends, NOON) is not None

    decision = unlock(before, order(), NOON, STANDARD)

    assert decision.verdict == Unlocked(0, 5, 0)
    assert decision.record is not None
    assert decision.record.attempts == ()


def test_unlock_lets_every_live_code_live() -> None:
    """Of the sends that carry a code that lives the latest stays, and so does the code."""
    shared = verification(NOON - 4 * MINUTE)
    before = record(
        attempt(NOON - 30 * MINUTE),
        attempt(NOON - 4 * MINUTE, carries=shared),
        attempt(NOON - 3 * MINUTE, carries=shared),
        attempt(NOON - 2 * MINUTE, carries=shared, state=DeliveryState.FAILED),
    )
    decision = unlock(before, order(), NOON, STANDARD)

    assert decision.verdict == Unlocked(0, 3, 1)
    assert decision.record is not None
    assert decision.record.attempts == (before.attempts[2],)


def test_unlock_keeps_a_send_of_each_purpose() -> None:
    """Though two purposes carried one verification, each code goes on living."""
    shared = verification(NOON - MINUTE)
    before = record(
        attempt(NOON - MINUTE, carries=shared, purpose="login"),
        attempt(NOON - MINUTE, carries=shared),
    )

    assert unlock(before, order(), NOON, STANDARD).verdict == Unlocked(0, 0, 2)


def test_unlock_leaves_a_send_under_way_to_its_worker() -> None:
    """A send whose worker may still settle it stays, so that its money can come back."""
    busy = attempt(NOON - 20 * SECOND, state=DeliveryState.SENDING, carries=None)
    lost = attempt(NOON - 31 * SECOND, state=DeliveryState.SENDING, carries=None)
    decision = unlock(record(lost, busy), order(), NOON, STANDARD)

    assert decision.verdict == Unlocked(0, 1, 1)
    assert decision.record is not None
    assert decision.record.attempts == (busy,)


@pytest.mark.parametrize("before", [None, record(), record(opted_out_at=NOON)])
def test_unlock_of_what_is_not_locked_writes_nothing(before: PhoneRecord | None) -> None:
    """Nothing to take back: nothing is written, and the order is told of all the same."""
    decision = unlock(before, order(), NOON, STANDARD)

    assert decision.verdict == Unlocked(0, 0, 0)
    assert decision.record is None
    assert decision.events == (told("unlock"),)


def test_unlock_touches_nothing_else() -> None:
    """Approvals, operations, opt-out and message hashes stay."""
    approval = Approval(fresh(), "verify", verification(NOON - MINUTE))
    before = record(
        approvals=(approval,), wrong=wrong(NOON), opted_out_at=NOON, message_hashes=(fresh(16),)
    )
    the_order = order()
    after = unlock(before, the_order, NOON, STANDARD).record

    assert after == attrs.evolve(before, stamp=the_order.operation, wrong=())


@given(possible_records(), st.integers(NOON - DAY, NOON + DAY))
def test_unlock_kills_no_code_and_leaves_no_wrong_answer(whole: PhoneRecord, now: int) -> None:
    """Whatever the record, the codes that live are the same after it, and no answer is counted."""
    decision = unlock(whole, order(), now, STANDARD)
    after = decision.record

    if after is None:
        assert (decision.verdict.wrong_answers, decision.verdict.sends) == (0, 0)
        return
    assert after.wrong == ()
    for purpose in ("verify", "login", "müll"):
        before = live_verifications(whole, purpose, now, STANDARD)
        assert set(live_verifications(after, purpose, now, STANDARD)) == set(before)


def test_opt_in_takes_back_a_stop() -> None:
    """The opt-out is gone, the hashes stay, what is too old goes, and both facts are told."""
    hashes = (fresh(16),)
    before = record(
        attempt(NOON - 2 * DAY),
        attempt(NOON - MINUTE),
        opted_out_at=NOON - 1,
        message_hashes=hashes,
    )
    the_order = order()
    decision = opt_in(before, the_order, NOON, STANDARD)

    assert decision.verdict == Noted(changed=True)
    assert decision.record is not None
    assert decision.record.stamp == the_order.operation
    assert decision.record.attempts == before.attempts[1:]
    assert decision.record.opted_out_at is None
    assert decision.record.message_hashes == hashes
    assert decision.events == (OptOutChanged(opted_out=False, by="operator"), told("opt-in"))


def test_opt_in_of_nobody_writes_nothing() -> None:
    """Without an opt-out nothing changes, but the order is told of."""
    decision = opt_in(None, order(), NOON, STANDARD)

    assert decision.verdict == Noted(changed=False)
    assert decision.record is None
    assert decision.events == (told("opt-in"),)


def full_record() -> PhoneRecord:
    """Build a record with something in each of its parts."""
    return record(
        attempt(NOON - MINUTE),
        wrong=wrong(NOON - 2, NOON - 1),
        approvals=(Approval(fresh(), "verify", verification(NOON - MINUTE)),),
        opted_out_at=NOON - DAY,
        message_hashes=(fresh(16), fresh(16)),
    )


def test_forget_keeps_the_opt_out_and_its_messages() -> None:
    """All goes but the opt-out and the hashes, which would let a replayed START undo it."""
    before, the_order = full_record(), order()
    decision = forget(before, the_order, NOON, STANDARD)

    assert decision.verdict == Forgotten(1, 2, 1, False, True, 0, 2)
    assert decision.record == PhoneRecord(
        the_order.operation,
        opted_out_at=before.opted_out_at,
        message_hashes=before.message_hashes,
    )
    assert decision.events == (told("forget"),)
    assert decision.adds == ()


def test_forget_keeps_the_messages_of_who_came_back() -> None:
    """Without an opt-out the hashes stay all the same: a replayed STOP must not bring it back."""
    before, the_order = attrs.evolve(full_record(), opted_out_at=None), order()
    decision = forget(before, the_order, NOON, STANDARD)

    assert decision.verdict == Forgotten(1, 2, 1, False, False, 0, 2)
    assert decision.record == PhoneRecord(the_order.operation, message_hashes=before.message_hashes)


def test_forget_with_opt_out_deletes_the_record() -> None:
    """Nothing stays, and the event says that the opt-out went too."""
    decision = forget(full_record(), order(), NOON, STANDARD, with_opt_out=True)

    assert decision.verdict == Forgotten(1, 2, 1, True, False, 2, 0)
    assert decision.record is EMPTY
    assert decision.events == (told("forget with opt-out"),)


def test_forget_without_an_opt_out_deletes_the_record() -> None:
    """A phone that never said STOP leaves no record behind."""
    decision = forget(record(attempt(NOON - MINUTE)), order(), NOON, STANDARD)

    assert decision.record is EMPTY
    assert decision.verdict.changed


def test_forget_deletes_a_record_that_is_past_its_keeping() -> None:
    """What housekeeping has not removed yet is removed, though nothing in it counts any more."""
    decision = forget(record(attempt(NOON - 2 * DAY)), order(), NOON, STANDARD)

    assert decision.record is EMPTY
    assert not decision.verdict.changed


@pytest.mark.parametrize("before", [None, record(opted_out_at=NOON, message_hashes=(b"1" * 16,))])
def test_forget_of_what_may_stay_writes_nothing(before: PhoneRecord | None) -> None:
    """Nothing to remove: nothing is written, and the order is told of all the same."""
    decision = forget(before, order(), NOON, STANDARD)

    assert decision.record is None
    assert not decision.verdict.changed
    assert decision.verdict.opt_out_stays is (before is not None)
    assert decision.events == (told("forget"),)


@pytest.mark.parametrize(
    "part",
    [
        {"sends": 1},
        {"wrong_answers": 1},
        {"approvals": 1},
        {"opt_out": True},
        {"messages": 1},
    ],
)
def test_any_part_that_was_removed_is_a_change(part: dict[str, Any]) -> None:
    """Whatever was there, it is told; what stays is no change."""
    nothing = Forgotten(0, 0, 0, False, True, 0, 3)

    assert not nothing.changed
    assert attrs.evolve(nothing, **part).changed

"""A record finds its parts, and shows nothing that a stolen log could use."""

from __future__ import annotations

import attrs

from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.domain.record import (
    EMPTY,
    Approval,
    Attempt,
    Operation,
    PhoneRecord,
    WrongAnswers,
    replace_attempt,
)
from tests.unit.domain.builders import NOON, attempt, fresh, record, verification


def test_attempt_is_found_by_its_id() -> None:
    """The attempt with the id, or None."""
    first, second = attempt(), attempt()
    whole = record(first, second)

    assert whole.attempt(second.id) is second
    assert whole.attempt(b"nothing!") is None
    assert EMPTY.attempt(first.id) is None


def test_wrong_times_are_those_of_the_purpose() -> None:
    """Each purpose has its own wrong answers; one without any has none."""
    whole = record(wrong=(WrongAnswers("login", (NOON,)), WrongAnswers("verify", (NOON + 1,))))

    assert whole.wrong_times("verify") == (NOON + 1,)
    assert whole.wrong_times("login") == (NOON,)
    assert whole.wrong_times("other") == ()


def test_only_the_changed_attempt_is_replaced() -> None:
    """The new version takes the old one's place; the others stay where and what they are."""
    first, second, third = attempt(), attempt(), attempt()
    changed = attrs.evolve(second, state=DeliveryState.FAILED)

    assert replace_attempt(record(first, second, third), changed) == (first, changed, third)
    assert replace_attempt(record(first), changed) == (first,)


def whole_attempt() -> Attempt:
    """Build an attempt of which every part is set."""
    return attempt(
        reason=FailureReason.FILTERED,
        provider_code=30_007,
        key_hash=b"hash of the key.",
        purpose="login",
    )


def test_attempt_with_another_verification_is_otherwise_the_same() -> None:
    """Only what it carries changes."""
    one, other = whole_attempt(), verification()

    assert one.carrying(other) == attrs.evolve(one, carries=other)
    assert one.carrying(None) == attrs.evolve(one, carries=None)


def test_attempt_seen_in_another_state_keeps_its_message() -> None:
    """State, time, reason and the provider's number are those of the new fact."""
    one = whole_attempt()
    plain = attrs.evolve(
        one, state=DeliveryState.DELIVERED, state_at=NOON + 9, reason=None, provider_code=None
    )

    assert one.seen(DeliveryState.DELIVERED, NOON + 9) == plain
    assert one.seen(
        DeliveryState.DELIVERED,
        NOON + 9,
        reason=FailureReason.OTHER,
        provider_code=7,
        message_id="SM1",
    ) == attrs.evolve(plain, reason=FailureReason.OTHER, provider_code=7, message_id="SM1")


def test_record_with_other_attempts_is_otherwise_the_same() -> None:
    """Only the stamp and the attempts change."""
    whole = record(
        attempt(),
        wrong=(WrongAnswers("verify", (NOON,)),),
        operations=(Operation(fresh(), NOON, 4),),
        approvals=(Approval(fresh(), "verify", verification()),),
        opted_out_at=NOON,
        message_hashes=(b"hash of a stop..",),
    )
    others = (attempt(), attempt())

    assert whole.with_attempts(b"operatio", others) == attrs.evolve(
        whole, stamp=b"operatio", attempts=others
    )


def test_empty_record_holds_nothing() -> None:
    """No record means this one."""
    assert PhoneRecord(b"", (), (), (), (), None, ()) == EMPTY


def test_repr_hides_what_codes_are_made_of() -> None:
    """Neither a verification's id nor its key nor a caller's key is shown."""
    carried = verification()
    sent = attempt(carries=carried, key_hash=b"hash of the key.")
    shown = repr(
        record(sent, approvals=(Approval(fresh(), "verify", carried, b"another hash...."),))
    )

    for hidden in (carried.id, carried.key_id, b"hash of the key.", b"another hash...."):
        assert repr(hidden)[2:-1] not in shown

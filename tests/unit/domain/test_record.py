"""A record finds its parts, and shows nothing that a stolen log could use."""

from __future__ import annotations

import attrs

from smsverify.domain.delivery import DeliveryState
from smsverify.domain.record import EMPTY, Approval, PhoneRecord, WrongAnswers, replace_attempt
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

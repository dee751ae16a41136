"""What records weigh, and what cannot be written."""

from __future__ import annotations

import attrs
import pytest

from smsverify.adapters.msgpack.codec import MsgpackCodec
from smsverify.domain.delivery import DeliveryState
from smsverify.domain.record import Approval, Operation, PhoneRecord, Verification
from tests.unit.domain.builders import NOON, attempt, fresh, record, verification, wrong

CODEC = MsgpackCodec()
DAY_OF_ATTEMPTS = 20


def approved_once() -> PhoneRecord:
    """Build what one finished verification leaves."""
    done = verification()
    return record(attempt(carries=None), approvals=(Approval(fresh(), "verify", done),))


def full_day() -> PhoneRecord:
    """Build a day's worth: 20 delivered sends of their own codes, 20 wrong answers."""
    times = [NOON + number * 4_000_000 for number in range(DAY_OF_ATTEMPTS)]
    sends = [
        attempt(at, state=DeliveryState.DELIVERED, state_at=at + 5_432, amount=14_000)
        for at in times
    ]
    return record(*sends, wrong=wrong(*(time + 77_777 for time in times)))


def test_one_verification_fits_its_budget() -> None:
    """A finished verification takes at most 130 bytes."""
    assert len(CODEC.encode(approved_once())) <= 130


def test_full_day_fits_its_budget() -> None:
    """A full day takes at most 1,230 bytes, and 900 once its old codes' ids were dropped."""
    day = full_day()
    aged = attrs.evolve(
        day,
        attempts=tuple(
            attrs.evolve(one, carries=Verification(b"", b"", one.at)) for one in day.attempts
        ),
    )

    assert len(CODEC.encode(day)) <= 1_230
    assert len(CODEC.encode(aged)) <= 910


@pytest.mark.parametrize(
    "broken",
    [
        record(attempt(id=b"short")),
        record(attempt(sender=b"too long for one")),
        record(attempt(key_hash=b"")),
        record(attempt(carries=Verification(b"short", b"keys", NOON))),
        record(attempt(carries=Verification(b"0123456789abcdef", b"", NOON))),
        record(attempt(carries=Verification(b"", b"keys", NOON))),
        record(operations=(Operation(b"", NOON, 1),)),
        record(message_hashes=(b"not sixteen",)),
        record(approvals=(Approval(b"x", "verify", verification()),)),
    ],
)
def test_id_of_another_length_is_a_mistake(broken: PhoneRecord) -> None:
    """An id that the domain would never make is a ValueError, not a shifted record."""
    with pytest.raises(ValueError, match="bytes in place of"):
        CODEC.encode(broken)


def test_decoded_attempts_share_their_verification() -> None:
    """A code that several attempts carried is stored once."""
    shared = verification()
    whole = record(*(attempt(NOON + number, carries=shared) for number in range(5)))
    single = record(*(attempt(NOON + number) for number in range(5)))

    assert len(CODEC.encode(single)) - len(CODEC.encode(whole)) >= 4 * 16

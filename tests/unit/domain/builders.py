"""What the tests of the rules build their cases from: short names for records and their parts."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
from hypothesis import strategies as st

from smsverify.domain.admission import SendRequest
from smsverify.domain.check import CheckRequest
from smsverify.domain.code import CodeKeys, derive_code
from smsverify.domain.decisions import PhoneDecision
from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.domain.periods import MINUTE, SECOND
from smsverify.domain.phone import LineType, PhoneNumber
from smsverify.domain.record import (
    Approval,
    Attempt,
    Operation,
    PhoneRecord,
    Verification,
    WrongAnswers,
)
from smsverify.domain.senders import Roster, Sender

NOON = 1_795_348_800_000
"""2026-11-22T12:00:00Z."""

PHONE = PhoneNumber("+15551234567", "US", LineType.UNKNOWN, is_valid=False)
KEYS = CodeKeys.of([b"a secret of the tests", b"the one before it"])
SENDER = Sender("+17205550100", "US", "720")

_numbers = itertools.count(1)


def fresh(size: int = 8) -> bytes:
    """Return bytes that no other call gave."""
    return next(_numbers).to_bytes(size, "big")


def verification(started_at: int = NOON, *, key_id: bytes | None = None) -> Verification:
    """Build a verification with a fresh id."""
    return Verification(fresh(16), KEYS.issuing.id if key_id is None else key_id, started_at)


def attempt(at: int = NOON, **changes: Any) -> Attempt:
    """Build an attempt that the provider took, with a verification of its own."""
    plain = Attempt(
        id=fresh(),
        purpose="verify",
        carries=verification(at),
        at=at,
        state=DeliveryState.SENT,
        state_at=at + SECOND,
        sender=SENDER.id,
        amount=8_300,
        message_id="SM" + fresh(16).hex(),
    )
    return attrs.evolve(plain, **changes)


def record(*attempts: Attempt, **changes: Any) -> PhoneRecord:
    """Build a record of these attempts."""
    return attrs.evolve(PhoneRecord(stamp=fresh(), attempts=attempts), **changes)


def wrong(*times: int, purpose: str = "verify") -> tuple[WrongAnswers, ...]:
    """Build the wrong answers of one purpose."""
    return (WrongAnswers(purpose, times),)


# ── strategies: records as the rules may leave them, and a little beyond ──────────────────────

_purposes = st.sampled_from(["verify", "login", "müll"])
_near = st.integers(NOON - 30 * 60 * MINUTE, NOON + 10 * SECOND)
_times = st.one_of(_near, _near, st.integers(0, 2**45))
_ids = st.binary(min_size=8, max_size=8)
_hashes = st.binary(min_size=16, max_size=16)
_optional_hashes = st.none() | _hashes
_key_ids = st.sampled_from([KEYS.keys[0].id, KEYS.keys[1].id, b"gone"])
_senders = st.sampled_from([SENDER.id, b"other0"])
_amounts = st.integers(0, 2_000_000) | st.integers(0, 2**53 - 1)

verifications = st.one_of(
    st.builds(Verification, _hashes, _key_ids, _times),
    st.builds(Verification, st.just(b""), st.just(b""), _times),
)
message_ids = st.one_of(
    st.none(),
    _hashes.map(lambda raw: "SM" + raw.hex()),
    st.text(max_size=40),
    st.sampled_from(["", "SM", "SM" + "A" * 32, "SM" + "a b " * 8, "MM" + "0" * 32]),
)


@st.composite
def records(draw: st.DrawFn, *, max_parts: int = 6) -> PhoneRecord:
    """Draw a whole record; several attempts may carry one verification."""
    pool = draw(st.lists(verifications, min_size=1, max_size=4))
    carried = st.none() | st.sampled_from(pool)
    attempts = st.builds(
        Attempt,
        _ids,
        _purposes,
        carried,
        _times,
        st.sampled_from(DeliveryState),
        _times,
        _senders,
        _amounts,
        st.none() | st.sampled_from(FailureReason),
        st.none() | st.integers(0, 99_999),
        message_ids,
        _optional_hashes,
    )
    wrong_answers = st.builds(
        WrongAnswers, _purposes, st.lists(_times, max_size=max_parts).map(tuple)
    )
    approvals = st.builds(Approval, _ids, _purposes, st.sampled_from(pool), _optional_hashes)
    operations = st.builds(Operation, _ids, _times, st.integers(0, 20))

    def several(one: st.SearchStrategy[Any], most: int = max_parts) -> Any:
        return draw(st.lists(one, max_size=most).map(tuple))

    return PhoneRecord(
        draw(st.binary(max_size=8)),
        several(attempts),
        several(wrong_answers, 3),
        several(operations),
        several(approvals),
        draw(st.none() | _times),
        several(_hashes, 16),
    )


def _no_code_before_its_time(whole: PhoneRecord) -> PhoneRecord:
    """Move each attempt that carries a code behind the start of it, where it belongs."""
    starts = [one.carries.started_at if one.carries else one.at for one in whole.attempts]
    attempts = zip(whole.attempts, starts, strict=True)
    return attrs.evolve(
        whole, attempts=tuple(attrs.evolve(one, at=max(one.at, start)) for one, start in attempts)
    )


def possible_records() -> st.SearchStrategy[PhoneRecord]:
    """Draw a whole record in which no attempt carries a code that began after it."""
    return records().map(_no_code_before_its_time)


# ── requests ──────────────────────────────────────────────────────────────────────────────────


def send_request(**changes: Any) -> SendRequest:
    """Build a call of "send" to PHONE from SENDER, with fresh ids."""
    plain = SendRequest(
        attempt_id=fresh(),
        verification_id=fresh(16),
        phone=PHONE,
        record_key="p:name",
        purpose="verify",
        amount=8_300,
        keys=KEYS,
        roster=Roster((SENDER,)),
        home=frozenset({"US"}),
    )
    return attrs.evolve(plain, **changes)


def check_request(typed: bytes = b"000000", **changes: Any) -> CheckRequest:
    """Build a call of "check" with a fresh id."""
    plain = CheckRequest(operation=fresh(), phone=PHONE, purpose="verify", typed=typed, keys=KEYS)
    return attrs.evolve(plain, **changes)


def right_code(carried: Verification | None, purpose: str = "verify") -> bytes:
    """Return the code that a message carried."""
    assert carried is not None
    code = derive_code(KEYS, PHONE, purpose, carried)
    assert code is not None
    return code


def not_code(*codes: bytes) -> bytes:
    """Return six digits that are none of these codes."""
    return next(typed for n in range(9) if (typed := b"%06d" % n) not in codes)


def at_ceilings(decision: PhoneDecision[Any]) -> tuple[PhoneDecision[Any], ...]:
    """Return what is decided instead at each ceiling of a decision, in the order of its charges."""
    bounded = [number for number, add in enumerate(decision.adds) if add.ceiling is not None]
    return tuple(decision.at_ceiling(number) for number in bounded)

"""Hypothesis strategies for what smsverify deals in: phones, codes, records, times."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import phonenumbers

from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.domain.opt_out import MESSAGES_KEPT
from smsverify.domain.periods import DAY, Millis
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.domain.phone_problem import MAX_INPUT_LENGTH
from smsverify.domain.record import (
    Approval,
    Attempt,
    Operation,
    PhoneRecord,
    Verification,
    WrongAnswers,
)
from smsverify.testing.extra import missing_extra

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise missing_extra(error) from error

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

EARLIEST: Final[Millis] = 1_577_836_800_000
"""2020-01-01, before smsverify."""
LATEST: Final[Millis] = 4_102_444_800_000
"""2100-01-01."""
ATTEMPTS: Final = 20
"""The most attempts and wrong answers that a record of the standard policy holds."""


def times(earliest: Millis = EARLIEST, latest: Millis = LATEST) -> SearchStrategy[Millis]:
    """Return times, milliseconds since the epoch."""
    return st.integers(earliest, latest)


def phones() -> SearchStrategy[PhoneNumber]:
    """Return numbers of all countries, and American ones of the range kept for fiction."""
    return st.one_of(st.sampled_from(_examples()), _fictional())


def spellings(phone: PhoneNumber) -> SearchStrategy[str]:
    """Return ways to write a number with its calling code, of which all mean the same."""
    return _spelled(phone.e164)


def codes(digits: int = 6) -> SearchStrategy[str]:
    """Return what can be a code."""
    return st.integers(0, 10**digits - 1).map(lambda number: f"{number:0{digits}d}")


def not_codes(digits: int = 6) -> SearchStrategy[object]:
    """Return what cannot be a code: nearly codes, other scripts' digits, other types."""
    return st.one_of(
        st.text().filter(lambda text: not _is_code(text, digits)),
        st.text("0123456789", min_size=digits + 1, max_size=digits + 1),
        codes(digits - 1),
        codes(digits).flatmap(_spoilt),
        codes(digits).map(str.encode),
        codes(digits).map(int),
        st.none() | st.booleans() | st.floats() | st.lists(codes(digits), max_size=2),
    )


def verifications(at: SearchStrategy[Millis] | None = None) -> SearchStrategy[Verification]:
    """Return identities of codes; those long over, of which only the start is kept, too."""
    starts = times() if at is None else at
    return st.one_of(
        st.builds(Verification, _bytes(16), _bytes(4), starts),
        st.builds(Verification, st.just(b""), st.just(b""), starts),
    )


def attempts(at: SearchStrategy[Millis] | None = None) -> SearchStrategy[Attempt]:
    """Return sends in every state."""
    moments = times() if at is None else at
    return st.builds(
        Attempt,
        id=_bytes(8),
        purpose=_PURPOSES,
        carries=st.none() | verifications(moments),
        at=moments,
        state=st.sampled_from(DeliveryState),
        state_at=moments,
        sender=_bytes(6),
        amount=st.integers(0, 10**9),
        reason=st.none() | st.sampled_from(FailureReason),
        provider_code=st.none() | st.integers(0, 99_999),
        message_id=st.none() | _bytes(16).map(lambda number: f"SM{number.hex()}"),
        key_hash=st.none() | _bytes(16),
    )


@st.composite
def records(draw: DrawFn) -> PhoneRecord:
    """Return records of a phone as they may be stored: all times within two days of another."""
    now = draw(times(EARLIEST + 2 * DAY))
    moments = times(now - 2 * DAY, now)
    return PhoneRecord(
        stamp=draw(_bytes(8)),
        attempts=tuple(draw(st.lists(attempts(moments), max_size=ATTEMPTS))),
        wrong=tuple(draw(st.lists(_wrong_answers(moments), max_size=3, unique_by=_purpose_of))),
        operations=tuple(draw(st.lists(_operations(moments), max_size=ATTEMPTS))),
        approvals=tuple(draw(st.lists(_approvals(moments), max_size=3))),
        opted_out_at=draw(st.none() | moments),
        message_hashes=tuple(draw(st.lists(_bytes(16), max_size=MESSAGES_KEPT))),
    )


def _wrong_answers(moments: SearchStrategy[Millis]) -> SearchStrategy[WrongAnswers]:
    many = st.lists(moments, min_size=1, max_size=ATTEMPTS).map(tuple)
    return st.builds(WrongAnswers, _PURPOSES, many)


def _operations(moments: SearchStrategy[Millis]) -> SearchStrategy[Operation]:
    return st.builds(Operation, _bytes(8), moments, st.integers(0, ATTEMPTS))


def _approvals(moments: SearchStrategy[Millis]) -> SearchStrategy[Approval]:
    return st.builds(Approval, _bytes(8), _PURPOSES, verifications(moments), st.none() | _bytes(16))


def _purpose_of(answers: WrongAnswers) -> str:
    return answers.purpose


def _bytes(size: int) -> SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


def _is_code(text: str, digits: int) -> bool:
    return len(text) == digits and text.isascii() and text.isdigit()


def _spoilt(code: str) -> SearchStrategy[str]:
    return st.sampled_from(
        [
            f"{code}\n",
            f" {code}",
            f"{code}\x00",
            f"{code[:-1]}\u0663",
            f"{code[:-1]}\uff13",
            f"{code[:-1]}\u00b2",
            f"+{code[1:]}",
            f"{code[:1]}_{code[2:]}",
            f"\u202e{code[1:]}",
        ]
    )


@st.composite
def _spelled(draw: DrawFn, e164: str) -> str:
    spelled, left = "", MAX_INPUT_LENGTH - len(e164)
    for character in e164:
        gap = draw(st.text(" .-()", max_size=min(2, left)))
        left -= len(gap)
        spelled += gap + character
    return spelled + draw(st.text(" .-()", max_size=min(2, left)))


@st.composite
def _fictional(draw: DrawFn) -> PhoneNumber:
    # 555-0100 to 555-0199 are kept for fiction in every area (NANPA, 555 line numbers).
    line = draw(st.integers(100, 199))
    area = draw(st.sampled_from(["212", "303", "415", "720"]))
    return _parsed(f"+1{area}5550{line}")


def _parsed(e164: str) -> PhoneNumber:
    number = parse_phone(e164)
    if not isinstance(number, PhoneNumber):
        raise TypeError(f"A number that the strategies are made of is refused: {number.message}")
    return number


@functools.cache
def _examples() -> list[PhoneNumber]:
    """Return a mobile number of each country, as Google's metadata gives it."""
    mobile = phonenumbers.PhoneNumberType.MOBILE
    found = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        example = phonenumbers.example_number_for_type(region, mobile)
        if example is not None:
            found.append(
                _parsed(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
            )
    return found


_PURPOSES: Final = st.sampled_from(["verify", "login", "reset-password", "payment_2", "p" * 32])

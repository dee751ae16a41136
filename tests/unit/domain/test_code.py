"""Codes are derived, stable, spread evenly, bound to everything; only digits can be typed."""

from __future__ import annotations

import hashlib
import hmac
import random
import re
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsverify.domain.code import (
    DUMMY,
    CodeKey,
    CodeKeys,
    derive_code,
    hash_text,
    issue_code,
    key_id,
    parse_code,
    same_code,
)
from smsverify.domain.phone import LineType, PhoneNumber
from smsverify.domain.record import Verification
from tests.unit.domain.builders import KEYS, NOON, PHONE

SECRET = b"0123456789abcdef0123456789abcdef"
OTHER = b"another secret of the same service"
RING = CodeKeys.of([SECRET])
FIXED = Verification(bytes(range(16)), RING.issuing.id, NOON)


def test_derivation_never_changes() -> None:
    """A release that derived other codes would break every message under way: pinned by hand."""
    name = hmac.new(SECRET, b"smsverify code key id", hashlib.sha256).digest()[:4]
    text = b"1|" + name + b"|+15551234567|verify|" + bytes(range(16))
    number = int(hmac.new(SECRET, text, hashlib.sha256).hexdigest(), 16)

    assert derive_code(RING, PHONE, "verify", FIXED) == f"{number % 1_000_000:06d}".encode()
    assert derive_code(RING, PHONE, "verify", FIXED) == b"394408"
    assert name == key_id(SECRET) == RING.issuing.id


@given(st.binary(min_size=16, max_size=16), st.integers(6, 10))
def test_code_is_stable_and_of_its_length(identity: bytes, digits: int) -> None:
    """The same verification always has the same code, of exactly as many ASCII digits."""
    ring = CodeKeys.of([SECRET], digits)
    one = Verification(identity, ring.issuing.id, NOON)
    later = Verification(identity, ring.issuing.id, NOON + 1)
    code = derive_code(ring, PHONE, "verify", one)

    assert code is not None
    assert re.fullmatch(rb"[0-9]{%d}" % digits, code)
    assert code == derive_code(ring, PHONE, "verify", later)
    assert code.decode() == issue_code(ring, PHONE, "verify", one)


def test_leading_zeros_are_kept() -> None:
    """A code below 100000 is padded: each of the million codes can come up."""
    found = [
        derive_code(RING, PHONE, "verify", Verification(n.to_bytes(16), RING.issuing.id, NOON))
        for n in range(200)
    ]
    assert any(code is not None and code.startswith(b"0") for code in found)
    assert all(code is not None and len(code) == 6 for code in found)


def test_codes_are_spread_evenly() -> None:
    """
    Over many verifications each digit comes up equally often at each place.

    Chi-square with 9 degrees of freedom is above 33.7 once in 10,000 fair tries; the ids are
    from a fixed seed, so the test says the same each time.
    """
    chance = random.Random(20_261_122)
    codes = [
        issue_code(RING, PHONE, "verify", Verification(chance.randbytes(16), FIXED.key_id, NOON))
        for _ in range(20_000)
    ]
    for place in range(6):
        counts = Counter(code[place] for code in codes)
        expected = len(codes) / 10
        chi_square = sum((counts[digit] - expected) ** 2 / expected for digit in "0123456789")
        assert chi_square < 33.7
    # Of a million codes 20,000 draws meet about 199 twice; twice as many would be a short circle.
    assert 100 < len(codes) - len(set(codes)) < 400


@pytest.mark.parametrize(
    ("phone", "purpose", "identity", "secret"),
    [
        ("+15551234568", "verify", bytes(range(16)), SECRET),
        ("+15551234567", "login", bytes(range(16)), SECRET),
        ("+15551234567", "verify", bytes(range(1, 17)), SECRET),
        ("+15551234567", "verify", bytes(range(16)), OTHER),
    ],
)
def test_code_is_bound_to_everything(
    phone: str, purpose: str, identity: bytes, secret: bytes
) -> None:
    """Another phone, purpose, verification or secret has another code."""
    ring = CodeKeys.of([secret], 10)
    number = PhoneNumber(phone, "US", LineType.UNKNOWN, is_valid=False)
    other = issue_code(ring, number, purpose, Verification(identity, ring.issuing.id, NOON))

    assert other != issue_code(CodeKeys.of([SECRET], 10), PHONE, "verify", FIXED)


@given(st.text("ab|", max_size=4), st.text("ab|", max_size=4))
def test_purposes_never_run_into_the_rest(one: str, other: str) -> None:
    """No purpose gives another purpose's codes, whatever signs stand in it."""
    ring = CodeKeys.of([SECRET], 10)
    codes = {issue_code(ring, PHONE, purpose, FIXED) for purpose in (one, other)}

    assert len(codes) == len({one, other})


def test_rotation_keeps_older_codes() -> None:
    """A new secret issues, the old one is still accepted; taken away, its codes are over."""
    rotated = CodeKeys.of([OTHER, SECRET])

    assert derive_code(rotated, PHONE, "verify", FIXED) == derive_code(RING, PHONE, "verify", FIXED)
    assert rotated.issuing == CodeKey(OTHER)
    assert rotated.find(FIXED.key_id) == CodeKey(SECRET)
    assert CodeKeys.of([OTHER]).find(FIXED.key_id) is None
    assert derive_code(CodeKeys.of([OTHER]), PHONE, "verify", FIXED) is None
    with pytest.raises(LookupError, match=r"^The secret of this verification was rotated out\.$"):
        issue_code(CodeKeys.of([OTHER]), PHONE, "verify", FIXED)


def test_keys_show_no_secret() -> None:
    """Neither a key nor a ring shows its secret, and a key's id is not made of it."""
    assert "0123456789abcdef" not in repr(RING)
    assert RING.issuing.id not in SECRET
    assert len(RING.issuing.id) == 4
    assert len({one.id for one in KEYS.keys}) == len(KEYS.keys)


@pytest.mark.parametrize(
    ("typed", "code", "same"),
    [
        (b"123456", b"123456", True),
        (b"123456", b"123457", False),
        (b"123456", b"1234567", False),
        (b"123456", None, False),
        (DUMMY, b"123456", False),
    ],
)
def test_comparison(typed: bytes, code: bytes | None, same: bool) -> None:
    """Equal bytes are the same, everything else is not; no code equals nothing typed."""
    assert same_code(typed, code) is same


def test_nothing_typed_equals_the_dummy() -> None:
    """What an answer is compared with when no code lives can't be typed."""
    assert parse_code(DUMMY.decode(), len(DUMMY)) is None


@given(st.text(max_size=12) | st.from_regex(r"[0-9]{6}\n?"), st.integers(6, 10))
@example("123456", 6)
@example("123456\n", 6)
@example("１２３４５６", 6)
@example("٠٠٠٠٠٠", 6)
@example("12³456", 6)
@example("+12345", 6)
@example("1_2345", 6)
@example(" 12345", 6)
@example("", 6)
def test_only_ascii_digits_of_the_right_count_can_be_a_code(text: str, digits: int) -> None:
    """Exactly what a regular expression over the whole string says, and then as ASCII bytes."""
    expected = text.encode() if re.fullmatch(r"[0-9]+", text) and len(text) == digits else None

    assert expected == parse_code(text, digits)


class Text(str):
    """A str whose methods could lie."""

    __slots__ = ()


@pytest.mark.parametrize(
    "typed",
    [None, 123456, 123456.0, b"123456", ["1"] * 6, True, Text("123456"), object()],
    ids=["None", "int", "float", "bytes", "list", "bool", "subclass", "object"],
)
def test_other_types_can_not_be_a_code(typed: object) -> None:
    """A code is a plain str."""
    assert parse_code(typed, 6) is None


def test_megabyte_of_digits_is_refused() -> None:
    """Length is looked at first."""
    assert parse_code("1" * 1_000_000, 6) is None


def test_text_hash_depends_on_secret_scope_and_text() -> None:
    """Sixteen bytes that stand for a text within a scope; nobody makes them without the secret."""
    one = hash_text(SECRET, "scope", "text")

    assert len(one) == 16
    assert one == hash_text(SECRET, "scope", "text")
    assert one == hmac.new(SECRET, b"scope|text", hashlib.sha256).digest()[:16]
    others = [hash_text(OTHER, "scope", "text"), hash_text(SECRET, "other", "text")]
    assert one not in [*others, hash_text(SECRET, "scope", "other")]

"""Twilio's own words, made fit for a debug log."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.adapters.twilio.masking import mask_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("The number +15551234567 is unverified", "The number +*** is unverified"),
        ("(555) 123-4567.", "(***."),
        ("+1 555\u00a0123 4567 via SMS", "+*** via SMS"),
        ("code 123-456 at 9:41", "code *** at 9:41"),
        ("٠١٢٣٤٥ and １２３４", "*** and ***"),
        ("12²34", "***"),
        ("Accounts/AC0123456789abcdef0123456789abcdef/Messages", "Accounts/AC***/Messages"),
        ("HTTP 400: bad", "HTTP 400: bad"),
        ("a\r\nb\x1b[31m", r"a\r\nb\x1b[31m"),
        (None, "None"),
    ],
)
def test_masking(text: object, masked: str) -> None:
    """Numbers, codes and accounts go, words stay, and no sign begins a line or colours it."""
    assert mask_text(text) == masked


def test_length() -> None:
    """A long text is cut before anything else is done with it."""
    assert len(mask_text("x" * 1_000_000)) == 300


@given(st.text())
def test_one_line_of_ascii(text: str) -> None:
    """Whatever the text, what is left is one line of printable ASCII without a run of digits."""
    masked = mask_text(text)
    assert masked.isascii()
    assert masked.isprintable()
    escapes = re.sub(r"\\(?:U[0-9a-f]{8}|u[0-9a-f]{4}|x[0-9a-f]{2})", "?", masked)
    assert not re.search(r"[0-9]{4}", escapes)

"""Telling examples from secrets."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.settings.examples import looks_like_example


@pytest.mark.parametrize(
    "value",
    [
        "your_auth_token_here",
        "YOUR-ACCOUNT-SID",
        "your_twilio_auth_token",
        "ACxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AC" + "0" * 32,
        "SK" + "0123456789abcdef" * 2,
        "0123456789abcdef0123456789abcdef",
        "12345678901234567890123456789012",
        "abcdefghijklmnopqrstuvwxyzabcdef",
        "a" * 32,
        "changeme",
        "change-this-to-a-long-random-secret",
        "<your token>",
        "${TWILIO_AUTH_TOKEN}",
        "replace_me_with_32_random_characters",
        "my-secret-key-that-is-long-enough-for-it",
        "an-example-secret-of-more-than-32-characters",
        "secret",
        "put the token here",
        "...",
    ],
)
def test_what_guides_print(value: str) -> None:
    """Placeholder words, one character over and over, and plain sequences are examples."""
    assert looks_like_example(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "  ",
        "ACd41d8cd98f00b204e9800998ecf8427e",
        "d41d8cd98f00b204e9800998ecf8427e",
        "5f2a0c1e9b7d48630fe1c2ba94d7e850a1b3c5d7e9f0123456789abcdef01234",
        "correct horse battery staple and more",
    ],
)
def test_what_somebody_made(value: str) -> None:
    """Random digits and real passphrases are no examples, and nothing is none either."""
    assert not looks_like_example(value)


@given(st.randoms(use_true_random=True))
def test_a_random_secret_is_never_taken_for_an_example(random: object) -> None:
    """Neither hex nor base64 of random bytes looks like words."""
    content = random.randbytes(32)  # type: ignore[attr-defined]
    assert not looks_like_example(content.hex())
    assert not looks_like_example(base64.urlsafe_b64encode(content).decode())

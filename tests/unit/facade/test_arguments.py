"""What a program passes besides phone and code: good, or an exception that says what is wanted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smsverify.facade.arguments import check_client_id, check_idempotency_key, check_purpose

TEXTS: list[Callable[[object], str | None]] = [check_client_id, check_idempotency_key]


def test_the_first_purpose_is_meant_when_none_is_named() -> None:
    """None is the first declared one; a declared one is itself."""
    assert check_purpose(None, ("login", "reset")) == "login"
    assert check_purpose("reset", ("login", "reset")) == "reset"


@pytest.mark.parametrize("purpose", ["", "Login", "login ", "other"])
def test_an_undeclared_purpose_is_refused(purpose: str) -> None:
    """The sentence names those that are declared, and where to declare more."""
    with pytest.raises(ValueError, match=r"login, reset.*SMS_PURPOSES"):
        check_purpose(purpose, ("login", "reset"))


@pytest.mark.parametrize("value", [5, b"login", ["login"], object(), True, 0, {}])
def test_a_purpose_is_a_str(value: object) -> None:
    """Another type is a TypeError that says so."""
    with pytest.raises(TypeError, match="must be a str"):
        check_purpose(value, ("login",))


@pytest.mark.parametrize("check", TEXTS)
def test_texts_of_any_letters(check: Callable[[object], str | None]) -> None:
    """None is none; 1 to 255 characters of any script are taken as they are."""
    assert check(None) is None
    for text in ("a", "ключ", "with space", "x" * 255, "\x00", "😀"):
        assert check(text) == text


@pytest.mark.parametrize("check", TEXTS)
@pytest.mark.parametrize("text", ["", "x" * 256, "\ud800", "a\udfffb"])
def test_texts_that_make_no_sense(check: Callable[[object], str | None], text: str) -> None:
    """Empty, too long, or no text that can be written: a ValueError that says what is wanted."""
    with pytest.raises(ValueError, match="must"):
        check(text)


@pytest.mark.parametrize("check", TEXTS)
@pytest.mark.parametrize("value", [5, b"bytes", ["a"], object(), False, 0, 0.0])
def test_texts_are_str(check: Callable[[object], str | None], value: object) -> None:
    """Another type is a TypeError that names the argument."""
    with pytest.raises(TypeError, match=r"client_id|idempotency_key"):
        check(value)


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:0DB8:1:3::1", "2001:db8:1:3::/64"),
        ("device-7", "device-7"),
    ],
)
def test_an_address_counts_by_its_network(given: str, counted: str) -> None:
    """An IPv6 address counts by its /64, an IPv4 one and anything else as itself."""
    assert check_client_id(given) == counted

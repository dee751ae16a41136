"""Texts and secrets."""

from __future__ import annotations

import pickle
import traceback

import pytest

from smsverify.settings.kind import Secret, Unfit, text_of


def test_a_secret_is_its_text_and_hides_it() -> None:
    """A secret compares and encodes as its text, and no repr around it shows it."""
    secret = Secret("open sesame")
    assert secret == "open sesame"
    assert secret.encode() == b"open sesame"
    assert f"{secret!r} {(secret,)} { ({'token': secret}) }".count("open") == 0


def test_a_secret_survives_a_pickle() -> None:
    """A worker process gets the secret, still hidden."""
    copy = pickle.loads(pickle.dumps(Secret("open sesame")))  # noqa: S301 - our own bytes
    assert (copy, repr(copy)) == ("open sesame", "'***'")


def test_white_space_around_a_text_is_dropped() -> None:
    """What a shell or a file left around a value does not count."""
    assert text_of(" a b\r\n") == "a b"


@pytest.mark.parametrize("value", [None, 1, b"a", ["a"], "a\0b", "a\udc80b"])
def test_what_is_no_text_is_unfit(value: object) -> None:
    """Other types, NUL and bytes that were no UTF-8 are refused."""
    with pytest.raises(Unfit):
        text_of(value)


def test_unfit_never_repeats_the_text() -> None:
    """The refusal of a text holds nothing of it."""
    with pytest.raises(Unfit) as caught:
        text_of("hunter2\0")
    assert "hunter2" not in "".join(traceback.format_exception_only(caught.value))

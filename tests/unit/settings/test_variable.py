"""One variable: names, and what a refusal says."""

from __future__ import annotations

import traceback

import pytest

from smsverify.errors import ConfigurationError
from smsverify.settings import Variable, scalars
from smsverify.settings.topics import LIMITS

LIMIT = Variable(
    name="SMS_SOME_LIMIT",
    kind=scalars.whole_number(1, 9),
    topic=LIMITS,
    default=5,
    help="Some limit.",
)
TOKEN = Variable(
    name="TWILIO_SOME_TOKEN",
    kind=scalars.secret(shortest=8),
    topic=LIMITS,
    default=None,
    help="Some token.",
    secret=True,
)


def test_names() -> None:
    """The field leaves SMS_ away, and the file's variable ends in _FILE."""
    assert (LIMIT.attribute, TOKEN.attribute) == ("some_limit", "twilio_some_token")
    assert TOKEN.file_name == "TWILIO_SOME_TOKEN_FILE"


@pytest.mark.parametrize("empty", ["", "  ", "\n"])
def test_an_empty_text_is_the_default(empty: str) -> None:
    """Nothing but white space counts as unset."""
    assert LIMIT.read(empty) == 5
    assert TOKEN.read(empty) is None


def test_none_is_taken_only_where_it_is_the_default() -> None:
    """None does not silently stand for a number."""
    assert TOKEN.read(None) is None
    with pytest.raises(ConfigurationError):
        LIMIT.read(None)


def test_a_refusal_is_one_sentence_with_name_and_expectation() -> None:
    """The message tells what to write, and the exception tells the variable."""
    with pytest.raises(ConfigurationError) as caught:
        LIMIT.read("many")
    assert str(caught.value) == "SMS_SOME_LIMIT must be a whole number from 1 to 9."
    assert caught.value.setting == "SMS_SOME_LIMIT"


def test_a_refusal_carries_the_value_nowhere() -> None:
    """Neither the message, nor the exceptions that led to it, hold the value."""
    with pytest.raises(ConfigurationError) as caught:
        TOKEN.read("retnuh"[::-1])
    assert caught.value.__context__ is None
    assert "hunter" not in "".join(traceback.format_exception(caught.value))

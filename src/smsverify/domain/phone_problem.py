"""Why a text is not taken as a phone number, and what to tell whoever gave it."""

from __future__ import annotations

import enum
from typing import Final

import attrs

MAX_INPUT_LENGTH: Final = 32
"""Characters: E.164 allows 15 digits; the rest is room for a prefix, spaces and brackets."""


class PhoneProblemReason(enum.StrEnum):
    """Why a text is not taken as a phone number."""

    NOT_TEXT = "not_text"
    TOO_LONG = "too_long"
    BAD_CHARACTERS = "bad_characters"
    NOT_A_NUMBER = "not_a_number"
    NO_CALLING_CODE = "no_calling_code"
    UNKNOWN_CALLING_CODE = "unknown_calling_code"
    TOO_FEW_DIGITS = "too_few_digits"
    TOO_MANY_DIGITS = "too_many_digits"
    WRONG_LENGTH = "wrong_length"
    DOUBLE_PREFIX = "double_prefix"


@attrs.frozen
class PhoneProblem:
    """
    The answer to a text that is no phone number: data, not an exception.

    Attributes:
        reason: which rule it breaks.
        message: what to do about it, in a sentence that never repeats the input.
    """

    reason: PhoneProblemReason
    message: str


_MESSAGES: Final = {
    PhoneProblemReason.NOT_TEXT: "Give the phone number as a str, such as '+15551234567'.",
    PhoneProblemReason.TOO_LONG: (
        f"Give the phone number in at most {MAX_INPUT_LENGTH} characters, without an extension."
    ),
    PhoneProblemReason.BAD_CHARACTERS: (
        "Write the phone number with the digits 0 to 9, spaces and + - . ( ) only,"
        " with at most one + and that in front."
    ),
    PhoneProblemReason.NOT_A_NUMBER: (
        "Give a whole phone number, + and the country's calling code first."
    ),
    PhoneProblemReason.NO_CALLING_CODE: (
        "Start the phone number with + and the country's calling code,"
        " or set a default region (SMS_DEFAULT_REGION)."
    ),
    PhoneProblemReason.UNKNOWN_CALLING_CODE: (
        "No country has this calling code; check the digits after the +."
    ),
    PhoneProblemReason.TOO_FEW_DIGITS: (
        "The phone number has too few digits for its country; give it with its area code."
    ),
    PhoneProblemReason.TOO_MANY_DIGITS: (
        "The phone number has too many digits for its country; check it for doubled ones."
    ),
    PhoneProblemReason.WRONG_LENGTH: (
        "No phone number of this country has this many digits; check for missing ones."
    ),
    PhoneProblemReason.DOUBLE_PREFIX: (
        "The phone number repeats the prefix for calls inside the country;"
        " leave it out after the calling code."
    ),
}
PROBLEMS: Final = {reason: PhoneProblem(reason, text) for reason, text in _MESSAGES.items()}
"""The one problem for each reason: a refusal of the same kind is the same value."""

"""
Phone numbers: one canonical form for every spelling, and masking.

Limits and keys use the canonical E.164 form only, so that no spelling buys a second quota.
Google's numbering metadata (``phonenumbers``) decides what a number is. It is lenient: it also
takes letters, extensions, other scripts' digits and control characters; it strips one trunk prefix
at each pass, and sometimes none; it calls a local number without its area code possible. So the
text is checked before it, and the result after it. It is also slow: a text that is E.164 already
is looked up in the plan, and given to the library only when the plan does not settle it.
"""

from __future__ import annotations

import functools
import re
from typing import Final

import attrs
import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType, ValidationResult

from smsverify.domain.numbering_plan import LineType, find_in_plan
from smsverify.domain.phone_problem import (
    MAX_INPUT_LENGTH,
    PROBLEMS,
    PhoneProblem,
    PhoneProblemReason,
)

__all__ = [
    "LineType",
    "PhoneNumber",
    "PhoneProblem",
    "PhoneProblemReason",
    "mask_e164",
    "parse_phone",
]

MAX_E164_LENGTH: Final = 16
"""Characters: ``+`` and 15 digits (ITU-T E.164, 6.2)."""

CACHE_SIZE: Final = 4096
"""Parsed spellings kept in memory: a first parse costs some 5 to 50 microseconds."""

_CHARACTERS: Final = re.compile(r"[0-9 +.()\-]*")
_E164: Final = re.compile(r"\+[1-9][0-9]{1,14}")
_PLAIN: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SEPARATORS: Final = str.maketrans("", "", " .-()")
_HIDDEN_DIGITS: Final = 3
_SHOWN_HEAD: Final = 3
_SHOWN_TAIL: Final = 4
_SHORTEST_TAIL: Final = 2
_NORTH_AMERICA: Final = "1"


_LINE_TYPES: Final = {getattr(PhoneNumberType, line_type.name): line_type for line_type in LineType}


def _check_e164(_: object, __: object, value: str) -> None:
    if not _E164.fullmatch(value):
        # The value stays out of the message: it may be somebody's number.
        raise ValueError("e164 must be + and 2 to 15 digits; build numbers with parse_phone().")


def _calling_code(e164: str) -> str:
    """Return the calling code at the start of an E.164 number; no code is a prefix of another."""
    for length in (1, 2, 3):
        code = e164[1 : 1 + length]
        if int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return code
    return ""


def mask_e164(e164: str) -> str:
    """
    Return a form fit for logs: ``+15551234567`` becomes ``+1555***4567``.

    At most the calling code, three digits after it and the last four are shown, and at least three
    digits are always hidden; of a number too short for that only the calling code is shown. What
    is not E.164 is hidden entirely.
    """
    if not _E164.fullmatch(e164):
        return "***"
    code = _calling_code(e164)
    national = e164[1 + len(code) :]
    to_show = len(national) - _HIDDEN_DIGITS
    tail = min(_SHOWN_TAIL, to_show) if to_show >= _SHORTEST_TAIL else 0
    head = min(_SHOWN_HEAD, to_show - tail) if tail else 0
    return f"+{code}{national[:head]}***{national[len(national) - tail :]}"


@attrs.frozen(repr=False)
class PhoneNumber:
    """
    A number that can exist. Its ``repr`` and ``str`` are masked, so that logs never hold it whole.

    Attributes:
        e164: the canonical form, ``+`` and at most 15 digits; the only form for keys and limits.
        region: ISO 3166 alpha-2 code; ``001`` for numbers of no country, such as +800. A number
            that no country's plan holds gets the main country of its calling code.
        line_type: the kind of line; ``UNKNOWN`` exactly when the number is not valid.
        is_valid: whether the numbering plan holds it today; possible numbers, such as the range
            555 that documentation uses, need not be valid.
    """

    e164: str = attrs.field(validator=_check_e164)
    region: str
    line_type: LineType
    is_valid: bool

    @property
    def masked(self) -> str:
        """The form for logs and people who need not know it, as :func:`mask_e164` makes it."""
        return mask_e164(self.e164)

    @property
    def area_code(self) -> str:
        """The three digits after +1; empty for numbers outside the North American plan."""
        return self.e164[2:5] if self.e164[1] == _NORTH_AMERICA else ""

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"PhoneNumber({self.masked}, {self.region}, {self.line_type.value})"


_PROBLEM_OF_LENGTH: Final = {
    ValidationResult.TOO_SHORT: PhoneProblemReason.TOO_FEW_DIGITS,
    # Long enough to be dialled inside one town, and nowhere else.
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: PhoneProblemReason.TOO_FEW_DIGITS,
    ValidationResult.TOO_LONG: PhoneProblemReason.TOO_MANY_DIGITS,
    ValidationResult.INVALID_LENGTH: PhoneProblemReason.WRONG_LENGTH,
    ValidationResult.INVALID_COUNTRY_CODE: PhoneProblemReason.UNKNOWN_CALLING_CODE,
}
_PROBLEM_OF_PARSE: Final = {
    NumberParseException.NOT_A_NUMBER: PhoneProblemReason.NOT_A_NUMBER,
    NumberParseException.TOO_SHORT_AFTER_IDD: PhoneProblemReason.TOO_FEW_DIGITS,
    NumberParseException.TOO_SHORT_NSN: PhoneProblemReason.TOO_FEW_DIGITS,
    NumberParseException.TOO_LONG: PhoneProblemReason.TOO_MANY_DIGITS,
}


def parse_phone(text: object, *, default_region: str | None = None) -> PhoneNumber | PhoneProblem:
    """
    Return the number that a text spells, or the problem with it; nothing is ever raised.

    Args:
        text: a ``str`` (no subclass) of at most 32 characters, of the digits 0 to 9, spaces and
            ``+ - . ( )``, with a ``+`` and calling code, or as dialled inside ``default_region``.
        default_region: ISO 3166 alpha-2 code, upper case; ``None``, or one that is not known,
            means that numbers without a calling code are refused.

    Every spelling of a number gives the same ``e164``, and parsing that gives it again. Separators
    mean nothing; one trunk prefix after the calling code, as in ``+44 (0)20``, is dropped, and a
    second one is refused. Numbers of a plan that was replaced (Mexico's +52 1) are refused or
    folded as the metadata says. Answers are cached by spelling.
    """
    if type(text) is not str:
        return PROBLEMS[PhoneProblemReason.NOT_TEXT]
    if len(text) > MAX_INPUT_LENGTH:
        return PROBLEMS[PhoneProblemReason.TOO_LONG]
    return _parse(text, default_region if type(default_region) is str else None)


@functools.lru_cache(maxsize=CACHE_SIZE)
def _parse(text: str, region: str | None) -> PhoneNumber | PhoneProblem:
    return _parse_by_plan(text) or _parse_by_library(text, region)


def _parse_by_plan(text: str) -> PhoneNumber | None:
    """Return the valid number that is written as E.164 already, if the plan settles it."""
    code = _calling_code(text) if _PLAIN.fullmatch(text) else ""
    found = find_in_plan(int(code), text[1 + len(code) :]) if code else None
    return PhoneNumber(text, *found, is_valid=True) if found else None


def _parse_by_library(text: str, region: str | None) -> PhoneNumber | PhoneProblem:
    """Check the characters, drop the separators, and hand the rest to the metadata."""
    dialled = text.translate(_SEPARATORS)
    if not _CHARACTERS.fullmatch(text) or "+" in dialled[1:]:
        return PROBLEMS[PhoneProblemReason.BAD_CHARACTERS]
    try:
        number = phonenumbers.parse(dialled, region)
    except NumberParseException as error:
        return PROBLEMS[_reason_of(error, dialled, region)]
    length = phonenumbers.is_possible_number_with_reason(number)
    if length != ValidationResult.IS_POSSIBLE:
        return PROBLEMS[_PROBLEM_OF_LENGTH[length]]
    e164 = _format(number)
    if len(e164) > MAX_E164_LENGTH:
        return PROBLEMS[PhoneProblemReason.TOO_MANY_DIGITS]
    if e164 != dialled and _format(phonenumbers.parse(e164)) != e164:
        # The metadata drops one trunk prefix at each pass: two passes would give two keys.
        return PROBLEMS[PhoneProblemReason.DOUBLE_PREFIX]
    found = _describe(number, e164)
    return found if found.is_valid else _without_trunk_prefix(found) or found


def _format(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _reason_of(error: NumberParseException, dialled: str, region: str | None) -> PhoneProblemReason:
    if error.error_type != NumberParseException.INVALID_COUNTRY_CODE:
        return _PROBLEM_OF_PARSE[error.error_type]
    if dialled.startswith("+") or region in phonenumbers.SUPPORTED_REGIONS:
        return PhoneProblemReason.UNKNOWN_CALLING_CODE
    return PhoneProblemReason.NO_CALLING_CODE


def _describe(number: phonenumbers.PhoneNumber, e164: str) -> PhoneNumber:
    region = phonenumbers.region_code_for_number(number)
    if region is None:
        # No plan holds it: the main country of its calling code stands for the others.
        region = phonenumbers.region_code_for_country_code(int(_calling_code(e164)))
    line_type = _LINE_TYPES[phonenumbers.number_type(number)]
    # The metadata calls a number valid exactly when it finds a type for it.
    return PhoneNumber(e164, region, line_type, line_type is not LineType.UNKNOWN)


def _without_trunk_prefix(found: PhoneNumber) -> PhoneNumber | None:
    """
    Return the valid number that a trunk prefix hides, as in Colombia's ``+57 (0) 321...``.

    The metadata leaves the prefix where a carrier's code could follow it; the longer number is
    possible and not valid.
    """
    code = _calling_code(found.e164)
    prefix = phonenumbers.ndd_prefix_for_region(found.region, strip_non_digits=True)
    national = found.e164[1 + len(code) :]
    if not prefix or not national.startswith(prefix):
        return None
    rest = _parse_by_library(f"+{code}{national.removeprefix(prefix)}", None)
    return rest if isinstance(rest, PhoneNumber) and rest.is_valid else None

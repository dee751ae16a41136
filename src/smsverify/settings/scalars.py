"""Kinds of settings that hold one value: switches, numbers, amounts, words, secrets, paths."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from smsverify.settings.kind import Kind, Secret, Unfit, text_of

if TYPE_CHECKING:
    import enum
    from collections.abc import Callable

__all__ = [
    "amount_of",
    "checked",
    "choice",
    "dollars",
    "file_path",
    "matching",
    "secret",
    "switch",
    "whole_number",
]

_SWITCH = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_DIGITS = re.compile(r"[0-9]{1,12}")
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_SMALLEST_AMOUNT = Decimal("0.000001")  # money is counted in millionths of a dollar


def switch() -> Kind:
    """Give the kind of a setting that is on or off."""

    def parse(value: object) -> bool:
        if isinstance(value, bool):
            return value
        word = text_of(value).lower()
        if word not in _SWITCH:
            raise Unfit
        return _SWITCH[word]

    return Kind("true or false", parse)


def whole_number(low: int, high: int) -> Kind:
    """Give the kind of a whole number from `low` to `high`, both included."""

    def parse(value: object) -> int:
        if isinstance(value, str):
            digits = text_of(value)
            if _DIGITS.fullmatch(digits) is None:
                raise Unfit
            value = int(digits)
        # True is an int to Python and a mistake here.
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise Unfit
        return int(value)

    return Kind(f"a whole number from {low} to {high}", parse)


def amount_of(value: object, *, highest: int) -> Decimal:
    """
    Read an amount of dollars, from nothing up to `highest`, exact to the millionth.

    A float counts as what it prints as: 0.5 is half a dollar, 0.1 + 0.2 has too many decimals.

    Raises:
        Unfit: for anything else.
    """
    if isinstance(value, str):
        digits = text_of(value)
        if _AMOUNT.fullmatch(digits) is None:
            raise Unfit
        value = Decimal(digits)
    elif isinstance(value, float):
        value = Decimal(repr(float(value)))
    elif isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value <= highest:
        raise Unfit
    if value != value.quantize(_SMALLEST_AMOUNT):
        raise Unfit
    return abs(value)  # there is no negative nothing


def dollars(highest: int) -> Kind:
    """Give the kind of an amount of dollars from 0 to `highest`."""
    return Kind(
        f"an amount of dollars from 0 to {highest:,} with at most 6 decimals, such as 12.50",
        lambda value: amount_of(value, highest=highest),
    )


def choice(words: type[enum.StrEnum]) -> Kind:
    """Give the kind of a setting that takes one word of a few, in any case."""
    by_word = {member.value.lower(): member for member in words}

    def parse(value: object) -> enum.StrEnum:
        member = by_word.get(text_of(value).lower())
        if member is None:
            raise Unfit
        return member

    return Kind("one of " + ", ".join(member.value for member in words), parse)


def matching(pattern: str, expected: str) -> Kind:
    """Give the kind of a text that matches `pattern` as a whole."""
    whole = re.compile(pattern, re.ASCII)

    def parse(value: object) -> str:
        text = text_of(value)
        if whole.fullmatch(text) is None:
            raise Unfit
        return text

    return Kind(expected, parse)


def checked(check: Callable[[object], object], expected: str, *, explain: bool = False) -> Kind:
    """
    Give the kind of a text that a rule of the domain takes, in the form that it gives back.

    With `explain`, the rule's own sentence goes into the message; none of them repeats the text.
    """

    def parse(value: object) -> object:
        text = text_of(value)
        try:
            return check(text)
        except ValueError as error:
            sentence = str(error)
        raise Unfit(sentence[:1].lower() + sentence[1:].removesuffix(".") if explain else "")

    return Kind(expected, parse)


def secret(shortest: int = 1, pattern: str | None = None, expected: str | None = None) -> Kind:
    """Give the kind of a secret of at least `shortest` printable characters, or of a form."""

    def parse(value: object) -> Secret:
        text = text_of(value)
        if len(text) < shortest or not text.isprintable():
            raise Unfit
        if pattern is not None and re.fullmatch(pattern, text, re.ASCII) is None:
            raise Unfit
        return Secret(text)

    return Kind(expected or f"a secret of at least {shortest} printable characters", parse)


def file_path() -> Kind:
    """Give the kind of a path; a leading ~ is the home directory."""

    def parse(value: object) -> Path:
        text = text_of(str(value) if isinstance(value, Path) else value)
        if not text:
            raise Unfit
        try:
            return Path(text).expanduser()
        except RuntimeError:
            raise Unfit("the home directory that ~ stands for is not known") from None

    return Kind("the path of a file", parse)

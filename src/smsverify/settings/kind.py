"""What a setting's value may look like: one :class:`Kind` for each form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Kind", "Secret", "Unfit", "text_of"]


class Unfit(ValueError):
    """
    A value is not of the form that its kind asks for.

    The text, if any, says what is wrong, never with a piece of the value: it may be a secret that
    went into the wrong variable.
    """


class Secret(str):
    """A text that a repr hides, so that no traceback, log or test report shows it by accident."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


@attrs.frozen
class Kind:
    """
    One form of values.

    Attributes:
        expected: Completes the sentence "NAME must be ...".
        parse: Turns a value of the natural type, or its text form, into the natural type; raises
            :class:`Unfit` for everything else. Parsing what it returned gives the same again.
    """

    expected: str
    parse: Callable[[object], Any]


def text_of(value: object) -> str:
    """
    Give a text without the white space around it.

    Raises:
        Unfit: for what is not a text, or holds what no file and no server could take: NUL, or
            bytes that are no UTF-8.
    """
    if not isinstance(value, str):
        raise Unfit
    text = str(value).strip()
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Unfit("it holds characters that are no text")
    return text

"""
Checking what a program passes besides phone and code.

These are the program's own values, so a bad one is a mistake and raises, before any I/O; a bad
phone or code is a person's and gives a result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsverify.domain.client import MAX_CLIENT_ID_LENGTH, client_name

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_IDEMPOTENCY_KEY_LENGTH: Final = 255


def check_purpose(purpose: object, declared: Sequence[str]) -> str:
    """Return the purpose, the first declared one for None; raise TypeError or ValueError."""
    if purpose is None:
        return declared[0]
    if not isinstance(purpose, str):
        raise TypeError(f"The purpose must be a str, one of SMS_PURPOSES: {', '.join(declared)}.")
    if purpose not in declared:
        raise ValueError(
            f"The purpose is not declared: use one of {', '.join(declared)}, "
            "or add it to SMS_PURPOSES."
        )
    return purpose


def check_idempotency_key(key: object) -> str | None:
    """Return the key; raise TypeError or ValueError unless it is None or 1 to 255 characters."""
    return _text(key, "idempotency_key", MAX_IDEMPOTENCY_KEY_LENGTH)


def check_client_id(client_id: object) -> str | None:
    """Return the name that the client counts under; raise TypeError or ValueError likewise."""
    text = _text(client_id, "client_id", MAX_CLIENT_ID_LENGTH)
    return None if text is None else client_name(text)


def _text(value: object, name: str, longest: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"The {name} must be a str of 1 to {longest} characters, or None.")
    if not 1 <= len(value) <= longest:
        raise ValueError(f"The {name} must have 1 to {longest} characters.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f"The {name} must be text that UTF-8 can write, without lone surrogates.")
    return value

"""
Masking at the end of the chain: numbers, codes and secrets, wherever they hide.

Nothing that smsverify logs holds them to begin with. This is the second line: for an exception
of a library that quotes a request, for a traceback, for what a caller puts into a field. When in
doubt it hides: a masked figure costs a second look, a leaked code an account.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from smsverify.domain.phone import PhoneNumber, mask_e164

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping
    from typing import Final

    from structlog.typing import WrappedLogger

MASK: Final = "***"
MAX_DEPTH: Final = 8
"""Containers inside one another that are looked through; deeper ones, and circles, are cut off."""
SHORTEST_SECRET: Final = 4
"""A given secret with fewer characters is not looked for: it would be found everywhere."""
_MOST_PLAIN_DIGITS: Final = 5

# Repetitions are bounded: a pattern that may begin anywhere and run on takes quadratic time.
_SENSITIVE_NAME: Final = r"(?:token|secret|passw(?:or)?d|authorization|credential|api_?key)"
_SENSITIVE_FIELD: Final = re.compile(_SENSITIVE_NAME, re.IGNORECASE)
_NAMED_VALUE: Final = re.compile(
    # The name, then = or : as in a query, a repr or JSON (a bare colon is prose) ...
    rf"""(?P<name>{_SENSITIVE_NAME}[\w-]{{0,40}}"""
    r"""[\\"']{0,3}\s{0,3}(?:=|:(?=\s{0,3}b?[\\"']))\s{0,3})"""
    # ... and the value: up to its closing quote, or up to what ends a bare word.
    r"""b?(?:\\*"[^"\\\n]*|\\*'[^'\\\n]*|[^\s"'&,;)\]}\\]+)""",
    re.IGNORECASE,
)
_AUTHORIZATION: Final = re.compile(r"\b(Basic|Bearer)\s{1,3}[\w.~+/=-]{16,}", re.IGNORECASE)
_USER_INFO: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]{0,30}://)(?P<user>[^\s/?#]*)@", re.IGNORECASE
)
_FIGURES: Final = re.compile(
    # What stays: the provider's ids, dates with or without a time, IPv4 addresses.
    r"(?P<plain>(?<![0-9A-Za-z])(?:AC|MG|MM|PN|SK|SM)[0-9a-f]{32}(?![0-9A-Za-z])"
    r"|(?<!\d)(?:19|20)\d\d-(?:0\d|1[0-2])-[0-3]\d"
    r"(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\d)"
    r"|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]))"
    # What goes: hashes and tokens, numbers in any spelling (with the blanks and dashes of other
    # scripts, and invisible marks, between the digits), runs of six digits and more.
    r"|(?P<hex>(?<![0-9A-Za-z])[0-9a-f]{32,}(?![0-9A-Za-z]))"
    r"|(?P<number>\+?\(?\d(?:[ ().\u00a0\u2000-\u2015\u202a-\u202f\u2060-]{0,2}\d){6,}|\d{6})",
    re.IGNORECASE,
)
_E164: Final = re.compile(r"\+[0-9]{7,15}")


class Redactor:
    """
    A structlog processor that masks what must not be logged.

    Args:
        secrets: values that are masked wherever they stand, whatever they are called.

    Masked are phone numbers in any spelling (``+15551234567`` becomes ``+1555***4567``), runs of
    six digits and more (codes among them), values under names such as ``token`` or ``password``,
    credentials in addresses and headers, and long hexadecimal values. Kept are the provider's ids
    (``SM`` and 32 hexadecimal digits), dates and IPv4 addresses.
    """

    def __init__(self, secrets: Iterable[str | bytes] = ()) -> None:
        texts = {one.decode("latin-1") if isinstance(one, bytes) else one for one in secrets}
        spellings = texts | {quote(text, safe="") for text in texts}
        known = sorted((one for one in spellings if len(one) >= SHORTEST_SECRET), key=len)
        self._known = re.compile("|".join(map(re.escape, reversed(known)))) if known else None

    def __call__(
        self, _logger: WrappedLogger, _method: str, fields: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Return the fields with everything masked, and exceptions as masked text."""
        _spell_out_exceptions(fields)
        return {self.text(name): self._field(name, value, 0) for name, value in fields.items()}

    def text(self, text: str) -> str:
        """Return a text with everything masked."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        text = _USER_INFO.sub(_mask_user_info, text)
        text = _AUTHORIZATION.sub(rf"\1 {MASK}", text)
        text = _NAMED_VALUE.sub(rf"\g<name>{MASK}", text)
        return _FIGURES.sub(_mask_figures, text)

    def _field(self, name: object, value: object, depth: int) -> object:
        if isinstance(name, str) and _SENSITIVE_FIELD.search(name) and value is not None:
            return MASK
        return self._value(value, depth)

    def _value(self, value: object, depth: int) -> object:  # noqa: PLR0911 - one kind a line
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Enum):
            return self._value(value.value, depth)
        if isinstance(value, (int, float)):
            return MASK if abs(value) >= 10**_MOST_PLAIN_DIGITS else value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, PhoneNumber):
            return value.masked
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._raw(bytes(value))
        if depth >= MAX_DEPTH:
            return "..."
        if isinstance(value, Mapping):
            items = value.items()
            return {
                self._value(key, depth + 1): self._field(key, one, depth + 1) for key, one in items
            }
        if isinstance(value, (list, tuple, AbstractSet)):
            return [self._value(one, depth + 1) for one in value]
        return self.text(_show(value))

    def _raw(self, raw: bytes) -> str:
        """Return readable bytes as masked text, others as their length only."""
        if raw.isascii() and (text := raw.decode()).isprintable():
            return self.text(text)
        return f"<{len(raw)} bytes>"


def _spell_out_exceptions(fields: MutableMapping[str, Any]) -> None:
    """Turn what later steps would format themselves, unmasked, into text now."""
    found = fields.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    if isinstance(found, BaseException):
        found = (type(found), found, found.__traceback__)
    match found:
        case (type() as kind, BaseException() as error, TracebackType() | None as where):
            fields["exception"] = "".join(traceback.format_exception(kind, error, where)).rstrip()


def _show(value: object) -> str:
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - whatever a foreign object's repr does, logging goes on
        return f"<{type(value).__name__}>"


def _mask_user_info(found: re.Match[str]) -> str:
    user, colon, _ = found["user"].partition(":")
    return f"{found['scheme']}{user if colon else ''}{colon}{MASK}@"


def _mask_figures(found: re.Match[str]) -> str:
    if found["plain"]:
        return found[0]
    number = found["number"]
    return mask_e164(number) if number and _E164.fullmatch(number) else MASK

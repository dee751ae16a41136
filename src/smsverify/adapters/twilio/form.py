"""Reading the form of a webhook, which anybody can send."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

_KIND: Final = "application/x-www-form-urlencoded"
_CHARSET: Final = re.compile(r"""\s*charset\s*=\s*"?utf-8"?\s*""", re.IGNORECASE)
_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@attrs.frozen
class FormLimits:
    """
    How large a form may be.

    Attributes:
        octets: of the body. Twilio's largest, an inbound message with ten attachments and add-ons,
            is far below.
        fields: names in it.
    """

    octets: int = 64 * 1024
    fields: int = 100


LIMITS: Final = FormLimits()


def parse_form(
    body: bytes, content_type: str | None, limits: FormLimits = LIMITS
) -> Mapping[str, str] | None:
    """
    Return the fields of a form by name; None when it is not a form that we take.

    Refused: another content type or charset, a body or a count above the limits, a name twice or
    empty, broken escapes, and what is not UTF-8. Names that we do not know are fine. Spaces and
    line breaks stay as they are: the signature is over them.
    """
    if len(body) > limits.octets or not _is_form(content_type):
        return None
    if not body:
        return {}
    pairs = body.split(b"&")
    if len(pairs) > limits.fields:
        return None
    fields: dict[str, str] = {}
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        key, text = _decode(name), _decode(value)
        if not key or text is None or key in fields:
            return None
        fields[key] = text
    return fields


def _is_form(content_type: str | None) -> bool:
    kind, *parameters = (content_type or "").split(";")
    if kind.strip().lower() != _KIND:
        return False
    return all(_CHARSET.fullmatch(one) for one in parameters if one.strip())


def _decode(text: bytes) -> str | None:
    if _BROKEN_ESCAPE.search(text):
        return None
    try:
        return unquote_to_bytes(text.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        return None

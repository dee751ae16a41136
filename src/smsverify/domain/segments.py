"""
How many segments a text is billed as.

An SMS carries 140 octets. Text of the GSM 7-bit alphabet packs 160 characters into them, any other
text is sent as UCS-2, 70 units of 16 bits. A longer text is cut into segments which each give 6
octets to a header that numbers them: 153 and 67 remain (3GPP TS 23.038, 6.2.1 and 6.2.3; 3GPP TS
23.040, 9.2.3.24.1; Twilio counts the same: https://www.twilio.com/docs/glossary/what-sms-character-limit).
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable

GSM_7_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet, without its escape character (3GPP TS 23.038, 6.2.1)."""

GSM_7_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
"""Sent as an escape and a character, so they count twice (3GPP TS 23.038, 6.2.1.1)."""

GSM_7: Final = GSM_7_BASIC | GSM_7_EXTENSION

_LAST_SINGLE_UNIT: Final = 0xFFFF


class Encoding(enum.StrEnum):
    """How a text travels."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


SINGLE: Final = {Encoding.GSM_7: 160, Encoding.UCS_2: 70}
"""Units that fit a message of one segment."""

CONCATENATED: Final = {Encoding.GSM_7: 153, Encoding.UCS_2: 67}
"""Units that fit each segment of a longer one."""


@attrs.frozen
class SegmentCount:
    """
    What a text weighs.

    Attributes:
        encoding: one character outside GSM-7 turns the whole text to UCS-2.
        units: septets in GSM-7, UTF-16 code units in UCS-2.
        segments: what is billed; at least 1.
    """

    encoding: Encoding
    units: int
    segments: int


def count_segments(text: str) -> SegmentCount:
    """
    Count the segments of a text as it is handed to the provider.

    A pair (escape and character in GSM-7, surrogates in UCS-2) is never cut in two: one that does
    not fit the rest of a segment begins the next.
    """
    if GSM_7_BASIC.issuperset(text):
        return _count(Encoding.GSM_7, len(text), None)
    if GSM_7.issuperset(text):
        widths = [2 if character in GSM_7_EXTENSION else 1 for character in text]
        return _count(Encoding.GSM_7, sum(widths), widths)
    widths = [2 if ord(character) > _LAST_SINGLE_UNIT else 1 for character in text]
    return _count(Encoding.UCS_2, sum(widths), widths)


def _count(encoding: Encoding, units: int, widths: Iterable[int] | None) -> SegmentCount:
    if units <= SINGLE[encoding]:
        return SegmentCount(encoding, units, 1)
    room = CONCATENATED[encoding]
    segments = -(-units // room) if widths is None else _pack(widths, room)
    return SegmentCount(encoding, units, segments)


def _pack(widths: Iterable[int], room: int) -> int:
    """Count the segments when characters of one or two units are filled in, in order."""
    segments, used = 1, 0
    for width in widths:
        if used + width > room:
            segments, used = segments + 1, 0
        used += width
    return segments

"""Counting segments: known vectors, and an oracle that cuts the text in every way there is."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsverify.domain.segments import (
    CONCATENATED,
    GSM_7,
    GSM_7_BASIC,
    GSM_7_EXTENSION,
    SINGLE,
    Encoding,
    SegmentCount,
    count_segments,
)

# 3GPP TS 23.038, 6.2.1: the default alphabet by position, 0x00 to 0x7F, as code points; position
# 0x1B is the escape. Written apart from the code under test.
DEFAULT_ALPHABET = [
    *(
        0x40,
        0xA3,
        0x24,
        0xA5,
        0xE8,
        0xE9,
        0xF9,
        0xEC,
        0xF2,
        0xC7,
        0x0A,
        0xD8,
        0xF8,
        0x0D,
        0xC5,
        0xE5,
    ),
    *(0x394, 0x5F, 0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, 0x3A3, 0x398, 0x39E, 0x1B),
    *(0xC6, 0xE6, 0xDF, 0xC9),
    *(0x20, 0x21, 0x22, 0x23, 0xA4, *range(0x25, 0x40)),
    *(0xA1, *range(0x41, 0x5B), 0xC4, 0xD6, 0xD1, 0xDC, 0xA7),
    *(0xBF, *range(0x61, 0x7B), 0xE4, 0xF6, 0xF1, 0xFC, 0xE0),
]
# The same, 6.2.1.1: form feed, brackets, and the euro sign.
EXTENSION_TABLE = [0x0C, 0x5E, 0x7B, 0x7D, 0x5C, 0x5B, 0x7E, 0x5D, 0x7C, 0x20AC]


def runs(alphabet: str) -> st.SearchStrategy[str]:
    """Draw texts of runs of a character, long enough to fill several segments."""
    run = st.tuples(st.sampled_from(alphabet), st.integers(1, 160))
    return st.lists(run, max_size=6).map(lambda pairs: "".join(c * n for c, n in pairs))


gsm_text = runs("aé€[") | st.text(st.sampled_from(sorted(GSM_7)), max_size=200)
mixed_text = runs("aé€[😀漢")
any_text = st.text(st.characters(exclude_categories=()), max_size=80)


def test_the_alphabets_are_those_of_the_standard() -> None:
    """127 characters and an escape; ten more by way of the escape."""
    assert len(DEFAULT_ALPHABET) == 128
    assert {chr(point) for point in DEFAULT_ALPHABET if point != 0x1B} == GSM_7_BASIC
    assert {chr(point) for point in EXTENSION_TABLE} == GSM_7_EXTENSION


@pytest.mark.parametrize("letter", ["`", "ç", "á", "í", "ó", "ú", "ã", "’", "–", "\t", "\x1b"])
def test_look_alikes_are_outside_the_alphabet(letter: str) -> None:
    """The usual suspects that treble a bill: accents, curly quotes, dashes, tabs."""
    assert count_segments(letter).encoding is Encoding.UCS_2


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", Encoding.GSM_7, 0, 1),
        ("a", Encoding.GSM_7, 1, 1),
        ("a" * 160, Encoding.GSM_7, 160, 1),
        ("a" * 161, Encoding.GSM_7, 161, 2),
        ("a" * 306, Encoding.GSM_7, 306, 2),
        ("a" * 307, Encoding.GSM_7, 307, 3),
        ("a" * 1600, Encoding.GSM_7, 1600, 11),
        ("é" * 160, Encoding.GSM_7, 160, 1),
        ("é" * 161, Encoding.GSM_7, 161, 2),
        ("€", Encoding.GSM_7, 2, 1),
        ("€" * 80, Encoding.GSM_7, 160, 1),
        ("{" + "a" * 158, Encoding.GSM_7, 160, 1),
        ("{" + "a" * 159, Encoding.GSM_7, 161, 2),
        # 152 + an escaped pair: the pair goes to the second segment, which then overflows.
        ("a" * 152 + "€" + "a" * 151, Encoding.GSM_7, 305, 2),
        ("a" * 152 + "€" + "a" * 152, Encoding.GSM_7, 306, 3),
        ("€" * 153, Encoding.GSM_7, 306, 3),
        ("ó", Encoding.UCS_2, 1, 1),
        ("ó" * 70, Encoding.UCS_2, 70, 1),
        ("ó" * 71, Encoding.UCS_2, 71, 2),
        ("ó" * 134, Encoding.UCS_2, 134, 2),
        ("ó" * 135, Encoding.UCS_2, 135, 3),
        ("a" * 69 + "ó", Encoding.UCS_2, 70, 1),
        ("a" * 70 + "ó", Encoding.UCS_2, 71, 2),
        ("[" * 69 + "ó", Encoding.UCS_2, 70, 1),
        ("😀" + "2" * 68, Encoding.UCS_2, 70, 1),
        ("😀" + "2" * 69, Encoding.UCS_2, 71, 2),
        # 66 + a surrogate pair: the pair goes to the second segment, which then overflows.
        ("ó" * 66 + "😀" + "ó" * 65, Encoding.UCS_2, 133, 2),
        ("ó" * 66 + "😀" + "ó" * 66, Encoding.UCS_2, 134, 3),
        ("😀" * 67, Encoding.UCS_2, 134, 3),
        # The last character of one unit, and the first of two.
        ("\uffff" * 70, Encoding.UCS_2, 70, 1),
        ("\U00010000" * 35, Encoding.UCS_2, 70, 1),
        ("\U00010000" * 36, Encoding.UCS_2, 72, 2),
    ],
)
def test_known_vectors(text: str, encoding: Encoding, units: int, segments: int) -> None:
    """The bounds of one, two and three segments, with and without pairs at the seams."""
    assert SegmentCount(encoding, units, segments) == count_segments(text)


def atoms(text: str) -> tuple[Encoding, list[int]]:
    """Encode a text and give the width of each character that must stay whole."""
    if all(ord(character) in {*DEFAULT_ALPHABET, *EXTENSION_TABLE} - {0x1B} for character in text):
        return Encoding.GSM_7, [1 + (ord(character) in EXTENSION_TABLE) for character in text]
    encoded = [character.encode("utf-16-le", "surrogatepass") for character in text]
    return Encoding.UCS_2, [len(octets) // 2 for octets in encoded]


def fewest_segments(widths: list[int], room: int) -> int:
    """Find the fewest segments by trying every place for every cut."""
    best = [0]
    for end in range(1, len(widths) + 1):
        start, used, fewest = end, 0, len(widths)
        while start > 0 and used + widths[start - 1] <= room:
            start -= 1
            used += widths[start]
            fewest = min(fewest, best[start])
        best.append(fewest + 1)
    return best[-1]


@given(gsm_text | mixed_text | any_text)
@example("€" * 153)
@example("😀" * 67)
def test_the_count_equals_the_oracle(text: str) -> None:
    """Encoding, units and segments are those of the cheapest cut that splits no pair."""
    encoding, widths = atoms(text)
    units = sum(widths)
    segments = 1 if units <= SINGLE[encoding] else fewest_segments(widths, CONCATENATED[encoding])
    assert count_segments(text) == SegmentCount(encoding, units, segments)


@given(mixed_text | any_text, mixed_text)
def test_more_text_never_costs_less_in_the_same_encoding(text: str, more: str) -> None:
    """Appending adds units and never takes a segment away."""
    short, long = count_segments(text), count_segments(text + more)
    if short.encoding is long.encoding:
        assert long.units >= short.units
        assert long.segments >= short.segments

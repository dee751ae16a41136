"""Settings of one value: which forms are taken, and which are not."""

from __future__ import annotations

import enum
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.settings import scalars
from smsverify.settings.kind import Kind, Secret, Unfit


class Fruit(enum.StrEnum):
    """A choice for the tests."""

    APPLE = "apple"
    PEAR = "Pear"


def refused(kind: Kind, value: object) -> str:
    """Return what is said against a value; it must be refused."""
    with pytest.raises(Unfit) as caught:
        kind.parse(value)
    return str(caught.value)


@pytest.mark.parametrize("text", ["true", "tRUE", " YES ", "on", "1", True], ids=repr)
def test_what_switches_on(text: object) -> None:
    """The usual words for yes, in any case, mean true."""
    assert scalars.switch().parse(text) is True


@pytest.mark.parametrize("text", ["false", "FALSE", "no", "Off", "0", False], ids=repr)
def test_what_switches_off(text: object) -> None:
    """The usual words for no, in any case, mean false."""
    assert scalars.switch().parse(text) is False


@pytest.mark.parametrize("value", ["maybe", "2", 1, 0, None, "tru", "truefalse"], ids=repr)
def test_a_switch_takes_nothing_else(value: object) -> None:
    """A number is no switch, and a typing mistake switches nothing."""
    refused(scalars.switch(), value)


@pytest.mark.parametrize(
    ("value", "number"), [("3", 3), (" 7 ", 7), ("007", 7), (3, 3), (7, 7)], ids=repr
)
def test_whole_numbers(value: object, number: int) -> None:
    """Both ends belong to the range, and text counts as its number."""
    assert scalars.whole_number(3, 7).parse(value) == number


@pytest.mark.parametrize(
    "value",
    [2, 8, "2", "8", True, 5.0, "5.0", "+5", "-5", "0x5", "1_0", "٥", "5a", "9" * 13, None, [5]],
    ids=repr,
)
def test_what_is_no_whole_number_in_range(value: object) -> None:
    """Signs, fractions, underscores, other scripts' digits and truth values are refused."""
    refused(scalars.whole_number(3, 7), value)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("50", "50"),
        ("12.50", "12.5"),
        ("0.000001", "0.000001"),
        ("0", "0"),
        ("100", "100"),
        (7, "7"),
        (0.5, "0.5"),
        (0.1, "0.1"),
        (-0.0, "0"),
        (Decimal("1e1"), "10"),
        (Decimal("-0"), "0"),
    ],
    ids=repr,
)
def test_amounts_are_exact(value: object, amount: str) -> None:
    """An amount is the decimal number that was written, a float what it prints as."""
    parsed = scalars.dollars(100).parse(value)
    assert isinstance(parsed, Decimal)
    assert parsed == Decimal(amount)
    assert not parsed.is_signed()


@pytest.mark.parametrize(
    "value",
    [
        *("-1", "100.01", "0.0000001", "1e3", "NaN", "Infinity", "$5", "5,50", "5.", ".5", "1_0"),
        *(-1, 101, True, None, b"5", [5], "٥"),
        *(float("nan"), float("inf"), 0.1 + 0.2, 1e-7, -0.5),
        *(Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1e999999")),
        Decimal("1e-7"),
    ],
    ids=repr,
)
def test_what_is_no_amount(value: object) -> None:
    """Too much, too little, too fine and too strange are refused."""
    refused(scalars.dollars(100), value)


@given(st.decimals(min_value=0, max_value=1_000_000, places=6))
def test_every_amount_in_millionths_is_kept_exactly(amount: Decimal) -> None:
    """No amount changes between text, Decimal and setting."""
    kind = scalars.dollars(1_000_000)
    assert kind.parse(f"{amount:f}") == kind.parse(amount) == amount


def test_a_choice_is_taken_in_any_case() -> None:
    """A word or the member itself, whatever its case, gives the member."""
    kind = scalars.choice(Fruit)
    assert [kind.parse(value) for value in ("APPLE", "pear", Fruit.PEAR)] == [
        Fruit.APPLE,
        Fruit.PEAR,
        Fruit.PEAR,
    ]
    assert kind.expected == "one of apple, Pear"


@pytest.mark.parametrize("value", ["plum", "app", 1, None], ids=repr)
def test_a_choice_takes_no_other_word(value: object) -> None:
    """What is not on the list is refused."""
    refused(scalars.choice(Fruit), value)


def test_a_pattern_matches_the_whole_text() -> None:
    """Neither a beginning nor another script's digit is enough."""
    kind = scalars.matching(r"\d{3}", "three digits")
    assert kind.parse(" 123 ") == "123"
    for value in ("1234", "12", "123\n4", "١٢٣", 123):
        refused(kind, value)


def test_a_rule_of_the_domain_decides_and_gives_the_form() -> None:
    """The rule's answer is the value; its sentence is passed on only where asked for."""

    def shout(text: object) -> str:
        if text == "no":
            raise ValueError("Say yes instead.")
        return str(text).upper()

    assert scalars.checked(shout, "a word").parse(" yes ") == "YES"
    assert refused(scalars.checked(shout, "a word"), "no") == ""
    assert refused(scalars.checked(shout, "a word", explain=True), "no") == "say yes instead"


def test_a_secret_is_long_enough_and_hidden() -> None:
    """The shortest length counts, and the value comes back hidden."""
    kind = scalars.secret(shortest=4)
    assert isinstance(kind.parse("abcd"), Secret)
    for value in ("abc", "   a   ", "ab\tcd", "abc\u202ed", 1234):
        refused(kind, value)


def test_a_secret_may_have_a_form() -> None:
    """With a pattern, the whole text has to match it."""
    kind = scalars.secret(pattern="[0-9a-f]{4}", expected="4 hex digits")
    assert kind.parse("00ff") == "00ff"
    assert kind.expected == "4 hex digits"
    refused(kind, "00ff0")
    refused(kind, "00fg")


def test_a_path_is_taken_as_text_or_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path stays what it is, and ~ is the home directory."""
    monkeypatch.setenv("HOME", "/home/somebody")
    kind = scalars.file_path()
    assert kind.parse("/a/b") == Path("/a/b")
    assert kind.parse(Path("a")) == Path("a")
    assert kind.parse("~/x.db") == Path("/home/somebody/x.db")


@pytest.mark.parametrize("value", [1, None, b"/a", "a\0b", " ", "~nobody-of-this-name/x"], ids=repr)
def test_what_is_no_path(value: object) -> None:
    """Other types, NUL and unknown home directories are refused."""
    refused(scalars.file_path(), value)

"""Settings of several values."""

from __future__ import annotations

from decimal import Decimal

import pytest

from smsverify.domain.phone import LineType
from smsverify.settings import lists
from smsverify.settings.kind import Kind, Unfit

LONG = "k" * 32
OTHER = "j" * 40


def refused(kind: Kind, *values: object) -> None:
    """All of these values must be refused."""
    for value in values:
        with pytest.raises(Unfit):
            kind.parse(value)


def test_a_country_is_its_iso_code() -> None:
    """Two letters in any case, of a country that there is."""
    assert lists.country().parse(" gb ") == "GB"
    refused(lists.country(), "UK", "GBR", "XX", "001", "*", "ß", 44, None)


@pytest.mark.parametrize(
    "value", ["us, GB", "US,GB,", ["US", "gb"], ("GB", "US", "US"), {"US", "GB"}]
)
def test_countries_are_a_set(value: object) -> None:
    """Order, case, spaces and repetition make no difference."""
    assert lists.countries(star=True).parse(value) == frozenset({"US", "GB"})


@pytest.mark.parametrize("value", ["*", " * ", ["*"], frozenset({"*"})])
def test_a_star_alone_is_all_countries(value: object) -> None:
    """The star is kept, so that all countries differ from none named."""
    assert lists.countries(star=True).parse(value) == lists.ALL_COUNTRIES


def test_what_is_no_list_of_countries() -> None:
    """A star among others, or where none is allowed, and an empty allow-list are refused."""
    refused(lists.countries(star=True), "*,US", "US;GB", ",", [], [1], {"US": 1}, 5, b"US", None)
    refused(lists.countries(star=False), "*", "US,XX", ",")
    assert lists.countries(star=False).parse([]) == frozenset()


def test_number_types_are_named_as_the_domain_names_them() -> None:
    """Words in any case, or the members themselves."""
    kind = lists.number_types()
    both = frozenset({LineType.MOBILE, LineType.VOIP})
    assert kind.parse("Mobile, voip") == both
    assert kind.parse(both) == both
    refused(kind, "cell", "mobile,cell", ",", [], None)


def test_phone_numbers_are_kept_in_their_canonical_form() -> None:
    """However a number is written, it is kept once, and the order stays."""
    kind = lists.phone_numbers()
    assert kind.parse("+1 (720) 555-0101, +17205550100,+1-720-555-0101") == (
        "+17205550101",
        "+17205550100",
    )
    assert kind.parse(["+17205550100"]) == ("+17205550100",)
    assert kind.parse(()) == ()
    refused(kind, "7205550100", "+1720555", "+17205550100;+17205550101", ",", [17205550100], None)


def test_one_phone_number() -> None:
    """One number only, in its canonical form."""
    assert lists.phone_number().parse("+1 720 555 0100") == "+17205550100"
    refused(lists.phone_number(), "+17205550100,+17205550101", "720", 17205550100)


def test_purposes_are_one_to_eight_names() -> None:
    """The order stays, a repetition counts once, and a ninth is one too many."""
    kind = lists.purposes()
    assert kind.parse("login, reset,login") == ("login", "reset")
    assert kind.parse([f"p{number}" for number in range(8)])[-1] == "p7"
    assert kind.parse("a" * 32) == ("a" * 32,)
    refused(
        kind, [f"p{number}" for number in range(9)], [], "a" * 33, "Login", "log in", "é", "a:b"
    )
    refused(kind, "a\nb", ",", 1, None)


def test_code_secrets_are_long_and_hidden() -> None:
    """Each has at least 32 characters; the order says which one is used."""
    kind = lists.code_secrets()
    assert kind.parse(f"{LONG}, {OTHER}") == (LONG, OTHER)
    assert kind.parse([OTHER]) == (OTHER,)
    assert LONG not in repr(kind.parse(LONG))
    assert kind.parse(()) == ()
    refused(kind, LONG[1:], f"{LONG},short", f"{LONG}\u202e", ",", None, 5)


def test_a_dollar_table_names_each_country_once() -> None:
    """Text or mapping, with amounts of any form that is exact."""
    kind = lists.dollar_table(highest=100, zero=True)
    assert kind.parse("gb=10, FR = 0.5 ") == {"GB": Decimal(10), "FR": Decimal("0.5")}
    assert kind.parse({"GB": 10, "FR": "0.5"}) == kind.parse("GB=10,FR=0.5")
    assert kind.parse({}) == {}
    refused(kind, "GB=1,gb=2", "GB", "GB=", "=5", "XX=1", "GB=-1", "GB=101", "GB=1=2", "GB:1", ",")
    refused(kind, {"GB": None}, {5: 1}, ["GB=1"], None)


def test_a_price_of_nothing_is_no_price() -> None:
    """Where 0 would make sends free of charge it is refused."""
    assert lists.dollar_table(highest=1, zero=True).parse("US=0") == {"US": Decimal(0)}
    refused(lists.dollar_table(highest=1, zero=False), "US=0", "US=0.0")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (lists.countries(star=True), "US,GB"),
        (lists.countries(star=True), "*"),
        (lists.number_types(), "voip"),
        (lists.phone_numbers(), "+17205550100"),
        (lists.purposes(), "a,b"),
        (lists.code_secrets(), LONG),
        (lists.dollar_table(highest=9, zero=True), "US=1,GB=2"),
    ],
)
def test_reading_what_was_read_changes_nothing(kind: Kind, value: str) -> None:
    """A value in its natural type goes through as it is."""
    once = kind.parse(value)
    assert kind.parse(once) == once

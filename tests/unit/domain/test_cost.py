"""Money is whole, rounded against us, and an unknown country is the dearest."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain.cost import MICRO, Tariff, country_ceiling, dollars, micros
from smsverify.domain.policy import STANDARD

countries = st.sampled_from(["US", "GB", "DE", "FR", "AQ"])
tables = st.dictionaries(countries, st.integers(0, 10**7), min_size=1)
amounts = st.decimals(0, 10_000, places=9)


@given(amounts)
def test_prices_are_rounded_up(amount: Decimal) -> None:
    """A price is never taken for less, and for less than a micro-dollar more."""
    whole = micros(amount)

    assert type(whole) is int
    assert 0 <= whole - amount * MICRO < 1


@given(st.integers(0, 10**12))
def test_dollars_are_for_showing(amount: int) -> None:
    """What is shown is the amount to the last micro-dollar."""
    assert micros(Decimal(str(dollars(amount)))) == amount
    assert type(dollars(amount)) is float


def test_price_of_the_documentation() -> None:
    """0.0083 dollars are 8,300 micro-dollars."""
    assert micros(Decimal("0.0083")) == 8_300
    assert dollars(8_300) == 0.0083


@given(tables, countries)
def test_unknown_country_gets_the_highest_price(table: dict[str, int], country: str) -> None:
    """A known country has its price, any other the highest of the table."""
    price = Tariff(table).price(country)

    assert price == (table[country] if country in table else max(table.values()))
    assert Tariff(table).highest == max(table.values())


@given(tables, tables, countries, st.integers(1, 10))
def test_better_prices_go_first(
    table: dict[str, int], better: dict[str, int], country: str, segments: int
) -> None:
    """Better prices replace those of the table; an estimate is price times segments."""
    both = Tariff(table).with_prices(better)

    assert both == Tariff({**table, **better})
    assert both.estimate(country, segments) == both.price(country) * segments
    if country in better:
        assert both.price(country) == better[country]


def test_no_better_prices_change_nothing() -> None:
    """Without better prices the tariff is the same object."""
    tariff = Tariff({"US": 1})

    assert tariff.with_prices({}) is tariff


def test_empty_tariff_is_a_mistake() -> None:
    """A table without a price has no highest one, so it can't be built."""
    with pytest.raises(ValueError, match="empty"):
        Tariff({})


@pytest.mark.parametrize(
    ("country", "home", "ceiling"),
    [
        ("US", {"US"}, None),
        ("FR", {"US"}, 5_000_000),
        ("US", set(), 5_000_000),
        ("GB", {"US"}, 7_000_000),
        ("GB", {"US", "GB"}, 7_000_000),
    ],
)
def test_foreign_country_has_a_ceiling(country: str, home: set[str], ceiling: int | None) -> None:
    """Abroad a tenth of the day's money, at home all of it, and what the operator says first."""
    policy = attrs.evolve(STANDARD, country_ceilings={"GB": 7_000_000})

    assert ceiling == country_ceiling(policy, country, frozenset(home))


def test_share_of_an_odd_ceiling_is_rounded_down() -> None:
    """A tenth is never more than a tenth."""
    policy = attrs.evolve(STANDARD, daily_ceiling=19)

    assert country_ceiling(policy, "FR", frozenset()) == 1

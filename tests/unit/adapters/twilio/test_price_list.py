"""Reading prices as Twilio writes them, and everything that is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.adapters.twilio.price_list import dearest_price, read_amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("-0.00830", 8_300),
        ("0.0083", 8_300),
        ("0.0000001", 1),
        ("0.00000149", 2),
        ("100", 100_000_000),
    ],
)
def test_amounts(text: str, amount: int) -> None:
    """Dollars become micro-dollars, rounded up, whatever the sign."""
    assert read_amount(text, "USD") == amount
    assert read_amount(text, "usd") == amount


@pytest.mark.parametrize("text", ["", "0", "-0.000", "free", "NaN", "Infinity", "100.01", None, 1])
def test_no_amounts(text: object) -> None:
    """Nothing, nought and nonsense are no price: the next best one counts then."""
    assert read_amount(text, "USD") is None


@pytest.mark.parametrize("currency", ["EUR", "", None])
def test_other_currencies(currency: object) -> None:
    """What is not in dollars is not known here."""
    assert read_amount("0.0083", currency) is None


def priced(*prices: dict[str, Any]) -> dict[str, Any]:
    """Return a carrier with its prices."""
    return {"carrier": "C", "mcc": "310", "mnc": "1", "prices": list(prices)}


def test_the_dearest_counts() -> None:
    """Of all carriers and kinds of sender the highest present price counts."""
    outbound = [
        priced({"base_price": "0.05", "current_price": "0.0079", "number_type": "local"}),
        priced(
            {"base_price": "0.05", "current_price": "0.0083", "number_type": "mobile"},
            {"base_price": "0.05", "current_price": "0.0081", "number_type": "shortcode"},
        ),
    ]
    assert dearest_price(outbound, "USD") == 8_300


def test_without_a_present_price_the_list_price_counts() -> None:
    """A price without its present value is not taken for nothing."""
    outbound = [priced({"base_price": "0.05", "current_price": None}), priced({})]
    assert dearest_price(outbound, "USD") == 50_000


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["prices", "current_price", "base_price"]), inner, max_size=3
        )
    ),
    max_leaves=10,
)


@given(outbound=ANYTHING)
def test_nothing_in_its_place_raises(outbound: object) -> None:
    """Whatever stands where prices are expected, there is a price above zero or none."""
    price = dearest_price(outbound, "USD")
    assert price is None or price > 0

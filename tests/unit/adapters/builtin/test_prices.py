"""Estimates that err upwards, under the operator's own prices."""

from __future__ import annotations

import phonenumbers
import pytest

from smsverify.adapters.builtin.prices import ESTIMATES, BuiltinPrices


async def test_own_price_goes_first() -> None:
    """What the operator says replaces the estimate, up or down, and leaves the others alone."""
    own = {"US": 8_300, "GB": 60_000, "AQ": 2_000_000}
    tariff = await BuiltinPrices(own).tariff("US")

    assert {country: tariff.price(country) for country in own} == own
    assert tariff.price("DE") == ESTIMATES["DE"]


async def test_unknown_country_gets_the_highest_price() -> None:
    """A country that stands nowhere is charged as much as the dearest entry, and no less."""
    tariff = await BuiltinPrices().tariff("AQ")

    assert tariff.price("AQ") == max(ESTIMATES.values()) == 1_000_000


@pytest.mark.parametrize("country", sorted(ESTIMATES))
async def test_no_single_price_lowers_the_highest(country: str) -> None:
    """Whichever country's price an operator lowers, an unknown one stays as dear."""
    if country == "001":
        return
    tariff = await BuiltinPrices({country: 1}).tariff(country)

    assert tariff.price("AQ") == 1_000_000


async def test_highest_rises_with_the_operators_prices() -> None:
    """An operator who pays more for some country makes unknown ones as dear as that."""
    tariff = await BuiltinPrices({"SL": 3_000_000}).tariff("SL")

    assert tariff.price("AQ") == 3_000_000


def test_table_is_sound() -> None:
    """Known country codes only, whole micro-dollars in steps of a tenth of a cent, none free."""
    assert set(ESTIMATES) - phonenumbers.SUPPORTED_REGIONS == {"001"}
    assert len(ESTIMATES) >= 60
    for price in ESTIMATES.values():
        assert type(price) is int
        assert 10_000 <= price <= 1_000_000
        assert price % 1_000 == 0


@pytest.mark.parametrize(
    ("country", "listed"),
    [
        *{"US": 8_300, "CA": 8_300, "GB": 56_000, "DE": 112_000, "FR": 79_800}.items(),
        *{"BR": 59_900, "IN": 83_200, "NG": 386_800, "ID": 441_400, "SL": 784_900}.items(),
    ],
)
def test_estimate_is_not_below_the_price_list(country: str, listed: int) -> None:
    """An estimate is Twilio's listed price of October 2026 rounded up, never down."""
    assert listed <= ESTIMATES[country]


def test_table_can_not_be_changed() -> None:
    """The table is shared by all verifiers of a process, so nobody can write to it."""
    with pytest.raises(TypeError):
        ESTIMATES["US"] = 1  # type: ignore[index]

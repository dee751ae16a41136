"""The check of prices, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.domain.cost import dollars
from smsverify.domain.periods import day_name

if TYPE_CHECKING:
    from smsverify.application.price_check import CountryBill, PriceReport


def describe_prices(report: PriceReport) -> dict[str, object]:
    """Return a report ready for JSON; money in dollars, ``too_low`` names the countries."""
    return {
        "day": day_name(report.day),
        "countries": {country: _country(bill) for country, bill in report.countries.items()},
        "too_low": [country for country, bill in report.countries.items() if bill.too_low],
    }


def _country(bill: CountryBill) -> dict[str, object]:
    return {
        "sends": bill.sends,
        "charged_dollars": dollars(bill.charged),
        "messages": bill.messages,
        "segments": bill.segments,
        "billed_dollars": dollars(bill.billed),
        "waiting_for_price": bill.waiting,
        "price_dollars": dollars(bill.price),
        "dearest_dollars": dollars(bill.dearest),
        "too_low": bill.too_low,
    }

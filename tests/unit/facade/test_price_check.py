"""A price report as plain values."""

from __future__ import annotations

import json

from smsverify.application.price_check import CountryBill, PriceReport
from smsverify.facade.price_check import describe_prices
from smsverify.testing.clock import NOON


def test_a_report_in_dollars() -> None:
    """Money is in dollars, the day by its name, and the prices that are too low by country."""
    low = CountryBill(
        sends=2,
        charged=16_600,
        messages=3,
        segments=4,
        billed=36_000,
        waiting=1,
        price=8_300,
        dearest=9_000,
    )
    fine = CountryBill(messages=1, segments=1, billed=50_000, price=55_000, dearest=50_000)

    told = describe_prices(PriceReport(NOON, {"GB": fine, "US": low}))

    assert json.loads(json.dumps(told)) == told
    assert told == {
        "day": "2050-01-01",
        "countries": {
            "GB": {
                "sends": 0,
                "charged_dollars": 0.0,
                "messages": 1,
                "segments": 1,
                "billed_dollars": 0.05,
                "waiting_for_price": 0,
                "price_dollars": 0.055,
                "dearest_dollars": 0.05,
                "too_low": False,
            },
            "US": {
                "sends": 2,
                "charged_dollars": 0.0166,
                "messages": 3,
                "segments": 4,
                "billed_dollars": 0.036,
                "waiting_for_price": 1,
                "price_dollars": 0.0083,
                "dearest_dollars": 0.009,
                "too_low": True,
            },
        },
        "too_low": ["US"],
    }

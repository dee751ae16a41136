"""Reading prices as Twilio writes them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from smsverify.domain.cost import micros

if TYPE_CHECKING:
    from collections.abc import Iterator

CURRENCY: Final = "USD"
"""The only one that amounts are counted in; what Twilio bills in another is not known here."""
DEAREST: Final = Decimal(100)
"""Dollars; above it a price is taken for nonsense, as in ``SMS_PRICES``."""


def read_amount(text: object, currency: object) -> int | None:
    """
    Return an amount as micro-dollars above zero, None for anything that is none.

    Twilio writes what it charges below zero (``-0.00830``); the sign is dropped.
    """
    if not isinstance(text, str) or str(currency).upper() != CURRENCY:
        return None
    try:
        amount = abs(Decimal(text))
    except InvalidOperation:
        return None
    if not amount.is_finite() or amount > DEAREST:
        return None
    return micros(amount) or None


def dearest_price(outbound: object, currency: object) -> int | None:
    """
    Return the highest price of a country's list, micro-dollars a segment; None for no usable one.

    A country has a price for each carrier and each kind of sender. Which carrier a phone has is not
    known before, so the dearest one counts.

    ``outbound`` is ``outbound_sms_prices`` of
    https://www.twilio.com/docs/messaging/api/pricing#messaging-countries-instance-properties: what
    we pay at present (``current_price``) stands beside the list price (``base_price``).
    """
    amounts = [
        read_amount(price.get("current_price") or price.get("base_price"), currency)
        for price in _prices(outbound)
    ]
    return max((amount for amount in amounts if amount is not None), default=None)


def _prices(outbound: object) -> Iterator[dict[str, Any]]:
    for carrier in outbound if isinstance(outbound, list) else ():
        prices = carrier.get("prices") if isinstance(carrier, dict) else None
        for price in prices if isinstance(prices, list) else ():
            if isinstance(price, dict):
                yield price

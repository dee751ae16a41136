"""
Money: integers of micro-dollars, prices by country, and the ceilings that a send is charged under.

The budget counts estimates, since the provider tells the real price hours later: so an estimate
must rather be too high, and an unknown country costs what the dearest known one does.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from smsverify.domain.policy import Policy

MICRO: Final = 1_000_000
"""Micro-dollars in a dollar."""


def micros(dollars: Decimal) -> int:
    """Return dollars as micro-dollars, rounded up: a price must not be taken for less."""
    return int((dollars * MICRO).to_integral_value(rounding="ROUND_CEILING"))


def dollars(amount: int) -> float:
    """Return micro-dollars as dollars for people and JSON; never to calculate with."""
    return amount / MICRO


@attrs.frozen
class Tariff:
    """
    What one segment costs, by country.

    Attributes:
        prices: ISO country code to micro-dollars; at least one entry.
    """

    prices: Mapping[str, int]
    highest: int = attrs.field(
        init=False,
        default=attrs.Factory(lambda self: max(self.prices.values()), takes_self=True),
    )

    def price(self, country: str) -> int:
        """Return the price of a segment; an unknown country gets the highest in the table."""
        return self.prices.get(country, self.highest)

    def estimate(self, country: str, segments: int) -> int:
        """Return what a message of so many segments is charged."""
        return self.price(country) * segments

    def with_prices(self, better: Mapping[str, int]) -> Tariff:
        """Return this tariff with some prices replaced."""
        return Tariff({**self.prices, **better}) if better else self


def country_ceiling(policy: Policy, country: str, home: frozenset[str]) -> int | None:
    """
    Return what may be charged to a country in a day, or None when only the total bounds it.

    A country outside ``home``, the senders' own, has a tenth of the day's ceiling unless it was
    given one; with a Messaging Service nothing is known of the senders, and ``home`` is empty.
    """
    if country in policy.country_ceilings:
        return policy.country_ceilings[country]
    if country in home:
        return None
    return policy.daily_ceiling // policy.foreign_divisor

"""What a segment costs, by country."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from smsverify.domain.cost import Tariff


class PriceSource(Protocol):
    """Gives estimates; never blocks a send on a price."""

    async def tariff(self, country: str) -> Tariff:
        """
        Return a tariff that has the best price known for ``country``.

        An outage of whatever stands behind it gives older or built-in prices, never an error and
        never a price of zero for a country that nobody knows.
        """
        ...

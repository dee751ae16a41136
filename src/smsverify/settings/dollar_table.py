"""Amounts of dollars by country."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

__all__ = ["DollarTable"]


@attrs.frozen(eq=False)
class DollarTable(Mapping[str, "Decimal"]):
    """
    A mapping from country (ISO 3166 alpha-2) to dollars that can't change, be it hashed or pickled.

    It equals every mapping with the same items.

    Attributes:
        rows: The pairs, each country once.
    """

    rows: tuple[tuple[str, Decimal], ...] = ()

    def __getitem__(self, country: str) -> Decimal:
        for name, amount in self.rows:
            if name == country:
                return amount
        raise KeyError(country)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __hash__(self) -> int:
        return hash(frozenset(self.rows))

    def __str__(self) -> str:
        """Give the form in which settings are written, such as GB=10,FR=5."""
        return ",".join(f"{name}={amount}" for name, amount in self.rows)

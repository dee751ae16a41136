"""What was aimed at, and whether it was reached."""

from __future__ import annotations

import attrs

from benchmarks.spread import Spread


@attrs.frozen
class Goal:
    """
    One goal.

    Attributes:
        name: What is compared.
        wanted: The bound.
        reached: The figure, with its spread.
        at_most: Whether the bound is an upper one.
        unit: What stands behind the figures.
        tasks: With how many rounds at once a profile says where the time goes, if it is missed.
    """

    name: str
    wanted: float
    reached: Spread
    at_most: bool = False
    unit: str = ""
    tasks: int | None = None

    @property
    def met(self) -> bool:
        """Whether the median is on the right side of the bound."""
        median = self.reached.median
        return median <= self.wanted if self.at_most else median >= self.wanted

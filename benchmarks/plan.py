"""How long to measure, how many at once, and whom to tell."""

from __future__ import annotations

from collections.abc import Callable

import attrs

LOADS = (1, 64)
"""How many calls are under way at once: one at a time, and many."""

MANY = LOADS[-1]


@attrs.frozen
class Plan:
    """
    How a measurement goes about it.

    Attributes:
        repeats: How often all sides take their turn; at least three make a spread.
        seconds: How long each turn is.
        phones: How many phones the sections that fill a server put into it.
        say: Told what is going on.
    """

    repeats: int
    seconds: float
    phones: tuple[int, ...]
    say: Callable[[str], None]

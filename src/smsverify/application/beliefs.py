"""
What this process last saw stored: hints that save a round trip.

A decision on a right belief is committed without loading first. A wrong one costs a conflict, which
brings what is stored along, and changes nothing else: the commit compares, byte for byte. So a
belief is never a ground for a verdict that no commit confirms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from typing import Final

REMEMBERED: Final = 4_096
"""
How many keys are kept; then all are forgotten at once. As phones usually are, that takes five
megabytes; it would take fifty if each of them were at its limits for the day.
"""

R = TypeVar("R")


class Belief(Generic[R]):
    """
    What is believed to be stored under a key.

    Attributes:
        data: the bytes, None for nothing.
        record: what they mean, None for nothing.
    """

    __slots__ = ("data", "record")

    def __init__(self, data: bytes | None = None, record: R | None = None) -> None:
        self.data = data
        self.record = record


class Beliefs(Generic[R]):
    """
    Beliefs by key; safe to use from several threads.

    Of a key that was never met, "nothing is stored" is a good guess. Of one that was met and not
    written to, as by whoever attacks it, nothing is believed: the look that a refusal needs comes
    first then, and no decision is made in vain.
    """

    def __init__(self) -> None:
        self._by_key: dict[str, Belief[R] | None] = {}

    def get(self, key: str, *, or_nothing: bool) -> Belief[R] | None:
        """Return the belief, None for none; ``or_nothing`` takes a key never met for empty."""
        if or_nothing and key not in self._by_key:
            return Belief()
        return self._by_key.get(key)

    def set(self, key: str, belief: Belief[R] | None) -> None:
        """Remember what was seen, or that a key was met and nothing is believed of it."""
        if len(self._by_key) >= REMEMBERED and key not in self._by_key:
            self._by_key.clear()
        self._by_key[key] = belief

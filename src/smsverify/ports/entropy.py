"""Randomness that cannot be guessed."""

from __future__ import annotations

from typing import Protocol


class Entropy(Protocol):
    """A source of unpredictable bytes; a forked process never repeats those of its parent."""

    def token(self, size: int) -> bytes:
        """Return ``size`` fresh random bytes."""
        ...

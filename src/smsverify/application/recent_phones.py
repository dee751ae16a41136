"""Which phones this process has met lately: a hint on which round trip can be saved."""

from __future__ import annotations

from typing import Final

REMEMBERED: Final = 20_000
"""How many keys are kept, a few megabytes at most; then all are forgotten at once."""


class RecentPhones:
    """
    Remembers keys of records that are known to exist.

    A send to a number never seen commits against nothing and saves the load; for one met before
    that commit would only bring a conflict. A wrong hint costs a round trip and changes nothing.
    """

    def __init__(self) -> None:
        self._keys: dict[str, None] = {}

    def __contains__(self, key: str) -> bool:
        """Say whether the key was met lately."""
        return key in self._keys

    def add(self, key: str) -> None:
        """Remember a key."""
        if key in self._keys:
            return
        if len(self._keys) >= REMEMBERED:
            self._keys.clear()
        self._keys[key] = None

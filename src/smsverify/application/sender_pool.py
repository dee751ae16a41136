"""The senders as a send sees them: those of the directory, less those that rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from smsverify.domain.senders import Roster

if TYPE_CHECKING:
    from smsverify.ports.senders import SenderDirectory


@attrs.frozen
class Pool:
    """
    A look at the pool.

    Attributes:
        roster: the senders that may be chosen.
        home: the countries of all senders, resting or not.
    """

    roster: Roster
    home: frozenset[str]


class SenderPool(Protocol):
    """Gives the senders that may be chosen now."""

    async def look(self) -> Pool:
        """Return the pool; an outage gives the last look, never an error."""
        ...


class RestlessPool:
    """A pool in which nobody rests: that of the simulation."""

    def __init__(self, directory: SenderDirectory, area_code: str) -> None:
        self._directory = directory
        self._area_code = area_code

    async def look(self) -> Pool:
        """Return all senders of the directory."""
        roster = Roster(await self._directory.senders(), self._area_code)
        return Pool(roster, roster.countries)

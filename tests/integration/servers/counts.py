"""What went through a fault proxy."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs


@attrs.frozen
class Counts:
    """
    The traffic up to one moment; two of them can be subtracted, or added.

    A round trip begins with a command that finds every earlier one of its connection answered:
    ten commands written in one go are ten commands and one round trip. Commands that a fault kept
    from the server count as well, for the client did send them.

    Attributes:
        connections: Connections accepted.
        commands: Whole commands that clients sent, those of the connection's setup included.
        replies: Whole replies that were passed on.
        round_trips: See above.
        bytes_up: Bytes that clients sent.
        bytes_down: Bytes that were passed on to clients.
        by_name: Commands by their name in capitals.
    """

    connections: int = 0
    commands: int = 0
    replies: int = 0
    round_trips: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    by_name: Counter[str] = attrs.field(factory=Counter)

    def __add__(self, other: Counts) -> Counts:
        return self._with(other, operator.add)

    def __sub__(self, earlier: Counts) -> Counts:
        return self._with(earlier, operator.sub)

    def _with(self, other: Counts, combine: Callable[[Any, Any], Any]) -> Counts:
        names = [field.name for field in attrs.fields(Counts)]
        return Counts(
            **{name: combine(getattr(self, name), getattr(other, name)) for name in names}
        )


class Meter:
    """Counts; for the proxy's own thread alone."""

    def __init__(self) -> None:
        self.connections = 0
        self.replies = 0
        self.round_trips = 0
        self.bytes_up = 0
        self.bytes_down = 0
        self.by_name: Counter[str] = Counter()

    def snapshot(self) -> Counts:
        """Give the figures of this moment."""
        return Counts(
            connections=self.connections,
            commands=self.by_name.total(),
            replies=self.replies,
            round_trips=self.round_trips,
            bytes_up=self.bytes_up,
            bytes_down=self.bytes_down,
            by_name=Counter(self.by_name),
        )

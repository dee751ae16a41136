"""Where the sides keep what they know, and what that outlives."""

from __future__ import annotations

import attrs


@attrs.frozen
class Store:
    """
    One kind of store.

    Attributes:
        name: What stands behind a side's name in print.
        durability: What it is, and what it outlives.
    """

    name: str
    durability: str


MEMORY = Store(
    "memory",
    "the server's memory, nothing on disk (save and appendonly off): "
    "outlives a crash of the client, not of the server",
)
SQLITE = Store(
    "SQLite",
    "a file, write-ahead log, synchronous=NORMAL: "
    "outlives a crash of the process, a power cut loses the last commits",
)

"""Hash slots, and what a node of a cluster says of all nodes."""

from __future__ import annotations

import binascii

import attrs

SLOTS = 16_384
"""The number of slots, from the Redis Cluster specification."""


@attrs.frozen
class NodeView:
    """
    One node, as another one (or itself) sees it.

    Attributes:
        node_id: Its name in the cluster.
        port: Where clients reach it.
        flags: Such as `master`, `slave`, `fail?`, `handshake`, `myself`.
        primary_id: Whose replica it is; None for a primary.
        linked: Whether the viewer has a connection to it.
        slots: The ranges that it owns, both ends included.
    """

    node_id: str
    port: int
    flags: frozenset[str]
    primary_id: str | None
    linked: bool
    slots: tuple[tuple[int, int], ...]

    @property
    def sound(self) -> bool:
        """Whether the viewer takes it for a member in good health."""
        healthy = not self.flags & {"fail", "fail?", "handshake", "noaddr"}
        return healthy and (self.linked or "myself" in self.flags)

    def owns(self, slot: int) -> bool:
        """Whether this slot is its own."""
        return any(first <= slot <= last for first, last in self.slots)


def key_slot(key: str | bytes) -> int:
    """Give the slot of a key: of its first non-empty hash tag in braces, else of the whole key."""
    data = key.encode() if isinstance(key, str) else key
    start = data.find(b"{")
    end = data.find(b"}", start + 1)
    if start >= 0 and end > start + 1:
        data = data[start + 1 : end]
    # CRC-16/XMODEM, as the specification has it.
    return binascii.crc_hqx(data, 0) % SLOTS


def parse_nodes(text: str) -> dict[str, NodeView]:
    """Read the answer of CLUSTER NODES; the key is the node's id."""
    views = map(_parse_node, text.splitlines())
    return {view.node_id: view for view in views}


def open_slots(text: str) -> frozenset[int]:
    """Give the slots that the asked node has on the move, in or out."""
    words = (word for line in text.splitlines() for word in line.split()[8:])
    return frozenset(int(word[1:].partition("-")[0]) for word in words if word.startswith("["))


def _parse_node(line: str) -> NodeView:
    node_id, address, flags, primary, _, _, _, link, *ranges = line.split()
    port = address.partition("@")[0].rpartition(":")[2]
    # "[93->-id]" and "[93-<-id]" tell of a slot on the move; it stays its owner's until the end.
    settled = (text.partition("-") for text in ranges if not text.startswith("["))
    return NodeView(
        node_id=node_id,
        port=int(port),
        flags=frozenset(flags.split(",")),
        primary_id=None if primary == "-" else primary,
        linked=link == "connected",
        slots=tuple((int(first), int(last or first)) for first, _, last in settled),
    )

"""Moving one hash slot between two nodes while clients go on, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.servers.asking import HOST
from tests.integration.servers.polling import wait_until

if TYPE_CHECKING:
    from tests.integration.servers.cluster import ClusterTopology
    from tests.integration.servers.process import ServerProcess

_PAGE = 100
_MIGRATE_MS = 5_000


class SlotMove:
    """
    A move under way.

    From its beginning on the target takes the slot's keys in, and the source sends clients on
    (ASK) for every key that it has not or no longer. A test may act between the steps; a key that
    is new meanwhile is made at the target.

    Attributes:
        slot: What moves.
        source: The owner until the end.
        target: The owner from the end on.
    """

    def __init__(
        self, cluster: ClusterTopology, slot: int, source: ServerProcess, target: ServerProcess
    ) -> None:
        """Tell both ends that the move begins."""
        self.slot = slot
        self.source = source
        self.target = target
        self._cluster = cluster
        target.call("CLUSTER", "SETSLOT", slot, "IMPORTING", cluster.id_of(source))
        source.call("CLUSTER", "SETSLOT", slot, "MIGRATING", cluster.id_of(target))

    def keys_left(self, limit: int = _PAGE) -> list[bytes]:
        """Give keys of the slot that are still at the source, at most `limit`."""
        keys = self.source.call("CLUSTER", "GETKEYSINSLOT", self.slot, limit)
        assert isinstance(keys, list)
        return [key for key in keys if isinstance(key, bytes)]

    def migrate(self, limit: int | None = None) -> int:
        """Move keys, all or at most `limit`, and give how many went."""
        moved = 0
        while keys := self.keys_left(_PAGE if limit is None else min(_PAGE, limit - moved)):
            self.migrate_keys(*keys)
            moved += len(keys)
            if moved == limit:
                break
        return moved

    def migrate_keys(self, *keys: str | bytes) -> None:
        """Move just these keys."""
        self.source.call("MIGRATE", HOST, self.target.port, "", 0, _MIGRATE_MS, "KEYS", *keys)

    def finish(self, *, within: float = 10.0) -> None:
        """
        Make the target the owner, and wait until every node knows it.

        Raises:
            resp.ServerRefusal: Keys are still at the source.
        """
        target_id = self._cluster.id_of(self.target)
        others = [
            node
            for node in self._cluster.primaries
            if node is not self.target and node is not self.source
        ]
        for node in (self.target, self.source, *others):
            node.call("CLUSTER", "SETSLOT", self.slot, "NODE", target_id)
        wait_until(self._cluster.why_not_ready, within=within, what="the cluster's agreement")

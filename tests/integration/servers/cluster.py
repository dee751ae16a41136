"""A cluster of three primaries with a replica each, made by its own commands."""

from __future__ import annotations

import itertools
from collections import Counter
from types import TracebackType
from typing import Self

from tests.integration.servers import resp
from tests.integration.servers.asking import HOST
from tests.integration.servers.copying import MARKER, why_not_copied
from tests.integration.servers.data import OPTIONS, Stored, command_counts_of, stored_in
from tests.integration.servers.polling import wait_until
from tests.integration.servers.process import Options, ServerProcess
from tests.integration.servers.slot_move import SlotMove
from tests.integration.servers.slots import SLOTS, NodeView, key_slot, open_slots, parse_nodes

PRIMARIES = 3
_OPTIONS: dict[str, str | int] = {
    "cluster-enabled": "yes",
    "cluster-config-file": "nodes.conf",
    # How long a node may be silent before the others take it for dead. Long enough for a busy
    # machine of two cores, short enough that a failover ends within a few seconds.
    "cluster-node-timeout": 1_500,
    # A replica takes over however long ago it last heard its primary; and stays with its own.
    "cluster-replica-validity-factor": 0,
    "cluster-allow-replica-migration": "no",
}


class ClusterTopology:
    """
    A cluster of six nodes.

    Attributes:
        nodes: All six. Which of them is a primary, and of which slots, may change at any time.
        nodes_by_id: The same by their names in the cluster.
    """

    def __init__(self, *, options: Options | None = None) -> None:
        """
        Start six nodes, join them and wait until all agree.

        Args:
            options: Lines of the nodes' configuration beside the usual ones.
        """
        given = {**OPTIONS, **_OPTIONS, **(options or {})}
        self.nodes = tuple(
            ServerProcess(given, extra_port="cluster-port") for _ in range(2 * PRIMARIES)
        )
        self.nodes_by_id: dict[str, ServerProcess] = {}
        try:
            self._boot()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # ── questions ─────────────────────────────────────────────────────────────────────────────

    @property
    def url(self) -> str:
        """Its address for settings: three nodes of which any tells the rest."""
        return "redis+cluster://" + ",".join(node.address for node in self.nodes[:PRIMARIES])

    @property
    def primaries(self) -> tuple[ServerProcess, ...]:
        """The nodes that own slots now."""
        return tuple(self.nodes_by_id[view.node_id] for view in self._view().values() if view.slots)

    def primary_for(self, key: str | bytes) -> ServerProcess:
        """Give the node that takes the writes to this key now."""
        return self.owner_of(key_slot(key))

    def owner_of(self, slot: int) -> ServerProcess:
        """Give the node that owns this slot now."""
        view = next(view for view in self._view().values() if view.owns(slot))
        return self.nodes_by_id[view.node_id]

    def replica_of(self, primary: ServerProcess) -> ServerProcess:
        """Give the replica of this primary."""
        name = self.id_of(primary)
        view = next(view for view in self._view().values() if view.primary_id == name)
        return self.nodes_by_id[view.node_id]

    def id_of(self, node: ServerProcess) -> str:
        """Give the name of a node in the cluster."""
        return next(name for name, known in self.nodes_by_id.items() if known is node)

    def all_keys_and_values(self) -> Stored:
        """Give all that the primaries store."""
        found: Stored = {}
        for primary in self.primaries:
            found |= stored_in(primary)
        return found

    def command_counts(self) -> Counter[str]:
        """Give how often each command ran on the nodes, replication's own included."""
        return sum((command_counts_of(node) for node in self._up()), Counter())

    # ── acts ──────────────────────────────────────────────────────────────────────────────────

    def flush(self) -> None:
        """Remove all that is stored."""
        for primary in self.primaries:
            primary.call("FLUSHALL")

    def begin_move(self, slot: int, to: ServerProcess) -> SlotMove:
        """Begin to move a slot to another primary; the move's own steps end it."""
        return SlotMove(self, slot, self.owner_of(slot), to)

    def move_slot(self, slot: int, to: ServerProcess) -> None:
        """Move a slot with all its keys to another primary while clients go on, and wait for it."""
        move = self.begin_move(slot, to)
        move.migrate()
        move.finish()

    def wait_for_failover(self, old: ServerProcess, *, within: float = 20.0) -> float:
        """Wait until every living node serves all slots, and `old` owns none of them."""

        def why_not() -> str | None:
            name = self.id_of(old)
            if any(nodes_as_seen_by(node)[name].slots for node in self._up()):
                return "the old primary still owns slots"
            states = {_state(node) for node in self._up()}
            return None if states == {"ok"} else f"the nodes say {states}"

        return wait_until(why_not, within=within, what="the failover")

    def heal(self, *, within: float = 30.0) -> None:
        """Bring everything up again, whatever a test did to it, and wait until it is whole."""
        for node in self.nodes:
            node.resume()
            if not node.running:
                node.launch()
                node.wait_ready()
        wait_until(self.why_not_ready, within=within, what="the cluster's agreement")
        for primary in self.primaries:
            # A test that failed may have left a slot half-way between two nodes.
            for slot in open_slots(_nodes_text(primary)):
                primary.call("CLUSTER", "SETSLOT", slot, "STABLE")
        wait_until(self._why_not_copied, within=within, what="the replicas' copies")

    def why_not_ready(self) -> str | None:
        """Say what is missing for every slot to be served with a replica; None when all is well."""
        try:
            views = [nodes_as_seen_by(node) for node in self.nodes]
            for node, view in zip(self.nodes, views, strict=True):
                ill = [one.port for one in view.values() if not one.sound]
                if ill or len(view) != len(self.nodes):
                    return f"{node.port} knows {len(view)} nodes and misses {ill}"
            if len({_ownership(view) for view in views}) > 1:
                return "the nodes disagree on who owns what"
            return self._why_not_replicating(views[0])
        except (OSError, resp.ServerRefusal) as error:
            return str(error)

    def stop(self) -> None:
        """End all and remove their folders."""
        for node in self.nodes:
            node.terminate()
        for node in self.nodes:
            node.close()

    # ── inside ────────────────────────────────────────────────────────────────────────────────

    def _boot(self) -> None:
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.wait_ready()
        self.nodes_by_id = {_my_id(node): node for node in self.nodes}
        for index, node in enumerate(self.nodes[:PRIMARIES]):
            first, behind = (SLOTS * step // PRIMARIES for step in (index, index + 1))
            node.call("CLUSTER", "ADDSLOTSRANGE", first, behind - 1)
        for epoch, node in enumerate(self.nodes, start=1):
            node.call("CLUSTER", "SET-CONFIG-EPOCH", epoch)
        # Each is introduced to each: gossip alone would need some rounds.
        for node in self.nodes:
            for other in self.nodes:
                if other is not node:
                    node.call("CLUSTER", "MEET", HOST, other.port, other.extra)
        wait_until(self._why_not_met, within=15, what="the cluster's meeting")
        for primary, replica in zip(self.nodes[:PRIMARIES], self.nodes[PRIMARIES:], strict=True):
            replica.call("CLUSTER", "REPLICATE", self.id_of(primary))
        wait_until(self.why_not_ready, within=15, what="the cluster's agreement")
        wait_until(self._why_not_copied, within=15, what="the replicas' copies")

    def _why_not_met(self) -> str | None:
        for node in self.nodes:
            view = nodes_as_seen_by(node)
            if len(view) != len(self.nodes) or not all(one.sound for one in view.values()):
                return f"{node.port} knows {len(view)} nodes"
        return None

    def _why_not_copied(self) -> str | None:
        owners = [(self.nodes_by_id[name], view) for name, view in self._view().items()]
        reasons = [why_not_copied(node, _marker_of(view)) for node, view in owners if view.slots]
        return next(filter(None, reasons), None)

    def _view(self) -> dict[str, NodeView]:
        """Give what the first living node sees."""
        return nodes_as_seen_by(self._up()[0])

    def _up(self) -> list[ServerProcess]:
        return [node for node in self.nodes if node.running and not node.paused]

    def _why_not_replicating(self, view: dict[str, NodeView]) -> str | None:
        for node in self.nodes:
            if _state(node) != "ok":
                return f"{node.port} says that the cluster is down"
        replicas = [self.nodes_by_id[name] for name, one in view.items() if one.primary_id]
        if len(replicas) != PRIMARIES:
            return f"{len(replicas)} replicas"
        broken = [one.port for one in replicas if _link(one) != "up"]
        return f"replicas without a link: {broken}" if broken else None


def nodes_as_seen_by(node: ServerProcess) -> dict[str, NodeView]:
    """Give the nodes' table as this node has it."""
    return parse_nodes(_nodes_text(node))


def _marker_of(view: NodeView) -> str:
    """Give a key that lies on this primary."""
    names = (f"{MARKER}{number}" for number in itertools.count())
    return next(name for name in names if view.owns(key_slot(name)))


def _nodes_text(node: ServerProcess) -> str:
    text = node.call("CLUSTER", "NODES")
    assert isinstance(text, bytes)
    return text.decode()


def _ownership(view: dict[str, NodeView]) -> frozenset[tuple[object, ...]]:
    return frozenset((one.node_id, one.primary_id, one.slots) for one in view.values())


def _my_id(node: ServerProcess) -> str:
    name = node.call("CLUSTER", "MYID")
    assert isinstance(name, bytes)
    return name.decode()


def _state(node: ServerProcess) -> str:
    text = node.call("CLUSTER", "INFO")
    assert isinstance(text, bytes)
    return text.decode().partition("cluster_state:")[2].partition("\r\n")[0]


def _link(replica: ServerProcess) -> str | None:
    return replica.info("replication").get("master_link_status")

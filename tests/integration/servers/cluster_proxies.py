"""Fault proxies before every node of a cluster."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from tests.integration.servers.asking import HOST
from tests.integration.servers.cluster import ClusterTopology, nodes_as_seen_by
from tests.integration.servers.counts import Counts
from tests.integration.servers.polling import wait_until
from tests.integration.servers.process import ServerProcess
from tests.integration.servers.proxy import FaultProxy


class ClusterProxies:
    """
    Leads all clients of a cluster through proxies, one for each node.

    A cluster tells its clients where its nodes are, so the nodes announce the proxies' ports while
    this lasts. Their own gossip goes on directly; a replica's stream goes through its primary's
    proxy, where it is passed on untouched.
    """

    def __init__(self, cluster: ClusterTopology) -> None:
        """Put the proxies up and wait until every node knows of them."""
        self._cluster = cluster
        self._proxies = {
            name: FaultProxy(HOST, node.port) for name, node in cluster.nodes_by_id.items()
        }
        try:
            self._announce({name: proxy.port for name, proxy in self._proxies.items()})
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The cluster's address for settings, through the proxies."""
        return "redis+cluster://" + ",".join(one.address for one in self._proxies.values())

    @property
    def counts(self) -> Counts:
        """What went through all of them."""
        return sum((proxy.counts for proxy in self._proxies.values()), Counts())

    def before(self, node: ServerProcess) -> FaultProxy:
        """Give the proxy before this node."""
        return self._proxies[self._cluster.id_of(node)]

    def close(self) -> None:
        """Let the nodes announce themselves again, and end the proxies."""
        try:
            self._announce({name: node.port for name, node in self._cluster.nodes_by_id.items()})
        finally:
            for proxy in self._proxies.values():
                proxy.close()

    def _announce(self, ports: dict[str, int]) -> None:
        for name, node in self._cluster.nodes_by_id.items():
            if node.running:
                node.call("CONFIG", "SET", "cluster-announce-bus-port", node.extra)
                node.call("CONFIG", "SET", "cluster-announce-port", ports[name])

        def why_not() -> str | None:
            for node in self._cluster.nodes:
                seen = nodes_as_seen_by(node) if node.running else {}
                old = [view.port for name, view in seen.items() if view.port != ports[name]]
                if old:
                    return f"{node.port} still knows {old}"
            # The news makes the nodes close their links to one another, and open them again.
            whole = all(node.running for node in self._cluster.nodes)
            return self._cluster.why_not_ready() if whole else None

        wait_until(why_not, within=20, what="the news of the nodes' new ports")

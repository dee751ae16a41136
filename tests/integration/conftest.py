"""
Servers for the tests, started when the first test asks and shared by those of one process.

A fixture that ends in `_url` gives the address of a server that is up, whole and empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.servers import (
    ClusterTopology,
    FaultProxy,
    SentinelTopology,
    Single,
    Topology,
)

TOPOLOGIES = {"single": "redis_server", "sentinel": "sentinel", "cluster": "cluster"}


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Single]:
    """One server alone."""
    with Single() as server:
        yield server


@pytest.fixture(scope="session")
def sentinel() -> Iterator[SentinelTopology]:
    """A primary, a replica and three sentinels."""
    with SentinelTopology() as topology:
        yield topology


@pytest.fixture(scope="session")
def cluster() -> Iterator[ClusterTopology]:
    """A cluster of three primaries with a replica each."""
    with ClusterTopology() as topology:
        yield topology


@pytest.fixture
def redis_url(redis_server: Single) -> str:
    """Give the address of the single server, up and empty."""
    return _fresh(redis_server).url


@pytest.fixture
def sentinel_url(sentinel: SentinelTopology) -> str:
    """Give the address of the service under Sentinel, whole and empty."""
    return _fresh(sentinel).url


@pytest.fixture
def cluster_url(cluster: ClusterTopology) -> str:
    """Give the address of the cluster, whole and empty."""
    return _fresh(cluster).url


@pytest.fixture(params=list(TOPOLOGIES))
def topology(request: pytest.FixtureRequest) -> Topology:
    """Give each kind of topology in turn, whole and empty."""
    kind: Topology = request.getfixturevalue(TOPOLOGIES[request.param])
    return _fresh(kind)


@pytest.fixture
def fault_proxy(redis_server: Single, redis_url: str) -> Iterator[FaultProxy]:
    """Give a proxy before the single server, which is up and empty."""
    with FaultProxy("127.0.0.1", redis_server.process.port) as proxy:
        yield proxy


@pytest.fixture
def tls_url(redis_server: Single, redis_url: str, tmp_path: Path) -> Iterator[str]:
    """Give an address of the single server, up and empty, that speaks TLS."""
    from tests.integration.servers.tls import TlsFront

    with TlsFront(redis_server, tmp_path) as front:
        yield front.url


def _fresh(topology: Topology) -> Topology:
    topology.heal()
    topology.flush()
    return topology

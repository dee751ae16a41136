"""
Real servers on loopback, and a proxy that spoils what is said to them.

`Single`, `SentinelTopology` and `ClusterTopology` start Valkey or Redis processes, give their
address in the form that settings take, and end with the test, or with pytest. `FaultProxy` stands
between a client and a server.
"""

from __future__ import annotations

from tests.integration.servers.binary import report_header, server_binary, server_version
from tests.integration.servers.cluster import ClusterTopology
from tests.integration.servers.cluster_proxies import ClusterProxies
from tests.integration.servers.counts import Counts
from tests.integration.servers.faults import Fault, Hold, Matcher, mentioning, named
from tests.integration.servers.polling import wait_until
from tests.integration.servers.process import ServerProcess
from tests.integration.servers.proxy import FaultProxy
from tests.integration.servers.sentinel import SERVICE, SentinelTopology
from tests.integration.servers.single import Single
from tests.integration.servers.slot_move import SlotMove
from tests.integration.servers.slots import SLOTS, key_slot
from tests.integration.servers.topology import FailoverTopology, Topology

__all__ = [
    "SERVICE",
    "SLOTS",
    "ClusterProxies",
    "ClusterTopology",
    "Counts",
    "FailoverTopology",
    "Fault",
    "FaultProxy",
    "Hold",
    "Matcher",
    "SentinelTopology",
    "ServerProcess",
    "Single",
    "SlotMove",
    "Topology",
    "key_slot",
    "mentioning",
    "named",
    "report_header",
    "server_binary",
    "server_version",
    "wait_until",
]

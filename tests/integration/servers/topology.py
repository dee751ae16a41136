"""What a test may ask of any arrangement of servers: single, under Sentinel, Cluster."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from tests.integration.servers.data import Stored
from tests.integration.servers.process import ServerProcess


class Topology(Protocol):
    """One place that stores, made of one or more servers."""

    @property
    def url(self) -> str:
        """Its address for settings."""
        ...

    @property
    def nodes(self) -> tuple[ServerProcess, ...]:
        """All its processes."""
        ...

    def primary_for(self, key: str | bytes) -> ServerProcess:
        """Give the server that takes the writes to this key now."""
        ...

    def flush(self) -> None:
        """Remove all that is stored."""
        ...

    def all_keys_and_values(self) -> Stored:
        """Give all that is stored."""
        ...

    def command_counts(self) -> Counter[str]:
        """Give how often each command ran, the servers' own housekeeping included."""
        ...

    def heal(self) -> None:
        """Bring everything up again, whatever a test did to it."""
        ...

    def stop(self) -> None:
        """End all and remove what they left."""
        ...


class FailoverTopology(Topology, Protocol):
    """A topology in which a replica takes over when its primary dies."""

    def replica_of(self, primary: ServerProcess) -> ServerProcess:
        """Give the replica of this primary."""
        ...

    def wait_for_failover(self, old: ServerProcess, *, within: float = 20.0) -> float:
        """
        Wait until a replica has taken over from `old`, which was killed or paused.

        Returns the monotonic time at which the look began that saw it.

        Raises:
            TimeoutError: It did not, within so many seconds.
        """
        ...

"""Which servers there are, how they are arranged, and who we are to them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from typing import Any


class Topology(enum.StrEnum):
    """How the servers are arranged, and so how the one that takes our writes is found."""

    SINGLE = "single"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


@attrs.frozen
class Address:
    """Where one server listens: a host and a port, or a socket's path with port 0."""

    host: str
    port: int

    def __str__(self) -> str:
        if not self.port:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@attrs.frozen
class Credentials:
    """Who we are to a server; shows nothing."""

    username: str | None = attrs.field(default=None, repr=False)
    password: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Deployment:
    """
    Everything that a ``REDIS_URL`` says.

    Attributes:
        topology: how the servers are arranged.
        addresses: the server; or the sentinels; or some nodes of the cluster.
        service: what the sentinels call the primary and its replicas.
        db: the number of the database.
        tls: whether to speak TLS.
        credentials: for the servers that keep the data.
        sentinel_credentials: for the sentinels.
        tls_options: redis-py's options that begin with ``ssl_``.
    """

    topology: Topology
    addresses: tuple[Address, ...]
    service: str = ""
    db: int = 0
    tls: bool = False
    credentials: Credentials = Credentials()
    sentinel_credentials: Credentials = Credentials()
    tls_options: dict[str, Any] = attrs.field(factory=dict, repr=False)

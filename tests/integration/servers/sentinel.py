"""A primary, a replica and three sentinels that watch over them."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from tests.integration.servers import resp
from tests.integration.servers.asking import HOST, pairs_of
from tests.integration.servers.copying import why_not_copied
from tests.integration.servers.data import OPTIONS, Stored, command_counts_of, stored_in
from tests.integration.servers.polling import wait_until
from tests.integration.servers.process import Options, ServerProcess

SERVICE = "smsverify"
QUORUM = 2
SENTINELS = 3
# The sentinels' own rhythm is made for machine rooms: two seconds between their greetings, ten
# between their looks at the servers. On loopback it can be faster. Pings come twice within the
# time after which a server counts as dead, or a lively one is given up; and not much faster, for a
# replica that was last looked at longer ago than five of them is no candidate in a failover.
_DOWN_AFTER_MS = 1_000
_RHYTHM = ("info-period", 500, "publish-period", 200, "ask-period", 100, "ping-period", 500)
_FAILOVER_MS = 3_000


class SentinelTopology:
    """
    One service under Sentinel.

    Attributes:
        servers: The two data servers; `primary` and `replica` say which is which now.
        sentinels: The three that watch.
    """

    def __init__(self, *, options: Options | None = None) -> None:
        """
        Start all five and wait until each knows the others.

        Args:
            options: Lines of the data servers' configuration beside the usual ones.
        """
        given = {**OPTIONS, **(options or {})}
        self.servers = tuple(ServerProcess(given) for _ in range(2))
        self.sentinels: tuple[ServerProcess, ...] = ()
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
        """Its address for settings."""
        return f"redis+sentinel://{','.join(one.address for one in self.sentinels)}/{SERVICE}"

    @property
    def nodes(self) -> tuple[ServerProcess, ...]:
        """All its processes, the sentinels last."""
        return (*self.servers, *self.sentinels)

    @property
    def primary(self) -> ServerProcess:
        """
        The server that the sentinels call the primary.

        Raises:
            OSError: No sentinel is up.
        """
        named = self._named_primary()
        return next(server for server in self.servers if server.port == named)

    @property
    def replica(self) -> ServerProcess:
        """The other server, running or not."""
        return self.replica_of(self.primary)

    def primary_for(self, key: str | bytes) -> ServerProcess:
        """Give the server that holds this key: the primary."""
        return self.primary

    def replica_of(self, primary: ServerProcess) -> ServerProcess:
        """Give the server beside this one."""
        return next(server for server in self.servers if server is not primary)

    def all_keys_and_values(self) -> Stored:
        """Give all that the primary stores."""
        return stored_in(self.primary)

    def command_counts(self) -> Counter[str]:
        """Give how often each command ran on the data servers, replication's own included."""
        return sum((command_counts_of(server) for server in _up(self.servers)), Counter())

    # ── acts ──────────────────────────────────────────────────────────────────────────────────

    def flush(self) -> None:
        """Remove all that is stored."""
        self.primary.call("FLUSHALL")

    def wait_for_failover(self, old: ServerProcess, *, within: float = 20.0) -> float:
        """Wait until the sentinels name another primary than `old`, and it takes writes."""

        def why_not() -> str | None:
            new = self.primary
            if new is old:
                return "the old primary is still named"
            return None if _role(new) == "master" else "the new primary is still a replica"

        return wait_until(why_not, within=within, what="the failover")

    def heal(self, *, within: float = 30.0) -> None:
        """Bring everything up again, whatever a test did to it, and wait until it is whole."""
        for node in self.nodes:
            node.resume()
            if not node.running:
                node.start()
        self._quicken()
        self._wait_until_whole(within)

    def why_not_ready(self) -> str | None:
        """Say what is missing for a failover to be possible; None when all is well."""
        try:
            views = [self._view(sentinel) for sentinel in self.sentinels]
            if len({port for port, _ in views}) > 1:
                return "the sentinels name different primaries"
            reasons = [reason for _, reason in views if reason]
            return reasons[0] if reasons else self._why_not_replicating()
        except (OSError, resp.ServerRefusal) as error:
            return str(error)

    def stop(self) -> None:
        """End all and remove their folders."""
        for node in reversed(self.nodes):
            node.terminate()
        for node in reversed(self.nodes):
            node.close()

    # ── inside ────────────────────────────────────────────────────────────────────────────────

    def _boot(self) -> None:
        _start(self.servers)
        first, second = self.servers
        second.call("REPLICAOF", HOST, first.port)
        wait_until(lambda: _link(second), within=10, what="the replica's link")
        self.sentinels = tuple(self._sentinel(first.port) for _ in range(SENTINELS))
        _start(self.sentinels)
        self._quicken()
        self._wait_until_whole(within=15)

    def _wait_until_whole(self, within: float) -> None:
        """Wait until all agree, and until a write reaches the replica."""
        wait_until(self.why_not_ready, within=within, what="the sentinels' agreement")
        wait_until(lambda: why_not_copied(self.primary), within=within, what="the replica's copy")

    def _sentinel(self, primary_port: int) -> ServerProcess:
        rules = [
            f"monitor {SERVICE} {HOST} {primary_port} {QUORUM}",
            f"down-after-milliseconds {SERVICE} {_DOWN_AFTER_MS}",
            f"failover-timeout {SERVICE} {_FAILOVER_MS}",
            f"parallel-syncs {SERVICE} 1",
        ]
        return ServerProcess({"bind": HOST, "sentinel": rules}, mode=["--sentinel"])

    def _quicken(self) -> None:
        """Set the sentinels' rhythm, which their configuration file can't."""
        for sentinel in self.sentinels:
            sentinel.call("SENTINEL", "DEBUG", *_RHYTHM)

    def _named_primary(self) -> int:
        for sentinel in _up(self.sentinels):
            with contextlib.suppress(OSError):
                address = sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
                assert isinstance(address, list)
                assert isinstance(address[1], bytes)
                return int(address[1])
        raise ConnectionError("no sentinel is up")

    def _view(self, sentinel: ServerProcess) -> tuple[int, str | None]:
        """Give which primary this sentinel knows, and what it misses."""
        master = pairs_of(sentinel.call("SENTINEL", "MASTER", SERVICE))
        replicas = sentinel.call("SENTINEL", "REPLICAS", SERVICE)
        assert isinstance(replicas, list)
        known = [pairs_of(replica) for replica in replicas]
        reason = None
        if master["flags"] != "master":
            reason = f"the primary is {master['flags']}"
        elif int(master["num-other-sentinels"]) != SENTINELS - 1:
            reason = "a sentinel does not know the others"
        elif [(one["flags"], one["master-link-status"]) for one in known] != [("slave", "ok")]:
            reason = "a sentinel sees no sound replica"
        return int(master["port"]), reason

    def _why_not_replicating(self) -> str | None:
        if _role(self.primary) != "master":
            return "the primary is no primary"
        return _link(self.replica)


def _start(servers: Iterable[ServerProcess]) -> None:
    """Boot side by side."""
    for server in servers:
        server.launch()
    for server in servers:
        server.wait_ready()


def _up(servers: Iterable[ServerProcess]) -> list[ServerProcess]:
    return [server for server in servers if server.running and not server.paused]


def _role(server: ServerProcess) -> str:
    return server.info("replication")["role"]


def _link(replica: ServerProcess) -> str | None:
    status = replica.info("replication").get("master_link_status")
    return None if status == "up" else f"the replica's link is {status}"

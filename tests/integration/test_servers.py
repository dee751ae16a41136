"""The servers that the tests start: they are real, they recover, and they end with the tests."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry
from redis.sentinel import Sentinel

from tests.integration.servers import (
    SERVICE,
    ClusterTopology,
    FailoverTopology,
    SentinelTopology,
    ServerProcess,
    Single,
    Topology,
    key_slot,
    mentioning,
    process,
    report_header,
    server_binary,
    wait_until,
)
from tests.integration.servers.binary import VARIABLE
from tests.integration.servers.copying import cut_off, why_not_copied
from tests.integration.servers.data import OPTIONS, stored_in
from tests.integration.servers.resp import ServerRefusal
from tests.integration.servers.trouble import busy, full, loading

ONCE = Retry(NoBackoff(), 0)
ROOT = Path(__file__).parents[2]


def client_of(url: str, seconds: float = 5.0) -> redis.Redis:
    """Give a client that tries once."""
    return redis.Redis.from_url(url, retry=ONCE, socket_timeout=seconds)


def cluster_client(cluster: ClusterTopology) -> RedisCluster:
    """Give a client of the cluster that knows what its URL tells."""
    addresses = cluster.url.removeprefix("redis+cluster://").split(",")
    pairs = (address.split(":") for address in addresses)
    nodes = [ClusterNode(host, int(port)) for host, port in pairs]
    return RedisCluster(startup_nodes=nodes)


def sentinel_client(sentinel: SentinelTopology) -> redis.Redis:
    """Give a client of the service that knows what its URL tells."""
    addresses, _, service = sentinel.url.removeprefix("redis+sentinel://").partition("/")
    pairs = (address.split(":") for address in addresses.split(","))
    found: Any = Sentinel([(host, int(port)) for host, port in pairs], socket_timeout=1)
    client: redis.Redis = found.master_for(service, socket_timeout=1)
    return client


# ── one process ───────────────────────────────────────────────────────────────────────────────


def test_the_header_names_the_server() -> None:
    """The line for pytest's header tells name and version of the running binary."""
    with Single() as server:
        told = server.process.info("server")
    version = told.get("valkey_version") or told["redis_version"]
    assert f" {version} " in report_header()


def test_a_server_is_started_by_the_name_that_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian has one program under several names: a link is not followed to its other name."""
    named = tmp_path / "redis-server"
    named.symlink_to(server_binary())
    monkeypatch.setenv(VARIABLE, str(named))
    assert server_binary.__wrapped__() == named


def test_a_port_taken_meanwhile_is_no_trouble(
    redis_server: Single, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that finds its port taken, by another server even, starts on the next one."""
    ports = iter([redis_server.process.port, process.free_port()])
    monkeypatch.setattr(process, "free_port", lambda: next(ports))
    with ServerProcess({"bind": "127.0.0.1"}) as second:
        assert second.port != redis_server.process.port
        assert second.info("server")["process_id"] == str(second.pid)


def test_a_server_that_cannot_start_says_why() -> None:
    """A wrong option ends in the server's own words."""
    broken = ServerProcess({"no-such-option": "1"})
    with pytest.raises(RuntimeError, match="no-such-option"):
        broken.start()
    broken.close()


def test_restart_keeps_port_and_data() -> None:
    """A killed server with an append-only file comes back where it was, with what it had."""
    with Single(options={"appendonly": "yes", "appendfsync": "always"}) as server:
        port, pid = server.process.port, server.process.pid
        client_of(server.url).set("kept", "1")
        server.process.kill()
        assert not server.process.running
        with pytest.raises(redis.ConnectionError):
            client_of(server.url).ping()
        server.heal()
        assert (server.process.port, client_of(server.url).get("kept")) == (port, b"1")
        assert server.process.pid != pid


def test_a_paused_server_is_silent_until_it_goes_on(redis_server: Single, redis_url: str) -> None:
    """While paused it accepts and answers nothing; afterwards it does as if nothing was."""
    redis_server.process.pause()
    with pytest.raises(redis.TimeoutError):
        client_of(redis_url, seconds=0.1).ping()
    redis_server.heal()
    assert client_of(redis_url).ping()


def test_stop_ends_the_process_and_removes_its_folder() -> None:
    """Nothing is left of a server that was stopped, paused or not."""
    server = Single()
    pid, folder = server.process.pid, server.process.folder
    server.process.pause()
    server.stop()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_servers_die_with_a_killed_test_run() -> None:
    """A test process that is killed without warning leaves neither server nor folder behind."""
    program = (
        "import sys; from tests.integration.servers import Single; one = Single().process;"
        "print(one.port, one.folder, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        port, folder = run.stdout.readline().split()
        assert Path(folder).exists()
        run.send_signal(signal.SIGKILL)

    def why_not() -> str | None:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(port))).close()
            return "it still answers"
        return "its folder is still there" if Path(folder).exists() else None

    wait_until(why_not, within=5, what="the server's end")


# ── what every topology answers ───────────────────────────────────────────────────────────────


def test_password_and_unix_socket() -> None:
    """The addresses of a server with a password carry it, over TCP and over its socket."""
    with Single(password="only-for-this-test") as server:
        for url in (server.url, server.unix_url):
            assert client_of(url).set("key", "value")
        with pytest.raises(redis.AuthenticationError):
            client_of(server.url.replace("only-for", "not-for")).ping()
        assert server.all_keys_and_values() == {b"key": (b"value",)}


def test_tls(tls_url: str, redis_server: Single) -> None:
    """The TLS address works for who trusts its authority, and for nobody else."""
    assert tls_url.startswith("rediss://")
    client_of(tls_url).set("key", "value")
    assert redis_server.all_keys_and_values() == {b"key": (b"value",)}
    with pytest.raises(redis.ConnectionError, match="certificate"):
        client_of(tls_url.partition("?")[0]).ping()


def test_dump_sees_every_type(redis_server: Single, redis_url: str) -> None:
    """A scan of all that is stored finds bytes in keys, values, fields, members and entries."""
    client = client_of(redis_url)
    client.set("needle-key", b"\xffneedle")
    client.hset("hash", "field-needle", "needle")
    client.rpush("list", "a", "needle")
    client.sadd("set", "needle")
    client.zadd("zset", {"needle": 1})
    client.xadd("stream", {"field": "needle"})
    found = redis_server.all_keys_and_values()
    assert set(found) == {b"needle-key", b"hash", b"list", b"set", b"zset", b"stream"}
    assert all(any(b"needle" in held for held in values) for values in found.values())
    assert found[b"hash"] == (b"field-needle", b"needle")


def test_dump_sees_every_key(redis_server: Single, redis_url: str) -> None:
    """A scan goes on until the last of many keys."""
    redis_server.process.call("DEBUG", "POPULATE", 5_000)
    assert len(redis_server.all_keys_and_values()) == 5_000


def test_topologies_store_count_and_flush(topology: Topology) -> None:
    """Each topology knows a key's server, shows what is stored, counts commands, and empties."""
    before = topology.command_counts()
    for number in range(20):
        key = f"key:{number}"
        topology.primary_for(key).call("SET", key, number)
    assert topology.all_keys_and_values() == {b"key:%d" % n: (b"%d" % n,) for n in range(20)}
    assert (topology.command_counts() - before)["set"] >= 20
    topology.flush()
    assert topology.all_keys_and_values() == {}


@pytest.mark.parametrize("kind", ["sentinel", "cluster"])
def test_a_replica_takes_over(kind: str, request: pytest.FixtureRequest) -> None:
    """When a primary is killed its replica serves within seconds; healed, it has a copy at once."""
    topology: FailoverTopology = request.getfixturevalue(kind)
    request.getfixturevalue(f"{kind}_url")
    old = topology.primary_for("key")
    answers = old.pipeline([("SET", "key", "replicated"), ("WAIT", 1, 5_000)])
    assert answers == [b"OK", 1]
    old.kill()
    topology.wait_for_failover(old, within=10)
    new = topology.primary_for("key")
    assert new is not old
    assert new.call("GET", "key") == b"replicated"
    topology.heal()
    assert old.info("replication")["role"] == "slave"
    assert old.info("replication")["master_port"] == str(new.port)
    assert new.pipeline([("SET", "key", "again"), ("WAIT", 1, 500)]) == [b"OK", 1]


def test_a_replica_is_waited_for_until_it_hears_its_primary() -> None:
    """Its link may be up a second before it gets what is written; nothing of the wait is left."""
    with ServerProcess(OPTIONS) as primary, ServerProcess(OPTIONS) as replica:
        assert why_not_copied(primary) is not None
        replica.call("REPLICAOF", "127.0.0.1", primary.port)
        wait_until(lambda: why_not_copied(primary), within=5, what="the copy")
        assert primary.pipeline([("SET", "key", ""), ("WAIT", 1, 500)]) == [b"OK", 1]
        assert set(stored_in(replica)) == {b"key"}


def test_a_replica_that_is_cut_off_hears_nothing() -> None:
    """What is written meanwhile is not on it, however it tries; afterwards it finds back."""
    with ServerProcess(OPTIONS) as primary, ServerProcess(OPTIONS) as replica:
        replica.call("REPLICAOF", "127.0.0.1", primary.port)
        wait_until(lambda: why_not_copied(primary), within=5, what="the copy")
        with cut_off(replica):
            # Longer than the second after which a replica tries again.
            assert primary.pipeline([("SET", "key", ""), ("WAIT", 1, 1_500)]) == [b"OK", 0]
            assert stored_in(replica) == {}
        wait_until(lambda: why_not_copied(primary), within=5, what="the copy")
        assert set(stored_in(replica)) == {b"key"}


# ── Sentinel ──────────────────────────────────────────────────────────────────────────────────


def test_sentinels_lead_a_client_to_the_primary(
    sentinel: SentinelTopology, sentinel_url: str
) -> None:
    """A client that knows only the sentinels writes to the primary, and the replica has it."""
    assert sentinel_url.endswith(f"/{SERVICE}")
    client = sentinel_client(sentinel)
    client.set("key", "value")
    assert client.wait(1, 5_000) == 1
    assert sentinel.primary.call("GET", "key") == b"value"
    assert sentinel.replica.call("GET", "key") == b"value"
    with pytest.raises(ServerRefusal, match="READONLY"):
        sentinel.replica.call("SET", "key", "other")


# ── Cluster ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", ["key", "{tag}key", "a{tag}b{other}", "{}key", "a{}b{c}", "{open"])
def test_slots_are_the_servers_own(cluster: ClusterTopology, cluster_url: str, key: str) -> None:
    """Our slot of a key is the one that the servers compute."""
    assert key_slot(key) == cluster.nodes[0].call("CLUSTER", "KEYSLOT", key)


def test_cluster_spreads_keys_with_a_replica_each(
    cluster: ClusterTopology, cluster_url: str
) -> None:
    """Three primaries own all slots, a client reaches them all, and each has its replica."""
    with cluster_client(cluster) as client:
        for number in range(50):
            client.set(f"key:{number}", number)
    assert len(cluster.primaries) == 3
    assert len(cluster.all_keys_and_values()) == 50
    for primary in cluster.primaries:
        assert primary.call("DBSIZE") != 0
        replica = cluster.replica_of(primary)
        assert replica.info("replication")["master_port"] == str(primary.port)


def test_a_slot_moves_under_a_client(cluster: ClusterTopology, cluster_url: str) -> None:
    """While a slot moves, a client that knows the old owner reads and writes on at every step."""
    source = cluster.primary_for("{tag}")
    target = next(one for one in cluster.primaries if one is not source)
    with cluster_client(cluster) as client:
        for number in range(10):
            client.set(f"{{tag}}{number}", number)
        move = cluster.begin_move(key_slot("{tag}"), target)
        assert client.incr("{tag}0") == 1
        move.migrate_keys("{tag}0")
        assert client.incr("{tag}0") == 2
        assert client.incr("{tag}new") == 1
        assert target.call("DBSIZE") == 2
        assert move.migrate(limit=4) == 4
        assert len(move.keys_left()) == 5
        assert [int(client.get(f"{{tag}}{n}")) for n in range(1, 10)] == list(range(1, 10))
        assert cluster.primary_for("{tag}") is source
        assert move.migrate() == 5
        move.finish()
        assert cluster.primary_for("{tag}") is target
        assert client.incr("{tag}new") == 2
    assert source.call("CLUSTER", "COUNTKEYSINSLOT", move.slot) == 0
    assert len(cluster.all_keys_and_values()) == 11


def test_healing_ends_a_move_left_half_way(cluster: ClusterTopology, cluster_url: str) -> None:
    """A test that fails within a move leaves no slot open for the next one."""
    source = cluster.primary_for("{tag}")
    target = next(one for one in cluster.primaries if one is not source)
    cluster.begin_move(key_slot("{tag}"), target)
    cluster.heal()
    source.call("SET", "{tag}1", "here")
    assert cluster.primary_for("{tag}") is source
    with pytest.raises(ServerRefusal, match="MOVED"):
        target.call("SET", "{tag}2", "not here")
    cluster.move_slot(key_slot("{tag}"), target)
    assert target.call("GET", "{tag}1") == b"here"


# ── trouble ───────────────────────────────────────────────────────────────────────────────────


def test_a_full_server_refuses_writes(redis_server: Single, redis_url: str) -> None:
    """Out of memory: a script is refused before it wrote anything, and reads go on."""
    client = client_of(redis_url)
    with full(redis_server.process):
        with pytest.raises(redis.ResponseError, match="maxmemory"):
            client.eval("return redis.call('SET', KEYS[1], '1')", 1, "key")
        assert client.get("key") is None
    assert client.set("key", "1")


def test_a_busy_server_refuses_all(redis_server: Single, redis_url: str) -> None:
    """While a script runs on and on, others hear BUSY; afterwards all is well."""
    with busy(redis_server.process), pytest.raises(redis.ResponseError, match="BUSY"):
        client_of(redis_url).get("key")
    assert client_of(redis_url).set("key", "1")


def test_a_loading_server_refuses_all(redis_server: Single, redis_url: str) -> None:
    """While it reads its data others hear LOADING; afterwards what was stored is there."""
    client_of(redis_url).set("key", "1")
    with loading(redis_server.process), pytest.raises(redis.ConnectionError, match="loading"):
        client_of(redis_url).get("key")
    assert client_of(redis_url).get("key") == b"1"


def test_a_matcher_reads_the_wire() -> None:
    """A fault can be bound to a key by its bytes."""
    assert mentioning(b"needle")(b"*2\r\n$3\r\nGET\r\n$7\r\na needle\r\n")
    assert not mentioning(b"needle")(b"*2\r\n$3\r\nGET\r\n$3\r\nhay\r\n")

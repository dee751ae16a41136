"""Finding the server that takes our writes: under Sentinel, in a Cluster, and when it changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from smsverify.adapters.redis.store import RedisStore
from smsverify.adapters.system.clock import SystemClock
from smsverify.errors import StoreError, StoreUnavailable
from smsverify.ports.store import STORE_SECONDS, Conflict, Written
from smsverify.testing.store_suite.commands import add, commit, counters, record, swap, time_of
from tests.integration.servers import (
    SERVICE,
    ClusterTopology,
    FailoverTopology,
    FaultProxy,
    SentinelTopology,
    Single,
    key_slot,
)
from tests.integration.servers.process import free_port

NAMESPACE = "{smsverify:test}"
SLOT = key_slot(NAMESPACE)


def build(url: str) -> RedisStore:
    """Build a store as the container does."""
    return RedisStore(url, namespace=NAMESPACE, clock=SystemClock())


@pytest.fixture
async def sentinel_store(sentinel_url: str) -> AsyncIterator[RedisStore]:
    """Give a store under Sentinel that knows the primary."""
    store = build(sentinel_url)
    await commit(store, [swap("p:a", None, b"A")])
    yield store
    await store.close()


@pytest.fixture
async def cluster_store(cluster_url: str) -> AsyncIterator[RedisStore]:
    """Give a store in a Cluster that knows the owner of its slot."""
    store = build(cluster_url)
    await commit(store, [swap("p:a", None, b"A")])
    yield store
    await store.close()


async def step(store: RedisStore, key: str, current: bytes | None, new: bytes) -> bool:
    """Write one step and count it, however often that takes; False if another value is there."""
    while True:
        try:
            answer = await commit(store, [swap(key, current, new)], [add("n", 1)])
        except StoreError:
            continue
        if isinstance(answer, Conflict):
            return answer.records == (new,)
        if isinstance(answer, Written):
            return True


async def serves_again(store: RedisStore) -> float:
    """Write as soon as it can be done, and return how many seconds that took."""
    begun = time.monotonic()
    while True:
        try:
            await commit(store, [], [add("again", 1)])
        except StoreError:
            continue
        return time.monotonic() - begun


class TestSentinel:
    """One primary that the sentinels name."""

    async def test_a_killed_primary_is_replaced(
        self, sentinel: SentinelTopology, sentinel_store: RedisStore
    ) -> None:
        """Service is back within two seconds of the failover."""
        await _killed(sentinel, sentinel_store)

    async def test_a_primary_that_went_silent_is_replaced(
        self, sentinel: SentinelTopology, sentinel_store: RedisStore
    ) -> None:
        """Open connections to it, which look sound, are given up as well."""
        await asyncio.gather(*(record(sentinel_store, f"p:{n}") for n in range(200)))
        await _silent(sentinel, sentinel_store)

    async def test_a_former_primary_is_left(
        self, sentinel: SentinelTopology, sentinel_store: RedisStore
    ) -> None:
        """A switch in good order, with callers all the while: they are served again in time."""
        old = sentinel.primary
        go_on = True

        async def ask(name: int) -> None:
            current: bytes | None = None
            number = 0
            while go_on:
                number += 1
                new = b"%d" % number
                # A write may be lost in the switch, though it was acknowledged.
                current = new if await step(sentinel_store, f"q:{name}", current, new) else None

        askers = [asyncio.ensure_future(ask(name)) for name in range(8)]
        await asyncio.to_thread(sentinel.sentinels[0].call, "SENTINEL", "FAILOVER", SERVICE)
        await asyncio.to_thread(sentinel.wait_for_failover, old)
        assert await serves_again(sentinel_store) < STORE_SECONDS
        go_on = False
        await asyncio.gather(*askers)

    async def test_a_replica_is_never_read(
        self, sentinel: SentinelTopology, sentinel_url: str
    ) -> None:
        """A sentinel that names a replica, as one that is cut off may, is not believed."""
        store = build(sentinel_url)
        replica = sentinel.replica
        with FaultProxy("127.0.0.1", sentinel.sentinels[0].port) as lying:
            host, port = b"127.0.0.1", str(replica.port).encode()
            named = b"*2\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(host), host, len(port), port)
            lying.answer(named, None)
            deceived = build(f"redis+sentinel://{lying.address}/{SERVICE}")

            with pytest.raises(StoreUnavailable, match="replica"):
                await deceived.load(("p:a",))
            doubtful = build(sentinel_url.replace("://", f"://{lying.address},"))
            assert await record(doubtful, "p:a") is None

            for one in (store, deceived, doubtful):
                await one.close()

    async def test_dead_and_silent_sentinels_are_passed_over(
        self, sentinel: SentinelTopology, sentinel_url: str
    ) -> None:
        """One that answers is enough, wherever it stands in the list."""
        with FaultProxy("127.0.0.1", sentinel.sentinels[0].port) as silent:
            silent.black_hole()
            others = f"://127.0.0.1:{free_port()},{silent.address},"
            store = build(sentinel_url.replace("://", others))

            assert await record(store, "p:a") is None

            await store.close()

    async def test_an_unknown_service_is_said(self, sentinel_url: str) -> None:
        """The sentence names it."""
        store = build(sentinel_url.rpartition("/")[0] + "/another")

        with pytest.raises(StoreUnavailable, match="another"):
            await record(store, "p:a")


class TestCluster:
    """One node that owns our slot."""

    async def test_a_killed_owner_is_replaced(
        self, cluster: ClusterTopology, cluster_store: RedisStore
    ) -> None:
        """Service is back within two seconds of the failover."""
        await _killed(cluster, cluster_store)

    async def test_an_owner_that_went_silent_is_replaced(
        self, cluster: ClusterTopology, cluster_store: RedisStore
    ) -> None:
        """Open connections to it, which look sound, are given up as well."""
        await _silent(cluster, cluster_store)

    async def test_a_moved_slot_is_followed(
        self, cluster: ClusterTopology, cluster_store: RedisStore
    ) -> None:
        """Nodes that are dead in the setting don't matter once the cluster is known."""
        target = next(one for one in cluster.primaries if one is not cluster.owner_of(SLOT))
        await asyncio.to_thread(cluster.move_slot, SLOT, target)

        assert await record(cluster_store, "p:a") == b"A"
        answer = await commit(cluster_store, [swap("p:a", b"A", b"B")], [add("n", 1)])
        assert isinstance(answer, Written)

    async def test_keys_are_found_on_both_sides_of_a_move(
        self, cluster: ClusterTopology, cluster_store: RedisStore
    ) -> None:
        """While a slot moves, keys that are gone, and new ones, are looked for at the target."""
        await commit(cluster_store, [swap("p:b", None, b"B")])
        target = next(one for one in cluster.primaries if one is not cluster.owner_of(SLOT))
        move = await asyncio.to_thread(cluster.begin_move, SLOT, target)
        await asyncio.to_thread(move.migrate_keys, NAMESPACE + "p:a")
        # The target has never seen our scripts.
        await asyncio.to_thread(target.call, "SCRIPT", "FLUSH")

        assert await record(cluster_store, "p:a") == b"A"
        assert await record(cluster_store, "p:b") == b"B"
        assert isinstance(await commit(cluster_store, [swap("p:new", None, b"N")]), Written)
        assert isinstance(await commit(cluster_store, [swap("p:a", b"A", b"A2")]), Written)

        await asyncio.to_thread(move.migrate)
        await asyncio.to_thread(move.finish)
        loaded = await cluster_store.load(("p:a", "p:b", "p:new"))
        assert loaded.records == (b"A2", b"B", b"N")

    async def test_keys_that_are_torn_apart_are_waited_for(
        self, cluster: ClusterTopology, cluster_store: RedisStore
    ) -> None:
        """A commit whose keys lie on two nodes for a moment succeeds when they are together."""
        await commit(cluster_store, [swap("p:b", None, b"B")], [add("n", 1)])
        target = next(one for one in cluster.primaries if one is not cluster.owner_of(SLOT))
        move = await asyncio.to_thread(cluster.begin_move, SLOT, target)
        await asyncio.to_thread(move.migrate_keys, NAMESPACE + "p:a")
        now = await time_of(cluster_store)
        torn = asyncio.ensure_future(
            cluster_store.commit([swap("p:a", b"A", b"x")], [add("n", 1)], now)
        )
        await asyncio.to_thread(move.migrate)
        await asyncio.to_thread(move.finish)

        assert isinstance(await torn, Written)
        assert await counters(cluster_store) == {"n": 2}

    async def test_a_slot_may_move_under_load(
        self, cluster: ClusterTopology, cluster_store: RedisStore
    ) -> None:
        """There and back, key by key, with sixteen writers: every step counts once."""
        going = True

        async def write(name: int) -> int:
            current: bytes | None = None
            number = 0
            while going:
                number += 1
                new = b"%d" % number
                assert await step(cluster_store, f"q:{name}", current, new)
                current = new
            return number

        writers = [asyncio.ensure_future(write(name)) for name in range(16)]
        for _ in range(2):
            owner = cluster.owner_of(SLOT)
            target = next(one for one in cluster.primaries if one is not owner)
            move = await asyncio.to_thread(cluster.begin_move, SLOT, target)
            while await asyncio.to_thread(move.migrate, 1):
                pass
            await asyncio.to_thread(move.finish)
        going = False
        steps = sum(await asyncio.gather(*writers))

        assert await counters(cluster_store) == {"n": steps}

    async def test_dead_nodes_in_the_setting_are_passed_over(
        self, cluster: ClusterTopology, cluster_url: str
    ) -> None:
        """One node that answers is enough."""
        store = build(f"redis+cluster://127.0.0.1:{free_port()},{cluster.nodes[-1].address}")

        assert await record(store, "p:a") is None

        await store.close()

    async def test_a_cluster_given_as_one_server_is_followed(
        self, cluster: ClusterTopology, cluster_url: str
    ) -> None:
        """Any node sends us on to the owner."""
        other = next(one for one in cluster.primaries if one is not cluster.owner_of(SLOT))
        store = build(f"redis://{other.address}")

        assert isinstance(await commit(store, [swap("p:a", None, b"A")]), Written)

        await store.close()


class TestOneServer:
    """A single server, in its other forms."""

    async def test_a_unix_socket(self, redis_server: Single, redis_url: str) -> None:
        """No port is needed."""
        store = build(redis_server.unix_url)

        assert isinstance(await commit(store, [swap("p:a", None, b"A")]), Written)
        assert await record(store, "p:a") == b"A"
        await store.close()

    async def test_another_database(self, redis_server: Single, redis_url: str) -> None:
        """Databases don't see each other's keys."""
        first, second = build(redis_url), build(redis_url.removesuffix("0") + "1")

        await commit(first, [swap("p:a", None, b"A")])

        assert await record(second, "p:a") is None
        await first.close()
        await second.close()

    async def test_a_password(self) -> None:
        """Special characters come percent-encoded."""
        with Single(password="p@ss:w/rd%?#") as server:
            port = server.process.port
            store = build(f"redis://:p%40ss%3Aw%2Frd%25%3F%23@127.0.0.1:{port}/0")

            assert await record(store, "p:a") is None

            await store.close()

    async def test_a_replica_takes_nothing(
        self, sentinel: SentinelTopology, sentinel_url: str
    ) -> None:
        """Whoever points at a replica is told so."""
        store = build(f"redis://{sentinel.replica.address}")
        now = await time_of(store)

        with pytest.raises(StoreUnavailable, match="replica"):
            await store.commit([swap("p:a", None, b"A")], [], now)

        await store.close()


async def _killed(topology: FailoverTopology, store: RedisStore) -> None:
    old = topology.primary_for(NAMESPACE)
    await asyncio.to_thread(old.kill)
    await asyncio.to_thread(topology.wait_for_failover, old)
    assert await serves_again(store) < STORE_SECONDS


async def _silent(topology: FailoverTopology, store: RedisStore) -> None:
    old = topology.primary_for(NAMESPACE)
    await asyncio.to_thread(old.pause)
    waiting = [asyncio.ensure_future(record(store, "p:a")) for _ in range(3)]
    await asyncio.to_thread(topology.wait_for_failover, old)
    assert await serves_again(store) < STORE_SECONDS
    await asyncio.gather(*waiting, return_exceptions=True)

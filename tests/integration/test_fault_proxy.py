"""The fault proxy does to a connection what it is told, and counts what goes through."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry

from tests.integration.servers import (
    ClusterProxies,
    ClusterTopology,
    FaultProxy,
    Single,
    mentioning,
    named,
    wait_until,
)
from tests.integration.servers.counts import Counts
from tests.integration.servers.resp import ProtocolError, Splitter, encode

TWICE_AS_LONG = 0.2
SHORT = 0.1
COUNT = "INCRBY"
"""What redis-py says for `incr`."""


def client_of(proxy: FaultProxy, seconds: float = 5.0) -> redis.Redis:
    """Give a client of the proxy that tries once."""
    return redis.Redis(
        port=proxy.port,
        socket_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
    )


@pytest.fixture
def client(fault_proxy: FaultProxy) -> Iterator[redis.Redis]:
    """Give a client whose connection is up."""
    with client_of(fault_proxy) as one:
        one.ping()
        yield one


@pytest.fixture
async def async_client(fault_proxy: FaultProxy) -> AsyncIterator[redis.asyncio.Redis]:
    """Give an asynchronous client with a short patience."""
    async with redis.asyncio.Redis(
        port=fault_proxy.port, socket_timeout=SHORT, retry=AsyncRetry(NoBackoff(), 0)
    ) as one:
        await one.ping()
        yield one


def count_in_one_go(client: redis.Redis, *keys: str) -> list[Any]:
    """Count up each key, all in one pipeline; errors stand where the answers would."""
    with client.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.incr(key)
        return pipeline.execute(raise_on_error=False)


def stored(server: Single, key: str) -> object:
    """Ask the server itself."""
    return server.process.call("GET", key)


# ── counting ──────────────────────────────────────────────────────────────────────────────────


def test_commands_and_round_trips(fault_proxy: FaultProxy, client: redis.Redis) -> None:
    """Single commands cost a round trip each, a pipeline one for all; names are counted."""
    before = fault_proxy.counts
    client.set("a", 1)
    client.get("a")
    count_in_one_go(client, *["a"] * 10)
    spent = fault_proxy.counts - before
    assert (spent.commands, spent.replies, spent.round_trips) == (12, 12, 3)
    assert dict(spent.by_name) == {"SET": 1, "GET": 1, COUNT: 10}
    assert spent.connections == 0


def test_bytes_are_those_on_the_wire(fault_proxy: FaultProxy, client: redis.Redis) -> None:
    """Bytes up and down are exactly what RESP takes."""
    before = fault_proxy.counts
    client.set("key", b"x" * 100_000)
    client.get("key")
    spent = fault_proxy.counts - before
    up = len(encode("SET", "key", b"x" * 100_000)) + len(encode("GET", "key"))
    assert spent.bytes_up == up
    assert spent.bytes_down == len(b"+OK\r\n") + len(b"$100000\r\n\r\n") + 100_000
    assert spent.commands == 2


def test_connections_are_counted_with_their_setup(fault_proxy: FaultProxy) -> None:
    """A new client costs one connection and the commands of its greeting."""
    before = fault_proxy.counts
    with client_of(fault_proxy) as client:
        client.get("a")
    spent = fault_proxy.counts - before
    assert spent.connections == 1
    assert spent.by_name["GET"] == 1
    assert spent.commands == spent.by_name.total() > 1
    assert Counts() - Counts() == Counts()


def test_many_clients_at_once(fault_proxy: FaultProxy, redis_server: Single) -> None:
    """Fifty connections at a time lose nothing and mix nothing up."""

    async def count(number: int) -> int:
        async with redis.asyncio.Redis(port=fault_proxy.port) as one:
            for _ in range(20):
                await one.incr(f"of:{number}")
                await one.incr("of:all")
            return int(await one.get(f"of:{number}") or 0)

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(count(number) for number in range(50)))

    assert asyncio.run(all_of_them()) == [20] * 50
    assert stored(redis_server, "of:all") == b"1000"


def test_subscriptions_pass(fault_proxy: FaultProxy, redis_server: Single) -> None:
    """What a server says unasked is passed on as it comes."""
    with client_of(fault_proxy) as client, client.pubsub() as listener:
        listener.subscribe("news")
        assert listener.get_message(timeout=5)["type"] == "subscribe"
        redis_server.process.call("PUBLISH", "news", "here")
        assert listener.get_message(timeout=5)["data"] == b"here"


# ── replies and requests lost ─────────────────────────────────────────────────────────────────


def test_a_lost_reply_was_executed(
    fault_proxy: FaultProxy, client: redis.Redis, redis_server: Single
) -> None:
    """The server counted, the client saw an error; the next command goes through."""
    fault = fault_proxy.drop_reply()
    with pytest.raises(redis.ConnectionError):
        client.incr("counter")
    assert stored(redis_server, "counter") == b"1"
    assert fault.hits == 1
    assert client_of(fault_proxy).incr("counter") == 2


def test_ten_lost_replies_are_ten_executions(fault_proxy: FaultProxy, redis_server: Single) -> None:
    """A client that repeats by itself executes anew each time: what a store has to defend from."""
    fault_proxy.drop_reply(n=10, when=named(COUNT))
    with redis.Redis(port=fault_proxy.port, retry=Retry(NoBackoff(), 10)) as stubborn:
        assert stubborn.incr("counter") == 11
    assert stored(redis_server, "counter") == b"11"


def test_replies_before_the_lost_one_arrive(
    fault_proxy: FaultProxy, client: redis.Redis, redis_server: Single
) -> None:
    """Only the reply that is meant is lost: those before it in the same pipeline count."""
    before = fault_proxy.counts
    fault_proxy.drop_reply(when=mentioning(b"second"))
    with pytest.raises(redis.ConnectionError):
        count_in_one_go(client, "first", "second", "third")
    assert (fault_proxy.counts - before).replies == 1
    assert stored(redis_server, "second") == b"1"


def test_a_lost_request_was_not_executed(
    fault_proxy: FaultProxy, client: redis.Redis, redis_server: Single
) -> None:
    """The client sees the same error as with a lost reply, and the server saw nothing."""
    fault_proxy.drop_request(when=named(COUNT))
    client.set("counter", 5)
    with pytest.raises(redis.ConnectionError):
        client.incr("counter")
    assert stored(redis_server, "counter") == b"5"


def test_skip_leads_to_any_step(fault_proxy: FaultProxy, redis_server: Single) -> None:
    """The third command of a kind is struck when two are to be left out."""
    fault = fault_proxy.drop_reply(skip=2, when=named(COUNT))
    with client_of(fault_proxy) as client:
        assert [client.incr("counter"), client.get("counter")] == [1, b"1"]
        assert client.incr("counter") == 2
        assert fault.hits == 0
        with pytest.raises(redis.ConnectionError):
            client.incr("counter")
    assert stored(redis_server, "counter") == b"3"


def test_the_first_armed_fault_wins(fault_proxy: FaultProxy, client: redis.Redis) -> None:
    """Two faults that mean the same command take turns in the order of their arming."""
    first = fault_proxy.answer(b"+first\r\n")
    second = fault_proxy.answer(b"+second\r\n")
    assert [client.get("a"), client.get("a"), client.get("a")] == [b"first", b"second", None]
    assert (first.hits, second.hits) == (1, 1)


def test_own_answers_keep_their_place(
    fault_proxy: FaultProxy, client: redis.Redis, redis_server: Single
) -> None:
    """An answer in the server's name comes in the order of the commands, and executes nothing."""
    fault_proxy.answer(b"-READONLY wait\r\n", when=mentioning(b"second"))
    first, second, third = count_in_one_go(client, "first", "second", "third")
    assert (first, third) == (1, 1)
    assert isinstance(second, redis.exceptions.ReadOnlyError)
    assert stored(redis_server, "second") is None


# ── time ──────────────────────────────────────────────────────────────────────────────────────


def test_a_delayed_reply_comes_late(fault_proxy: FaultProxy, client: redis.Redis) -> None:
    """The reply takes as long as told, the server being done; then all is quick again."""
    fault_proxy.delay(TWICE_AS_LONG, n=1)
    begin = time.monotonic()
    assert client.incr("counter") == 1
    assert time.monotonic() - begin >= TWICE_AS_LONG
    begin = time.monotonic()
    assert client.incr("counter") == 2
    assert time.monotonic() - begin < TWICE_AS_LONG


def test_a_delay_beyond_patience_is_a_timeout(
    fault_proxy: FaultProxy, redis_server: Single
) -> None:
    """A client with less patience than the delay gives up, and the command was executed."""
    with client_of(fault_proxy, seconds=SHORT) as client:
        client.ping()
        fault_proxy.delay(TWICE_AS_LONG)
        with pytest.raises(redis.TimeoutError):
            client.incr("counter")
    assert stored(redis_server, "counter") == b"1"


async def test_a_held_request_executes_after_its_retry(
    fault_proxy: FaultProxy, async_client: redis.asyncio.Redis, redis_server: Single
) -> None:
    """A command held on its way runs when released, though its client gave up and tried anew."""
    hold = fault_proxy.hold_request(when=named("APPEND"))
    late = asyncio.ensure_future(async_client.append("log", "late,"))
    await hold.struck()
    assert stored(redis_server, "log") is None
    with pytest.raises(redis.TimeoutError):
        await late
    await async_client.append("log", "retry,")
    assert stored(redis_server, "log") == b"retry,"
    hold.release()
    assert stored(redis_server, "log") == b"retry,late,"


def test_a_held_request_is_answered_to_who_waits(
    fault_proxy: FaultProxy, redis_server: Single
) -> None:
    """A client that still waits gets its reply; what stood before it in line was not held."""
    hold = fault_proxy.hold_request(when=mentioning(b"held"))

    async def both() -> list[object]:
        async with redis.asyncio.Redis(port=fault_proxy.port) as one:
            pipeline = one.pipeline(transaction=False)
            for key in ("before", "held", "after"):
                pipeline.incr(key)
            waiting = asyncio.ensure_future(pipeline.execute())
            await hold.struck()
            await asyncio.to_thread(
                wait_until,
                lambda: None if stored(redis_server, "before") else "not yet executed",
                within=5,
                what="the command before the held one",
            )
            assert stored(redis_server, "after") is None
            hold.release()
            return list(await waiting)

    assert asyncio.run(both()) == [1, 1, 1]


async def test_cut_loses_a_held_request(
    fault_proxy: FaultProxy, async_client: redis.asyncio.Redis, redis_server: Single
) -> None:
    """When the line is cut, what was held on it never runs."""
    hold = fault_proxy.hold_request(when=named(COUNT))
    lost = asyncio.ensure_future(async_client.incr("counter"))
    await hold.struck()
    fault_proxy.cut()
    with pytest.raises(redis.ConnectionError):
        await lost
    hold.release()
    assert stored(redis_server, "counter") is None


async def test_release_waits_for_the_server(
    fault_proxy: FaultProxy, async_client: redis.asyncio.Redis, redis_server: Single
) -> None:
    """Who releases a command learns when the server does not answer it, the client being gone."""
    hold = fault_proxy.hold_request(when=named(COUNT))
    with pytest.raises(redis.TimeoutError):
        await async_client.incr("counter")
    redis_server.process.pause()
    with pytest.raises(TimeoutError, match="not answered"):
        # Beside the loop, in which the client closes its connection.
        await asyncio.to_thread(hold.release, within=SHORT)
    redis_server.process.resume()
    hold.release()
    assert stored(redis_server, "counter") == b"1"


async def test_passing_through_ends_what_was_armed(
    fault_proxy: FaultProxy, async_client: redis.asyncio.Redis, redis_server: Single
) -> None:
    """When all passes through again, held commands go and no fault strikes any more."""
    hold = fault_proxy.hold_request(n=None, when=named(COUNT))
    fault_proxy.drop_reply(n=None)
    waiting = asyncio.ensure_future(async_client.incr("counter"))
    await hold.struck()
    fault_proxy.pass_through()
    assert await waiting == 1
    assert await async_client.incr("counter") == 2
    assert hold.hits == 1


async def test_close_ends_whatever_goes_on(redis_server: Single, redis_url: str) -> None:
    """A proxy closes at once, also with a command held, which is lost."""
    with FaultProxy("127.0.0.1", redis_server.process.port) as proxy:
        hold = proxy.hold_request(when=named(COUNT))
        one = redis.asyncio.Redis(port=proxy.port, retry=AsyncRetry(NoBackoff(), 0))
        lost = asyncio.ensure_future(one.incr("counter"))
        await hold.struck()
    with pytest.raises(redis.ConnectionError):
        await lost
    await one.aclose()
    assert stored(redis_server, "counter") is None


# ── lines ─────────────────────────────────────────────────────────────────────────────────────


def test_cut_closes_what_is_open(fault_proxy: FaultProxy, client: redis.Redis) -> None:
    """An idle connection is dead from then on, and the next command needs a new one."""
    before = fault_proxy.counts
    assert client.get("a") is None
    assert (fault_proxy.counts - before).connections == 0
    fault_proxy.cut()
    assert client.get("a") is None
    assert (fault_proxy.counts - before).connections == 1


def test_refuse_keeps_new_clients_out(fault_proxy: FaultProxy, client: redis.Redis) -> None:
    """New connections are refused, the open one goes on, and the port comes back."""
    fault_proxy.refuse()
    with pytest.raises(redis.ConnectionError, match="refused"):
        client_of(fault_proxy).get("a")
    assert client.get("a") is None
    fault_proxy.pass_through()
    assert client_of(fault_proxy).get("a") is None


def test_a_black_hole_swallows_all(fault_proxy: FaultProxy, redis_server: Single) -> None:
    """Open and new connections hear nothing, the server neither, until all passes through again."""
    with client_of(fault_proxy, seconds=SHORT) as open_one:
        open_one.ping()
        before = fault_proxy.counts
        fault_proxy.black_hole()
        with pytest.raises(redis.TimeoutError):
            open_one.incr("counter")
        spent = fault_proxy.counts - before
        assert (spent.by_name[COUNT], spent.replies, spent.connections) == (1, 0, 0)
    with client_of(fault_proxy, seconds=SHORT) as new_one, pytest.raises(redis.TimeoutError):
        new_one.incr("counter")
    fault_proxy.pass_through()
    assert stored(redis_server, "counter") is None
    assert client_of(fault_proxy).incr("counter") == 1


async def test_a_black_hole_swallows_what_is_on_its_way(
    fault_proxy: FaultProxy, redis_server: Single
) -> None:
    """A reply under way is swallowed too, and who still waits is cut off when all is over."""
    async with redis.asyncio.Redis(
        port=fault_proxy.port, retry=AsyncRetry(NoBackoff(), 0)
    ) as patient:
        delay = fault_proxy.delay(SHORT, when=named(COUNT))
        waiting = asyncio.ensure_future(patient.incr("counter"))
        await delay.struck()
        fault_proxy.black_hole()
        done, _ = await asyncio.wait([waiting], timeout=TWICE_AS_LONG)
        assert not done
        fault_proxy.pass_through()
        with pytest.raises(redis.ConnectionError):
            await waiting
    assert stored(redis_server, "counter") == b"1"


def test_a_black_hole_can_wait_for_a_command(fault_proxy: FaultProxy, redis_server: Single) -> None:
    """With a condition, a connection works until the command that is meant, then goes silent."""
    fault_proxy.black_hole(when=mentioning(b"doom"))
    with client_of(fault_proxy, seconds=SHORT) as client:
        assert client.incr("fine") == 1
        with pytest.raises(redis.TimeoutError):
            client.incr("doom")
    assert client_of(fault_proxy).incr("fine") == 2
    assert stored(redis_server, "doom") is None


def test_a_server_away_closes_its_clients(redis_server: Single, redis_url: str) -> None:
    """When the server dies the proxy closes its clients, and serves again when it is back."""
    with FaultProxy("127.0.0.1", redis_server.process.port) as proxy:
        client = client_of(proxy)
        client.ping()
        redis_server.process.kill()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        with pytest.raises(redis.ConnectionError):
            client_of(proxy).ping()
        redis_server.heal()
        assert client_of(proxy).ping()


def test_a_client_that_comes_at_the_end_is_let_go(redis_server: Single, redis_url: str) -> None:
    """Whoever connects while the proxy ends is closed with it, and does not wait in vain."""
    for _ in range(20):
        proxy = FaultProxy("127.0.0.1", redis_server.process.port)
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
            proxy.close()
            with contextlib.suppress(ConnectionError):
                assert client.recv(1) == b""


def test_a_client_that_came_before_a_refusal_is_served(
    redis_server: Single, redis_url: str
) -> None:
    """Whoever connects while the proxy begins to refuse is served or refused, and never left."""
    for _ in range(20):
        with (
            FaultProxy("127.0.0.1", redis_server.process.port) as proxy,
            socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client,
        ):
            proxy.refuse()
            with contextlib.suppress(ConnectionError):
                client.sendall(encode("PING"))
                assert client.recv(7) in {b"+PONG\r\n", b""}


def test_a_cluster_can_be_led_through_proxies(cluster: ClusterTopology, cluster_url: str) -> None:
    """A client of the cluster is led through the proxies, and a reply can be lost there."""
    owner = cluster.primary_for("counter")
    with ClusterProxies(cluster) as proxies:
        before = proxies.counts
        lost = proxies.before(owner).drop_reply(when=named(COUNT))
        nodes = [
            ClusterNode(*address.split(":"))
            for address in proxies.url.removeprefix("redis+cluster://").split(",")
        ]
        with RedisCluster(startup_nodes=nodes, retry=Retry(NoBackoff(), 1)) as client:
            assert client.incr("counter") == 2
        assert lost.hits == 1
        assert (proxies.counts - before).by_name[COUNT] == 2
        assert cluster.why_not_ready() is None
    assert cluster.all_keys_and_values() == {b"counter": (b"2",)}
    cluster.heal()


# ── the wire ──────────────────────────────────────────────────────────────────────────────────


def test_values_are_found_in_any_pieces() -> None:
    """Whatever pieces a stream comes in, the same values are cut from it."""
    values = [
        b"+OK\r\n",
        b"$-1\r\n",
        b"$4\r\na\r\nb\r\n",
        b"*2\r\n*0\r\n$0\r\n\r\n",
        b"%1\r\n+key\r\n*1\r\n:5\r\n",
        b"|1\r\n+ttl\r\n:3\r\n+value\r\n",
        b"_\r\n",
        b">2\r\n+push\r\n#t\r\n",
        b"*-1\r\n",
    ]
    stream = b"".join(values)
    for size in range(1, len(stream) + 1):
        splitter = Splitter()
        pieces = (stream[at : at + size] for at in range(0, len(stream), size))
        assert [value for piece in pieces for value in splitter.feed(piece)] == values
        assert not splitter.rest


def test_what_is_no_resp_is_told() -> None:
    """Bytes that are no RESP are refused after the values before them."""
    splitter = Splitter()
    found = splitter.feed(b"+OK\r\nHTTP/1.1 200\r\n")
    assert next(found) == b"+OK\r\n"
    with pytest.raises(ProtocolError):
        next(found)

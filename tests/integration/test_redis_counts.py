"""What the Redis store costs, in commands, round trips, connections and bytes; never in seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from smsverify.adapters.redis.pipeline import BATCH
from smsverify.adapters.redis.store import RedisStore
from smsverify.adapters.system.clock import SystemClock
from smsverify.domain.periods import DAY
from smsverify.ports.store import Conflict, Written
from smsverify.testing.store_suite.commands import add, commit, counters, record, swap, time_of
from tests.integration.servers import FaultProxy, Single

NAMESPACE = "{smsverify:test}"


@pytest.fixture
async def store(fault_proxy: FaultProxy) -> AsyncIterator[RedisStore]:
    """Give a store whose connection is open and whose scripts are known."""
    store = RedisStore(fault_proxy.url, namespace=NAMESPACE, clock=SystemClock())
    await commit(store, [swap("p:warm", None, b"x")], [add("n", 1)])
    yield store
    await store.close()


class TestOneCall:
    """Each call is one command and one round trip."""

    async def test_a_load(self, store: RedisStore, fault_proxy: FaultProxy) -> None:
        """Any number of records and groups, and the time with them."""
        before = fault_proxy.counts

        await store.load(("p:a", "p:b", "p:c"), ("day", "client"))

        spent = fault_proxy.counts - before
        assert (spent.commands, spent.round_trips, spent.connections) == (1, 1, 0)

    async def test_a_commit(self, store: RedisStore, fault_proxy: FaultProxy) -> None:
        """Any number of swaps and additions, checked by the server's own clock."""
        now = await time_of(store)
        before = fault_proxy.counts

        answer = await store.commit(
            [swap("p:a", None, b"A"), swap("p:b", None, b"B")],
            [add("n", 1), add("m", 1, 10), add("n", 1, key="client")],
            now,
        )

        assert isinstance(answer, Written)
        spent = fault_proxy.counts - before
        assert (spent.commands, spent.round_trips, spent.connections) == (1, 1, 0)

    async def test_a_lost_race(self, store: RedisStore, fault_proxy: FaultProxy) -> None:
        """A conflict brings what is there, so that nobody has to load it."""
        now = await time_of(store)
        before = fault_proxy.counts

        assert isinstance(await store.commit([swap("p:warm", None, b"y")], [], now), Conflict)

        assert (fault_proxy.counts - before).commands == 1

    async def test_a_new_connection(self, redis_url: str, fault_proxy: FaultProxy) -> None:
        """It says nothing but what is needed: no greeting, no name."""
        store = RedisStore(fault_proxy.url, namespace=NAMESPACE, clock=SystemClock())

        await record(store, "p:a")

        assert set(fault_proxy.counts.by_name) <= {"EVALSHA", "EVAL"}
        await store.close()

    async def test_inside_the_server(self, redis_url: str, redis_server: Single) -> None:
        """The script of a usual commit runs no command that it could do without."""
        store = RedisStore(redis_url, namespace=NAMESPACE, clock=SystemClock())
        await commit(store, [swap("p:a", None, b"A")], [add("n", 1), add("spent", 5, 100)])
        now = await time_of(store)
        before = redis_server.command_counts()

        await store.commit([swap("p:a", b"A", b"B")], [add("n", 1), add("spent", 5, 100)], now)

        ran = redis_server.command_counts() - before
        del ran["info"]
        assert ran == {"evalsha": 1, "time": 1, "get": 1, "set": 1, "hget": 2, "hincrby": 2}
        await store.close()


class TestCompany:
    """Commands of concurrent tasks travel together."""

    async def test_tasks_that_ask_at_once_share_their_trips(
        self, store: RedisStore, fault_proxy: FaultProxy
    ) -> None:
        """As many trips as batches, and each task its own answer."""
        now = await time_of(store)
        tasks = 2 * BATCH
        before = fault_proxy.counts

        answers = await asyncio.gather(
            *(store.commit([swap(f"p:{n}", None, b"%d" % n)], [], now) for n in range(tasks))
        )

        assert all(isinstance(answer, Written) for answer in answers)
        spent = fault_proxy.counts - before
        assert (spent.commands, spent.round_trips) == (tasks, 2)
        values = await asyncio.gather(*(record(store, f"p:{n}") for n in range(tasks)))
        assert values == [b"%d" % n for n in range(tasks)]

    async def test_equal_loads_that_leave_together_are_one_command(
        self, store: RedisStore, fault_proxy: FaultProxy
    ) -> None:
        """An attack on one phone costs the server little; another phone's load is another one."""
        before = fault_proxy.counts

        values = await asyncio.gather(
            *(record(store, "p:warm") for _ in range(500)), record(store, "p:other")
        )

        assert values == [b"x"] * 500 + [None]
        assert (fault_proxy.counts - before).commands == 2

    async def test_a_load_sees_what_was_written_before_it_was_asked(
        self, store: RedisStore
    ) -> None:
        """A shared answer is never older than the question."""

        async def write_and_read(name: int) -> bytes | None:
            await commit(store, [swap(f"p:{name % 7}", None, b"x")])
            return await record(store, f"p:{name % 7}")

        answers = await asyncio.gather(*(write_and_read(name) for name in range(200)))

        assert answers == [b"x"] * 200

    async def test_equal_commits_are_never_shared(self, store: RedisStore) -> None:
        """Two that count the same are two."""
        now = await time_of(store)

        await asyncio.gather(*(store.commit([], [add("n", 1)], now) for _ in range(50)))

        assert await counters(store) == {"n": 51}

    async def test_one_cancelled_reader_leaves_the_others_their_answer(
        self, store: RedisStore
    ) -> None:
        """Those who shared a command don't share a fate."""
        readers = [asyncio.ensure_future(record(store, "p:warm")) for _ in range(10)]
        await asyncio.sleep(0)
        readers[0].cancel()

        answers = await asyncio.gather(*readers, return_exceptions=True)

        assert isinstance(answers[0], asyncio.CancelledError)
        assert answers[1:] == [b"x"] * 9


class TestConnections:
    """Few connections, and never more than allowed."""

    @pytest.mark.parametrize("limit", [1, 3])
    async def test_calls_wait_for_a_connection(self, fault_proxy: FaultProxy, limit: int) -> None:
        """Hundreds of calls are all served by the few connections that are allowed."""
        store = RedisStore(
            fault_proxy.url, namespace=NAMESPACE, max_connections=limit, clock=SystemClock()
        )

        await asyncio.gather(*(commit(store, [], [add("n", 1)]) for _ in range(500)))

        assert await counters(store) == {"n": 500}
        assert fault_proxy.counts.connections <= limit
        await store.close()

    async def test_connections_are_kept(self, store: RedisStore, fault_proxy: FaultProxy) -> None:
        """A thousand calls, one after the other, open none."""
        before = fault_proxy.counts

        for _ in range(1_000):
            await store.load(("p:a",))

        assert (fault_proxy.counts - before).connections == 0


class TestBytes:
    """What a phone costs in the server's memory."""

    async def test_a_phone_after_one_verification(
        self, redis_url: str, redis_server: Single
    ) -> None:
        """At most 400 bytes for a record of 150, its key and its end, everything counted."""
        store = RedisStore(redis_url, namespace="{smsverify:live}", clock=SystemClock())
        phones = 20_000
        await _fill(store, 0, 1)
        before = int(redis_server.process.info("memory")["used_memory"])

        await _fill(store, 1, phones)

        after = int(redis_server.process.info("memory")["used_memory"])
        assert (after - before) / (phones - 1) <= 400
        await store.close()


async def _fill(store: RedisStore, first: int, last: int) -> None:
    now = await time_of(store)
    for begin in range(first, last, 500):
        await asyncio.gather(
            *(
                store.commit([swap(f"p:{n:022d}", None, bytes(150), keep=DAY)], [], now)
                for n in range(begin, min(begin + 500, last))
            )
        )
        now = await time_of(store)

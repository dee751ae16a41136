"""How long the server keeps what the Redis store wrote, and the edges of its numbers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from smsverify.adapters.redis.store import RedisStore
from smsverify.adapters.system.clock import SystemClock
from smsverify.domain.periods import DAY, HOUR, MINUTE
from smsverify.errors import StoreDataInvalid
from smsverify.ports.store import Stale, Swap, Written
from smsverify.testing.store_suite.commands import add, commit, counters, record, swap, time_of
from tests.integration.servers import Single

NAMESPACE = "{smsverify:test}"
FOR_EVER = -1


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[RedisStore]:
    """Give a store that goes by the server's clock."""
    store = RedisStore(redis_url, namespace=NAMESPACE, clock=SystemClock())
    yield store
    await store.close()


def left(server: Single, key: str) -> int:
    """Return how many milliseconds the server will still keep a key."""
    answer = server.process.call("PTTL", NAMESPACE + key)
    assert isinstance(answer, int)
    return answer


def nearly(milliseconds: int, wanted: int) -> bool:
    """Say whether this is the wanted time, less what a test takes."""
    return wanted - MINUTE < milliseconds <= wanted


class TestRecords:
    """A record's end comes with each write."""

    async def test_it_is_kept_as_long_as_was_asked(
        self, store: RedisStore, redis_server: Single
    ) -> None:
        """And a later write sets the time anew, longer or shorter."""
        await commit(store, [swap("p:a", None, b"A", keep=DAY)])
        assert nearly(left(redis_server, "p:a"), DAY)

        await commit(store, [swap("p:a", b"A", b"B", keep=HOUR)])
        assert nearly(left(redis_server, "p:a"), HOUR)

    async def test_without_an_end_it_stays_for_ever(
        self, store: RedisStore, redis_server: Single
    ) -> None:
        """Also if it had one before."""
        await commit(store, [swap("p:a", None, b"A", keep=DAY)])
        await commit(store, [swap("p:a", b"A", b"B", keep=None)])

        assert left(redis_server, "p:a") == FOR_EVER

    @pytest.mark.parametrize("keep", [0, -1])
    async def test_what_is_to_be_kept_no_time_breaks_nothing(
        self, store: RedisStore, redis_server: Single, keep: int
    ) -> None:
        """A server refuses such a time; half of the commit would be written by then."""
        answer = await commit(
            store, [Swap("p:a", None, b"A", keep), swap("p:b", None, b"B")], [add("n", 1)]
        )

        assert isinstance(answer, Written)
        assert await record(store, "p:b") == b"B"
        assert await counters(store) == {"n": 1}


class TestGroups:
    """A group's end comes with its first counter, and never nearer."""

    async def test_it_is_kept_until_the_time_that_was_asked(
        self, store: RedisStore, redis_server: Single
    ) -> None:
        """From the first addition on."""
        now = await time_of(store)

        await commit(store, [], [add("n", 1, keep_until=now + DAY)])

        assert nearly(left(redis_server, "day"), DAY)

    @pytest.mark.parametrize(("first", "second"), [(HOUR, DAY), (DAY, HOUR)])
    async def test_the_latest_end_of_its_counters_counts(
        self, store: RedisStore, redis_server: Single, first: int, second: int
    ) -> None:
        """A counter that comes later may prolong it, and can't shorten it."""
        now = await time_of(store)

        await commit(store, [], [add("n", 1, keep_until=now + first)])
        await commit(store, [], [add("m", 1, keep_until=now + second)])

        assert nearly(left(redis_server, "day"), DAY)

    async def test_a_group_whose_time_is_over_does_not_stay_for_ever(
        self, store: RedisStore, redis_server: Single
    ) -> None:
        """What comes too late is forgotten at once."""
        now = await time_of(store)

        answer = await store.commit([], [add("n", 1, keep_until=now - DAY)], now)

        assert isinstance(answer, Written)
        assert left(redis_server, "day") != FOR_EVER


class TestEdges:
    """Numbers where a script and a server may differ."""

    async def test_nothing_is_taken_from_nothing(self, store: RedisStore) -> None:
        """A counter that stands at zero stays there, however often something is returned."""
        await commit(store, [], [add("n", 3)])
        for _ in range(3):
            answer = await commit(store, [swap("p:a", None, None)], [add("n", -5), add("n", -5)])
            assert isinstance(answer, Written)

        assert await counters(store) == {"n": 0}
        await commit(store, [], [add("n", 2)])
        assert await counters(store) == {"n": 2}

    async def test_the_largest_number_can_be_read_and_not_be_passed(
        self, store: RedisStore, redis_server: Single
    ) -> None:
        """Far beyond all money; the rest of such a commit is not written either."""
        largest = 10**18 - 1
        redis_server.process.call("HSET", NAMESPACE + "day", "n", largest)
        assert await counters(store) == {"n": largest}

        with pytest.raises(StoreDataInvalid):
            await commit(store, [swap("p:a", None, b"A")], [add("m", 1), add("n", 1)])

        assert await record(store, "p:a") is None
        assert await counters(store) == {"n": largest}

    @pytest.mark.parametrize("hours", [-1, 1])
    async def test_a_host_an_hour_off_writes_nothing(self, store: RedisStore, hours: int) -> None:
        """The server's clock rules, and its time and the records come along."""
        await commit(store, [swap("p:a", None, b"A")])
        now = await time_of(store)

        answer = await store.commit(
            [swap("p:a", b"A", b"B"), swap("p:b", None, b"B")], [add("n", 1)], now + hours * HOUR
        )

        assert isinstance(answer, Stale)
        assert answer.records == (b"A", None)
        assert abs(answer.now - now) < MINUTE
        assert await record(store, "p:a") == b"A"
        assert await counters(store) == {}

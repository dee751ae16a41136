"""What the store says to its scripts, and what it makes of their replies."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from smsverify.adapters.redis.scripts import COMMIT, LOAD, Script
from smsverify.adapters.redis.store import RedisStore
from smsverify.adapters.redis.trouble import NotSent, ReplyLost
from smsverify.domain.counters import Add
from smsverify.domain.error_code import ErrorCode
from smsverify.errors import ConfigurationError, StoreDataInvalid, StoreUnavailable
from smsverify.ports.store import CeilingReached, Conflict, Stale, Swap, Written
from smsverify.testing.clock import ManualClock

NS = "{smsverify:test}"
NOW = 1_800_000_000_000


class FakePipeline:
    """Gives prepared replies, the last one for ever; keeps what was said."""

    def __init__(self, *replies: Any) -> None:
        self.said: list[bytes] = []
        self.reads: list[bool] = []
        self._replies = list(replies)

    def get(self) -> FakePipeline:
        """Be the pipeline of every loop."""
        return self

    def submit(self, packed: bytes, *, is_read: bool) -> asyncio.Future[Any]:
        """Answer."""
        self.said.append(packed)
        self.reads.append(is_read)
        future = asyncio.get_running_loop().create_future()
        future.set_result(self._replies.pop(0) if len(self._replies) > 1 else self._replies[0])
        return future


def store_on(*replies: Any, **options: Any) -> tuple[RedisStore, FakePipeline]:
    """Return a store and the pipeline that answers it."""
    store = RedisStore("redis://h", namespace=NS, clock=ManualClock(), **options)
    pipeline = FakePipeline(*replies)
    store._pipelines = pipeline  # type: ignore[assignment]
    return store, pipeline


def call(script: Script, keys: list[str], *arguments: str | bytes | int) -> bytes:
    """Return the bytes of a call, the name space before each key."""
    return script.call([NS + key for key in keys], arguments)


class TestLoad:
    """One command, one reply."""

    async def test_it_asks_for_records_and_then_groups(self) -> None:
        """And gives both in the order of the question."""
        store, pipeline = store_on([0, NOW, b"A", None, [b"n", b"5", b"m.GB", b"0"], []])

        loaded = await store.load(("p:a", "p:b"), ("day", "client"))

        assert pipeline.said == [call(LOAD, ["p:a", "p:b", "day", "client"], 2, 2, b"")]
        assert pipeline.reads == [True]
        assert (loaded.now, loaded.records) == (NOW, (b"A", None))
        assert loaded.counters == ({"n": 5, "m.GB": 0}, {})

    async def test_without_a_question_a_cluster_must_still_know_whom_to_ask(self) -> None:
        """A key of our slot goes along, which the script does not look at."""
        store, pipeline = store_on([0, NOW])

        assert (await store.load(())).now == NOW
        assert pipeline.said == [call(LOAD, [""], 0, 0, b"")]

    async def test_something_foreign_is_named(self) -> None:
        """With its whole key, for whoever goes to look."""
        store, _ = store_on([3, NOW, 1])

        with pytest.raises(StoreDataInvalid, match=r"\{smsverify:test\}day"):
            await store.load(("p:a",), ("day",))

    @pytest.mark.parametrize(
        "flat",
        [
            [b"n", b"abc"],
            [b"n", b""],
            [b"n", b"1.5"],
            [b"n", b"-1"],
            [b"n", b"+1"],
            [b"n", b"01"],
            [b"n", b" 1"],
            [b"n", b"1_0"],
            [b"n", b"1\n"],
            [b"n", "١".encode()],
            [b"n", b"1" * 19],
            [b"n", b"1", b"m", b"x"],
            [b"\xff", b"1"],
        ],
    )
    async def test_what_is_no_counter_is_not_ours(self, flat: list[bytes]) -> None:
        """Only whole numbers as the scripts write them are read."""
        store, _ = store_on([0, NOW, flat])

        with pytest.raises(StoreDataInvalid, match="day"):
            await store.load((), ("day",))

    async def test_a_test_may_set_the_time(self) -> None:
        """The script then goes by it."""
        store, pipeline = store_on([0, NOW], time_override=lambda: 77)

        await store.load(())

        assert pipeline.said == [call(LOAD, [""], 0, 0, 77)]


class TestCommit:
    """One command, one reply."""

    async def test_swaps_and_additions_become_arguments(self) -> None:
        """Missing and empty, for ever and deleted are told apart; a group is named once."""
        store, pipeline = store_on(NOW)

        answer = await store.commit(
            [
                Swap("p:a", None, b"new", 5),
                Swap("p:b", b"", b"", None),
                Swap("p:c", b"old", None, 5),
                Swap("p:d", b"old", b"new", 0),
            ],
            [
                Add("day", "n", 1, None, 9),
                Add("client", "m", -2, 10, 8),
                Add("day", "o", 0, 0, 9),
            ],
            NOW - 1,
        )

        assert answer == Written(NOW)
        arguments = (
            *(NOW - 1, 4, b""),
            *(b"", b"new", 5),
            *(b"=", b"", b"-"),
            *(b"=old", b"", b"x"),
            *(b"=old", b"new", 1),
            *(5, "n", 1, b"", 9),
            *(6, "m", -2, 10, 8),
            *(5, "o", 0, 0, 9),
        )
        keys = ["p:a", "p:b", "p:c", "p:d", "day", "client"]
        assert pipeline.said == [call(COMMIT, keys, *arguments)]
        assert pipeline.reads == [False]

    async def test_nothing_to_write_still_asks_the_right_server(self) -> None:
        """For the check of the time."""
        store, pipeline = store_on(NOW)

        await store.commit([], [], NOW)

        assert pipeline.said == [call(COMMIT, [""], NOW, 0, b"")]

    @pytest.mark.parametrize(
        ("reply", "answer"),
        [
            ([0, NOW, b"A", None], Stale(NOW, (b"A", None))),
            ([1, NOW, None, b"B"], Conflict(NOW, (None, b"B"))),
            ([2, NOW, 3], CeilingReached(NOW, 3)),
        ],
    )
    async def test_each_reply_has_its_answer(self, reply: list[Any], answer: object) -> None:
        """With what the script brought along."""
        store, _ = store_on(reply)

        assert await store.commit([Swap("p:a", None, b"x", 1)], [], NOW) == answer

    async def test_something_foreign_is_named(self) -> None:
        """Be it a record's key or a group's."""
        store, _ = store_on([3, NOW, 1])

        with pytest.raises(StoreDataInvalid, match=r"\{smsverify:test\}day"):
            await store.commit([Swap("p:a", None, b"x", 1)], [Add("day", "n", 1, None, 9)], NOW)


class TestTrouble:
    """What is repeated here, and what is not."""

    async def test_a_commit_with_a_swap_may_be_repeated(self) -> None:
        """A second execution would be a conflict with the own bytes."""
        store, pipeline = store_on(_lost(), NOW)

        assert await store.commit([Swap("p:a", None, b"x", 1)], [], NOW) == Written(NOW)
        assert pipeline.said[0] == pipeline.said[1]

    async def test_additions_alone_may_not(self) -> None:
        """They would count twice."""
        store, pipeline = store_on(_lost(), NOW)

        with pytest.raises(StoreUnavailable) as caught:
            await store.commit([], [Add("day", "n", 1, None, 9)], NOW)

        assert caught.value.code is ErrorCode.REDIS_UNAVAILABLE
        assert len(pipeline.said) == 1

    async def test_a_load_may_be_repeated(self) -> None:
        """Reading harms nobody."""
        store, pipeline = store_on(_lost(), [0, NOW])

        assert (await store.load(())).now == NOW
        assert pipeline.reads == [True, True]

    async def test_what_was_not_sent_is_sent(self) -> None:
        """Additions alone too."""
        later = asyncio.get_running_loop().time() + 100
        store, _ = store_on(NotSent(RedisConnectionError("x"), None, later), NOW)

        answer = await store.commit([], [Add("day", "n", 1, None, 9)], NOW)

        assert answer == Written(NOW)


def test_building_does_nothing_but_read_the_address() -> None:
    """Outside of any loop, and without a server."""
    store = RedisStore("redis+sentinel://h/s", namespace=NS, clock=ManualClock())

    assert (store.name, store.unavailable_code) == ("redis", ErrorCode.REDIS_UNAVAILABLE)


def test_a_wrong_address_is_refused_when_it_is_built() -> None:
    """Not at the first call."""
    with pytest.raises(ConfigurationError, match="REDIS_URL"):
        RedisStore("http://h", namespace=NS, clock=ManualClock())


def _lost() -> ReplyLost:
    later = asyncio.get_running_loop().time() + 100
    return ReplyLost(RedisConnectionError("x"), None, later)

"""Trying again: when, how often, where, and what is told at the end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis._parsers.base import BaseParser
from redis.exceptions import ConnectionError as RedisConnectionError

from smsverify.adapters.redis.deployment import Address
from smsverify.adapters.redis.pipeline import ANSWER_SECONDS
from smsverify.adapters.redis.repetition import LONGEST_PAUSE_SECONDS, Repetition
from smsverify.adapters.redis.scripts import COMMIT, LOAD
from smsverify.adapters.redis.trouble import (
    SAID_BY_NO_PRIMARY,
    NotSent,
    Refused,
    ReplyLost,
    Trouble,
)
from smsverify.errors import StoreError, StoreUnavailable
from smsverify.testing.clock import ManualClock
from tests.unit.adapters.redis.doubles import HERE, THERE, FakePool

BY_NAME = COMMIT.call(["k"], [1])
IN_FULL = COMMIT.call_in_full(["k"], [1])


class FakePipeline:
    """
    Gives prepared replies, and "done" when none is left.

    Attributes:
        said: where each command went, and its bytes.
    """

    def __init__(self, *replies: object) -> None:
        self.pool = FakePool()
        self.said: list[tuple[Address | None, bytes]] = []
        self.reads: list[bool] = []
        self._replies = list(replies)
        self.forever: object = None

    def submit(self, packed: bytes, *, is_read: bool) -> asyncio.Future[Any]:
        """Note the command."""
        self.reads.append(is_read)
        return self._answer(None, packed)

    def submit_to(self, address: Address, packed: bytes) -> asyncio.Future[Any]:
        """Note the command."""
        return self._answer(address, packed)

    def _answer(self, address: Address | None, packed: bytes) -> asyncio.Future[Any]:
        self.said.append((address, packed))
        future = asyncio.get_running_loop().create_future()
        future.set_result(self._replies.pop(0) if self._replies else self.forever or "done")
        return future


class CountingClock(ManualClock):
    """Keeps the naps that were taken."""

    def __init__(self) -> None:
        super().__init__()
        self.naps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Keep it."""
        self.naps.append(seconds)
        await super().sleep(seconds)


def soon() -> float:
    """Return a deadline that no test reaches."""
    return asyncio.get_running_loop().time() + 100


def refused(said: str) -> Refused:
    """Return a refusal by the usual server, in its own words."""
    return Refused(BaseParser.parse_error(said), HERE, soon())


async def repeat(
    pipeline: FakePipeline,
    trouble: Trouble,
    *,
    clock: ManualClock | None = None,
    harmless: bool = False,
) -> Any:
    """Repeat a commit after trouble."""
    repetition = Repetition(
        lambda: pipeline,  # type: ignore[arg-type, return-value]
        clock or ManualClock(),
        COMMIT,
        ["k"],
        [1],
    )
    return await repetition.after(trouble, also_if_executed=harmless)


async def error_of(pipeline: FakePipeline, trouble: Trouble, **how: Any) -> StoreError:
    """Return what a repetition ends in."""
    with pytest.raises(StoreUnavailable) as caught:
        await repeat(pipeline, trouble, **how)
    return caught.value


class TestWhether:
    """What may be tried again at all."""

    async def test_what_was_not_sent_is_sent(self) -> None:
        """Harmless or not."""
        pipeline = FakePipeline()

        assert await repeat(pipeline, NotSent(RedisConnectionError("x"), HERE, soon())) == "done"
        assert pipeline.said == [(None, BY_NAME)]

    async def test_what_may_have_been_executed_is_not_sent_again(self) -> None:
        """Unless a second execution does no harm."""
        lost = ReplyLost(RedisConnectionError("x"), HERE, soon())
        pipeline = FakePipeline()

        await error_of(pipeline, lost)
        assert pipeline.said == []

        assert await repeat(pipeline, lost, harmless=True) == "done"

    async def test_a_later_loss_counts_as_well(self) -> None:
        """The second try may be the one that was executed."""
        pipeline = FakePipeline(ReplyLost(RedisConnectionError("x"), HERE, soon()))

        await error_of(pipeline, refused("LOADING wait"))

        assert len(pipeline.said) == 1

    async def test_what_will_last_is_told_at_once(self) -> None:
        """Two seconds won't make room in memory."""
        pipeline = FakePipeline()

        error = await error_of(pipeline, refused("OOM no"))

        assert "maxmemory" in str(error)
        assert pipeline.said == []


class TestHowLong:
    """It ends, by either clock."""

    async def test_it_ends_when_the_stores_clock_says_so(self) -> None:
        """After some tries, with pauses that grow and stay short."""
        pipeline, clock = FakePipeline(), CountingClock()
        pipeline.forever = refused("TRYAGAIN moving")

        error = await error_of(pipeline, refused("TRYAGAIN x"), clock=clock)

        assert "moving" in str(error)
        assert ANSWER_SECONDS <= clock.monotonic() <= ANSWER_SECONDS + LONGEST_PAUSE_SECONDS
        assert len(pipeline.said) == len(clock.naps) > ANSWER_SECONDS / LONGEST_PAUSE_SECONDS
        assert clock.naps[0] <= 0.01
        assert 0.05 < max(clock.naps) <= LONGEST_PAUSE_SECONDS
        assert len(set(clock.naps)) == len(clock.naps)

    async def test_it_ends_at_the_commands_deadline(self) -> None:
        """Also while it waits for a reply."""
        pipeline = FakePipeline()
        never: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        pipeline.submit = lambda *_, **__: never  # type: ignore[method-assign]
        deadline = asyncio.get_running_loop().time() + 0.01

        error = await error_of(pipeline, NotSent(RedisConnectionError("refused"), HERE, deadline))

        assert "refused" in str(error)
        assert never.cancelled()

    async def test_past_the_deadline_nothing_is_tried(self) -> None:
        """The time was spent on the first try."""
        pipeline = FakePipeline()
        past = asyncio.get_running_loop().time() - 1

        error = await error_of(pipeline, NotSent(TimeoutError(), HERE, past))

        assert "in time" in str(error)
        assert pipeline.said == []

    async def test_a_connection_that_broke_is_tried_again_at_once(self) -> None:
        """The first time; from then on there are pauses."""
        broken = [NotSent(RedisConnectionError("x"), HERE, soon()) for _ in range(3)]
        pipeline, clock = FakePipeline(*broken[1:]), CountingClock()

        await repeat(pipeline, broken[0], clock=clock)

        assert len(pipeline.said) == 3
        assert len(clock.naps) == 2


class TestWhere:
    """What a server says of where to go."""

    async def test_a_forgotten_script_is_brought_along_at_once(self) -> None:
        """Without a pause, and to the same server."""
        pipeline, clock = FakePipeline(), CountingClock()

        await repeat(pipeline, refused("NOSCRIPT no"), clock=clock)

        assert pipeline.said == [(None, IN_FULL)]
        assert clock.naps == []

    async def test_after_that_the_name_will_do(self) -> None:
        """The server that refused for another reason has seen the script meanwhile."""
        pipeline = FakePipeline(refused("TRYAGAIN x"))

        await repeat(pipeline, refused("NOSCRIPT no"))

        assert [said for _, said in pipeline.said] == [IN_FULL, BY_NAME]

    async def test_a_moved_slot_is_followed_at_once(self) -> None:
        """And remembered for all that comes."""
        pipeline, clock = FakePipeline(), CountingClock()

        await repeat(pipeline, refused("MOVED 1 there:2"), clock=clock)

        assert pipeline.pool.primary.moves == [THERE]
        assert pipeline.said == [(None, BY_NAME)]
        assert clock.naps == []

    async def test_two_nodes_that_point_at_each_other_get_a_pause(self) -> None:
        """For the moment in which a move ends."""
        pipeline, clock = FakePipeline(refused("MOVED 1 here:1")), CountingClock()

        await repeat(pipeline, refused("MOVED 1 there:2"), clock=clock)

        assert pipeline.pool.primary.moves == [THERE, HERE]
        assert len(clock.naps) == 1

    async def test_a_node_without_a_name_means_its_own_host(self) -> None:
        """As nodes do that don't know how they are called outside."""
        pipeline = FakePipeline()

        await repeat(pipeline, refused("MOVED 1 :7"))

        assert pipeline.pool.primary.moves == [Address("here", 7)]

    async def test_a_slot_under_way_is_asked_for_at_the_other_end(self) -> None:
        """With the script, which that node may not know; nothing is remembered."""
        pipeline = FakePipeline()

        await repeat(pipeline, refused("ASK 1 there:2"))

        assert pipeline.said == [(THERE, IN_FULL)]
        assert pipeline.pool.primary.moves == []

    @pytest.mark.parametrize("word", sorted(SAID_BY_NO_PRIMARY))
    async def test_who_is_no_primary_is_not_trusted_any_more(self, word: str) -> None:
        """The next try asks who is."""
        pipeline = FakePipeline()

        await repeat(pipeline, refused(f"{word} x"))

        assert pipeline.pool.distrusted == [HERE]

    async def test_who_is_only_busy_stays_the_primary(self) -> None:
        """It keeps its connections."""
        pipeline = FakePipeline()

        await repeat(pipeline, refused("BUSY script"))

        assert pipeline.pool.distrusted == []


async def test_a_load_stays_a_load() -> None:
    """Its repetition may be shared with others that ask the same."""
    pipeline = FakePipeline()
    repetition = Repetition(lambda: pipeline, ManualClock(), LOAD, ["k"], [])  # type: ignore[arg-type, return-value]

    await repetition.after(refused("NOSCRIPT no"), also_if_executed=True)

    assert pipeline.reads == [True]

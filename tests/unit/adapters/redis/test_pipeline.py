"""What leaves together, what waits, and what becomes of it when something goes wrong."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from redis.exceptions import BusyLoadingError, OutOfMemoryError
from redis.exceptions import ConnectionError as RedisConnectionError

from smsverify.adapters.redis.pipeline import ANSWER_SECONDS, BATCH, Pipeline
from smsverify.adapters.redis.trouble import NotSent, Refused, ReplyLost
from smsverify.ports.store import STORE_SECONDS
from tests.unit.adapters.redis.doubles import HERE, THERE, FakePool

if TYPE_CHECKING:
    from collections.abc import Callable


def echo(command: bytes) -> object:
    """Answer a command with itself."""
    return command


def pipeline_on(pool: FakePool, limit: int = 20) -> Pipeline:
    """Return a pipeline over a double."""
    return Pipeline(pool, limit)  # type: ignore[arg-type]


async def ask(pipeline: Pipeline, *commands: bytes) -> list[Any]:
    """Submit commands in one turn and wait for all."""
    return list(await asyncio.gather(*(pipeline.submit(one, is_read=False) for one in commands)))


def names(count: int) -> list[bytes]:
    """Return so many different commands."""
    return [b"%d" % number for number in range(count)]


async def turns(count: int = 10) -> None:
    """Let the loop turn."""
    for _ in range(count):
        await asyncio.sleep(0)


class TestTogether:
    """Commands of one turn."""

    async def test_they_are_written_in_one_go(self) -> None:
        """In their order, and each gets its own reply."""
        pool = FakePool(echo)

        assert await ask(pipeline_on(pool), *names(BATCH)) == names(BATCH)

        assert [link.written for link in pool.links] == [[names(BATCH)]]

    async def test_more_than_a_batch_takes_a_second_connection(self) -> None:
        """So that the server has work while replies are read here."""
        pool = FakePool(echo)
        pool.gate.clear()
        asked = asyncio.ensure_future(ask(pipeline_on(pool), *names(BATCH + 1)))
        await turns()

        pool.gate.set()

        assert await asked == names(BATCH + 1)
        assert [len(link.written[0]) for link in pool.links] == [BATCH, 1]

    async def test_one_turn_after_the_other_uses_one_connection(self) -> None:
        """What was given back is lent again."""
        pool = FakePool(echo)
        pipeline = pipeline_on(pool)

        for number in range(5):
            await ask(pipeline, b"%d" % number)

        assert [link.written for link in pool.links] == [[[b"%d" % n] for n in range(5)]]

    async def test_when_all_connections_are_out_commands_gather(self) -> None:
        """And leave together as soon as one is back."""
        pool = FakePool(echo)
        pipeline = pipeline_on(pool, limit=1)
        pool.gate.clear()
        first = pipeline.submit(b"first", is_read=False)
        await turns(2)
        later = [pipeline.submit(name, is_read=False) for name in names(3)]
        await turns()
        assert not any(one.done() for one in later)

        pool.gate.set()

        assert [await one for one in (first, *later)] == [b"first", *names(3)]
        assert [link.written for link in pool.links] == [[[b"first"], names(3)]]

    async def test_what_comes_when_a_worker_has_just_ended_is_not_forgotten(self) -> None:
        """Its end is noted a turn later, and somebody must still go."""
        pool = FakePool(echo)
        pipeline = pipeline_on(pool, limit=1)

        async def one_after_the_other(name: bytes) -> None:
            for _ in range(20):
                assert await pipeline.submit(name, is_read=False) == name

        async with asyncio.timeout(5):
            await asyncio.gather(*map(one_after_the_other, names(3)))


class TestReads:
    """Equal questions."""

    async def test_equal_reads_of_one_turn_are_one_command(self) -> None:
        """Each who asked gets the answer."""
        pool = FakePool(echo)
        pipeline = pipeline_on(pool)

        answers = await asyncio.gather(*(pipeline.submit(b"x", is_read=True) for _ in range(9)))

        assert answers == [b"x"] * 9
        assert pool.links[0].written == [[b"x"]]

    async def test_equal_writes_are_never_one(self) -> None:
        """Each is executed."""
        pool = FakePool(echo)

        await ask(pipeline_on(pool), b"x", b"x")

        assert pool.links[0].written == [[b"x", b"x"]]

    async def test_a_question_is_never_answered_by_an_older_one(self) -> None:
        """What has left already does not answer who comes later."""
        pool = FakePool(echo)
        pipeline = pipeline_on(pool)
        pool.gate.clear()
        first = pipeline.submit(b"x", is_read=True)
        await turns(2)

        second = pipeline.submit(b"x", is_read=True)
        await turns()
        pool.gate.set()

        assert (await first, await second) == (b"x", b"x")
        assert [link.written for link in pool.links] == [[[b"x"]], [[b"x"]]]


class TestTrouble:
    """Whatever happens, everybody gets an answer, and no connection is lent with replies in it."""

    async def test_without_a_connection_nothing_was_sent(self) -> None:
        """The cause is told."""
        pool = FakePool(echo)
        pool.trouble = RedisConnectionError("refused")

        (trouble,) = await ask(pipeline_on(pool), b"x")

        assert isinstance(trouble, NotSent)
        assert trouble.__cause__ is pool.trouble

    async def test_a_connection_that_breaks_loses_what_was_not_answered(self) -> None:
        """What was answered before stays answered; the server is not trusted any more."""
        broken = RedisConnectionError("broken")
        pool = FakePool(lambda command: broken if command == b"2" else command)

        answers = await ask(pipeline_on(pool), *names(5))

        assert answers[:2] == names(2)
        assert all(isinstance(answer, ReplyLost) for answer in answers[2:])
        assert {answer.__cause__ for answer in answers[2:]} == {broken}
        assert pool.dropped == pool.links
        assert pool.distrusted == [HERE]

    @pytest.mark.parametrize("error", [OutOfMemoryError("no"), BusyLoadingError("wait")])
    async def test_an_error_reply_is_one_commands_own(self, error: Exception) -> None:
        """The others get theirs, and the connection is given back."""
        pool = FakePool(lambda command: error if command == b"1" else command)

        answers = await ask(pipeline_on(pool), *names(3))

        assert (answers[0], answers[2]) == (b"0", b"2")
        assert isinstance(answers[1], Refused)
        assert (answers[1].__cause__, answers[1].address) == (error, HERE)
        assert (pool.dropped, pool.distrusted) == ([], [])

    async def test_time_ends_before_the_callers_patience(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server that is silent is answered for, and its connection closed."""
        assert ANSWER_SECONDS < STORE_SECONDS
        monkeypatch.setattr("smsverify.adapters.redis.pipeline.ANSWER_SECONDS", 0.01)
        pool = FakePool(echo)
        pipeline = pipeline_on(pool)
        pool.gate.clear()

        (silent,) = await ask(pipeline, b"x")
        pool.hold.clear()
        (unreachable,) = await ask(pipeline, b"x")

        assert isinstance(silent, ReplyLost)
        assert isinstance(unreachable, NotSent)
        assert pool.dropped == pool.links

    async def test_a_cancelled_caller_leaves_the_exchange_alone(self) -> None:
        """Its reply is read, and nobody else gets it."""
        pool = FakePool(echo)
        pipeline = pipeline_on(pool)
        pool.gate.clear()
        given_up, beside = (pipeline.submit(name, is_read=False) for name in names(2))
        await turns(2)
        given_up.cancel()
        pool.gate.set()

        assert await beside == b"1"
        assert await ask(pipeline, b"next") == [b"next"]
        assert (len(pool.links), pool.dropped) == (1, [])

    async def test_a_cancelled_worker_answers_for_itself_and_those_behind(self) -> None:
        """A loop that is wound up cancels it; who is still there may ask again."""
        pool = FakePool(echo)
        pipeline = pipeline_on(pool, limit=1)
        pool.gate.clear()
        first = pipeline.submit(b"first", is_read=False)
        await turns(2)
        behind = pipeline.submit(b"behind", is_read=False)
        (worker,) = pipeline._workers

        worker.cancel()

        assert isinstance(await first, ReplyLost)
        assert isinstance(await behind, NotSent)
        assert pool.dropped == pool.links
        pool.gate.set()
        assert await ask(pipeline, b"again") == [b"again"]

    async def test_closing_lets_what_is_under_way_end(self) -> None:
        """Waiting commands too; then the connections are closed."""
        pool = FakePool(echo)
        pipeline = pipeline_on(pool, limit=1)
        asked = [pipeline.submit(name, is_read=False) for name in names(3 * BATCH)]

        await pipeline.close()

        assert [one.result() for one in asked] == names(3 * BATCH)
        assert pool.closed


class TestAsking:
    """Commands for a node that takes our slot over."""

    async def test_it_is_told_to_expect_us(self) -> None:
        """ASKING comes before the command, and its reply is nobody's."""
        pool = FakePool(lambda command: b"OK" if b"ASKING" in command else command)
        pipeline = pipeline_on(pool)

        asked, usual = pipeline.submit_to(THERE, b"x"), pipeline.submit(b"y", is_read=False)

        assert (await asked, await usual) == (b"x", b"y")
        assert pool.borrowed_for == [THERE, None]
        assert pool.links[0].written[0] == [b"*1\r\n$6\r\nASKING\r\n", b"x"]

    @pytest.mark.parametrize("answer", [echo, lambda _: RedisConnectionError("broken")])
    async def test_nothing_else_goes_with_it(self, answer: Callable[[bytes], object]) -> None:
        """Two commands for it are two exchanges, whatever becomes of them."""
        pool = FakePool(answer)
        pipeline = pipeline_on(pool)

        await asyncio.gather(*(pipeline.submit_to(THERE, name) for name in names(2)))

        assert [len(written) for link in pool.links for written in link.written] == [2, 2]

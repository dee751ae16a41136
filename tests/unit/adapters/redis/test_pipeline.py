"""What leaves together, what waits, and what becomes of it when something goes wrong."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from redis.exceptions import BusyLoadingError, OutOfMemoryError
from redis.exceptions import ConnectionError as RedisConnectionError

from smsverify.adapters.redis import pool as pool_module
from smsverify.adapters.redis.pipeline import ANSWER_SECONDS, BATCH, JOINING_SECONDS, Pipeline
from smsverify.adapters.redis.pool import IDLE_SECONDS, Pool
from smsverify.adapters.redis.trouble import NotSent, Refused, ReplyLost, Trouble, store_error
from smsverify.ports.store import STORE_SECONDS
from tests.unit.adapters.redis.doubles import (
    DEPLOYMENT,
    HERE,
    THERE,
    FakePrimary,
    bulk,
    packed,
    turns,
)
from tests.unit.virtual_time import run_virtually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.unit.adapters.redis.doubles import Answer, FakeLink, FakeServers


def new_pipeline(limit: int = 20) -> Pipeline:
    """Return a pipeline over a pool whose servers are doubles."""
    pool = Pool(DEPLOYMENT, 0, limit)
    pool.primary = FakePrimary()
    return Pipeline(pool, limit)


def submit(pipeline: Pipeline, word: bytes, *, is_read: bool = False) -> asyncio.Future[Any]:
    """Submit a command of one word."""
    return pipeline.submit(packed(word), is_read=is_read)


async def ask(pipeline: Pipeline, *words: bytes) -> list[Any]:
    """Submit commands in one turn and wait for all."""
    return list(await asyncio.gather(*(submit(pipeline, word) for word in words)))


def words(count: int) -> list[bytes]:
    """Return so many different commands."""
    return [b"%d" % number for number in range(count)]


def forgotten(pipeline: Pipeline) -> list[Any]:
    """Return the servers that failed."""
    primary: Any = pipeline.pool.primary
    return list(primary.forgotten)


def timers() -> list[float]:
    """Return when the running loop's timers are due."""
    loop: Any = asyncio.get_running_loop()
    return [timer.when() for timer in loop._scheduled if not timer.cancelled()]


def assert_at_rest(pipeline: Pipeline) -> None:
    """Check that no connection is out, nothing waits, and nothing of ours stays in the loop."""
    assert pipeline._out == 0
    assert not pipeline._waiting
    assert pipeline._quiet.is_set()
    assert timers() == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


class TestTogether:
    """Commands of one turn."""

    async def test_they_are_written_in_one_go(self, servers: FakeServers) -> None:
        """In their order, and each gets its own reply."""
        assert await ask(new_pipeline(), *words(BATCH)) == words(BATCH)

        assert servers.written == [[words(BATCH)]]

    async def test_those_of_all_who_run_in_a_turn_go_along(self, servers: FakeServers) -> None:
        """Also where an open connection lies idle: it is used when the turn is over."""
        pipeline = new_pipeline()
        await ask(pipeline, b"first")

        await asyncio.gather(*(ask(pipeline, word) for word in words(3)))

        assert servers.written == [[[b"first"], words(3)]]

    async def test_a_reply_in_between_divides_nobody(self, servers: FakeServers) -> None:
        """A connection that gets free in the middle of a turn waits for its end as well."""
        pipeline = new_pipeline()
        servers.silent = True
        first = submit(pipeline, b"first")
        await turns()

        before = submit(pipeline, b"before")
        servers.speak()
        after = submit(pipeline, b"after")

        assert [await one for one in (first, before, after)] == [b"first", b"before", b"after"]
        assert servers.written == [[[b"first"], [b"before", b"after"]]]

    async def test_more_than_a_batch_takes_a_second_connection(self, servers: FakeServers) -> None:
        """So that the server has work while replies are read here."""
        servers.silent = True
        asked = asyncio.ensure_future(ask(new_pipeline(), *words(BATCH + 1)))
        await turns()

        servers.speak()

        assert await asked == words(BATCH + 1)
        assert [len(written[0]) for written in servers.written] == [BATCH, 1]

    async def test_one_turn_after_the_other_uses_one_connection(self, servers: FakeServers) -> None:
        """What was given back is taken again."""
        pipeline = new_pipeline()

        for word in words(5):
            await ask(pipeline, word)

        assert servers.written == [[[word] for word in words(5)]]

    async def test_when_all_connections_are_out_commands_gather(self, servers: FakeServers) -> None:
        """And leave together as soon as one is back."""
        pipeline = new_pipeline(limit=1)
        servers.silent = True
        first = submit(pipeline, b"first")
        await turns()
        later = []
        for word in words(3):
            later.append(submit(pipeline, word))
            await turns()
        assert not any(one.done() for one in later)

        servers.speak()

        assert [await one for one in (first, *later)] == [b"first", *words(3)]
        assert servers.written == [[[b"first"], words(3)]]

    async def test_while_one_is_opened_for_the_first_the_next_wait(
        self, servers: FakeServers
    ) -> None:
        """A connection on its way counts as out."""
        pipeline = new_pipeline(limit=1)
        servers.hold.clear()
        first = submit(pipeline, b"first")
        await turns()
        later = [submit(pipeline, word) for word in words(3)]
        await turns()
        assert len(servers.links) == 1

        servers.hold.set()

        assert [await one for one in (first, *later)] == [b"first", *words(3)]
        assert servers.written == [[[b"first"], words(3)]]

    async def test_many_who_ask_one_after_the_other_are_all_served(
        self, servers: FakeServers
    ) -> None:
        """Whoever comes in the very turn in which the only connection gets free."""
        pipeline = new_pipeline(limit=1)

        async def one_after_the_other(word: bytes) -> None:
            for pause in range(20):
                assert await submit(pipeline, word) == word
                await turns(pause % 4)

        async with asyncio.timeout(5):
            await asyncio.gather(*map(one_after_the_other, words(3)))
        assert len(servers.links) == 1


class TestReads:
    """Equal questions."""

    async def test_equal_reads_of_one_turn_are_one_command(self, servers: FakeServers) -> None:
        """Each who asked gets the answer."""
        pipeline = new_pipeline()

        answers = await asyncio.gather(*(submit(pipeline, b"x", is_read=True) for _ in range(9)))

        assert answers == [b"x"] * 9
        assert servers.written == [[[b"x"]]]

    async def test_equal_writes_are_never_one(self, servers: FakeServers) -> None:
        """Each is executed."""
        await ask(new_pipeline(), b"x", b"x")

        assert servers.written == [[[b"x", b"x"]]]

    async def test_a_write_is_no_read(self, servers: FakeServers) -> None:
        """Whatever its bytes, and whichever comes first."""
        pipeline = new_pipeline()

        kinds = (False, True, False)
        await asyncio.gather(*(submit(pipeline, b"x", is_read=is_read) for is_read in kinds))

        assert servers.written == [[[b"x", b"x", b"x"]]]

    async def test_a_question_is_never_answered_by_an_older_one(self, servers: FakeServers) -> None:
        """What has left already does not answer who comes later."""
        pipeline = new_pipeline()
        servers.silent = True
        first = submit(pipeline, b"x", is_read=True)
        await turns()

        second = submit(pipeline, b"x", is_read=True)
        await turns()
        servers.speak()

        assert (await first, await second) == (b"x", b"x")
        assert servers.written == [[[b"x"]], [[b"x"]]]


class TestTrouble:
    """Whatever happens, everybody gets an answer, and no connection is kept with replies in it."""

    async def test_without_a_connection_nothing_was_sent(self, servers: FakeServers) -> None:
        """The cause is told."""
        refused = servers.trouble[HERE] = RedisConnectionError("refused")

        answers = await ask(new_pipeline(), *words(2))

        assert all(isinstance(answer, NotSent) for answer in answers)
        assert {answer.__cause__ for answer in answers} == {refused}

    async def test_a_mistake_in_opening_is_an_answer_too(self, servers: FakeServers) -> None:
        """Nobody would hear of a task that died."""
        mistake = servers.trouble[HERE] = ZeroDivisionError("a mistake of ours")

        (answer,) = await ask(new_pipeline(), b"x")

        assert isinstance(answer, NotSent)
        assert answer.__cause__ is mistake

    async def test_a_connection_that_breaks_loses_what_was_not_answered(
        self, servers: FakeServers
    ) -> None:
        """What was answered before stays answered; the server is not trusted any more."""
        broken = ConnectionResetError("broken")
        servers.answer = lambda word: broken if word == b"2" else bulk(word)
        pipeline = new_pipeline()

        answers = await ask(pipeline, *words(5))

        assert answers[:2] == words(2)
        assert all(isinstance(answer, ReplyLost) for answer in answers[2:])
        assert {answer.__cause__ for answer in answers[2:]} == {broken}
        assert {answer.address for answer in answers[2:]} == {HERE}
        assert servers.fates == ["lost"]
        assert forgotten(pipeline) == [HERE]

    async def test_one_that_breaks_takes_the_idle_ones_to_its_server_along(
        self, servers: FakeServers
    ) -> None:
        """They have likely the same fate; the next is a new one."""
        pipeline = new_pipeline()
        servers.silent = True
        asked = asyncio.ensure_future(ask(pipeline, *words(BATCH + 1)))
        await turns()
        breaking, idle = servers.links
        idle.say()
        await turns()

        breaking.lose(ConnectionResetError("broken"))
        await asked

        assert servers.fates == ["lost", "dropped"]
        servers.speak()
        assert await ask(pipeline, b"again") == [b"again"]

    async def test_an_idle_connection_that_ends_is_nobodys_trouble(
        self, servers: FakeServers
    ) -> None:
        """The next command goes over a new one, and the server is trusted as before."""
        pipeline = new_pipeline()
        await ask(pipeline, b"x")

        servers.links[0].lose()
        await turns()

        assert await ask(pipeline, b"y") == [b"y"]
        assert servers.fates == ["lost", "open"]
        assert forgotten(pipeline) == []

    @pytest.mark.parametrize(
        ("said", "kind"), [(b"-OOM no", OutOfMemoryError), (b"-LOADING wait", BusyLoadingError)]
    )
    async def test_an_error_reply_is_one_commands_own(
        self, servers: FakeServers, said: bytes, kind: type[Exception]
    ) -> None:
        """The others get theirs, and the connection is kept."""
        servers.answer = lambda word: said + b"\r\n" if word == b"1" else bulk(word)
        pipeline = new_pipeline()

        answers = await ask(pipeline, *words(3))

        assert (answers[0], answers[2]) == (b"0", b"2")
        assert isinstance(answers[1], Refused)
        assert isinstance(answers[1].__cause__, kind)
        assert answers[1].address == HERE
        await ask(pipeline, b"next")
        assert (servers.fates, forgotten(pipeline)) == (["open"], [])

    async def test_a_cancelled_caller_leaves_the_exchange_alone(self, servers: FakeServers) -> None:
        """Its reply is read, and nobody else gets it."""
        pipeline = new_pipeline()
        servers.silent = True
        given_up, beside = (submit(pipeline, word) for word in words(2))
        await turns()
        given_up.cancel()
        servers.speak()

        assert await beside == b"1"
        assert await ask(pipeline, b"next") == [b"next"]
        assert servers.fates == ["open"]

    async def test_a_caller_cancelled_while_it_waits_leaves_the_others_alone(
        self, servers: FakeServers
    ) -> None:
        """Also one who shares a question, and one for whom a connection is being opened."""
        pipeline = new_pipeline(limit=1)
        servers.hold.clear()
        opened_for = submit(pipeline, b"first")
        await turns()
        given_up, sharing = (submit(pipeline, b"same", is_read=True) for _ in range(2))

        opened_for.cancel()
        given_up.cancel()
        servers.hold.set()

        assert await sharing == b"same"
        assert servers.written == [[[b"first"], [b"same"]]]

    async def test_when_opening_is_cancelled_everybody_is_answered(
        self, servers: FakeServers
    ) -> None:
        """A loop that is wound up cancels it; who is still there may ask again."""
        pipeline = new_pipeline(limit=1)
        servers.hold.clear()
        first = submit(pipeline, b"first")
        await turns()
        behind = submit(pipeline, b"behind")
        (opening,) = pipeline._openings

        opening.cancel()

        answer = await first
        assert isinstance(answer, NotSent)
        assert isinstance(answer.__cause__, asyncio.CancelledError)
        assert opening.cancelled()
        servers.hold.set()
        assert await behind == b"behind"
        assert servers.fates == ["dropped", "open"]
        assert await ask(pipeline, b"again") == [b"again"]


class TestTime:
    """A server that does not answer is answered for, before the callers lose patience."""

    def test_a_silent_server_is_left_in_time(self, servers: FakeServers) -> None:
        """Its connection is dropped: the reply may still come."""
        assert ANSWER_SECONDS < STORE_SECONDS

        async def wait() -> None:
            servers.silent = True
            pipeline = new_pipeline()

            (answer,) = await ask(pipeline, b"x")

            assert isinstance(answer, ReplyLost)
            assert isinstance(answer.__cause__, TimeoutError)
            assert servers.fates == ["dropped"]
            assert forgotten(pipeline) == [HERE]

        _, waited = run_virtually(wait())
        assert waited == pytest.approx(ANSWER_SECONDS)

    def test_what_was_answered_in_time_stays_answered(self, servers: FakeServers) -> None:
        """Only the rest is lost."""

        async def wait() -> None:
            servers.silent = True
            asked = asyncio.ensure_future(ask(new_pipeline(), *words(3)))
            await turns()
            servers.links[0].say(len(bulk(b"0")) + 3)

            answers = await asked

            assert answers[0] == b"0"
            assert all(isinstance(answer, ReplyLost) for answer in answers[1:])

        _, waited = run_virtually(wait())
        assert waited == pytest.approx(ANSWER_SECONDS)

    def test_a_server_that_can_not_be_reached_is_left_in_time(self, servers: FakeServers) -> None:
        """Opening is ended as well, and nothing was sent."""

        async def wait() -> None:
            servers.hold.clear()
            pipeline = new_pipeline()

            (answer,) = await ask(pipeline, b"x")
            await turns()

            assert isinstance(answer, NotSent)
            assert isinstance(answer.__cause__, TimeoutError)
            assert servers.fates == ["dropped"]
            assert_at_rest(pipeline)

        _, waited = run_virtually(wait())
        assert waited == pytest.approx(ANSWER_SECONDS)

    def test_a_connection_that_went_dead_while_it_was_idle_costs_nobody_his_call(
        self, servers: FakeServers
    ) -> None:
        """A firewall drops what is idle for long, without a word; so a new one is opened."""

        async def wait() -> None:
            pipeline = new_pipeline(limit=2)
            await ask(pipeline, *words(2 * BATCH))
            for link in servers.links:
                link.hush()
            await asyncio.sleep(IDLE_SECONDS + 1)

            assert await ask(pipeline, b"x") == [b"x"]

            assert servers.fates == ["dropped", "dropped", "open"]
            assert_at_rest(pipeline)

        _, waited = run_virtually(wait())
        assert waited == pytest.approx(IDLE_SECONDS + 1)

    def test_waiting_for_a_connection_counts(self, servers: FakeServers) -> None:
        """The time runs from the question, whatever it waits for."""

        async def wait() -> None:
            servers.silent = True
            pipeline = new_pipeline(limit=1)
            first = submit(pipeline, b"first")
            await asyncio.sleep(ANSWER_SECONDS / 2)
            second = submit(pipeline, b"second")

            assert isinstance(await first, ReplyLost)
            assert isinstance(await second, ReplyLost)

        _, waited = run_virtually(wait())
        assert waited == pytest.approx(1.5 * ANSWER_SECONDS)

    def test_who_comes_late_to_a_batch_that_waits_begins_another(
        self, servers: FakeServers
    ) -> None:
        """Else it would hear after a moment that the server did not answer in time."""

        async def wait() -> None:
            servers.silent = True
            pipeline = new_pipeline(limit=1)
            first = submit(pipeline, b"first")
            await turns()
            early = submit(pipeline, b"early")
            await asyncio.sleep(JOINING_SECONDS)
            joins = submit(pipeline, b"joins")
            await asyncio.sleep(ANSWER_SECONDS - JOINING_SECONDS - 0.1)
            late = submit(pipeline, b"late", is_read=True)
            assert isinstance(await first, ReplyLost)
            assert isinstance(await early, Trouble)
            assert isinstance(await joins, Trouble)

            await asyncio.sleep(1)
            servers.speak()

            assert await late == b"late"
            assert servers.written[-1] == [[b"late"]]

        run_virtually(wait())

    def test_each_batch_has_its_own_time(self, servers: FakeServers) -> None:
        """One that is answered neither stops the clock of the others nor sets it back."""

        async def wait() -> None:
            servers.silent = True
            loop = asyncio.get_running_loop()
            pipeline = new_pipeline()
            asked, begun = [], []
            for pause in (0.0, 0.5, 0.25, 0.75):
                await asyncio.sleep(pause)
                begun.append(loop.time())
                asked.append(submit(pipeline, b"x"))
            await turns()
            servers.links[0].say()
            servers.links[2].say()
            assert len(timers()) == 1, "one for all"

            assert [await asked[0], await asked[2]] == [b"x", b"x"]
            for place in (1, 3):
                assert isinstance(await asked[place], ReplyLost)
                assert loop.time() - begun[place] == pytest.approx(ANSWER_SECONDS)
            await turns()
            assert_at_rest(pipeline)

        run_virtually(wait())

    def test_an_answer_in_time_leaves_no_timer(self, servers: FakeServers) -> None:
        """Nothing wakes a loop in which nothing is under way."""

        async def wait() -> None:
            pipeline = new_pipeline()
            for _ in range(3):
                await asyncio.gather(ask(pipeline, *words(BATCH + 1)), ask(pipeline, b"x"))
                await turns()
                assert_at_rest(pipeline)

        _, waited = run_virtually(wait())
        assert waited == 0

    async def test_what_was_answered_is_not_watched_over_any_more(
        self, servers: FakeServers
    ) -> None:
        """In a service that is never quiet, old batches would pile up until their time is up."""
        servers.silent = True
        pipeline = new_pipeline(limit=2)
        asked = []
        for word in words(50):
            asked.append(submit(pipeline, word))
            await turns()
            for link in servers.open:
                if link.written[-1] != [word]:
                    link.say()  # to the one before

        assert not pipeline._quiet.is_set()
        assert all(one.done() for one in asked[:-1])
        assert len(pipeline._timed) <= 3
        servers.speak()
        await asked[-1]

    def test_a_connection_that_is_slow_to_end_stops_nobodys_clock(
        self, servers: FakeServers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Though nothing was under way for a while but its opening."""
        late = asyncio.Event()

        async def connect(link: FakeLink) -> None:
            try:
                await servers.connect(link)
            except asyncio.CancelledError:
                await late.wait()
                raise

        monkeypatch.setattr(pool_module, "connect", connect)

        async def wait() -> None:
            servers.hold.clear()
            pipeline = new_pipeline(limit=2)
            assert isinstance((await ask(pipeline, b"first"))[0], NotSent)
            servers.hold.set()
            servers.silent = True

            assert isinstance((await ask(pipeline, b"second"))[0], ReplyLost)

            late.set()
            await turns()
            assert_at_rest(pipeline)

        _, waited = run_virtually(wait())
        assert waited == pytest.approx(2 * ANSWER_SECONDS)

    def test_a_connection_that_comes_too_late_is_kept_for_others(
        self, servers: FakeServers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its batch was answered for already, and must not be sent any more."""

        async def connect(link: FakeLink) -> None:
            try:
                await servers.connect(link)
            except asyncio.CancelledError:  # it had just come about
                link.fate = "open"

        monkeypatch.setattr(pool_module, "connect", connect)

        async def wait() -> None:
            servers.hold.clear()
            pipeline = new_pipeline(limit=1)

            (answer,) = await ask(pipeline, b"late")
            await turns()

            assert isinstance(answer, NotSent)
            assert_at_rest(pipeline)
            servers.hold.set()
            assert await ask(pipeline, b"next") == [b"next"]
            assert servers.written == [[[b"next"]]]

        run_virtually(wait())

    def test_who_comes_after_a_batchs_time_was_up_is_no_part_of_it(
        self, servers: FakeServers
    ) -> None:
        """A batch that was answered for may still wait: as when the loop stalled for a while."""

        async def wait() -> None:
            loop: Any = asyncio.get_running_loop()
            servers.hold.clear()
            pipeline = new_pipeline(limit=1)
            first = submit(pipeline, b"first")
            await asyncio.sleep(0.5)
            waiting = submit(pipeline, b"x", is_read=True)
            await turns()
            loop._impatient.skipped += ANSWER_SECONDS
            assert isinstance(await first, NotSent)
            assert isinstance(await waiting, NotSent)

            servers.hold.set()
            again, other = submit(pipeline, b"x", is_read=True), submit(pipeline, b"y")
            async with asyncio.timeout(STORE_SECONDS):
                assert [await again, await other] == [b"x", b"y"]

        run_virtually(wait())


class TestClosing:
    """The end of a pipeline."""

    async def test_closing_lets_what_is_under_way_end(self, servers: FakeServers) -> None:
        """Waiting commands too; then the connections are closed."""
        pipeline = new_pipeline(limit=1)
        asked = [submit(pipeline, word) for word in words(3 * BATCH)]

        await pipeline.close()

        assert [one.result() for one in asked] == words(3 * BATCH)
        assert servers.fates == ["closed"]
        assert_at_rest(pipeline)

    def test_closing_ends_in_time(self, servers: FakeServers) -> None:
        """A silent server holds nobody up for longer than its callers."""

        async def wait() -> None:
            servers.silent = True
            pipeline = new_pipeline(limit=1)
            asked = [submit(pipeline, word) for word in words(3 * BATCH)]

            await pipeline.close()

            assert all(isinstance(one.result(), Trouble) for one in asked)
            assert_at_rest(pipeline)

        _, waited = run_virtually(wait())
        assert waited == pytest.approx(ANSWER_SECONDS)

    def test_closing_does_not_wait_for_what_nobody_waits_for(self, servers: FakeServers) -> None:
        """A loop that is wound up has cancelled the callers; a silent server holds up nobody."""

        async def wait() -> None:
            servers.silent = True
            pipeline = new_pipeline(limit=1)
            asked = [submit(pipeline, word) for word in words(3 * BATCH)]
            await turns()
            for one in asked:
                one.cancel()

            await pipeline.close()
            await turns()

            assert_at_rest(pipeline)
            assert servers.open == []

        assert run_virtually(wait())[1] == 0.0

    async def test_where_nothing_is_under_way_it_is_closed_at_once(
        self, servers: FakeServers
    ) -> None:
        """Used or not; and it can be used again."""
        pipeline = new_pipeline()
        await pipeline.close()
        assert await ask(pipeline, b"x") == [b"x"]

        await pipeline.close()

        assert servers.fates == ["closed"]
        assert await ask(pipeline, b"y") == [b"y"]

    @pytest.mark.parametrize("reachable", [True, False])
    def test_a_closing_that_is_cancelled_leaves_nobody_without_an_answer(
        self, servers: FakeServers, reachable: bool
    ) -> None:
        """Under way, waiting, or with a connection being opened for them; and it tells why."""

        async def wait() -> None:
            servers.silent = True
            pipeline = new_pipeline(limit=1)
            if not reachable:
                servers.hold.clear()
            asked = [submit(pipeline, word) for word in words(3 * BATCH)]
            await turns()
            closing = asyncio.ensure_future(pipeline.close())
            await turns()

            closing.cancel()

            with pytest.raises(asyncio.CancelledError):
                await closing
            async with asyncio.timeout(STORE_SECONDS):
                answers = await asyncio.gather(*asked)
            assert all(isinstance(answer, Trouble) for answer in answers)
            assert {str(store_error(answer)) for answer in answers} == {
                "The store was closed while this was under way. Close it after the last call."
            }
            await turns()
            assert pipeline._out == 0
            assert servers.open == []

        run_virtually(wait())

    async def test_abandoning_leaves_all_connections(self, servers: FakeServers) -> None:
        """From outside the loop: nobody is waited for."""
        pipeline = new_pipeline()
        servers.silent = True
        asked = submit(pipeline, b"x")
        await turns()

        pipeline.abandon()

        assert servers.fates == ["abandoned"]
        asked.cancel()
        pipeline._stop_timer()

    @pytest.mark.parametrize("reachable", [True, False])
    def test_a_loop_that_is_wound_up_in_the_middle_ends_in_time(
        self, servers: FakeServers, reachable: bool
    ) -> None:
        """Everybody is answered, and nothing is left."""
        asked: list[asyncio.Future[Any]] = []
        guards: list[Any] = []

        async def guard(pipeline: Pipeline) -> AsyncIterator[Pipeline]:
            """Close it when the loop shuts its generators down, as the store has it done."""
            try:
                yield pipeline
            finally:
                await pipeline.close()

        async def leave() -> Pipeline:
            servers.silent = True
            if not reachable:
                servers.hold.clear()
            guards.append(guard(new_pipeline(limit=2)))
            pipeline = await anext(guards[0])
            asked.extend(submit(pipeline, word) for word in words(4 * BATCH))
            await turns()
            return pipeline

        pipeline, _ = run_virtually(leave())

        assert all(isinstance(one.result(), Trouble) for one in asked)
        assert set(servers.fates) == {"dropped"}
        assert pipeline._out == 0


async def all_well(_: FakeServers, pipeline: Pipeline) -> None:
    """Nothing happens."""
    await ask(pipeline, *words(2 * BATCH))


async def refusal(servers: FakeServers, pipeline: Pipeline) -> None:
    """All commands are refused."""
    servers.answer = lambda _: b"-OOM no\r\n"
    await ask(pipeline, *words(3 * BATCH))


async def failed_opening(servers: FakeServers, pipeline: Pipeline) -> None:
    """Connections are refused."""
    servers.trouble[HERE] = RedisConnectionError("refused")
    await ask(pipeline, *words(3 * BATCH))
    servers.trouble.clear()


async def cancelled_opening(servers: FakeServers, pipeline: Pipeline) -> None:
    """Opening is cancelled, again and again, until nobody waits any more."""
    servers.hold.clear()
    asked = asyncio.ensure_future(ask(pipeline, *words(3 * BATCH)))
    await turns()
    while pipeline._openings:
        for opening in pipeline._openings:
            opening.cancel()
        await turns()
    await asked


async def slow_opening(servers: FakeServers, pipeline: Pipeline) -> None:
    """Time ends before there is a connection."""
    servers.hold.clear()
    await ask(pipeline, *words(3 * BATCH))


async def break_in_the_middle(servers: FakeServers, pipeline: Pipeline) -> None:
    """Connections break with replies outstanding."""
    servers.answer = lambda word: OSError("broken") if word.endswith(b"3") else bulk(word)
    await ask(pipeline, *words(3 * BATCH))


async def nonsense(servers: FakeServers, pipeline: Pipeline) -> None:
    """What comes is no reply."""
    servers.answer = lambda word: b"?\r\n" if word.endswith(b"3") else bulk(word)
    await ask(pipeline, *words(3 * BATCH))


async def too_much(servers: FakeServers, pipeline: Pipeline) -> None:
    """More comes than was asked for."""
    servers.answer = lambda word: bulk(word) + bulk(b"more")
    await ask(pipeline, *words(3 * BATCH))


async def silence(servers: FakeServers, pipeline: Pipeline) -> None:
    """Time ends before there is a reply."""
    servers.silent = True
    await ask(pipeline, *words(3 * BATCH))


async def idle_ends(servers: FakeServers, pipeline: Pipeline) -> None:
    """Connections end while nothing is under way."""
    await ask(pipeline, *words(2 * BATCH))
    for link in servers.open:
        link.lose()


async def mistaken_address(servers: FakeServers, pipeline: Pipeline) -> None:
    """A node that is said to take our slot over can't be reached."""
    servers.trouble[THERE] = RedisConnectionError("refused")
    await asyncio.gather(*(pipeline.submit_to(THERE, packed(word)) for word in words(3)))


async def cancelled_callers(servers: FakeServers, pipeline: Pipeline) -> None:
    """Nobody wants the replies any more."""
    servers.silent = True
    asked = [submit(pipeline, word) for word in words(3 * BATCH)]
    await turns()
    for one in asked:
        one.cancel()
    servers.speak()


KINDS = [
    all_well,
    refusal,
    failed_opening,
    cancelled_opening,
    slow_opening,
    break_in_the_middle,
    nonsense,
    too_much,
    silence,
    idle_ends,
    mistaken_address,
    cancelled_callers,
]


class TestSlots:
    """How many connections are out at a time."""

    @pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
    def test_whatever_happens_all_connections_can_be_out_again_and_no_more(
        self, servers: FakeServers, kind: Callable[[FakeServers, Pipeline], Any]
    ) -> None:
        """No trouble costs one of them for ever, or gives one too many."""

        async def happen() -> None:
            pipeline = new_pipeline(limit=2)
            for _ in range(3):
                await kind(servers, pipeline)
                await turns()
                assert_at_rest(pipeline)
                servers.answer, servers.silent = bulk, False
                servers.hold.set()
            assert len(servers.open) <= 2

            servers.silent = True
            asked = [submit(pipeline, word) for word in words(3 * BATCH)]
            await turns()
            waiting = [link for link in servers.open if link.unsaid]
            assert (len(waiting), pipeline._out) == (2, 2)
            servers.speak()
            assert await asyncio.gather(*asked) == words(3 * BATCH)
            assert_at_rest(pipeline)
            await pipeline.close()

        run_virtually(happen())


class TestAsking:
    """Commands for a node that takes our slot over."""

    async def test_it_is_told_to_expect_us(self, servers: FakeServers) -> None:
        """ASKING comes before the command, and its reply is nobody's."""
        servers.answer = lambda word: b"+OK\r\n" if word == b"ASKING" else bulk(word)
        pipeline = new_pipeline()

        asked, usual = pipeline.submit_to(THERE, packed(b"x")), submit(pipeline, b"y")

        assert (await asked, await usual) == (b"x", b"y")
        assert [link.address for link in servers.links] == [THERE, HERE]
        assert servers.written == [[[b"ASKING", b"x"]], [[b"y"]]]

    async def test_it_has_connections_of_its_own(self, servers: FakeServers) -> None:
        """An idle one to the primary would not do; one to that node does."""
        pipeline = new_pipeline()
        await ask(pipeline, b"usual")

        for word in words(2):
            await pipeline.submit_to(THERE, packed(word))

        assert [link.address for link in servers.links] == [HERE, THERE]
        assert servers.written == [[[b"usual"]], [[b"ASKING", word] for word in words(2)]]

    async def test_it_answers_what_it_likes_to_that(self, servers: FakeServers) -> None:
        """The command's own reply says what there is to say."""
        servers.answer = lambda word: b"-ERR no cluster\r\n" if word == b"ASKING" else bulk(word)
        pipeline = new_pipeline()

        assert await pipeline.submit_to(THERE, packed(b"x")) == b"x"
        assert servers.fates == ["open"]

    @pytest.mark.parametrize("answer", [bulk, lambda _: RedisConnectionError("broken")])
    async def test_nothing_else_goes_with_it(
        self, servers: FakeServers, answer: Callable[[bytes], Answer]
    ) -> None:
        """Two commands for it are two exchanges, whatever becomes of them."""
        servers.answer = answer
        pipeline = new_pipeline()

        await asyncio.gather(*(pipeline.submit_to(THERE, packed(word)) for word in words(2)))

        written = [batch for link in servers.links for batch in link.written]
        assert written == [[b"ASKING", word] for word in words(2)]

    async def test_a_node_that_can_not_be_reached_is_named(self, servers: FakeServers) -> None:
        """And nothing was sent."""
        servers.trouble[THERE] = RedisConnectionError("refused")

        answer = await new_pipeline().submit_to(THERE, packed(b"x"))

        assert isinstance(answer, NotSent)
        assert answer.address == THERE

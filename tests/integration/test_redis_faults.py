"""What the Redis store does when the server or the way to it fails: typed, in time, never half."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from smsverify.adapters.redis.store import RedisStore
from smsverify.adapters.system.clock import SystemClock
from smsverify.domain.error_code import ErrorCode
from smsverify.errors import StoreDataInvalid, StoreUnavailable
from smsverify.ports.clock import Clock
from smsverify.ports.store import STORE_SECONDS, Conflict, Store, Written
from smsverify.testing.clock import ManualClock
from smsverify.testing.store_suite.commands import add, commit, counters, record, swap, time_of
from tests.integration.servers import FaultProxy, Single, named
from tests.integration.servers import trouble as states

NAMESPACE = "{smsverify:test}"
SCRIPT = named("EVALSHA", "EVAL")

Call = Callable[[Store, int], Awaitable[object]]

# What a caller may ask of a store; `now` is the store's time.
CALLS: dict[str, Call] = {
    "load": lambda store, _: store.load(("p:a",), ("day",)),
    "commit with a swap": lambda store, now: store.commit([swap("p:a", None, b"A")], [], now),
    "commit of additions": lambda store, now: store.commit([], [add("n", 1)], now),
}


def build(url: str, clock: Clock | None = None) -> RedisStore:
    """Build a store as the container does."""
    return RedisStore(url, namespace=NAMESPACE, clock=clock or SystemClock())


@pytest.fixture
async def store(fault_proxy: FaultProxy) -> AsyncIterator[RedisStore]:
    """Give a store behind the proxy, its connection open and its scripts known."""
    store = build(fault_proxy.url)
    await warm(store)
    yield store
    await store.close()


@pytest.fixture
async def hasty(fault_proxy: FaultProxy) -> AsyncIterator[RedisStore]:
    """Give the same, with a clock on which the pauses between two tries take no real time."""
    store = build(fault_proxy.url, ManualClock())
    await warm(store)
    yield store
    await store.close()


async def warm(store: Store) -> None:
    """Let the server know both scripts."""
    await commit(store, [swap("p:warm", None, b"x")])


async def outage(call: Awaitable[object]) -> StoreUnavailable:
    """Return the outage that a call ends in."""
    with pytest.raises(StoreUnavailable) as caught:
        await call
    assert caught.value.code is ErrorCode.REDIS_UNAVAILABLE
    return caught.value


class TestLostReplies:
    """The server executed the command, and its answer never came."""

    @pytest.mark.parametrize("times", [1, 10])
    async def test_a_commit_with_a_swap_is_repeated_and_finds_itself(
        self, hasty: RedisStore, fault_proxy: FaultProxy, times: int
    ) -> None:
        """However often its reply is lost, it is executed once and then meets its own bytes."""
        now = await time_of(hasty)
        fault_proxy.drop_reply(times, when=SCRIPT)

        answer = await hasty.commit([swap("p:a", None, b"mine")], [add("n", 1)], now)

        assert isinstance(answer, Conflict)
        assert answer.records == (b"mine",)
        assert await counters(hasty) == {"n": 1}

    async def test_additions_alone_are_sent_once(
        self, store: RedisStore, fault_proxy: FaultProxy
    ) -> None:
        """Counted twice they would be wrong, so nobody asks again."""
        now = await time_of(store)
        before = fault_proxy.counts
        fault_proxy.drop_reply(1, when=SCRIPT)

        await outage(store.commit([], [add("n", 1)], now))

        assert (fault_proxy.counts - before).by_name["EVALSHA"] == 1
        assert await counters(store) == {"n": 1}

    async def test_a_load_is_repeated(self, store: RedisStore, fault_proxy: FaultProxy) -> None:
        """Reading twice harms nobody."""
        await commit(store, [swap("p:a", None, b"A")])
        fault_proxy.drop_reply(1, when=SCRIPT)

        assert await record(store, "p:a") == b"A"

    async def test_of_many_that_travel_together_each_is_judged_by_itself(
        self, store: RedisStore, fault_proxy: FaultProxy
    ) -> None:
        """Swaps and loads are repeated, additions alone are not, in whatever company they were."""
        now = await time_of(store)
        fault_proxy.drop_reply(1, when=SCRIPT)

        written, lost, loaded = await asyncio.gather(
            store.commit([swap("p:a", None, b"A")], [], now),
            store.commit([], [add("n", 1)], now),
            store.load(("p:warm",)),
            return_exceptions=True,
        )

        assert isinstance(written, Conflict)
        assert written.records == (b"A",)
        assert isinstance(lost, StoreUnavailable)
        assert not isinstance(loaded, BaseException)


class TestNoConnection:
    """The server can't be reached, or does not speak."""

    @pytest.mark.parametrize("name", CALLS)
    async def test_a_refused_connection_is_tried_again_until_the_time_is_up(
        self, fault_proxy: FaultProxy, name: str
    ) -> None:
        """The sentence says what to look at; not even additions were sent, so all may try again."""
        fault_proxy.refuse()
        store = build(fault_proxy.url, ManualClock())

        error = await outage(CALLS[name](store, 0))

        assert str(error).startswith("Redis connection failed")
        assert "REDIS_URL" in str(error)

    @pytest.mark.parametrize("name", CALLS)
    async def test_a_server_that_comes_back_in_time_is_found(
        self, store: RedisStore, fault_proxy: FaultProxy, name: str
    ) -> None:
        """Whoever asked while it was away is served when it is back."""
        now = await time_of(store)
        fault_proxy.cut()
        fault_proxy.refuse()
        asked = asyncio.ensure_future(CALLS[name](store, now))
        await asyncio.sleep(0)

        await asyncio.to_thread(fault_proxy.pass_through)

        await asked

    async def test_a_silent_server_is_answered_for_within_two_seconds(
        self, store: RedisStore, fault_proxy: FaultProxy
    ) -> None:
        """Waiting for a connection included: open ones, new ones, and calls that queue for one."""
        now = await time_of(store)
        narrow = RedisStore(
            fault_proxy.url, namespace=NAMESPACE, max_connections=1, clock=SystemClock()
        )
        fault_proxy.black_hole()
        begun = time.monotonic()

        calls = [call(which, now) for call in CALLS.values() for which in (store, narrow)]
        errors = await asyncio.gather(*map(outage, calls))

        # Half as much again for a machine that has much else to do.
        assert time.monotonic() - begun < 1.5 * STORE_SECONDS
        assert all(str(error).startswith("Redis connection failed") for error in errors)
        await narrow.close()

    async def test_after_a_silent_server_the_next_call_is_served(
        self, store: RedisStore, fault_proxy: FaultProxy
    ) -> None:
        """Nothing stays behind of the connections that went silent."""
        fault_proxy.black_hole()
        await asyncio.gather(*(outage(store.load((f"p:{n}",))) for n in range(100)))

        fault_proxy.pass_through()

        assert await record(store, "p:warm") == b"x"

    async def test_additions_that_could_not_be_sent_are_sent_later(
        self, store: RedisStore, fault_proxy: FaultProxy
    ) -> None:
        """An idle connection that died is noticed before anything is written to it."""
        now = await time_of(store)
        pool = store._pipelines.get().pool
        (idle,) = next(iter(pool._idle.values()))
        fault_proxy.cut()
        async with asyncio.timeout(5):
            while idle.usable:  # noqa: ASYNC110 - nothing tells when it arrives
                await asyncio.sleep(0)
        assert not pool._open

        assert isinstance(await store.commit([], [add("n", 1)], now), Written)
        assert await counters(store) == {"n": 1}


# What a server says, and the words that our sentence must hold.
LASTING = {
    "OOM command not allowed when used memory > 'maxmemory'.": "maxmemory",
    "NOAUTH Authentication required.": "password",
    "WRONGPASS invalid username-password pair or user is disabled.": "REDIS_URL",
    "NOPERM User x has no permissions to run the 'evalsha' command": "@scripting",
    "MISCONF Redis is configured to save RDB snapshots, but can't": "disk",
    "ERR unknown command 'EVALSHA'": "ERR",
}
PASSING = {
    "LOADING Redis is loading the dataset in memory": "loading",
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL.": "SCRIPT KILL",
    "READONLY You can't write against a read only replica.": "replica",
    "NOREPLICAS Not enough good replicas to write.": "min-replicas-to-write",
    "CLUSTERDOWN Hash slot not served": "CLUSTER INFO",
    "TRYAGAIN Multiple keys request during rehashing of slot": "moving",
    "MASTERDOWN Link with MASTER is down": "primary",
    "STRANGE new trouble": "STRANGE",
}


class TestRefusals:
    """The server answers, and says no."""

    @pytest.mark.parametrize("name", CALLS)
    @pytest.mark.parametrize(("said", "word"), (LASTING | PASSING).items())
    async def test_what_a_server_says_becomes_a_sentence(
        self, hasty: RedisStore, fault_proxy: FaultProxy, said: str, word: str, name: str
    ) -> None:
        """The call fails closed with what is the matter and what mends it."""
        now = await time_of(hasty)
        fault_proxy.answer(f"-{said}\r\n".encode(), None, when=SCRIPT)

        error = await outage(CALLS[name](hasty, now))

        assert word in str(error)
        assert error.__cause__ is not None

    @pytest.mark.parametrize("said", LASTING)
    async def test_what_will_last_is_not_repeated(
        self, hasty: RedisStore, fault_proxy: FaultProxy, said: str
    ) -> None:
        """Two seconds won't change it, and the server has enough to do."""
        before = fault_proxy.counts
        fault_proxy.answer(f"-{said}\r\n".encode(), None, when=SCRIPT)

        await outage(hasty.load(("p:a",)))

        assert (fault_proxy.counts - before).by_name["EVALSHA"] == 1

    @pytest.mark.parametrize("name", CALLS)
    @pytest.mark.parametrize("said", PASSING)
    async def test_what_passes_is_waited_for(
        self, hasty: RedisStore, fault_proxy: FaultProxy, said: str, name: str
    ) -> None:
        """Nothing was executed, so even additions are sent again."""
        now = await time_of(hasty)
        fault_proxy.answer(f"-{said}\r\n".encode(), 3, when=SCRIPT)

        await CALLS[name](hasty, now)

    async def test_a_refusal_leaves_the_connection_and_its_company_alone(
        self, hasty: RedisStore, fault_proxy: FaultProxy
    ) -> None:
        """Of commands that travel together only those that were refused fail."""
        await record(hasty, "p:warm")
        before = fault_proxy.counts
        fault_proxy.answer(b"-OOM no\r\n", 1, skip=1, when=SCRIPT)

        answers = await asyncio.gather(
            *(hasty.load((f"p:{n}",)) for n in range(5)), return_exceptions=True
        )

        failed = [isinstance(answer, StoreUnavailable) for answer in answers]
        assert failed == [False, True, False, False, False]
        assert (fault_proxy.counts - before).connections == 0

    @pytest.mark.parametrize("word", ["LOADING", "BUSY", "READONLY", "NOSCRIPT"])
    async def test_a_refusal_that_passes_loses_no_neighbour(
        self, hasty: RedisStore, fault_proxy: FaultProxy, word: str
    ) -> None:
        """Additions that went along were executed, and are answered; none counts twice."""
        now = await time_of(hasty)
        fault_proxy.answer(f"-{word} no\r\n".encode(), 1, skip=1, when=SCRIPT)

        answers = await asyncio.gather(*(hasty.commit([], [add("n", 1)], now) for _ in range(5)))

        assert all(isinstance(answer, Written) for answer in answers)
        assert await counters(hasty) == {"n": 5}

    async def test_forgotten_scripts_are_brought_along(
        self, redis_url: str, redis_server: Single
    ) -> None:
        """After SCRIPT FLUSH every call still works, and the next one is short again."""
        store = build(redis_url)
        await warm(store)
        redis_server.process.call("SCRIPT", "FLUSH")

        await asyncio.gather(*(commit(store, [swap(f"p:{n}", None, b"x")]) for n in range(50)))
        before = redis_server.command_counts()
        await record(store, "p:1")

        assert (redis_server.command_counts() - before)["eval"] == 0
        await store.close()


class TestRealStates:
    """Servers that are truly in such a state."""

    async def test_out_of_memory_writes_nothing_at_all(
        self, redis_url: str, redis_server: Single
    ) -> None:
        """Neither the record nor a counter, and what is stored can still be read."""
        store = build(redis_url, ManualClock())
        await commit(store, [swap("p:a", None, b"A")], [add("n", 1)])
        now = await time_of(store)

        with states.full(redis_server.process):
            full = await outage(
                store.commit([swap("p:a", b"A", b"B"), swap("p:b", None, b"B")], [add("n", 1)], now)
            )
            assert await record(store, "p:a") == b"A"

        assert "maxmemory" in str(full)
        assert (await store.load(("p:a", "p:b"), ("day",))).records == (b"A", None)
        assert await counters(store) == {"n": 1}
        await store.close()

    async def test_a_script_that_hangs_holds_us_up_no_longer_than_agreed(
        self, redis_url: str, redis_server: Single
    ) -> None:
        """BUSY fails closed, and is over when the script is."""
        store = build(redis_url, ManualClock())
        await warm(store)

        with states.busy(redis_server.process):
            error = await outage(store.load(("p:warm",)))

        assert "SCRIPT KILL" in str(error)
        assert await record(store, "p:warm") == b"x"
        await store.close()

    async def test_a_server_that_loads_is_waited_for(
        self, redis_url: str, redis_server: Single
    ) -> None:
        """LOADING fails closed; afterwards everything is as before."""
        store = build(redis_url, ManualClock())
        await warm(store)

        with states.loading(redis_server.process):
            error = await outage(store.load(("p:warm",)))

        assert "loading" in str(error)
        assert await record(store, "p:warm") == b"x"
        await store.close()

    async def test_a_wrong_password_is_said_and_never_shown(self) -> None:
        """No part of the address but the host is in the error, its causes or any repr."""
        with Single(password="the-right-one") as server:
            port = server.process.port
            stores = {
                "NOAUTH": build(f"redis://127.0.0.1:{port}"),
                "WRONGPASS": build(f"redis://someone:not-the-one@127.0.0.1:{port}/0"),
            }
            right = build(server.url)
            assert await record(right, "p:a") is None
            for word, store in stores.items():
                error = await outage(store.load(("p:a",)))
                assert "password" in str(error)
                shown = [repr(store), repr(error), str(error), repr(vars(store))]
                cause = error.__cause__
                while cause is not None:
                    shown += [str(cause), repr(cause)]
                    cause = cause.__cause__
                assert "not-the-one" not in " ".join(shown), word
                await store.close()
            await right.close()


# Things that are not ours: how they came there, and at which of our keys.
FOREIGN = [
    ("RPUSH", "p:a", "x"),
    ("SADD", "p:a", "x"),
    ("HSET", "p:a", "f", "x"),
    ("ZADD", "p:a", "1", "x"),
    ("XADD", "p:a", "1-1", "f", "x"),
    ("SET", "day", "x"),
    ("RPUSH", "day", "x"),
    ("HSET", "day", "n", "abc"),
    ("HSET", "day", "n", ""),
    ("HSET", "day", "n", "1.5"),
    ("HSET", "day", "n", "1e3"),
    ("HSET", "day", "n", "0x10"),
    ("HSET", "day", "n", " 7"),
    ("HSET", "day", "n", "007"),
    ("HSET", "day", "n", "-0"),
    ("HSET", "day", "n", "-5"),
    ("HSET", "day", "n", "nan"),
    ("HSET", "day", "n", "9" * 19),
    ("HSET", "day", "n", "9" * 20),
]


class TestForeignThings:
    """Something that we did not write lies at one of our keys."""

    @pytest.mark.parametrize("planted", FOREIGN, ids=" ".join)
    async def test_nothing_is_overwritten(
        self, redis_url: str, redis_server: Single, planted: tuple[str, ...]
    ) -> None:
        """The commit fails, names the key, and leaves all as it was."""
        store = build(redis_url)
        verb, key, *rest = planted
        redis_server.process.call(verb, NAMESPACE + key, *rest)
        before = redis_server.all_keys_and_values()
        now = await time_of(store)

        with pytest.raises(StoreDataInvalid, match=key):
            await store.commit(
                [swap("p:new", None, b"x"), swap("p:a", None, b"x")],
                [add("n", 1, key="other"), add("n", 2), add("n", -3)],
                now,
            )

        assert redis_server.all_keys_and_values() == before
        await store.close()

    @pytest.mark.parametrize("planted", FOREIGN, ids=" ".join)
    async def test_it_is_never_taken_for_ours(
        self, redis_url: str, redis_server: Single, planted: tuple[str, ...]
    ) -> None:
        """A load fails as well, and names the key."""
        store = build(redis_url)
        verb, key, *rest = planted
        redis_server.process.call(verb, NAMESPACE + key, *rest)
        with pytest.raises(StoreDataInvalid, match=key):
            await store.load(("p:new", "p:a"), ("other", "day"))

        await store.close()


class TestUnderFire:
    """Connections that die all the time, callers that give up."""

    async def test_killed_connections_lose_and_double_nothing(
        self, redis_url: str, redis_server: Single
    ) -> None:
        """Sixty-four writers, their connections killed again and again: every step counts once."""
        store = build(redis_url)
        steps, writers = 30, 64
        done = 0

        async def write(name: int) -> None:
            nonlocal done
            current: bytes | None = None
            for step in range(steps):
                new = b"%d" % step
                while True:
                    answer = await commit(store, [swap(f"p:{name}", current, new)], [add("n", 1)])
                    if isinstance(answer, Written):
                        break
                    assert isinstance(answer, Conflict)
                    if answer.records == (new,):
                        break
                current = new
                done += 1

        async def kill() -> None:
            killed = 0
            while done < steps * writers:
                if done >= killed * 100:
                    killed += 1
                    await asyncio.to_thread(
                        redis_server.process.call, "CLIENT", "KILL", "TYPE", "normal"
                    )
                await asyncio.sleep(0)

        await asyncio.gather(kill(), *map(write, range(writers)))

        assert await counters(store) == {"n": steps * writers}
        await store.close()

    async def test_a_cancelled_caller_leaves_no_reply_behind(
        self, store: RedisStore, fault_proxy: FaultProxy
    ) -> None:
        """Its reply, which comes later, is given to nobody else."""
        await asyncio.gather(*(commit(store, [swap(f"p:{n}", None, b"%d" % n)]) for n in range(20)))
        hold = fault_proxy.hold_request(1, when=SCRIPT)
        given_up = asyncio.ensure_future(record(store, "p:0"))
        beside = asyncio.ensure_future(record(store, "p:1"))
        await hold.struck()

        given_up.cancel()
        assert await record(store, "p:2") == b"2"
        await asyncio.to_thread(hold.release)

        assert await beside == b"1"
        answers = await asyncio.gather(*(record(store, f"p:{n}") for n in range(20)))
        assert answers == [b"%d" % n for n in range(20)]
        with pytest.raises(asyncio.CancelledError):
            await given_up

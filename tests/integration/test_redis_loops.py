"""One Redis store in many event loops, threads and processes: nothing is shared, nothing leaks."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import stat
import threading
import time
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from smsverify.adapters.redis.connection import CONNECT_SECONDS
from smsverify.adapters.redis.pipeline import BATCH
from smsverify.adapters.redis.pool import IDLE_SECONDS
from smsverify.adapters.redis.store import RedisStore
from smsverify.adapters.system.clock import SystemClock
from smsverify.errors import StoreUnavailable
from smsverify.ports.store import Written
from smsverify.testing.store_suite.commands import add, commit, counters, record, swap
from tests.integration.servers import FaultProxy, Single, named, wait_until
from tests.integration.servers.tls import TlsFront

NAMESPACE = "{smsverify:test}"


@pytest.fixture
def store(redis_url: str) -> RedisStore:
    """Give a store that no loop has used yet."""
    return RedisStore(redis_url, namespace=NAMESPACE, clock=SystemClock())


async def use(store: RedisStore, tasks: int = 1) -> None:
    """Write and read, with so many tasks at a time."""
    await asyncio.gather(*(commit(store, [], [add("n", 1)]) for _ in range(tasks)))
    await record(store, "p:a")


def open_sockets() -> int:
    """Count this process's sockets."""
    found = 0
    for number in range(1_024):
        with contextlib.suppress(OSError):
            found += stat.S_ISSOCK(os.fstat(number).st_mode)
    return found


def in_child(work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run asynchronous work in a forked child, in a loop of its own; return its exit status."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            # The parent's loop still counts as running in this copy of its thread.
            asyncio.events._set_running_loop(None)
            asyncio.run(work())
            gc.collect()
            status = 0
        except BaseException:  # noqa: BLE001 - whatever it is, the child must end here
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def clients_of(server: Single) -> int:
    """Count the clients that a server sees, but for the one that asks."""
    return int(server.process.info("clients")["connected_clients"]) - 1


def all_gone(server: Single) -> None:
    """Wait until the server sees no client any more."""
    wait_until(
        lambda: f"{clients_of(server)} clients" if clients_of(server) else None,
        within=5,
        what="the clients' end",
    )


class TestLoopsOneAfterTheOther:
    """Programs that call asyncio.run more than once."""

    def test_a_hundred_loops_leave_no_sockets(
        self, store: RedisStore, redis_server: Single
    ) -> None:
        """Each loop's connections end with it, also where nobody closed the store."""
        asyncio.run(use(store))
        before = open_sockets()

        for _ in range(100):
            asyncio.run(use(store, tasks=50))

        assert open_sockets() == before
        all_gone(redis_server)

    def test_a_loop_that_was_just_closed_is_noticed_at_the_next_call(
        self, store: RedisStore, redis_server: Single
    ) -> None:
        """A loop that did not end in good order leaves its connections until then, no longer."""
        for _ in range(5):
            loop = asyncio.new_event_loop()
            loop.run_until_complete(use(store, tasks=100))
            loop.close()
        asyncio.run(use(store))

        all_gone(redis_server)
        gc.collect()

    def test_a_store_that_nobody_needs_any_more_gives_its_sockets_back(
        self, redis_url: str, redis_server: Single
    ) -> None:
        """Without a word from the user, while the loop goes on."""

        async def drop() -> None:
            for _ in range(20):
                await use(RedisStore(redis_url, namespace=NAMESPACE, clock=SystemClock()))
                await asyncio.sleep(0)
            await asyncio.to_thread(
                wait_until,
                lambda: None if clients_of(redis_server) <= 1 else "too many clients",
                within=5,
                what="the end of dropped stores' connections",
            )

        asyncio.run(drop())

    def test_nothing_of_ours_stays_in_the_loop(self, store: RedisStore) -> None:
        """No task waits, and no timer runs, between two calls."""

        async def look() -> None:
            await use(store, tasks=100)
            await asyncio.sleep(0)
            loop = asyncio.get_running_loop()
            timers = [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
            assert timers == []
            assert asyncio.all_tasks() == {asyncio.current_task()}

        asyncio.run(look())

    def test_a_loop_may_end_while_calls_are_under_way(self, fault_proxy: FaultProxy) -> None:
        """Its tasks are cancelled, and the next loop is served."""
        store = RedisStore(fault_proxy.url, namespace=NAMESPACE, clock=SystemClock())

        async def leave() -> None:
            hold = fault_proxy.hold_request(when=named("EVALSHA"))
            calls = [asyncio.ensure_future(record(store, f"p:{n}")) for n in range(100)]
            await hold.struck()
            assert not all(call.done() for call in calls)

        asyncio.run(leave())
        gc.collect()
        fault_proxy.pass_through()

        asyncio.run(use(store))

    def test_closed_inside_a_loop_it_is_used_again(
        self, store: RedisStore, redis_server: Single
    ) -> None:
        """Also while other calls are under way: they are served all the same, or told."""

        async def close_amid() -> None:
            await use(store)
            calls = [asyncio.ensure_future(record(store, f"p:{n}")) for n in range(100)]
            await asyncio.sleep(0)
            await store.close()
            answers = await asyncio.gather(*calls, return_exceptions=True)
            assert all(answer is None for answer in answers)
            await use(store)

        asyncio.run(close_amid())
        all_gone(redis_server)


class TestLoopsSideBySide:
    """Several threads, each with its event loop, and one store."""

    def test_two_loops_in_two_threads(self, store: RedisStore, redis_server: Single) -> None:
        """Each has its own connections, and closing closes those of both."""
        both = threading.Barrier(2)

        async def work() -> None:
            await use(store, tasks=100)
            await asyncio.to_thread(both.wait, 10)
            await use(store, tasks=100)

        async def close() -> None:
            await work()
            await store.close()

        other = threading.Thread(target=asyncio.run, args=(work(),))
        other.start()
        asyncio.run(close())
        other.join()

        assert asyncio.run(counters(store)) == {"n": 400}
        all_gone(redis_server)

    def test_closing_closes_another_threads_connections(
        self, store: RedisStore, redis_server: Single
    ) -> None:
        """A loop that runs on gives its connections back when another one closes the store."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(use(store), loop).result(10)
            asyncio.run(store.close())
            all_gone(redis_server)
            asyncio.run_coroutine_threadsafe(use(store), loop).result(10)
        finally:
            asyncio.run_coroutine_threadsafe(store.close(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


class TestSockets:
    """What the system is asked to do for them."""

    @pytest.mark.parametrize("address", ["redis_url", "tls_url"])
    async def test_idle_ones_are_probed(self, request: pytest.FixtureRequest, address: str) -> None:
        """Over TLS too, and far sooner than a firewall forgets them."""
        url = request.getfixturevalue(address)
        store = RedisStore(url, namespace=NAMESPACE, clock=SystemClock())
        await use(store)

        (conversation,) = store._pipelines.get().pool._open
        assert conversation.link._writer is not None
        ours = conversation.link._writer.get_extra_info("socket")

        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= IDLE_SECONDS / 2
        await store.close()


class TestForks:
    """Processes that fork after the store was used."""

    def test_a_child_leaves_the_parents_connections_alone(
        self, store: RedisStore, redis_server: Single
    ) -> None:
        """Both go on, each on sockets of its own, and neither hears the other's replies."""

        async def parent() -> None:
            await asyncio.gather(*(commit(store, [swap(f"p:{n}", None, b"x")]) for n in range(100)))
            mine = clients_of(redis_server)

            assert [in_child(child) for _ in range(3)] == [0, 0, 0]

            assert clients_of(redis_server) == mine
            await asyncio.gather(*(record(store, f"p:{n}") for n in range(100)))
            assert clients_of(redis_server) == mine

        async def child() -> None:
            for _ in range(3):
                await use(store, tasks=100)
            await store.close()

        asyncio.run(parent())
        assert asyncio.run(counters(store)) == {"n": 900}
        all_gone(redis_server)

    def test_a_child_gives_up_its_copies_of_the_sockets(
        self, store: RedisStore, redis_server: Single
    ) -> None:
        """While the child lives on, the server sees the end of what the parent closes."""
        reader, writer = os.pipe()

        async def parent() -> int:
            await use(store, tasks=100)
            pid = os.fork()
            if pid == 0:
                try:
                    asyncio.events._set_running_loop(None)
                    asyncio.run(store.close())
                    os.write(writer, b"x")
                    os.read(reader, 0)
                    threading.Event().wait(20)
                finally:
                    os._exit(0)
            os.read(reader, 1)
            await store.close()
            return pid

        pid = asyncio.run(parent())
        try:
            all_gone(redis_server)
        finally:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            os.close(reader)
            os.close(writer)

    def test_a_child_may_be_forked_in_the_middle_of_a_call(self, fault_proxy: FaultProxy) -> None:
        """The parent's reply goes to the parent, though the child asks at the same time."""
        store = RedisStore(fault_proxy.url, namespace=NAMESPACE, clock=SystemClock())

        async def child() -> None:
            assert await record(store, "p:b") == b"B"

        async def parent() -> None:
            await commit(store, [swap("p:a", None, b"A"), swap("p:b", None, b"B")])
            hold = fault_proxy.hold_request(1, when=named("EVALSHA"))
            asked = asyncio.ensure_future(record(store, "p:a"))
            await hold.struck()

            assert in_child(child) == 0

            await asyncio.to_thread(hold.release)
            assert await asked == b"A"

        asyncio.run(parent())

    def test_a_child_works_where_no_loop_runs(self, store: RedisStore) -> None:
        """The usual worker: built and used before the fork, used again after it."""
        asyncio.run(use(store))

        async def child() -> None:
            await use(store)

        assert in_child(child) == 0
        asyncio.run(use(store))
        assert asyncio.run(counters(store)) == {"n": 3}


class TestTls:
    """The same over an encrypted connection."""

    def test_loops_and_forks_over_tls(self, tls_url: str, redis_server: Single) -> None:
        """A child's end says nothing in the parent's session."""
        store = RedisStore(tls_url, namespace=NAMESPACE, clock=SystemClock())

        async def child() -> None:
            await use(store, tasks=50)

        async def parent() -> None:
            await use(store, tasks=50)
            assert in_child(child) == 0
            answer = await store.commit([], [add("n", 1)], (await store.load(())).now)
            assert isinstance(answer, Written)

        for _ in range(3):
            asyncio.run(parent())
        assert asyncio.run(counters(store)) == {"n": 303}

    async def test_a_silent_server_holds_closing_up_once_and_not_for_each_connection(
        self, redis_server: Single, redis_url: str, tmp_path: Path
    ) -> None:
        """Over TLS it would have to say goodbye as well, and nothing of it is waited for after."""
        silent, awake = threading.Event(), threading.Event()

        def be_silent() -> None:
            silent.set()
            awake.wait(10)

        with TlsFront(redis_server, tmp_path) as front:
            store = RedisStore(front.url, namespace=NAMESPACE, clock=SystemClock())
            await use(store, tasks=8 * BATCH)
            before = open_sockets()
            silence = asyncio.create_task(asyncio.to_thread(front.proxy._do, be_silent))
            await asyncio.to_thread(silent.wait)
            begun = time.monotonic()

            await store.close()

            took = time.monotonic() - begun
            await asyncio.sleep(0)
            left = before - open_sockets()
            awake.set()
            await silence
        # Half as much again for a machine that has much else to do.
        assert took < 1.5 * CONNECT_SECONDS
        assert left == 8

    async def test_an_unknown_authority_is_refused(self, tls_url: str) -> None:
        """Without the authority's certificate nothing is said, and the sentence tells why."""
        store = RedisStore(tls_url.partition("?")[0], namespace=NAMESPACE, clock=SystemClock())

        with pytest.raises(StoreUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            await record(store, "p:a")

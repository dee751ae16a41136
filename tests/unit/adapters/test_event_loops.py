"""A client for each event loop: made once, closed with the loop, never shared with a child."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import weakref
from typing import TYPE_CHECKING

import attrs
import pytest

from smsverify.adapters.event_loops import PerLoop

if TYPE_CHECKING:
    from collections.abc import Callable


@attrs.define(eq=False)
class Client:
    """A client that knows what became of it."""

    loop: asyncio.AbstractEventLoop = attrs.field(factory=asyncio.get_running_loop)
    fate: list[str] = attrs.field(factory=list)

    async def close(self) -> None:
        """Take a moment, in the own loop."""
        assert asyncio.get_running_loop() is self.loop
        await asyncio.sleep(0)
        self.fate.append("closed")

    def abandon(self) -> None:
        """Be left by a foreign loop."""
        assert asyncio.get_running_loop() is not self.loop
        self.fate.append("abandoned")


@pytest.fixture
def clients() -> PerLoop[Client]:
    """Return a keeper of clients."""
    return PerLoop(Client, close=Client.close, abandon=Client.abandon)


async def take(clients: PerLoop[Client]) -> Client:
    """Return the running loop's client."""
    return clients.get()


def test_a_loop_has_one_client(clients: PerLoop[Client]) -> None:
    """However often it is asked for."""

    async def twice() -> None:
        assert clients.get() is clients.get()

    asyncio.run(twice())


def test_without_a_loop_there_is_no_client(clients: PerLoop[Client]) -> None:
    """Asking outside is a mistake of the program."""
    with pytest.raises(RuntimeError):
        clients.get()


def test_a_loop_closes_its_client_at_its_end(clients: PerLoop[Client]) -> None:
    """Nobody has to say so, and the next loop has another one."""
    first = asyncio.run(take(clients))
    second = asyncio.run(take(clients))

    assert first is not second
    assert (first.fate, second.fate) == (["closed"], ["closed"])


def test_what_a_closed_loop_left_is_abandoned_at_the_next_call(clients: PerLoop[Client]) -> None:
    """A loop that was closed without a word can't close anything any more."""
    loop = asyncio.new_event_loop()
    left = loop.run_until_complete(take(clients))
    loop.close()
    assert left.fate == []

    asyncio.run(take(clients))

    assert left.fate == ["abandoned"]


def test_a_running_loop_that_has_its_client_abandons_for_others(clients: PerLoop[Client]) -> None:
    """It need not be a new loop that notices."""

    def leave() -> Client:
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(take(clients))
        finally:
            loop.close()

    async def look() -> None:
        mine = clients.get()
        left = await asyncio.to_thread(leave)
        assert clients.get() is mine
        assert left.fate == ["abandoned"]

    asyncio.run(look())


def test_closing_closes_the_loops_own_client(clients: PerLoop[Client]) -> None:
    """It is closed on return, once, and another one is made when asked for."""

    async def close() -> None:
        client = clients.get()
        await clients.close()
        assert client.fate == ["closed"]
        await clients.close()
        assert client.fate == ["closed"]
        assert clients.get() is not client

    asyncio.run(close())


def test_closing_closes_the_clients_of_other_threads(clients: PerLoop[Client]) -> None:
    """Each in its own loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        client = asyncio.run_coroutine_threadsafe(take(clients), loop).result(5)
        asyncio.run(clients.close())
        # Comes after the closing, which was asked for before it.
        other = asyncio.run_coroutine_threadsafe(_turns(take(clients)), loop).result(5)
        assert client.fate == ["closed"]
        assert other is not client
    finally:
        asyncio.run_coroutine_threadsafe(clients.close(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_a_keeper_that_nobody_needs_closes_its_clients() -> None:
    """While the loop goes on."""

    async def drop() -> None:
        clients = PerLoop(Client, close=Client.close, abandon=Client.abandon)
        client = clients.get()
        gone = weakref.ref(clients)
        del clients
        assert gone() is None, "something holds it in a ring"
        await _turns(asyncio.sleep(0))
        assert client.fate == ["closed"]

    asyncio.run(drop())


def test_nothing_waits_in_the_loop(clients: PerLoop[Client]) -> None:
    """No task of ours is among the loop's."""

    async def look() -> None:
        clients.get()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(look())


def test_a_child_abandons_what_it_inherited(clients: PerLoop[Client]) -> None:
    """Before its first use, and the parent's client stays as it is."""

    async def parent() -> None:
        client = clients.get()

        def child() -> None:
            own = asyncio.run(take(clients))
            assert own is not client
            assert client.fate == ["abandoned"]
            assert own.fate == ["closed"]
            gc.collect()

        assert in_child(child) == 0
        assert client.fate == []
        assert clients.get() is client

    asyncio.run(parent())


def test_a_child_that_goes_on_with_its_parents_loop_has_its_own_client() -> None:
    """A loop that was made before the fork is the same to look at, in another process."""
    abandoned: list[Client] = []
    clients = PerLoop(Client, close=Client.close, abandon=abandoned.append)
    loop = asyncio.new_event_loop()
    client = loop.run_until_complete(take(clients))

    def child() -> None:
        assert loop.run_until_complete(take(clients)) is not client
        assert abandoned == [client]

    assert in_child(child) == 0
    assert loop.run_until_complete(take(clients)) is client
    loop.run_until_complete(clients.close())
    loop.close()


def in_child(work: Callable[[], None]) -> int:
    """Run work in a forked child and return its exit status."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            # The parent's loop counts as running in this copy of its thread.
            asyncio.events._set_running_loop(None)
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


async def _turns(last: object) -> object:
    """Let the loop turn some times, then await what is given."""
    for _ in range(5):
        await asyncio.sleep(0)
    return await last  # type: ignore[misc]

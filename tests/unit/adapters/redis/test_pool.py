"""Keeping connections: few, to the server that is wanted, and none that has come to an end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from smsverify.adapters.redis import pool as pool_module
from smsverify.adapters.redis.batch import Batch, Command
from smsverify.adapters.redis.connection import connect, make_link
from smsverify.adapters.redis.deployment import Deployment, Topology
from smsverify.adapters.redis.pool import IDLE_SECONDS, Pool
from smsverify.adapters.redis.primary import NamedBySentinels
from tests.unit.adapters.redis.doubles import DEPLOYMENT, HERE, THERE, FakePrimary, packed, turns
from tests.unit.virtual_time import run_virtually

if TYPE_CHECKING:
    import socket

    from smsverify.adapters.redis.conversation import Conversation
    from smsverify.adapters.redis.deployment import Address
    from tests.unit.adapters.redis.doubles import FakeLink, FakeServers


SOON = 0.0
"""A deadline for which no connection has been idle for long."""


class Borrower:
    """
    Who takes connections from a pool of two, and is told what becomes of them.

    Attributes:
        primary: whom the pool asks for the primary.
        ended: those that came to an end, and whether in the middle of a batch.
    """

    def __init__(self) -> None:
        self.pool = Pool(DEPLOYMENT, 0, 2)
        self.primary = FakePrimary()
        self.pool.primary = self.primary
        self.ended: list[tuple[Conversation, bool]] = []

    async def open(self, address: Address | None = None) -> Conversation:
        """Have a connection opened."""
        return await self.pool.open(
            address, finished=self.pool.give_back, ended=self.have_it_forgotten
        )

    async def keep(self, address: Address | None = None) -> Conversation:
        """Have one opened and give it back."""
        conversation = await self.open(address)
        self.pool.give_back(conversation)
        return conversation

    async def use(self, conversation: Conversation, deadline: float) -> None:
        """Have one command answered, after which it is given back."""
        batch = Batch(deadline)
        batch.commands.append(Command(packed(b"x")))
        conversation.begin(batch)
        await turns()

    def have_it_forgotten(self, conversation: Conversation, in_the_middle: bool) -> None:
        """Note the end."""
        self.ended.append((conversation, in_the_middle))
        self.pool.forget(conversation)


@pytest.fixture
def borrower(servers: FakeServers) -> Borrower:
    """Give one who has borrowed nothing yet."""
    return Borrower()


@pytest.fixture
def pool(borrower: Borrower) -> Pool:
    """Give the pool."""
    return borrower.pool


class TestTaking:
    """Which connection is taken again."""

    async def test_what_was_given_back_is_taken_again(self, pool: Pool, borrower: Borrower) -> None:
        """The one that was used last comes first; none twice."""
        first, second = await borrower.open(), await borrower.open()
        assert pool.take(None, SOON) is None
        pool.give_back(first)
        pool.give_back(second)

        assert [pool.take(None, SOON) for _ in range(3)] == [second, first, None]

    async def test_one_that_ended_meanwhile_is_not_taken(
        self, pool: Pool, borrower: Borrower, servers: FakeServers
    ) -> None:
        """Be it the server that closed it."""
        gone, there = await borrower.keep(), await borrower.keep()

        servers.links[0].lose()
        await turns()

        assert borrower.ended == [(gone, False)]
        assert [pool.take(None, SOON) for _ in range(2)] == [there, None]
        assert pool._open == {there}

    async def test_another_server_has_connections_of_its_own(
        self, pool: Pool, borrower: Borrower, servers: FakeServers
    ) -> None:
        """They are not taken for the primary's, but for the server that was named."""
        there = await borrower.keep(THERE)
        assert pool.take(None, SOON) is None
        here = await borrower.keep()

        assert [link.address for link in servers.links] == [THERE, HERE]
        assert [pool.take(THERE, SOON), pool.take(THERE, SOON), pool.take(HERE, SOON)] == [
            there,
            None,
            here,
        ]

    async def test_a_new_primary_is_another_server(self, pool: Pool, borrower: Borrower) -> None:
        """What leads to the former one is not taken for it."""
        former = await borrower.keep()

        borrower.primary.known = THERE

        assert pool.take(None, SOON) is None
        assert (await borrower.open()).address == THERE
        assert pool.take(HERE, SOON) is former

    async def test_while_nobody_knows_the_primary_none_is_taken(
        self, pool: Pool, borrower: Borrower
    ) -> None:
        """It is asked for when one is opened."""
        kept = await borrower.keep()
        borrower.primary.known = None
        assert pool.take(None, SOON) is None

        opened = await borrower.open()

        assert opened.address == HERE
        assert pool.take(None, SOON) is kept


class TestIdling:
    """What may have been dropped on its way while nothing was said."""

    @pytest.mark.parametrize(("idle", "trusted"), [(IDLE_SECONDS, True), (IDLE_SECONDS + 1, False)])
    async def test_one_that_was_idle_for_too_long_is_not_taken(
        self, pool: Pool, borrower: Borrower, servers: FakeServers, idle: float, trusted: bool
    ) -> None:
        """It is let go, and no sign of a server's failure; it counts from batch to batch."""
        kept = await borrower.open()
        before = asyncio.get_running_loop().time() + 1_000
        await borrower.use(kept, before)

        assert pool.take(None, before + idle) is (kept if trusted else None)

        assert servers.fates == ["open" if trusted else "dropped"]
        assert borrower.ended == ([] if trusted else [(kept, False)])
        assert borrower.primary.forgotten == []

    async def test_one_that_was_opened_and_never_used_grows_old_too(
        self, pool: Pool, borrower: Borrower
    ) -> None:
        """It was given back because its batch's time was up."""
        kept = await borrower.keep()
        now = asyncio.get_running_loop().time()
        assert pool.take(None, now) is kept
        pool.give_back(kept)

        assert pool.take(None, now + IDLE_SECONDS + 1) is None

    async def test_those_beneath_are_looked_at_as_well(
        self, pool: Pool, borrower: Borrower, servers: FakeServers
    ) -> None:
        """In a crowd's wake some lie idle for long, while one is used again and again."""
        beneath, used = await borrower.open(), await borrower.open()
        later = asyncio.get_running_loop().time() + IDLE_SECONDS + 1
        pool.give_back(beneath)
        await borrower.use(used, later)

        assert [pool.take(None, later) for _ in range(2)] == [used, None]

        assert servers.fates == ["dropped", "open"]
        assert pool._open == {used}


class TestRoom:
    """How many are open at a time."""

    async def test_idle_ones_make_room(self, borrower: Borrower, servers: FakeServers) -> None:
        """Two may be open; those that lie idle elsewhere don't count against who needs one."""
        await borrower.keep()
        await borrower.open()

        await borrower.open(THERE)

        assert servers.fates == ["dropped", "open", "open"]

    async def test_while_there_is_room_nobody_must_go(
        self, borrower: Borrower, servers: FakeServers
    ) -> None:
        """A connection is worth keeping."""
        await borrower.keep()

        await borrower.open(THERE)

        assert servers.fates == ["open", "open"]

    async def test_two_that_are_opened_at_once_both_need_room(
        self, pool: Pool, borrower: Borrower, servers: FakeServers
    ) -> None:
        """One on its way is as good as open."""
        here = [await borrower.open() for _ in range(2)]
        for conversation in here:
            pool.give_back(conversation)

        await asyncio.gather(borrower.open(THERE), borrower.open(THERE))

        assert servers.fates == ["dropped", "dropped", "open", "open"]

    async def test_one_that_failed_to_open_needs_no_room_any_more(
        self, borrower: Borrower, servers: FakeServers
    ) -> None:
        """However often it was tried."""
        servers.trouble[THERE] = RedisConnectionError("refused")
        kept = await borrower.keep()
        for _ in range(5):
            with pytest.raises(RedisConnectionError):
                await borrower.open(THERE)

        del servers.trouble[THERE]
        await borrower.open(THERE)

        assert borrower.pool.take(None, SOON) is kept


class TestOpening:
    """What must be so before a connection is given out."""

    async def test_a_failed_connection_leaves_nothing(
        self, pool: Pool, borrower: Borrower, servers: FakeServers
    ) -> None:
        """It is let go, and its server asked for anew."""
        servers.trouble[HERE] = RedisConnectionError("refused")

        with pytest.raises(RedisConnectionError):
            await borrower.open()

        assert servers.fates == ["dropped"]
        assert borrower.primary.forgotten == [HERE]
        assert pool._open == set()

    async def test_a_primary_that_nobody_names_is_not_connected_to(
        self, pool: Pool, borrower: Borrower, servers: FakeServers
    ) -> None:
        """There is nothing to open."""
        borrower.primary.trouble = RedisConnectionError("nobody knows")

        with pytest.raises(RedisConnectionError, match="nobody"):
            await borrower.open()

        assert servers.links == []

    async def test_a_server_that_is_no_primary_is_left(
        self, pool: Pool, borrower: Borrower, servers: FakeServers
    ) -> None:
        """Whatever it may have been once."""
        borrower.primary.unfit = RedisConnectionError("a replica")

        with pytest.raises(RedisConnectionError, match="replica"):
            await borrower.open()

        assert servers.fates == ["dropped"]
        assert borrower.primary.forgotten == [HERE]
        assert pool._open == set()

    async def test_only_the_primary_must_be_one(
        self, borrower: Borrower, servers: FakeServers
    ) -> None:
        """A node that takes our slot over is not asked what it is."""
        borrower.primary.unfit = RedisConnectionError("a replica")

        await borrower.open(THERE)

        assert servers.fates == ["open"]

    async def test_another_servers_failure_is_not_the_primarys(
        self, borrower: Borrower, servers: FakeServers
    ) -> None:
        """The primary stays known, and keeps its connections."""
        servers.trouble[THERE] = RedisConnectionError("refused")
        await borrower.keep()

        with pytest.raises(RedisConnectionError):
            await borrower.open(THERE)

        assert servers.fates == ["open", "dropped"]
        assert HERE not in borrower.primary.forgotten

    async def test_a_connection_that_ends_before_we_take_it_over_is_none(
        self, pool: Pool, borrower: Borrower, servers: FakeServers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It leaves as little as one that was refused."""

        async def connect_in_vain(link: FakeLink) -> None:
            await servers.connect(link)
            link.lose()

        monkeypatch.setattr(pool_module, "connect", connect_in_vain)

        with pytest.raises(RedisConnectionError):
            await borrower.open()

        assert borrower.primary.forgotten == [HERE]
        assert (pool._open, borrower.ended) == (set(), [])

    @pytest.mark.parametrize("said", [b"", b"-ERR max number of clients reached\r\n"])
    async def test_an_end_that_redis_py_heard_of_is_not_overheard(
        self,
        borrower: Borrower,
        pair: tuple[socket.socket, socket.socket],
        monkeypatch: pytest.MonkeyPatch,
        said: bytes,
    ) -> None:
        """A server may take us and leave at once; whoever takes over afterwards hears nothing."""
        link = make_link(DEPLOYMENT, HERE)

        async def accept_and_leave() -> None:
            link._reader, link._writer = await asyncio.open_connection(sock=pair[0])
            pair[1].sendall(said)
            pair[1].close()
            await turns()

        monkeypatch.setattr(link, "_connect", accept_and_leave)
        monkeypatch.setattr(pool_module, "make_link", lambda *_: link)
        monkeypatch.setattr(pool_module, "connect", connect)

        with contextlib.suppress(RedisConnectionError):
            conversation = await borrower.open()
            await turns()
            assert borrower.ended == [(conversation, False)]

        link.let_go()
        await turns()

    async def test_cancelled_while_opening_nothing_stays_open(
        self, pool: Pool, borrower: Borrower, servers: FakeServers
    ) -> None:
        """A connection half made is none."""
        servers.hold.clear()
        opening = asyncio.ensure_future(borrower.open())
        await turns()
        assert servers.fates == ["made"]

        opening.cancel()

        with pytest.raises(asyncio.CancelledError):
            await opening
        assert servers.fates == ["dropped"]
        assert pool._open == set()


class TestDistrust:
    """A server that failed."""

    async def test_it_loses_its_idle_connections(
        self, pool: Pool, borrower: Borrower, servers: FakeServers
    ) -> None:
        """They have likely the same fate; those to others stay."""
        here, there = await borrower.keep(), await borrower.keep(THERE)

        pool.distrust(HERE)

        assert servers.fates == ["dropped", "open"]
        assert borrower.ended == [(here, False)]
        assert borrower.primary.forgotten == [HERE]
        assert [pool.take(HERE, SOON), pool.take(THERE, SOON)] == [None, there]

    async def test_those_that_are_out_are_left_to_who_has_them(
        self, pool: Pool, borrower: Borrower, servers: FakeServers
    ) -> None:
        """They may still get their replies."""
        out = await borrower.open()

        pool.distrust(HERE)

        assert (servers.fates, out.usable) == (["open"], True)


class TestClosing:
    """The end of all connections, which the pool outlives."""

    async def test_closing_closes_all_and_ends_nothing(
        self, pool: Pool, borrower: Borrower, servers: FakeServers
    ) -> None:
        """Those that are out too; the pool can be used again, and takes no closed one back."""
        out = await borrower.open()
        await borrower.keep()

        await pool.close()
        pool.give_back(out)

        assert servers.fates == ["closed", "closed"]
        assert (pool.take(None, SOON), borrower.ended) == (None, [])
        again = await borrower.keep()
        assert pool.take(None, SOON) is again

    def test_all_are_closed_at_the_same_time(
        self, servers: FakeServers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Silent servers take no longer to leave than one of them."""

        async def say_goodbye(link: Any) -> None:
            await asyncio.sleep(1)
            link.fate = "closed"

        async def close() -> None:
            borrower = Borrower()
            for _ in range(2):
                await borrower.keep()
            monkeypatch.setattr(type(servers.links[0]), "say_goodbye", say_goodbye)

            await borrower.pool.close()

            assert servers.fates == ["closed", "closed"]
            assert borrower.pool._open == set()

        _, waited = run_virtually(close())
        assert waited == 1

    @pytest.mark.parametrize("turn", [1, 5])
    async def test_cancelled_while_closing_all_are_let_go_without_waiting(
        self,
        pool: Pool,
        borrower: Borrower,
        servers: FakeServers,
        monkeypatch: pytest.MonkeyPatch,
        turn: int,
    ) -> None:
        """A loop that is wound up cancels whoever closes, be it before a goodbye was begun."""
        for _ in range(2):
            await borrower.keep()

        async def say_goodbye(_: Any) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(type(servers.links[0]), "say_goodbye", say_goodbye)
        closing = asyncio.ensure_future(pool.close())
        await turns(turn)
        closing.cancel()

        with pytest.raises(asyncio.CancelledError):
            await closing
        assert servers.fates == ["dropped", "dropped"]
        assert pool._open == set()

    async def test_abandoning_abandons_all(
        self, pool: Pool, borrower: Borrower, servers: FakeServers
    ) -> None:
        """Without waiting for anything, and without a word to anybody."""
        await borrower.open()
        await borrower.keep()

        pool.abandon()

        assert servers.fates == ["abandoned", "abandoned"]
        assert (pool._open, pool._idle, borrower.ended) == (set(), {}, [])


def test_who_is_asked_for_the_primary_follows_from_the_deployment() -> None:
    """As the setting says."""
    deployment = Deployment(Topology.SENTINEL, (HERE,), service="service")

    assert type(Pool(deployment, 0, 2).primary) is NamedBySentinels

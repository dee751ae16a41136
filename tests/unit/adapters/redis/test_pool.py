"""Lending connections: sound ones, few, to the server that is wanted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from smsverify.adapters.redis import pool as pool_module
from smsverify.adapters.redis.deployment import Deployment, Topology
from smsverify.adapters.redis.pool import Pool
from tests.unit.adapters.redis.doubles import HERE, THERE

if TYPE_CHECKING:
    from smsverify.adapters.redis.deployment import Address

DEPLOYMENT = Deployment(Topology.SINGLE, (HERE,))


class Link:
    """A connection that notes what becomes of it."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.sound = True
        self.fate = "made"

    async def disconnect(self, *, nowait: bool = False) -> None:
        """Note it."""
        self.fate = "dropped" if nowait else "closed"

    def abandon(self) -> None:
        """Note it."""
        self.fate = "abandoned"


class World:
    """All connections that were made, and what is wrong with the servers."""

    def __init__(self) -> None:
        self.made: list[Link] = []
        self.trouble: dict[Address, BaseException] = {}

    def make(self, _: Deployment, address: Address) -> Link:
        """Stand in for `make_link`."""
        self.made.append(Link(address))
        return self.made[-1]

    async def connect(self, link: Link) -> None:
        """Stand in for `connect`."""
        if link.address in self.trouble:
            raise self.trouble[link.address]
        link.fate = "open"

    async def is_sound(self, link: Link) -> bool:
        """Stand in for `is_sound`."""
        return link.sound


class Primary:
    """A primary that is here, unless told otherwise."""

    def __init__(self) -> None:
        self.address = HERE
        self.forgotten: list[Address] = []
        self.unfit: BaseException | None = None

    async def find(self) -> Address:
        """Say where."""
        return self.address

    def forget(self, address: Address) -> None:
        """Note it."""
        self.forgotten.append(address)

    async def check(self, _: Link) -> None:
        """Refuse it if told so."""
        if self.unfit is not None:
            raise self.unfit


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a world without sockets."""
    world = World()
    monkeypatch.setattr(pool_module, "make_link", world.make)
    monkeypatch.setattr(pool_module, "connect", world.connect)
    monkeypatch.setattr(pool_module, "is_sound", world.is_sound)
    return world


@pytest.fixture
def pool(world: World) -> Pool:
    """Give a pool of two."""
    pool = Pool(DEPLOYMENT, 0, 2)
    pool.primary = Primary()  # type: ignore[assignment]
    return pool


async def test_what_was_given_back_is_lent_again(pool: Pool, world: World) -> None:
    """The one that was used last comes first."""
    first, _ = await pool.borrow(None)
    second, _ = await pool.borrow(None)
    assert first is not second
    pool.give_back(first, HERE)
    pool.give_back(second, HERE)

    assert await pool.borrow(None) == (second, HERE)
    assert len(world.made) == 2


async def test_a_connection_that_died_meanwhile_is_not_lent(pool: Pool, world: World) -> None:
    """Nor one with a reply in it that nobody waits for."""
    link, _ = await pool.borrow(None)
    pool.give_back(link, HERE)
    world.made[0].sound = False

    lent, _ = await pool.borrow(None)

    assert lent is not link
    assert [link.fate for link in world.made] == ["dropped", "open"]


async def test_another_server_has_connections_of_its_own(pool: Pool, world: World) -> None:
    """They are not lent for the primary."""
    there, address = await pool.borrow(THERE)
    pool.give_back(there, THERE)

    here, _ = await pool.borrow(None)

    assert address == THERE
    assert [link.address for link in world.made] == [THERE, HERE]
    assert here is not there
    assert (await pool.borrow(THERE))[0] is there


async def test_idle_ones_make_room(pool: Pool, world: World) -> None:
    """Two may be open; those that lie idle elsewhere don't count against who needs one."""
    for link in [(await pool.borrow(None))[0] for _ in range(2)]:
        pool.give_back(link, HERE)

    await pool.borrow(THERE)

    assert [link.fate for link in world.made] == ["open", "dropped", "open"]


async def test_a_failed_connection_leaves_nothing(pool: Pool, world: World) -> None:
    """It is closed, and its server asked for anew."""
    world.trouble[HERE] = RedisConnectionError("refused")

    with pytest.raises(RedisConnectionError):
        await pool.borrow(None)

    assert world.made[0].fate == "dropped"
    assert pool.primary.forgotten == [HERE]  # type: ignore[attr-defined]
    assert pool._open == set()


async def test_a_server_that_is_no_primary_is_left(pool: Pool, world: World) -> None:
    """Whatever it may have been once."""
    pool.primary.unfit = RedisConnectionError("a replica")  # type: ignore[attr-defined]

    with pytest.raises(RedisConnectionError, match="replica"):
        await pool.borrow(None)

    assert world.made[0].fate == "dropped"


async def test_only_the_primary_must_be_one(pool: Pool, world: World) -> None:
    """A node that takes our slot over is not asked what it is."""
    pool.primary.unfit = RedisConnectionError("a replica")  # type: ignore[attr-defined]

    await pool.borrow(THERE)

    assert world.made[0].fate == "open"


async def test_cancelled_while_connecting_nothing_stays_open(pool: Pool, world: World) -> None:
    """A connection half made is none."""
    world.trouble[HERE] = asyncio.CancelledError()

    with pytest.raises(asyncio.CancelledError):
        await pool.borrow(None)

    assert world.made[0].fate == "dropped"
    assert pool._open == set()


async def test_a_server_that_failed_loses_its_idle_connections(pool: Pool, world: World) -> None:
    """They have likely the same fate; those to others stay."""
    here, _ = await pool.borrow(None)
    there, _ = await pool.borrow(THERE)
    pool.give_back(here, HERE)
    pool.give_back(there, THERE)

    await pool.distrust(HERE)

    assert [link.fate for link in world.made] == ["dropped", "open"]
    assert pool.primary.forgotten == [HERE]  # type: ignore[attr-defined]


async def test_closing_closes_all_and_ends_nothing(pool: Pool, world: World) -> None:
    """Lent ones too; the pool can be used again, and takes no closed one back."""
    lent, _ = await pool.borrow(None)
    idle, _ = await pool.borrow(None)
    pool.give_back(idle, HERE)

    await pool.close()
    pool.give_back(lent, HERE)

    assert [link.fate for link in world.made] == ["closed", "closed"]
    assert (await pool.borrow(None))[0] is world.made[2]


async def test_a_goodbye_that_takes_too_long_is_no_error(
    pool: Pool, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are closed all the same."""
    await pool.borrow(None)
    await pool.borrow(None)

    async def hang(*_: object, **__: object) -> None:
        raise RedisConnectionError("too long")

    monkeypatch.setattr(world.made[0], "disconnect", hang)

    await pool.close()

    assert world.made[1].fate == "closed"


async def test_cancelled_while_closing_the_rest_is_closed_without_waiting(
    pool: Pool, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop that is wound up cancels whoever closes."""
    await pool.borrow(None)
    await pool.borrow(None)

    async def disconnect(link: Link, *, nowait: bool = False) -> None:
        link.fate = "dropped" if nowait else "closing"
        if not nowait:
            await asyncio.Event().wait()

    monkeypatch.setattr(Link, "disconnect", disconnect)
    closing = asyncio.ensure_future(pool.close())
    await asyncio.sleep(0)
    closing.cancel()

    with pytest.raises(asyncio.CancelledError):
        await closing
    assert sorted(link.fate for link in world.made) == ["closing", "dropped"]


async def test_abandoning_abandons_all(pool: Pool, world: World) -> None:
    """Without waiting for anything."""
    lent, _ = await pool.borrow(None)
    idle, _ = await pool.borrow(None)
    pool.give_back(idle, HERE)

    pool.abandon()

    assert {link.fate for link in world.made} == {"abandoned"}
    assert (pool._open, pool._idle) == (set(), {})
    assert lent is not idle

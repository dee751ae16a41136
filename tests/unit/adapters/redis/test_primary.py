"""Who takes our writes: asked of those who know, in an order that learns from failures."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from smsverify.adapters.redis import primary as primary_module
from smsverify.adapters.redis.deployment import Address, Deployment, Topology
from smsverify.adapters.redis.primary import (
    NamedBySentinels,
    OnlyServer,
    OwnerOfSlot,
    make_primary,
)

if TYPE_CHECKING:
    from collections.abc import Callable

A, B, C, D = (Address(host, 1) for host in "abcd")
SLOT = 100


class Link:
    """A connection to one address."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.open = False

    async def disconnect(self, *, nowait: bool) -> None:
        """End at once."""
        assert nowait
        self.open = False


class World:
    """
    Servers that answer, or don't.

    Attributes:
        says: what each address answers; an exception stands for one that can't be reached.
        asked: whom was connected to, in order.
    """

    def __init__(self) -> None:
        self.says: dict[Address, Any] = {}
        self.asked: list[Address] = []
        self.links: list[Link] = []
        self.commands: list[tuple[str | int, ...]] = []

    def make(self, _: Deployment, address: Address) -> Link:
        """Stand in for both ways to make a link."""
        self.links.append(Link(address))
        return self.links[-1]

    async def connect(self, link: Link, *, within: float) -> None:
        """Stand in for `connect`."""
        assert within < 1
        self.asked.append(link.address)
        await asyncio.sleep(0)
        says = self.says.get(link.address, RedisConnectionError("refused"))
        if isinstance(says, BaseException):
            raise says
        link.open = True

    async def ask(self, link: Link, *command: str | int) -> Any:
        """Stand in for `ask`."""
        self.commands.append(command)
        says = self.says[link.address]
        if isinstance(says, list) and says and isinstance(says[0], ResponseError):
            raise says[0]
        return says


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a world without sockets."""
    world = World()
    monkeypatch.setattr(primary_module, "make_link", world.make)
    monkeypatch.setattr(primary_module, "make_sentinel_link", world.make)
    monkeypatch.setattr(primary_module, "connect", world.connect)
    monkeypatch.setattr(primary_module, "ask", world.ask)
    return world


def sentinels(*addresses: Address) -> NamedBySentinels:
    """Return what asks sentinels."""
    return NamedBySentinels(Deployment(Topology.SENTINEL, addresses, service="service"))


def cluster(*addresses: Address) -> OwnerOfSlot:
    """Return what asks a cluster's nodes."""
    return OwnerOfSlot(Deployment(Topology.CLUSTER, addresses), SLOT)


def named(address: Address) -> list[bytes]:
    """Return what a sentinel answers."""
    return [address.host.encode(), str(address.port).encode()]


def slots(owner: Address | list[Any], *replicas: Address) -> list[Any]:
    """Return what a node answers that knows the owner of our slot."""
    node = owner if isinstance(owner, list) else [owner.host.encode(), owner.port, b"id"]
    others = [[one.host.encode(), one.port, b"id"] for one in replicas]
    return [[0, SLOT - 1, [b"x", 9, b"id"]], [SLOT, SLOT, node, *others], [SLOT + 1, 16383, node]]


class TestWhoIsAsked:
    """One after the other, until one knows."""

    @pytest.mark.parametrize(
        ("make", "answer"), [(sentinels, named(D)), (cluster, slots(D))], ids=["sentinel", "node"]
    )
    async def test_the_first_that_answers_is_believed(
        self, world: World, make: Callable[..., Any], answer: Any
    ) -> None:
        """What it said is remembered, and nothing stays open."""
        world.says = {B: answer, C: answer}
        primary = make(A, B, C)

        assert [await primary.find() for _ in range(3)] == [D, D, D]

        assert world.asked == [A, B]
        assert not any(link.open for link in world.links)

    async def test_who_answered_last_is_asked_first(self, world: World) -> None:
        """A dead sentinel costs its time once, not at every failure."""
        world.says = {B: named(C)}
        primary = sentinels(A, B)
        await primary.find()
        primary._known = None

        await primary.find()

        assert world.asked == [A, B, B]

    async def test_a_primary_that_failed_is_asked_for_elsewhere_first(self, world: World) -> None:
        """The sentinel that named it may be cut off with it."""
        world.says = {A: named(C), B: named(D)}
        primary = sentinels(A, B)
        assert await primary.find() == C

        primary.forget(C)

        assert await primary.find() == D
        assert world.asked == [A, B]

    async def test_another_servers_failure_changes_nothing(self, world: World) -> None:
        """News of a former primary come late."""
        world.says = {A: named(C)}
        primary = sentinels(A)
        await primary.find()

        primary.forget(D)

        assert await primary.find() == C
        assert world.asked == [A]

    async def test_who_was_waited_for_when_time_ended_comes_last(self, world: World) -> None:
        """So the next try does not spend its time there as well."""
        world.says = {A: asyncio.CancelledError(), B: named(C)}
        primary = sentinels(A, B)
        with pytest.raises(asyncio.CancelledError):
            await primary.find()

        assert await primary.find() == C
        assert world.asked == [A, B]
        assert not any(link.open for link in world.links)

    async def test_many_who_want_to_know_ask_once(self, world: World) -> None:
        """After a failure all connections are wanted at the same time."""
        world.says = {A: named(C)}
        primary = sentinels(A)

        assert await asyncio.gather(*(primary.find() for _ in range(50))) == [C] * 50
        assert world.asked == [A]

    async def test_what_is_known_can_be_seen_without_asking(self, world: World) -> None:
        """From the answer until that server fails."""
        world.says = {A: named(C)}
        primary = sentinels(A)
        assert primary.known is None

        await primary.find()
        assert primary.known == C
        primary.forget(D)
        assert primary.known == C
        primary.forget(C)
        assert primary.known is None

        assert world.asked == [A]

    async def test_when_nobody_answers_the_last_trouble_is_told(self, world: World) -> None:
        """And the next try begins anew."""
        primary = sentinels(A, B)

        with pytest.raises(RedisConnectionError, match="refused"):
            await primary.find()

        world.says = {A: named(C)}
        assert await primary.find() == C


class TestSentinels:
    """What they say, and what is checked."""

    async def test_the_service_is_asked_for(self, world: World) -> None:
        """By the name in the setting."""
        world.says = {A: named(B)}

        await sentinels(A).find()

        assert world.commands == [("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "service")]

    async def test_an_unknown_service_is_named(self, world: World) -> None:
        """Rather a mistake in the setting than a failure."""
        world.says = {A: None}

        with pytest.raises(RedisError, match="service"):
            await sentinels(A).find()

    @pytest.mark.parametrize("role", [b"slave", b"sentinel"])
    async def test_only_a_primary_will_do(self, world: World, role: bytes) -> None:
        """A sentinel that is cut off names a former one."""
        primary, link = sentinels(A), Link(B)
        world.says = {B: [role]}
        with pytest.raises(RedisConnectionError, match="replica"):
            await primary.check(link)  # type: ignore[arg-type]

        world.says = {B: [b"master", 0, []]}
        await primary.check(link)  # type: ignore[arg-type]

    async def test_a_servers_word_is_not_taken(self, world: World) -> None:
        """Where the primary is, only sentinels say."""
        world.says = {A: named(B)}
        primary = sentinels(A)
        await primary.find()

        primary.moved_to(C)

        assert await primary.find() == B


class TestCluster:
    """What nodes say of our slot."""

    async def test_the_owner_of_our_slot_is_found_among_the_others(self, world: World) -> None:
        """By the borders of the ranges, both included."""
        world.says = {A: slots(D)}

        assert await cluster(A).find() == D

    async def test_a_slot_without_owner_is_trouble(self, world: World) -> None:
        """Which may pass."""
        world.says = {A: [[0, SLOT - 1, [b"x", 9, b"id"]]]}

        with pytest.raises(RedisConnectionError, match="owner"):
            await cluster(A).find()

    @pytest.mark.parametrize("host", [None, b"", b"?"])
    async def test_a_node_that_does_not_know_its_host_has_that_of_who_was_asked(
        self, world: World, host: bytes | None
    ) -> None:
        """As a node alone behind one address has."""
        world.says = {A: slots([host, 7, b"id"])}

        assert await cluster(A).find() == Address("a", 7)

    async def test_nodes_that_were_seen_are_asked_when_those_of_the_setting_are_gone(
        self, world: World
    ) -> None:
        """A cluster may be renewed node by node while the program runs."""
        world.says = {A: slots(B, C)}
        primary = cluster(A)
        assert await primary.find() == B
        world.says = {C: slots(D)}

        primary.forget(B)

        assert await primary.find() == D

    async def test_nodes_that_are_gone_are_not_asked_for_ever(self, world: World) -> None:
        """Only those of the setting, and of the latest view."""
        world.says = {A: slots(B, C)}
        primary = cluster(A)
        await primary.find()
        world.says = {A: slots(D)}
        primary.forget(B)
        await primary.find()

        assert set(primary._who_knows) == {A, D, Address("x", 9)}

    async def test_a_former_owners_word_is_taken(self, world: World) -> None:
        """Without asking anybody."""
        primary = cluster(A)

        primary.moved_to(C)

        assert primary.known == C
        assert await primary.find() == C
        assert world.asked == []

    async def test_the_owner_needs_no_check(self, world: World) -> None:
        """A node that is not the owner sends us on by itself."""
        await cluster(A).check(Link(A))  # type: ignore[arg-type]

        assert world.commands == []


async def test_a_single_server_is_always_the_one() -> None:
    """Until a cluster's node, given as a single server, sends us on."""
    only = OnlyServer(A)
    only.forget(A)
    assert await only.find() == only.known == A

    only.moved_to(B)
    assert await only.find() == only.known == B


async def test_a_node_that_we_were_sent_to_is_left_when_it_fails() -> None:
    """That of the setting may know who took over; late news of a failure send nobody back."""
    only = OnlyServer(A)
    only.moved_to(B)

    only.forget(B)
    only.forget(B)
    assert await only.find() == only.known == A

    only.moved_to(C)
    assert await only.find() == only.known == C


async def test_where_that_of_the_setting_fails_too_the_other_has_its_turn_again() -> None:
    """One broken connection to it is no reason to ask the dead for ever."""
    only = OnlyServer(A)
    only.moved_to(B)
    only.forget(B)

    only.forget(A)

    assert await only.find() == only.known == B


@pytest.mark.parametrize(
    ("topology", "kind"),
    [
        (Topology.SINGLE, OnlyServer),
        (Topology.SENTINEL, NamedBySentinels),
        (Topology.CLUSTER, OwnerOfSlot),
    ],
)
async def test_each_topology_has_its_way(topology: Topology, kind: type) -> None:
    """Made from what the setting says."""
    assert type(make_primary(Deployment(topology, (A,)), SLOT)) is kind

"""
Finding the server that takes our writes.

All keys of a deployment carry one hash tag, so there is always exactly one such server: the only
one, the one that the sentinels name, or the one that owns our slot. What was found is remembered
until a connection to it fails or a server says that it is another.
"""

from __future__ import annotations

import abc
import asyncio
from typing import TYPE_CHECKING, Protocol

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from smsverify.adapters.redis.connection import ask, connect, make_link, make_sentinel_link
from smsverify.adapters.redis.deployment import Address, Topology

if TYPE_CHECKING:
    from typing import Any, Final

    from smsverify.adapters.redis.connection import Link
    from smsverify.adapters.redis.deployment import Deployment

ASK_SECONDS: Final = 0.5
"""How long one sentinel or node may take to connect: then there is time to ask two others."""


class Primary(Protocol):
    """Knows which server takes our writes; belongs to one event loop."""

    @property
    def known(self) -> Address | None:
        """Where it is, as far as that is known without asking."""
        ...

    async def find(self) -> Address:
        """Return where it is, asking around if it is not known; raises one of redis-py's errors."""
        ...

    def forget(self, address: Address) -> None:
        """Ask again before this server, which failed, is taken for the primary."""
        ...

    def moved_to(self, address: Address) -> None:
        """A server said that this one is it."""
        ...

    async def check(self, link: Link) -> None:
        """Look at a new connection; raises one of redis-py's errors if it is no primary's."""
        ...


def make_primary(deployment: Deployment, slot: int) -> Primary:
    """Return what finds the primary of this deployment, for keys of this slot."""
    match deployment.topology:
        case Topology.SINGLE:
            return OnlyServer(deployment.addresses[0])
        case Topology.SENTINEL:
            return NamedBySentinels(deployment)
        case Topology.CLUSTER:
            return OwnerOfSlot(deployment, slot)


class OnlyServer:
    """There is one server, unless it is a cluster's node, which may send us to another."""

    def __init__(self, address: Address) -> None:
        self._configured = self._other = self._address = address

    @property
    def known(self) -> Address:
        """The one."""
        return self._address

    async def find(self) -> Address:
        """Return the one."""
        return self._address

    def forget(self, address: Address) -> None:
        """Leave a node that we were sent to for the one of the setting, or that one for it."""
        if self._address == address:
            self._address, self._other = self._other, self._address

    def moved_to(self, address: Address) -> None:
        """Go there; a cluster that was given as a single server answers so."""
        self._address, self._other = address, self._configured

    async def check(self, link: Link) -> None:
        """Take it as it is."""


class _Asked(abc.ABC):
    """Those who know are asked one after the other; who answered last is asked first."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._who_knows = list(deployment.addresses)
        self._known: Address | None = None
        # Many commands may want to know at the same time; one asks for all.
        self._asking = asyncio.Lock()

    @property
    def known(self) -> Address | None:
        """What was found last, unless it failed since."""
        return self._known

    async def find(self) -> Address:
        """Return what is known, or the first answer."""
        if self._known is not None:
            return self._known
        async with self._asking:
            # Somebody may have been told while this one waited; mypy knows nothing of that.
            return self._known or await self._ask_around()  # type: ignore[redundant-expr]

    def forget(self, address: Address) -> None:
        """Ask again, and another one first: who named this server may be cut off from the rest."""
        if self._known == address:
            self._known = None
            self._who_knows.append(self._who_knows.pop(0))

    @abc.abstractmethod
    async def _ask(self, link: Link, address: Address) -> Address: ...

    @abc.abstractmethod
    def _make_link(self, address: Address) -> Link: ...

    async def _ask_around(self) -> Address:
        trouble: RedisError | None = None
        for address in tuple(self._who_knows):
            # Last from now on, also if the time ends while we wait for it; first if it answers.
            self._last(address)
            try:
                self._known = await self._visit(address)
            except RedisError as error:
                trouble = error
                continue
            self._who_knows.insert(0, self._who_knows.pop())
            return self._known
        raise RedisConnectionError(f"nobody names the primary: {trouble}") from trouble

    def _last(self, address: Address) -> None:
        self._who_knows.remove(address)
        self._who_knows.append(address)

    async def _visit(self, address: Address) -> Address:
        link = self._make_link(address)
        try:
            await connect(link, within=ASK_SECONDS)
            return await self._ask(link, address)
        finally:
            await link.disconnect(nowait=True)


class NamedBySentinels(_Asked):
    """
    The sentinels name the primary.

    One of them may be cut off and name a former one; so a new connection is asked for its role.
    """

    def moved_to(self, address: Address) -> None:
        """Do nothing: only the sentinels name it."""

    async def check(self, link: Link) -> None:
        """Refuse a replica: it would give old values, and take no new ones."""
        role = await ask(link, "ROLE")
        if role[0] != b"master":
            raise RedisConnectionError("the server that the sentinel named is a replica")

    def _make_link(self, address: Address) -> Link:
        return make_sentinel_link(self._deployment, address)

    async def _ask(self, link: Link, address: Address) -> Address:
        service = self._deployment.service
        named = await ask(link, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", service)
        if named is None:
            raise ResponseError(f"the sentinel at {address} does not know the service {service}")
        host, port = named
        return Address(host.decode(), int(port))


class OwnerOfSlot(_Asked):
    """The cluster's nodes know which of them owns our slot; each may be asked."""

    def __init__(self, deployment: Deployment, slot: int) -> None:
        super().__init__(deployment)
        self._slot = slot

    def moved_to(self, address: Address) -> None:
        """Go there: the former owner said so."""
        self._known = address

    async def check(self, link: Link) -> None:
        """Take it as it is: a node that is not the owner sends us on by itself."""

    def _make_link(self, address: Address) -> Link:
        return make_link(self._deployment, address)

    async def _ask(self, link: Link, address: Address) -> Address:
        ranges = await ask(link, "CLUSTER", "SLOTS")
        self._learn_nodes(ranges, address)
        for first, last, owner, *_ in ranges:
            if first <= self._slot <= last:
                return _node_address(owner, address)
        raise RedisConnectionError("the cluster has no owner for our slot")

    def _learn_nodes(self, ranges: Any, asked: Address) -> None:
        """Ask today's nodes from now on; those of the setting may be gone one day."""
        seen = {_node_address(node, asked) for _, _, *nodes in ranges for node in nodes}
        others = (seen | set(self._deployment.addresses)) - {asked}
        self._who_knows = [*sorted(others, key=str), asked]


def _node_address(node: Any, asked: Address) -> Address:
    """Return a node's address; one that does not know its own host has that of the node asked."""
    host = (node[0] or b"").decode()
    return Address(asked.host if host in {"", "?"} else host, int(node[1]))

"""Servers of which a test plays the other end, and links to them, with or without sockets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import hiredis
from redis.exceptions import ConnectionError as RedisConnectionError

from smsverify.adapters.redis.connection import make_link
from smsverify.adapters.redis.deployment import Address, Deployment, Topology

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable

    from smsverify.adapters.redis.connection import Link

HERE = Address("here", 1)
THERE = Address("there", 2)
DEPLOYMENT = Deployment(Topology.SINGLE, (HERE,))

Answer = bytes | Exception
"""What a server says to a command: a reply as it is sent, or the end of the connection."""


def packed(word: bytes) -> bytes:
    """Return a command of one word, as it is sent."""
    return hiredis.pack_command((word,))


def bulk(value: bytes) -> bytes:
    """Return a value as a server sends it."""
    return b"$%d\r\n%b\r\n" % (len(value), value)


async def turns(count: int = 10) -> None:
    """Let the loop turn."""
    for _ in range(count):
        await asyncio.sleep(0)


async def linked(ours: socket.socket) -> Link:
    """Return a real link over this socket."""
    link = make_link(DEPLOYMENT, HERE)
    link._reader, link._writer = await asyncio.open_connection(sock=ours)
    link._parser.on_connect(link)
    return link


class FakeLink:
    """
    A connection to nowhere.

    Attributes:
        address: where it would lead.
        fate: ``made`` and ``open``, then how it ended: ``lost`` by the other side; ``dropped``,
            ``closed`` or ``abandoned`` by ours.
        written: what each write brought, command by command.
        unsaid: what the server has to say and did not say yet.
    """

    def __init__(self, servers: FakeServers, address: Address) -> None:
        self.address = address
        self.fate = "made"
        self.written: list[list[bytes]] = []
        self.unsaid = b""
        self._servers = servers
        self._breaks: Exception | None = None
        self._hushed = False
        self._protocol: asyncio.Protocol | None = None

    def hand_over(
        self, protocol: asyncio.Protocol
    ) -> tuple[Callable[[bytes], None], asyncio.BaseProtocol]:
        """As a link does."""
        if self.fate != "open":
            raise RedisConnectionError("the connection was closed")
        self._protocol = protocol
        return self._write, asyncio.Protocol()

    async def can_read(self) -> bool:
        """Say whether it ended already."""
        return self.fate != "open"

    def let_go(self) -> None:
        """End at once."""
        self._end("dropped", None)

    async def say_goodbye(self) -> None:
        """End in good order."""
        self._end("closed", None)
        await asyncio.sleep(0)

    def abandon(self) -> None:
        """End without a word to anybody."""
        self.fate = "abandoned"

    def say(self, most: int | None = None) -> None:
        """Say what there is to say, or a part of it, in one piece; then break if that comes."""
        if self.fate != "open":
            return
        said = self.unsaid[:most]
        self.unsaid = self.unsaid[len(said) :]
        if said and self._protocol is not None:
            self._protocol.data_received(said)
        if self._breaks is not None and not self.unsaid:
            self.lose(self._breaks)

    def hush(self) -> None:
        """Swallow what is sent from now on, and never say anything again."""
        self._hushed = True

    def lose(self, error: Exception | None = None) -> None:
        """End at the other side."""
        self._end("lost", error)

    def _write(self, data: bytes) -> None:
        """Take what is sent; as a transport, without a word where there is no connection."""
        if self.fate != "open" or self._hushed:
            return
        self.written.append(list(_words(data)))
        for word in self.written[-1]:
            answer = self._servers.answer(word)
            if self._breaks is not None:
                break
            if isinstance(answer, bytes):
                self.unsaid += answer
            else:
                self._breaks = answer
        if not self._servers.silent:
            asyncio.get_running_loop().call_soon(self.say)

    def _end(self, fate: str, error: Exception | None) -> None:
        if self.fate not in {"made", "open"}:
            return
        self.fate = fate
        if self._protocol is not None:
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, error)


class FakeServers:
    """
    All servers, each of which answers alike.

    Attributes:
        links: all connections that were made, in their order.
        answer: what is said to a command; in the beginning, the command.
        silent: whether replies are held back, until `speak`.
        hold: closed, it lets no connection through.
        trouble: what connecting to a server raises.
    """

    def __init__(self) -> None:
        self.links: list[FakeLink] = []
        self.answer: Callable[[bytes], Answer] = bulk
        self.silent = False
        self.hold = asyncio.Event()
        self.hold.set()
        self.trouble: dict[Address, BaseException] = {}

    @property
    def open(self) -> list[FakeLink]:
        """Those that are open."""
        return [link for link in self.links if link.fate == "open"]

    @property
    def written(self) -> list[list[list[bytes]]]:
        """What was written on each connection."""
        return [link.written for link in self.links]

    @property
    def fates(self) -> list[str]:
        """What became of each connection."""
        return [link.fate for link in self.links]

    def speak(self) -> None:
        """Say what was held back, and hold back nothing any more."""
        self.silent = False
        for link in self.links:
            link.say()

    def make_link(self, _: Deployment, address: Address) -> FakeLink:
        """Stand in for `make_link`."""
        self.links.append(FakeLink(self, address))
        return self.links[-1]

    async def connect(self, link: FakeLink) -> None:
        """Stand in for `connect`."""
        await asyncio.sleep(0)
        await self.hold.wait()
        if link.address in self.trouble:
            raise self.trouble[link.address]
        link.fate = "open"


class FakePrimary:
    """
    A primary that is here, unless told otherwise.

    Attributes:
        known: where it is; None for unknown, until it was asked for.
        moves: where it was said to have gone.
        forgotten: the servers that failed.
        trouble: what asking for it raises.
        unfit: what is wrong with the server that is asked for its role.
    """

    def __init__(self) -> None:
        self.known: Address | None = HERE
        self.moves: list[Address] = []
        self.forgotten: list[Address] = []
        self.trouble: BaseException | None = None
        self.unfit: BaseException | None = None

    async def find(self) -> Address:
        """Say where."""
        if self.trouble is not None:
            raise self.trouble
        self.known = self.known or HERE
        return self.known

    def forget(self, address: Address) -> None:
        """Note it."""
        self.forgotten.append(address)

    def moved_to(self, address: Address) -> None:
        """Note it."""
        self.moves.append(address)

    async def check(self, _: object) -> None:
        """Refuse it if told so."""
        if self.unfit is not None:
            raise self.unfit


class FakePool:
    """A pool that is told what was learned of the servers, and lends nothing."""

    def __init__(self) -> None:
        self.distrusted: list[Address] = []
        self.primary = FakePrimary()

    def distrust(self, address: Address) -> None:
        """Note it."""
        self.distrusted.append(address)


def _words(data: bytes) -> Iterable[bytes]:
    reader = hiredis.Reader()
    reader.feed(data)
    command: Any = reader.gets()
    while command is not False:
        yield b" ".join(command)
        command = reader.gets()

"""A server that answers from a script, in place of a connection and of the pool that lends it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from smsverify.adapters.redis.deployment import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HERE = Address("here", 1)
THERE = Address("there", 2)

Answer = Any
"""What the double gives for a command: a reply, or an exception that reading it raises."""


class FakeLink:
    """
    A connection to nowhere.

    Attributes:
        written: what each write brought, command by command.
        open: whether it can still be used.
        gate: closed, it lets no reply through.
    """

    def __init__(self, answer: Callable[[bytes], Answer], gate: asyncio.Event) -> None:
        self.written: list[list[bytes]] = []
        self.open = True
        self.gate = gate
        self._answer = answer
        self._replies: deque[Answer] = deque()

    @property
    def is_connected(self) -> bool:
        """As redis-py's."""
        return self.open

    async def send_packed_command(self, commands: Iterable[bytes], *, check_health: bool) -> None:
        """Take the commands of one write."""
        assert not check_health
        self.written.append(list(commands))
        self._replies.extend(map(self._answer, self.written[-1]))

    async def read_response(self, *, disconnect_on_error: bool = True) -> Answer:
        """Give the next reply, once the gate is open."""
        await self.gate.wait()
        reply = self._replies.popleft()
        if isinstance(reply, BaseException):
            raise reply
        return reply

    async def disconnect(self, *, nowait: bool = False) -> None:
        """End."""
        self.open = False


class FakePrimary:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.moves: list[Address] = []

    def moved_to(self, address: Address) -> None:
        """Note it."""
        self.moves.append(address)


class FakePool:
    """
    Lends fake connections.

    Attributes:
        links: all that were made.
        dropped: those that were not given back.
        distrusted: the servers that failed.
        trouble: what borrowing raises, if anything.
        hold: closed, it lets nobody borrow.
        gate: closed, it lets no reply through, on any connection.
    """

    def __init__(self, answer: Callable[[bytes], Answer]) -> None:
        self.links: list[FakeLink] = []
        self.idle: list[FakeLink] = []
        self.dropped: list[FakeLink] = []
        self.distrusted: list[Address] = []
        self.borrowed_for: list[Address | None] = []
        self.trouble: BaseException | None = None
        self.closed = False
        self.primary = FakePrimary()
        self.hold = asyncio.Event()
        self.hold.set()
        self.gate = asyncio.Event()
        self.gate.set()
        self._answer = answer

    async def borrow(self, address: Address | None) -> tuple[FakeLink, Address]:
        """Lend an idle connection, or a new one."""
        await self.hold.wait()
        self.borrowed_for.append(address)
        if self.trouble is not None:
            raise self.trouble
        if not self.idle:
            self.idle.append(FakeLink(self._answer, self.gate))
            self.links += self.idle
        return self.idle.pop(), address or HERE

    def give_back(self, link: FakeLink, address: Address) -> None:
        """Take one back."""
        self.idle.append(link)

    async def drop(self, link: FakeLink) -> None:
        """Note it."""
        self.dropped.append(link)

    async def distrust(self, address: Address) -> None:
        """Note it."""
        self.distrusted.append(address)

    async def close(self) -> None:
        """Note it."""
        self.closed = True

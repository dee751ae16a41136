"""The connections of one event loop: few, kept open, and never with a reply left in them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from smsverify.adapters.redis.connection import connect, is_sound, make_link
from smsverify.adapters.redis.primary import make_primary

if TYPE_CHECKING:
    from smsverify.adapters.redis.connection import Link
    from smsverify.adapters.redis.deployment import Address, Deployment


class Pool:
    """
    Lends connections, mostly to the primary.

    Who borrows gives back or drops. The bound is kept by the borrower, which never holds more than
    ``limit`` at a time; the pool sees to it that idle ones don't add to that.

    Args:
        deployment: where the servers are.
        slot: the hash slot of our keys.
        limit: how many connections may be open at a time.
    """

    def __init__(self, deployment: Deployment, slot: int, limit: int) -> None:
        self._deployment = deployment
        self._limit = limit
        self._idle: dict[Address, list[Link]] = {}
        self._open: set[Link] = set()
        self.primary = make_primary(deployment, slot)

    async def borrow(self, address: Address | None) -> tuple[Link, Address]:
        """
        Return a connection to the primary, or to another server, and where that is.

        Nothing of the borrower's was sent when it raises.
        """
        wanted = address or await self.primary.find()
        idle = self._idle.get(wanted)
        while idle:
            link = idle.pop()
            if await is_sound(link):
                return link, wanted
            await self.drop(link)
        await self._make_room()
        return await self._open_link(wanted, is_primary=address is None), wanted

    def give_back(self, link: Link, address: Address) -> None:
        """Take back a connection whose replies were all read."""
        if link in self._open:
            self._idle.setdefault(address, []).append(link)

    async def drop(self, link: Link) -> None:
        """Close a connection that may hold unread replies, or none will come on."""
        self._open.discard(link)
        await link.disconnect(nowait=True)

    async def distrust(self, address: Address) -> None:
        """A server failed: whatever else is open to it has likely the same fate."""
        self.primary.forget(address)
        for link in self._idle.pop(address, []):
            await self.drop(link)

    async def close(self) -> None:
        """Close all; the pool can be used again."""
        self._idle.clear()
        try:
            while self._open:
                with contextlib.suppress(RedisError):  # it took too long to say goodbye
                    await self._open.pop().disconnect()
        finally:
            # A loop that is wound up cancels us in the middle.
            while self._open:
                await self._open.pop().disconnect(nowait=True)

    def abandon(self) -> None:
        """Let go of all connections from outside their event loop."""
        self._idle.clear()
        while self._open:
            self._open.pop().abandon()

    async def _open_link(self, address: Address, *, is_primary: bool) -> Link:
        link = make_link(self._deployment, address)
        self._open.add(link)
        try:
            await connect(link)
            if is_primary:
                await self.primary.check(link)
        except BaseException:
            await self.drop(link)
            if is_primary:
                await self.distrust(address)
            raise
        return link

    async def _make_room(self) -> None:
        """Close an idle connection to some other server if all that may be open are."""
        for links in self._idle.values():
            while links and len(self._open) >= self._limit:
                await self.drop(links.pop())

"""The connections of one event loop: few, kept open, and never with a reply left in them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from redis.exceptions import ConnectionError as RedisConnectionError

from smsverify.adapters.redis.connection import connect, make_link
from smsverify.adapters.redis.conversation import Conversation
from smsverify.adapters.redis.primary import make_primary

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from smsverify.adapters.redis.connection import Link
    from smsverify.adapters.redis.deployment import Address, Deployment


IDLE_SECONDS: Final = 230.0
"""
How long a connection may be idle; one that was for longer is replaced, for what lies in between may
have dropped it without a word, and whoever used it would wait in vain. Load balancers do so after
240 s (Azure) or 350 s (AWS), if nobody set another time, and firewalls are alike. The probes of
`connection` keep most of them awake, but a proxy on the way answers these itself.

- https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset
- https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html
"""


class Pool:
    """
    Keeps conversations, mostly with the primary.

    Who takes one gives it back. The bound is kept by the borrower, which never has more than
    ``limit`` at a time; the pool sees to it that idle ones don't add to that.

    Args:
        deployment: where the servers are.
        slot: the hash slot of our keys.
        limit: how many connections may be open at a time.
    """

    def __init__(self, deployment: Deployment, slot: int, limit: int) -> None:
        self._deployment = deployment
        self._limit = limit
        self._idle: dict[Address, list[Conversation]] = {}
        self._open: set[Conversation] = set()
        self._being_opened = 0
        self.primary = make_primary(deployment, slot)

    def take(self, address: Address | None, deadline: float) -> Conversation | None:
        """
        Return an idle conversation with the primary, or with another server; None for none.

        Those that were idle for too long, as the deadline of what it is wanted for tells, are let
        go on the way.
        """
        wanted = address or self.primary.known
        idle = None if wanted is None else self._idle.get(wanted)
        while idle:
            conversation = idle.pop()
            if deadline - conversation.deadline <= IDLE_SECONDS:
                return conversation
            conversation.end(RedisConnectionError("it was idle for too long"))
        return None

    async def open(
        self,
        address: Address | None,
        *,
        finished: Callable[[Conversation], None],
        ended: Callable[[Conversation, bool], None],
    ) -> Conversation:
        """
        Return a new conversation, with the primary or with another server.

        Nothing of the borrower's was sent when it raises one of redis-py's errors.
        """
        wanted = address or await self.primary.find()
        self._being_opened += 1
        try:
            self._make_room()
            link = make_link(self._deployment, wanted)
            try:
                await self._connect(link, is_primary=address is None)
                conversation = Conversation(link, wanted, finished=finished, ended=ended)
            except BaseException:
                link.let_go()
                if address is None:
                    self.distrust(wanted)
                raise
        finally:
            self._being_opened -= 1
        self._open.add(conversation)
        return conversation

    def give_back(self, conversation: Conversation) -> None:
        """Take back a conversation whose replies were all read."""
        if conversation in self._open:
            self._idle.setdefault(conversation.address, []).append(conversation)

    def forget(self, conversation: Conversation) -> None:
        """A conversation came to an end, in anybody's hands."""
        self._open.discard(conversation)
        idle = self._idle.get(conversation.address, [])
        if conversation in idle:
            idle.remove(conversation)

    def distrust(self, address: Address) -> None:
        """A server failed: whatever else is open to it has likely the same fate."""
        self.primary.forget(address)
        for conversation in self._idle.pop(address, []):
            conversation.end(RedisConnectionError("the server failed"))

    async def close(self) -> None:
        """
        Close all at the same time; the pool can be used again.

        It takes as long as the slowest server's goodbye, one second at most.
        """
        self._idle.clear()
        closing, self._open = self._open, set()
        try:
            await asyncio.gather(*(conversation.close() for conversation in closing))
        finally:
            # A loop that is wound up cancels us in the middle, or before a goodbye was begun.
            for conversation in closing:
                conversation.link.let_go()

    def abandon(self) -> None:
        """Let go of all connections from outside their event loop."""
        self._idle.clear()
        while self._open:
            self._open.pop().link.abandon()

    async def _connect(self, link: Link, *, is_primary: bool) -> None:
        await connect(link)
        if is_primary:
            await self.primary.check(link)
        if await link.can_read():
            raise RedisConnectionError("the server left, or said something unasked")

    def _make_room(self) -> None:
        """Close an idle connection to some other server if all that may be open are."""
        for conversations in self._idle.values():
            while conversations and len(self._open) + self._being_opened > self._limit:
                conversations.pop().end(RedisConnectionError("another server needs the place"))

"""
What is said on one open connection: a batch goes out, its replies come in, in order.

redis-py opens the connection and logs in; then its transport is taken over here, so that a reply
goes from the socket to whoever waits for it in one step of the event loop. No task stands in
between that a caller's cancellation, or a loop that is wound up, could tear down half-way.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import hiredis
from redis.asyncio.connection import DefaultParser
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    InvalidResponse,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError

from smsverify.adapters.redis.trouble import Refused, ReplyLost, StoreClosed

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from smsverify.adapters.redis.batch import Batch
    from smsverify.adapters.redis.connection import Link
    from smsverify.adapters.redis.deployment import Address

_ERROR_REPLIES: Final = (ResponseError, BusyLoadingError, AuthenticationError)
# The last two count as errors of the connection in redis-py; but they are replies, and the replies
# behind them are still to come.

_NOTHING_YET: Final = object()


class Conversation(asyncio.Protocol):
    """
    Batches on one connection, one after the other.

    Args:
        link: an open connection that holds no reply.
        address: the server at its other end.
        finished: told when a batch was answered whole, and the next may begin.
        ended: told once, when the connection is of no use any more, and whether that was in the
            middle of a batch.

    Attributes:
        link: the connection.
        address: the server at its other end.
        batch: what is under way, None for nothing.
        usable: whether a batch may begin; once it may not, it never may again.
        deadline: that of the latest batch, by the event loop's clock; at first the time at which it
            was opened. From one deadline to the next tells how long it was idle.
    """

    def __init__(
        self,
        link: Link,
        address: Address,
        *,
        finished: Callable[[Conversation], None],
        ended: Callable[[Conversation, bool], None],
    ) -> None:
        self.link = link
        self.address = address
        self.batch: Batch | None = None
        self.usable = True
        self.deadline = asyncio.get_running_loop().time()
        self._finished = finished
        self._ended = ended
        self._reader = hiredis.Reader(
            protocolError=InvalidResponse,
            replyError=DefaultParser.parse_error,
            notEnoughData=_NOTHING_YET,
        )
        self._write, self._streams = link.hand_over(self)

    def begin(self, batch: Batch) -> None:
        """Send a batch; the former one must be finished."""
        self.batch = batch
        self.deadline = batch.deadline
        batch.carrier = self
        self._write(b"".join([command.packed for command in batch.commands]))

    def data_received(self, data: bytes) -> None:
        """Hand out the replies that have come in whole."""
        batch = self.batch
        if batch is None:
            # A reply that nobody waits for would be taken for another's.
            self.end(RedisConnectionError("the server said something unasked"))
            return
        try:
            self._reader.feed(data)
            finished = self._hand_out(batch)
        except Exception as error:  # noqa: BLE001 - redis-py can't read every error that is said
            self.end(error)
            return
        if finished:
            self.batch = None
            self._finished(self)

    def _hand_out(self, batch: Batch) -> bool:
        """Answer as many commands as replies have come; return whether that was the last."""
        next_reply, commands = self._reader.gets, batch.commands
        while commands:
            reply: Any = next_reply()
            if reply is _NOTHING_YET:
                return False
            if isinstance(reply, Exception):
                if not isinstance(reply, _ERROR_REPLIES):
                    raise reply
                reply = Refused(reply, self.address, batch.deadline)
            commands.popleft().answer(reply)
        if self._reader.has_data():
            raise RedisConnectionError("the server said more than was asked")
        return True

    def eof_received(self) -> None:
        """The server says no more; what was sent from now on would be lost unheard."""
        self.end(RedisConnectionError("the server closed the connection"))

    def connection_lost(self, error: Exception | None) -> None:
        """The connection ended, by whichever side."""
        self._streams.connection_lost(error)
        self.end(error or RedisConnectionError("the server closed the connection"))

    def end(self, error: BaseException) -> None:
        """Let the connection go; nobody can know what became of the commands without reply."""
        if not self.usable:
            return
        self.usable = False
        self.link.let_go()
        batch, self.batch = self.batch, None
        if batch is not None:
            batch.answer_rest(ReplyLost(error, self.address, batch.deadline))
        self._ended(self, batch is not None)

    async def close(self) -> None:
        """Say goodbye between two batches, for as long as that may take; in one, end it at once."""
        if self.batch is not None:
            self.end(StoreClosed())
        self.usable = False
        await self.link.say_goodbye()

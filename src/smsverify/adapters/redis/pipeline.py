"""
Commands of concurrent tasks travel together.

What is submitted in one turn of the event loop is written in one go and answered in one go: most of
a command's cost is the trip, not the command. Nobody waits for company: a batch leaves at the
loop's next turn, and only while every connection is out do commands gather for longer.

An exchange runs in a task of its own. So a caller that is cancelled leaves no connection with
unread replies, and takes no other caller with it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from redis.exceptions import AuthenticationError, BusyLoadingError, ResponseError

from smsverify.adapters.redis.batch import Batch, Command
from smsverify.adapters.redis.trouble import NotSent, Refused, ReplyLost
from smsverify.ports.store import STORE_SECONDS

if TYPE_CHECKING:
    from typing import Any, Final

    from smsverify.adapters.redis.connection import Link
    from smsverify.adapters.redis.deployment import Address
    from smsverify.adapters.redis.pool import Pool
    from smsverify.adapters.redis.trouble import Trouble

ANSWER_SECONDS: Final = STORE_SECONDS - 0.1
"""How long a command may take in all: so our own sentence comes before the caller gives up."""

BATCH: Final = 16
"""
How many commands travel together at most. Of 64 busy tasks some are then always under way while the
replies of others are worked on here. Measured with whole verifications, server and client on a core
each: a quarter more than in batches of 64, a tenth more than in batches of 32 or of 8.
"""

_ERROR_REPLIES: Final = (ResponseError, BusyLoadingError, AuthenticationError)
# The last two count as errors of the connection in redis-py; but they are replies, and the replies
# behind them are still to be read.

_ASKING: Final = b"*1\r\n$6\r\nASKING\r\n"


class Pipeline:
    """
    Sends commands over a pool's connections; belongs to the event loop that it is made in.

    Args:
        pool: the connections.
        limit: how many of them may be out at a time; beyond that, commands wait.
    """

    def __init__(self, pool: Pool, limit: int) -> None:
        self.pool = pool
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Batch] = deque()
        self._filling: Batch | None = None
        self._workers: set[asyncio.Task[None]] = set()

    def submit(self, packed: bytes, *, is_read: bool) -> asyncio.Future[Any]:
        """
        Queue a command for the primary; the future gives the reply, or a Trouble as a value.

        Equal reads that leave together are asked once: the answer is younger than each question.
        """
        reply: asyncio.Future[Any] = self._loop.create_future()
        batch = self._filling
        if batch is None or len(batch.commands) >= BATCH:
            batch = self._filling = Batch(self._loop.time() + ANSWER_SECONDS)
            self._queue(batch)
        if is_read:
            same = batch.reads.get(packed)
            if same is not None:
                same.waiting.append(reply)
                return reply
        command = Command(packed, reply)
        batch.commands.append(command)
        if is_read:
            batch.reads[packed] = command
        return reply

    def submit_to(self, address: Address, packed: bytes) -> asyncio.Future[Any]:
        """Queue a command for a node that takes our slot over and does not own it yet."""
        reply: asyncio.Future[Any] = self._loop.create_future()
        batch = Batch(self._loop.time() + ANSWER_SECONDS, address)
        batch.commands.append(Command(packed, reply))
        self._queue(batch)
        return reply

    async def close(self) -> None:
        """Let what is under way end, which it does in time, and close the connections."""
        try:
            while self._workers:
                await asyncio.gather(*self._workers, return_exceptions=True)
                # An end is noted a turn later, and gathering what has ended may take no turn.
                await asyncio.sleep(0)
        finally:
            await self.pool.close()

    def abandon(self) -> None:
        """Let go of the connections from outside the event loop."""
        self.pool.abandon()

    def _queue(self, batch: Batch) -> None:
        self._waiting.append(batch)
        self._set_to_work()

    def _set_to_work(self) -> None:
        if len(self._workers) < self._limit:
            worker = self._loop.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._ended)

    def _ended(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        if not self._waiting:
            return
        if not worker.cancelled():
            self._set_to_work()
            return
        # The loop is being wound up; who is not, may ask again.
        self._filling = None
        while self._waiting:
            batch = self._waiting.popleft()
            batch.answer_rest(NotSent(asyncio.CancelledError(), batch.address, batch.deadline))

    async def _work(self) -> None:
        """Send batches until none waits; the first step comes after all who run in this turn."""
        while self._waiting:
            batch = self._waiting.popleft()
            if batch is self._filling:
                self._filling = None
            await self._exchange(batch)

    async def _exchange(self, batch: Batch) -> None:
        """Send a batch and hand out the replies; whatever happens, everybody gets an answer."""
        kind: type[Trouble] = NotSent
        address = batch.address
        try:
            async with asyncio.timeout_at(batch.deadline):
                link, address = await self.pool.borrow(batch.address)
                kind = ReplyLost
                try:
                    await _talk(link, address, batch)
                except BaseException:
                    await self.pool.drop(link)
                    raise
            self.pool.give_back(link, address)
        except asyncio.CancelledError as error:
            batch.answer_rest(kind(error, address, batch.deadline))
            raise
        except Exception as error:  # noqa: BLE001 - a worker that dies would leave callers waiting
            batch.answer_rest(kind(error, address, batch.deadline))
            if address is not None:
                await self.pool.distrust(address)


async def _talk(link: Link, address: Address, batch: Batch) -> None:
    """Write all commands, then read all replies."""
    unanswered = batch.commands
    packed = [command.packed for command in unanswered]
    if batch.address is not None:
        packed.insert(0, _ASKING)
    await link.send_packed_command(packed, check_health=False)
    if batch.address is not None:
        await link.read_response()
    read = link.read_response
    while unanswered:
        try:
            reply = await read(disconnect_on_error=False)
        except _ERROR_REPLIES as error:
            reply = Refused(error, address, batch.deadline)
        unanswered.popleft().answer(reply)

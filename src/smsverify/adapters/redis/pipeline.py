"""
Commands of concurrent tasks travel together.

What is submitted in one turn of the event loop is written in one go and answered in one go: most of
a command's cost is the trip, not the command. Nobody waits for company: a batch leaves at the
loop's next turn, and only while every connection is out do commands gather for longer.

No caller's task carries a batch. So one that is cancelled leaves no connection with unread replies,
and takes no other caller with it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from smsverify.adapters.redis.batch import Batch, Command
from smsverify.adapters.redis.trouble import NotSent, StoreClosed
from smsverify.ports.store import STORE_SECONDS

if TYPE_CHECKING:
    from typing import Any, Final

    from smsverify.adapters.redis.conversation import Conversation
    from smsverify.adapters.redis.deployment import Address
    from smsverify.adapters.redis.pool import Pool

ANSWER_SECONDS: Final = STORE_SECONDS - 0.1
"""How long a command may take in all: so our own sentence comes before the caller gives up."""

BATCH: Final = 16
"""
How many commands travel together at most. Of 64 busy tasks some are then always under way while the
replies of others are worked on here. Measured with whole verifications, server and client on a core
each: a quarter more than in batches of 64, a tenth more than in batches of 32 or of 8.
"""

JOINING_SECONDS: Final = ANSWER_SECONDS / 4
"""
For how long commands join a batch that waits for a connection. Its time runs from the first of
them: so the last has at least three quarters of it, and is not told after a moment that the server
did not answer in time. Not shorter, for where connections are few and slow, small batches would
waste their trips.
"""

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
        self._filling: Batch | None = None
        self._left_over: Batch | None = None
        self._waiting: deque[Batch] = deque()
        self._timed: deque[Batch] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._out = 0
        self._sends_soon = False
        self._openings: set[asyncio.Task[None]] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()

    def submit(self, packed: bytes, *, is_read: bool) -> asyncio.Future[Any]:
        """
        Queue a command for the primary; the future gives the reply, or a Trouble as a value.

        Equal reads that leave together are asked once: the answer is younger than each question.
        """
        reply: asyncio.Future[Any] = self._loop.create_future()
        batch = self._filling
        if (
            batch is None
            or len(batch.commands) >= BATCH
            or (batch is self._left_over and self._is_late_for(batch))
        ):
            batch = self._filling = self._new_batch(None)
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
        batch = self._new_batch(address)
        batch.commands += (Command(_ASKING), Command(packed, reply))
        return reply

    async def close(self) -> None:
        """
        Let what somebody waits for end, and close the connections.

        The former takes `ANSWER_SECONDS` at most, the latter another second.
        """
        self._give_up_all(but_awaited=True)
        try:
            await self._quiet.wait()
        finally:
            # A loop that is wound up cancels us: then nothing more comes to its end.
            for opening in self._openings:
                opening.cancel()
            self._give_up_all(but_awaited=False)
            self._stop_timer()
            await self.pool.close()

    def abandon(self) -> None:
        """Let go of the connections from outside the event loop."""
        self.pool.abandon()

    def _new_batch(self, address: Address | None) -> Batch:
        batch = Batch(self._loop.time() + ANSWER_SECONDS, address)
        self._waiting.append(batch)
        self._quiet.clear()
        if not self._sends_soon:
            # After all who run in this turn, so that they go along.
            self._sends_soon = True
            self._loop.call_soon(self._send_waiting)
        self._time(batch)
        return batch

    def _is_late_for(self, batch: Batch) -> bool:
        """Say whether who joins this batch now would have too little time."""
        return self._loop.time() > batch.deadline - ANSWER_SECONDS + JOINING_SECONDS

    def _send_waiting(self) -> None:
        """Send batches while a connection is free or may be opened."""
        self._sends_soon = False
        while self._waiting and self._out < self._limit:
            batch = self._waiting.popleft()
            if batch is self._filling:
                self._filling = None
            if not batch.commands:
                continue  # its time was up while it waited
            self._out += 1
            conversation = self.pool.take(batch.address, batch.deadline)
            if conversation is not None:
                conversation.begin(batch)
            else:
                opening = self._loop.create_task(self._open_for(batch))
                self._openings.add(opening)
                opening.add_done_callback(self._openings.discard)
        # Only this one may be old; who joins one of the same turn need not look at the clock.
        self._left_over = self._filling
        if not self._out and not self._waiting:
            self._timed.clear()
            self._stop_timer()
            self._quiet.set()

    async def _open_for(self, batch: Batch) -> None:
        """Open a connection and send a batch on it; whatever happens, everybody gets an answer."""
        try:
            async with asyncio.timeout_at(batch.deadline):
                conversation = await self.pool.open(
                    batch.address, finished=self._finished, ended=self._ended
                )
        except BaseException as error:
            batch.answer_rest(NotSent(error, batch.address, batch.deadline))
            self._one_less_out()
            if not isinstance(error, Exception):
                raise  # the loop is wound up
            return
        if batch.commands:
            conversation.begin(batch)
        else:  # its time was up at the last moment
            self._finished(conversation)

    def _finished(self, conversation: Conversation) -> None:
        self.pool.give_back(conversation)
        self._one_less_out()

    def _ended(self, conversation: Conversation, in_the_middle: bool) -> None:  # noqa: FBT001
        self.pool.forget(conversation)
        if in_the_middle:
            self.pool.distrust(conversation.address)
            self._one_less_out()

    def _one_less_out(self) -> None:
        self._out -= 1
        if not self._sends_soon:
            self._send_waiting()

    def _time(self, batch: Batch) -> None:
        """See to it that a batch is answered in time, with one timer for all: the oldest's."""
        timed = self._timed
        while timed and not timed[0].commands:
            timed.popleft()
        timed.append(batch)
        if self._timer is None:
            self._timer = self._loop.call_at(batch.deadline, self._time_is_up)

    def _time_is_up(self) -> None:
        """Answer for the servers that did not, and wait for the next deadline if there is one."""
        self._timer = None
        now = self._loop.time()
        while self._timed:
            batch = self._timed[0]
            if batch.commands and batch.deadline > now:
                self._timer = self._loop.call_at(batch.deadline, self._time_is_up)
                return
            # Off the list first: giving up may empty it, or put the next batch on it.
            self._timed.popleft()
            if batch.commands:
                self._give_up(batch, TimeoutError())

    def _give_up_all(self, *, but_awaited: bool) -> None:
        closed = StoreClosed()
        # Those that wait first, or they would be sent when the others make room.
        for batch in reversed(tuple(self._timed)):
            if batch.commands and not (but_awaited and batch.is_awaited()):
                self._give_up(batch, closed)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self, batch: Batch, error: Exception) -> None:
        if batch is self._filling:
            self._filling = None
        if batch.carrier is not None:
            batch.carrier.end(error)
        else:
            batch.answer_rest(NotSent(error, batch.address, batch.deadline))

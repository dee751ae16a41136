"""Commands, replies and troubles in any order, from the pipeline down to the bytes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from redis.exceptions import ConnectionError as RedisConnectionError

from smsverify.adapters.redis import pool as pool_module
from smsverify.adapters.redis.pipeline import ANSWER_SECONDS, JOINING_SECONDS, Pipeline
from smsverify.adapters.redis.pool import Pool
from smsverify.adapters.redis.trouble import NotSent, Trouble
from tests.unit.adapters.redis.doubles import (
    DEPLOYMENT,
    HERE,
    THERE,
    FakePrimary,
    FakeServers,
    bulk,
    packed,
    turns,
)
from tests.unit.virtual_time import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.adapters.redis.doubles import FakeLink

INSTANT = 1e-6
MANY = 40
"""More than two batches."""


@attrs.frozen
class Asked:
    """
    A command that was submitted.

    Attributes:
        executed: how many commands the servers had executed before.
        until: when it must be answered.
    """

    word: bytes
    reply: asyncio.Future[Any]
    executed: int
    until: float


class Exchanges(RuleBasedStateMachine):
    """A pipeline, its pool, and conversations with servers that do what hypothesis likes."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.servers = FakeServers()
        self.servers.silent = True
        self.servers.answer = self.execute
        self.patch.setattr(pool_module, "make_link", self.servers.make_link)
        self.patch.setattr(pool_module, "connect", self.servers.connect)
        self.loop: Any = VirtualLoop()
        self.failures: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.failures.append(context))
        self.asked: list[Asked] = []
        self.executed: list[bytes] = []
        self.number = 0
        self.limit = 0
        self.primary = FakePrimary()
        self.pipeline: Pipeline

    def execute(self, word: bytes) -> bytes:
        """Answer a command with itself and how many were executed before it."""
        self.executed.append(word)
        return bulk(b"%b@%d" % (word, len(self.executed) - 1))

    def run(self, act: Callable[[], Any], turn: int = 0) -> None:
        """Do something inside the loop, and let it turn."""

        async def work() -> None:
            act()
            await turns(turn)

        self.loop.run_until_complete(work())

    @initialize(limit=st.integers(1, 3))
    def build(self, limit: int) -> None:
        """Begin with nothing."""

        def make() -> None:
            pool = Pool(DEPLOYMENT, 0, limit)
            pool.primary = self.primary
            self.pipeline = Pipeline(pool, limit)

        self.limit = limit
        self.run(make)

    # What callers do.

    @rule(count=st.sampled_from([1, 2, MANY]), turn=st.integers(0, 5))
    def write(self, count: int, turn: int) -> None:
        """Submit commands of which no two are alike."""

        def act() -> None:
            for _ in range(count):
                self.number += 1
                word = b"w%d" % self.number
                self.note(word, self.pipeline.submit(packed(word), is_read=False))

        self.run(act, turn)

    @rule(word=st.sampled_from([b"r0", b"r1"]), turn=st.integers(0, 5))
    def read(self, word: bytes, turn: int) -> None:
        """Ask what may have been asked before."""
        self.run(
            lambda: self.note(word, self.pipeline.submit(packed(word), is_read=True)),
            turn,
        )

    @rule(count=st.integers(1, 3), turn=st.integers(0, 5))
    def write_there(self, count: int, turn: int) -> None:
        """Submit commands to another server."""

        def act() -> None:
            for _ in range(count):
                self.number += 1
                word = b"w%d" % self.number
                self.note(word, self.pipeline.submit_to(THERE, packed(word)))

        self.run(act, turn)

    def note(self, word: bytes, reply: asyncio.Future[Any]) -> None:
        """Remember a command."""
        until = self.loop.time() + ANSWER_SECONDS
        self.asked.append(Asked(word, reply, len(self.executed), until))

    @precondition(lambda self: self.waiting())
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        """Cancel a caller."""
        data.draw(st.sampled_from(self.waiting())).reply.cancel()

    # What the primary and the servers do.

    @precondition(lambda self: self.servers.open)
    @rule(data=st.data(), turn=st.integers(0, 5))
    def say(self, data: st.DataObject, turn: int) -> None:
        """Let a server say some of what it has to say."""
        link = data.draw(st.sampled_from(self.servers.open))
        most = data.draw(st.none() | st.integers(1, 100))
        self.run(lambda: link.say(most), turn)

    @rule()
    def serve(self) -> None:
        """Let all servers take connections and say all that they have to say."""
        self.servers.trouble.clear()
        for _ in range(5):
            self.run(self.servers.hold.set, 5)
            for link in self.servers.open:
                self.run(link.say)

    @precondition(lambda self: self.servers.open)
    @rule(data=st.data(), turn=st.integers(0, 5))
    def say_too_much(self, data: st.DataObject, turn: int) -> None:
        """Let a server say what nobody asked for."""
        link: FakeLink = data.draw(st.sampled_from(self.servers.open))
        link.unsaid += bulk(b"unasked")
        self.run(link.say, turn)

    @precondition(lambda self: self.servers.open)
    @rule(data=st.data(), turn=st.integers(0, 5))
    def lose(self, data: st.DataObject, turn: int) -> None:
        """Let a server end a connection."""
        link: FakeLink = data.draw(st.sampled_from(self.servers.open))
        self.run(lambda: link.lose(ConnectionResetError("lost")), turn)

    @rule(there=st.booleans(), here=st.booleans())
    def refuse(self, there: bool, here: bool) -> None:
        """Let servers take connections, or refuse them."""
        self.servers.trouble.clear()
        for address, refused in ((HERE, here), (THERE, there)):
            if refused:
                self.servers.trouble[address] = RedisConnectionError("refused")

    @rule(passes=st.booleans(), turn=st.integers(0, 5))
    def hold(self, passes: bool, turn: int) -> None:
        """Let connections come about, or take for ever."""
        self.run(self.servers.hold.set if passes else self.servers.hold.clear, turn)

    @rule(known=st.sampled_from([None, HERE, THERE]))
    def move(self, known: Any) -> None:
        """Let the primary be another one, or be lost from sight."""
        self.primary.known = known

    @rule()
    def distrust(self) -> None:
        """Hear that the primary is none."""
        self.run(lambda: self.pipeline.pool.distrust(HERE))

    # What the loop does.

    @rule(seconds=st.sampled_from([0.1, 1.0, ANSWER_SECONDS]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.loop.run_until_complete(asyncio.sleep(seconds))

    @rule(seconds=st.sampled_from([0.1, 1.0, ANSWER_SECONDS]))
    def stall(self, seconds: float) -> None:
        """Let time pass while the loop does not turn."""
        self.loop._impatient.skipped += seconds

    @precondition(lambda self: self.pipeline._openings)
    @rule(data=st.data(), turn=st.integers(0, 5))
    def cancel_opening(self, data: st.DataObject, turn: int) -> None:
        """Cancel a task, as a loop does that is wound up."""
        openings = sorted(self.pipeline._openings, key=lambda task: task.get_name())
        self.run(data.draw(st.sampled_from(openings)).cancel, turn)

    @rule()
    def close(self) -> None:
        """Close in good order."""
        self.loop.run_until_complete(asyncio.wait_for(self.pipeline.close(), 10 * ANSWER_SECONDS))
        assert not self.waiting()
        assert not self.servers.open

    @rule(turn=st.integers(0, 5))
    def close_in_vain(self, turn: int) -> None:
        """Close, and be cancelled."""

        async def work() -> None:
            closing = asyncio.ensure_future(self.pipeline.close())
            await turns(turn)
            closing.cancel()
            await asyncio.wait([closing], timeout=10 * ANSWER_SECONDS)
            assert closing.done()

        self.loop.run_until_complete(work())

    # What must be so all the while.

    def waiting(self) -> list[Asked]:
        """Return the commands that were not answered yet."""
        return [one for one in self.asked if not one.reply.done()]

    @invariant()
    def nothing_fails_unseen(self) -> None:
        """No callback raises."""
        assert self.failures == []

    @invariant()
    def few_connections_are_out_or_open(self) -> None:
        """Those that are being opened included."""
        if self.limit:
            assert 0 <= self.pipeline._out <= self.limit
            there = [link for link in self.servers.links if link.fate in {"made", "open"}]
            assert len(there) <= self.limit

    @invariant()
    def everybody_is_answered_in_time(self) -> None:
        """When the loop has had a turn to do so."""
        if self.waiting():
            self.run(lambda: None, 5)
            now = self.loop.time()
            assert all(one.until > now - INSTANT for one in self.waiting())

    @invariant()
    def every_answer_is_the_commands_own(self) -> None:
        """And younger than the question; what was not sent was not executed, and had its time."""
        for one in self.asked:
            if one.reply.cancelled() or not one.reply.done():
                continue
            reply = one.reply.result()
            if isinstance(reply, Trouble):
                assert one.until - JOINING_SECONDS - INSTANT < reply.deadline < one.until + INSTANT
                assert (
                    not isinstance(reply, NotSent)
                    or self.executed.count(one.word) == 0
                    or (one.word.startswith(b"r"))
                )
                continue
            word, _, place = reply.partition(b"@")
            assert word == one.word
            assert int(place) >= one.executed
        self.asked = self.waiting()

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        """Not by the pipeline."""
        writes = [word for word in self.executed if word.startswith(b"w")]
        assert len(set(writes)) == len(writes)

    @invariant()
    def what_is_asked_there_is_asked_there(self) -> None:
        """Not where an idle connection happens to be."""
        for link in self.servers.links:
            asked = any(batch[0] == b"ASKING" for batch in link.written)
            assert not asked or link.address == THERE

    def teardown(self) -> None:
        """Let time pass: then everybody is answered, and nothing is left."""
        try:
            if self.limit:
                self.loop.run_until_complete(asyncio.sleep(2 * ANSWER_SECONDS))
                assert not self.waiting()
                assert self.pipeline._out == 0
                assert not [one for one in self.loop._scheduled if not one.cancelled()]
                assert not asyncio.all_tasks(self.loop)
                self.close()
                assert not self.servers.open
                assert self.failures == []
        finally:
            self.patch.undo()
            self.loop.close()


TestExchanges = Exchanges.TestCase

"""What is said on one connection: each command is answered once, in order, and nobody else's."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    InvalidResponse,
    NoScriptError,
    OutOfMemoryError,
)
from redis.exceptions import ConnectionError as RedisConnectionError

from smsverify.adapters.redis.batch import Batch, Command
from smsverify.adapters.redis.conversation import Conversation
from smsverify.adapters.redis.trouble import Refused, ReplyLost
from tests.unit.adapters.redis.doubles import HERE, bulk, linked, turns
from tests.unit.virtual_time import run_virtually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Pair = tuple[socket.socket, socket.socket]

DEADLINE = 7.0
MUCH = 1 << 24
"""Bytes that no socket takes at once."""


class Noted(Command):
    """A command that notes each answer, also a second one."""

    def __init__(self, name: bytes, answers: list[tuple[bytes, Any]]) -> None:
        super().__init__(name)
        self._answers = answers

    def answer(self, reply: object) -> None:
        """Note it."""
        self._answers.append((self.packed, reply))


class Talk:
    """
    A conversation over a real link, the server's end of it, and what was told of it.

    Attributes:
        answers: each command's name and its answer, in the order in which they came.
        finished: how many batches were answered whole.
        ended: the flag that came with the end, once for each time it was told.
    """

    def __init__(self, theirs: socket.socket) -> None:
        self.theirs = theirs
        self.answers: list[tuple[bytes, Any]] = []
        self.finished = 0
        self.ended: list[bool] = []
        self.conversation: Conversation

    async def start(self, ours: socket.socket) -> Talk:
        """Take the link over."""
        self.conversation = Conversation(
            await linked(ours), HERE, finished=self._finished, ended=self._ended
        )
        return self

    def begin(self, *names: bytes) -> Batch:
        """Send commands together."""
        batch = Batch(DEADLINE)
        batch.commands.extend(Noted(name, self.answers) for name in names)
        self.conversation.begin(batch)
        return batch

    async def say(self, *pieces: bytes) -> None:
        """Let the server say something, each piece read by itself."""
        for piece in pieces:
            self.theirs.sendall(piece)
            # In the first turn it is noticed, in the second it is read.
            await turns(2)

    async def leave(self) -> None:
        """Let the server end the connection."""
        self.theirs.shutdown(socket.SHUT_RDWR)
        await turns()

    def _finished(self, conversation: Conversation) -> None:
        assert conversation is self.conversation
        assert conversation.batch is None
        self.finished += 1

    def _ended(self, conversation: Conversation, in_the_middle: bool) -> None:
        assert conversation is self.conversation
        assert not conversation.usable
        self.ended.append(in_the_middle)


@pytest.fixture
async def talk(pair: Pair) -> AsyncIterator[Talk]:
    """Give a conversation that has just begun, and let go of what is left of it."""
    talk = await Talk(pair[1]).start(pair[0])
    yield talk
    talk.conversation.link.let_go()
    await turns()


async def hung_up(talk: Talk) -> bool:
    """Say whether our end is closed, as the server sees it."""
    await turns()
    return talk.theirs.recv(1) == b""


def lost(talk: Talk) -> dict[bytes, BaseException | None]:
    """Return the commands whose reply was lost, and the cause."""
    troubles = {name: reply for name, reply in talk.answers if isinstance(reply, ReplyLost)}
    assert all((one.address, one.deadline) == (HERE, DEADLINE) for one in troubles.values())
    return {name: trouble.__cause__ for name, trouble in troubles.items()}


REPLIES = b"$3\r\nabc\r\n*2\r\n:7\r\n$-1\r\n-OOM no\r\n:12\r\n"
VALUES = (b"abc", [7, None], OutOfMemoryError, 12)
NAMES = (b"a", b"b", b"c", b"d")


def assert_all_answered(talk: Talk) -> None:
    """Check that `REPLIES` came to the commands `NAMES`."""
    assert [name for name, _ in talk.answers] == list(NAMES)
    for (_, reply), value in zip(talk.answers, VALUES, strict=True):
        if isinstance(reply, Refused):
            assert isinstance(reply.__cause__, value)  # type: ignore[arg-type]
        else:
            assert reply == value
    assert (talk.finished, talk.ended) == (1, [])


class TestReplies:
    """Who gets which."""

    async def test_a_batch_is_written_in_one_go(self, talk: Talk) -> None:
        """In the commands' order; it knows who carries it."""
        batch = talk.begin(b"first", b"second")

        assert talk.theirs.recv(100) == b"firstsecond"
        assert batch.carrier is talk.conversation
        assert talk.conversation.batch is batch

    async def test_replies_in_one_piece_are_handed_out_in_order(self, talk: Talk) -> None:
        """Each to its own command; then the batch is finished."""
        talk.begin(*NAMES)

        await talk.say(REPLIES)

        assert_all_answered(talk)
        assert talk.conversation.usable

    @pytest.mark.parametrize("at", range(1, len(REPLIES)))
    async def test_replies_may_be_cut_anywhere(self, talk: Talk, at: int) -> None:
        """What has come whole is handed out at once, the rest when it is there."""
        talk.begin(*NAMES)

        await talk.say(REPLIES[:at])
        ends = (9, 22, 31)  # where the first three replies end
        assert len(talk.answers) == sum(end <= at for end in ends)
        assert talk.finished == 0
        await talk.say(REPLIES[at:])

        assert_all_answered(talk)

    async def test_replies_may_come_byte_by_byte(self, talk: Talk) -> None:
        """However slowly."""
        talk.begin(*NAMES)

        await talk.say(*(REPLIES[at : at + 1] for at in range(len(REPLIES))))

        assert_all_answered(talk)

    async def test_a_batch_may_begin_when_the_former_is_finished(self, talk: Talk) -> None:
        """Also from within the word that it is; nothing of the former is left over."""
        second = Batch(DEADLINE)
        second.commands.append(Noted(b"next", talk.answers))
        talk.conversation._finished = lambda conversation: conversation.begin(second)
        talk.begin(b"x")

        await talk.say(bulk(b"1"))

        assert talk.conversation.batch is second
        talk.conversation._finished = talk._finished
        await talk.say(bulk(b"2"))
        assert talk.answers == [(b"x", b"1"), (b"next", b"2")]
        assert talk.finished == 1

    @pytest.mark.parametrize(
        ("said", "kind"),
        [
            (b"-OOM no", OutOfMemoryError),
            (b"-NOSCRIPT no", NoScriptError),
            (b"-LOADING wait", BusyLoadingError),
            (b"-WRONGPASS no", AuthenticationError),
            (b"-NOAUTH who are you?", AuthenticationError),
        ],
    )
    async def test_an_error_reply_is_one_commands_own(
        self, talk: Talk, said: bytes, kind: type[Exception]
    ) -> None:
        """The others get theirs, and the connection is as good as before."""
        talk.begin(b"before", b"refused", b"after")

        await talk.say(bulk(b"1") + said + b"\r\n" + bulk(b"2"))

        assert talk.answers[0] == (b"before", b"1")
        assert talk.answers[2] == (b"after", b"2")
        refused = talk.answers[1][1]
        assert isinstance(refused, Refused)
        assert (refused.address, refused.deadline) == (HERE, DEADLINE)
        assert isinstance(refused.__cause__, kind)
        assert (talk.finished, talk.ended, talk.conversation.usable) == (1, [], True)


class TestTheEnd:
    """A connection that is of no use any more; that is told once, and whether in the middle."""

    async def test_a_server_that_leaves_in_the_middle_loses_the_rest(self, talk: Talk) -> None:
        """Half a reply is none; what was answered before stays answered."""
        talk.begin(b"a", b"b", b"c")
        await talk.say(bulk(b"1") + b"$5\r\nhal")

        await talk.leave()

        assert talk.answers[0] == (b"a", b"1")
        causes = lost(talk)
        assert list(causes) == [b"b", b"c"]
        assert all(isinstance(cause, RedisConnectionError) for cause in causes.values())
        assert len(talk.answers) == 3
        assert (talk.finished, talk.ended) == (0, [True])
        assert talk.conversation.batch is None

    async def test_a_server_that_leaves_between_two_batches_is_noticed(
        self, talk: Talk, pair: Pair
    ) -> None:
        """Nobody loses anything by it."""
        talk.begin(b"a")
        await talk.say(bulk(b"1"))

        await talk.leave()

        assert talk.answers == [(b"a", b"1")]
        assert talk.ended == [False]
        assert pair[0].fileno() == -1

    async def test_an_end_is_acted_on_as_soon_as_it_is_read(self, talk: Talk) -> None:
        """Not a turn later: what is sent in between is dropped, and would count as sent."""
        talk.theirs.shutdown(socket.SHUT_RDWR)

        await turns(2)

        assert (talk.ended, talk.conversation.usable) == ([False], False)

    async def test_a_connection_that_breaks_tells_why(self, talk: Talk) -> None:
        """The system's own error is the cause."""
        talk.begin(b"a")
        broken = ConnectionResetError("broken")

        talk.conversation.connection_lost(broken)

        assert lost(talk) == {b"a": broken}
        assert talk.ended == [True]

    @pytest.mark.parametrize("said", [b"?what\r\n", b"$x\r\n", b"HTTP/1.1 400 Bad Request\r\n"])
    async def test_what_is_no_reply_ends_the_connection(self, talk: Talk, said: bytes) -> None:
        """Nobody can know where the next reply begins."""
        talk.begin(b"a", b"b", b"c")

        await talk.say(bulk(b"1") + said + bulk(b"2") + bulk(b"3"))

        assert talk.answers[0] == (b"a", b"1")
        causes = lost(talk)
        assert list(causes) == [b"b", b"c"]
        assert all(isinstance(cause, InvalidResponse) for cause in causes.values())
        assert (talk.finished, talk.ended) == (0, [True])
        talk.theirs.recv(100)
        assert await hung_up(talk)

    async def test_an_error_that_redis_py_can_not_read_ends_the_connection(
        self, talk: Talk
    ) -> None:
        """Without a word in the log: whoever asked is told."""
        talk.begin(b"a", b"b")

        await talk.say(b"-MOVED nowhere\r\n")

        assert list(lost(talk)) == [b"a", b"b"]
        assert talk.ended == [True]

    async def test_an_error_that_is_no_commands_own_ends_the_connection(self, talk: Talk) -> None:
        """A server that takes no more clients says so before it reads a word."""
        talk.begin(b"a", b"b")

        await talk.say(b"-ERR max number of clients reached\r\n")

        causes = lost(talk)
        assert list(causes) == [b"a", b"b"]
        assert all("max number of clients" in str(cause) for cause in causes.values())
        assert talk.ended == [True]

    @pytest.mark.parametrize("said", [b"+", bulk(b"late"), b"-ERR max number of clients\r\n"])
    async def test_what_nobody_asked_for_ends_the_connection(self, talk: Talk, said: bytes) -> None:
        """It would be taken for the reply to what comes next."""
        await talk.say(said)

        assert (talk.answers, talk.finished, talk.ended) == ([], 0, [False])
        assert await hung_up(talk)

    @pytest.mark.parametrize("more", [b"$", bulk(b"2")])
    async def test_what_comes_behind_the_last_reply_ends_the_connection(
        self, talk: Talk, more: bytes
    ) -> None:
        """Everybody was answered, and the batch is over, but not as it should be."""
        talk.begin(b"a")

        await talk.say(bulk(b"1") + more)

        assert talk.answers == [(b"a", b"1")]
        assert (talk.finished, talk.ended) == (0, [True])
        talk.theirs.recv(100)
        assert await hung_up(talk)

    async def test_it_can_be_ended_in_the_middle(self, talk: Talk) -> None:
        """As for a server that is silent; what comes later is for nobody."""
        talk.begin(b"a", b"b")
        await talk.say(bulk(b"1"))
        error = TimeoutError()

        talk.conversation.end(error)
        talk.conversation.end(RedisConnectionError("again"))
        talk.theirs.sendall(bulk(b"2"))
        await turns()

        assert talk.answers[0] == (b"a", b"1")
        assert lost(talk) == {b"b": error}
        assert len(talk.answers) == 2
        assert talk.ended == [True], "once, though it ended for several reasons"

    async def test_a_connection_that_is_not_open_is_refused(self, pair: Pair) -> None:
        """There is nothing to take over."""
        link = await linked(pair[0])
        link.let_go()

        with pytest.raises(RedisConnectionError):
            Conversation(link, HERE, finished=lambda _: None, ended=lambda *_: None)


class TestClosing:
    """Ends that we want."""

    def test_closing_waits_for_the_end(self, pair: Pair) -> None:
        """The socket is closed when it returns, at once, and the end is nobody's trouble."""

        async def close() -> None:
            talk = await Talk(pair[1]).start(pair[0])

            await talk.conversation.close()

            assert pair[0].fileno() == -1
            assert talk.theirs.recv(1) == b""
            assert (talk.ended, talk.conversation.usable) == ([], False)

        _, waited = run_virtually(close())
        assert waited == 0

    def test_closing_in_the_middle_waits_for_nothing(self, pair: Pair) -> None:
        """Whoever waits for a reply is told that none will come."""

        async def close() -> None:
            talk = await Talk(pair[1]).start(pair[0])
            talk.begin(b"x" * MUCH)

            await talk.conversation.close()

            assert list(lost(talk)) == [b"x" * MUCH]
            await turns()
            assert (talk.ended, pair[0].fileno()) == ([True], -1)

        _, waited = run_virtually(close())
        assert waited == 0

    async def test_ending_drops_what_was_not_sent_yet(self, talk: Talk, pair: Pair) -> None:
        """Nothing more reaches the server, which might still execute it."""
        talk.begin(b"x" * MUCH)

        talk.conversation.end(TimeoutError())
        await turns()

        assert pair[0].fileno() == -1
        taken = 0
        while some := talk.theirs.recv(MUCH):
            taken += len(some)
        assert 0 < taken < MUCH

    def test_it_is_abandoned_in_a_closed_loop(self, pair: Pair) -> None:
        """The server sees the end, and nobody here hears of it: there is no loop to hear it in."""
        loop = asyncio.new_event_loop()
        talk = loop.run_until_complete(Talk(pair[1]).start(pair[0]))
        talk.begin(b"a")
        loop.close()

        talk.conversation.link.abandon()

        assert talk.theirs.recv(10) == b"a"
        assert talk.theirs.recv(1) == b""
        assert (talk.answers, talk.ended) == ([], [])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            del talk, loop
            pair[0].close()
            gc.collect()


def in_bytes(value: Any) -> bytes:
    """Return a value as a server sends it; a text stands for an error."""
    match value:
        case None:
            return b"$-1\r\n"
        case int():
            return b":%d\r\n" % value
        case str():
            return b"-%b\r\n" % value.encode()
        case bytes():
            return bulk(value)
        case _:
            return b"*%d\r\n" % len(value) + b"".join(map(in_bytes, value))


def is_answer(reply: object, value: object) -> bool:
    """Say whether a reply is what this value becomes."""
    return isinstance(reply, Refused) if isinstance(value, str) else reply == value


def pieces(said: bytes, cuts: list[int]) -> list[bytes]:
    """Cut something at these places, as far as it reaches."""
    places = sorted({0, len(said), *(cut for cut in cuts if cut < len(said))})
    return [said[begin:end] for begin, end in pairwise(places)]


SCALARS = st.none() | st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=30)
VALUE = SCALARS | st.lists(SCALARS | st.lists(SCALARS, max_size=3), max_size=4)
ERROR = st.sampled_from(["OOM no", "LOADING wait", "MOVED 7 there:2", "WRONGPASS no", "ERR no"])
BATCH = st.lists(VALUE | ERROR, min_size=1, max_size=16)
CUTS = st.lists(st.integers(0, 300), max_size=8)


@given(st.lists(st.tuples(BATCH, CUTS), max_size=4), BATCH, CUTS, st.integers(0, 300))
def test_whatever_is_said_each_command_is_answered_once_and_in_order(
    whole: list[tuple[list[Any], list[int]]], last: list[Any], cuts: list[int], end: int
) -> None:
    """Wherever the replies are cut, and wherever they end: whole ones count, the rest is lost."""

    async def hold() -> None:
        ours, theirs = socket.socketpair()
        talk = await Talk(theirs).start(ours)
        for replies, places in whole:
            await exchange(talk, replies, places, None)
            assert talk.ended == []
        assert talk.finished == len(whole)

        await exchange(talk, last, cuts, end)
        await talk.leave()

        in_the_middle = end < len(b"".join(map(in_bytes, last)))
        assert talk.ended == [in_the_middle]
        assert talk.finished == len(whole) + (not in_the_middle)
        theirs.close()

    run_virtually(hold())


async def exchange(talk: Talk, replies: list[Any], cuts: list[int], end: int | None) -> None:
    """Send a batch, have it answered up to some byte, and look at the answers."""
    names = [b"%d" % number for number in range(len(replies))]
    talk.answers.clear()
    talk.begin(*names)
    said = b"".join(map(in_bytes, replies))[:end]

    await talk.say(*pieces(said, cuts))

    ends = accumulate(len(in_bytes(reply)) for reply in replies)
    complete = sum(place <= len(said) for place in ends)
    assert [name for name, _ in talk.answers] == names[:complete]
    assert all(
        is_answer(got, value) for (_, got), value in zip(talk.answers, replies, strict=False)
    )
    if complete < len(replies):
        await talk.leave()
        assert [name for name, _ in talk.answers] == names
        assert list(lost(talk)) == names[complete:]

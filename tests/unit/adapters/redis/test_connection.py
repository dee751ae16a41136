"""One connection: redis-py's, without its retries, in time, and let go without a word."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import stat
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from smsverify.adapters.redis import connection as connection_module
from smsverify.adapters.redis.connection import (
    Link,
    SocketLink,
    TcpLink,
    TlsLink,
    ask,
    connect,
    is_sound,
    make_link,
    make_sentinel_link,
)
from smsverify.adapters.redis.deployment import Address, Credentials, Deployment, Topology

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Address("here", 1)


def deployment(**changes: Any) -> Deployment:
    """Return a deployment, everything else as usual."""
    return Deployment(Topology.SINGLE, (HERE,), **changes)


class TestMaking:
    """What redis-py is told."""

    @pytest.mark.parametrize(
        ("address", "tls", "kind"),
        [(HERE, False, TcpLink), (HERE, True, TlsLink), (Address("/x", 0), False, SocketLink)],
    )
    def test_each_kind_of_address_has_its_link(
        self, address: Address, tls: bool, kind: type[Link]
    ) -> None:
        """Over TCP, over TLS, over a Unix socket."""
        assert type(make_link(deployment(tls=tls), address)) is kind

    @pytest.mark.parametrize("tls", [False, True])
    def test_nothing_is_repeated_or_timed_by_redis_py(self, tls: bool) -> None:
        """Its own settings would repeat writes, and wait for a minute."""
        link = make_link(deployment(tls=tls), HERE)

        assert link.retry.get_retries() == 0
        assert link.retry_on_error == []
        assert link.socket_timeout is None
        assert link.health_check_interval == 0

    def test_data_servers_get_our_credentials_and_database(self) -> None:
        """And sentinels their own, and no database."""
        given = deployment(
            db=3, credentials=Credentials("a", "b"), sentinel_credentials=Credentials("c", "d")
        )

        data, watching = make_link(given, HERE), make_sentinel_link(given, HERE)

        assert (data.username, data.password, data.db) == ("a", "b", 3)
        assert (watching.username, watching.password, watching.db) == ("c", "d", 0)

    def test_tls_is_strict_unless_the_setting_says_otherwise(self) -> None:
        """Certificate and host are checked."""
        strict = make_link(deployment(tls=True), HERE)
        loose = make_link(deployment(tls=True, tls_options={"ssl_cert_reqs": "none"}), HERE)

        assert isinstance(strict, TlsLink)
        assert isinstance(loose, TlsLink)
        assert (strict.check_hostname, strict.cert_reqs.name) == (True, "CERT_REQUIRED")
        assert loose.cert_reqs.name == "CERT_NONE"

    def test_no_password_shows(self) -> None:
        """Wherever a link is printed."""
        link = make_link(deployment(credentials=Credentials("user1", "pw1")), HERE)

        assert "pw1" not in repr(link)
        assert "user1" not in repr(link)


class Slow(TcpLink):
    """A link whose server never accepts, or never answers."""

    def __init__(self) -> None:
        super().__init__(host="h")
        self.ended = 0

    async def connect(self) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()

    async def send_command(self, *_: Any, **__: Any) -> None:
        """Send nothing."""

    async def read_response(self, *_: Any, **__: Any) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()

    async def disconnect(self, *_: Any, **__: Any) -> None:
        """Count."""
        self.ended += 1


class TestTime:
    """Nothing waits longer than it may."""

    async def test_connecting_ends_in_time(self) -> None:
        """With redis-py's kind of error, and nothing left open."""
        link = Slow()

        with pytest.raises(RedisTimeoutError):
            await connect(link, within=0.01)

        assert link.ended

    async def test_a_question_ends_in_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The connection is closed: the answer may still come."""
        monkeypatch.setattr(connection_module, "CONNECT_SECONDS", 0.01)
        link = Slow()

        with pytest.raises(RedisTimeoutError):
            await ask(link, "PING")

        assert link.ended

    async def test_a_cancelled_connecting_leaves_nothing_open(self) -> None:
        """Half of a handshake is no connection."""
        link = Slow()
        connecting = asyncio.ensure_future(connect(link))
        await asyncio.sleep(0)
        connecting.cancel()

        with pytest.raises(asyncio.CancelledError):
            await connecting
        assert link.ended


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Give two ends of a connection without a network."""
    ours, theirs = socket.socketpair()
    yield ours, theirs
    theirs.close()


async def linked(ours: socket.socket) -> Link:
    """Return a link over this socket."""
    link = make_link(deployment(), HERE)
    link._reader, link._writer = await asyncio.open_connection(sock=ours)
    link._parser.on_connect(link)
    return link


class TestSoundness:
    """Whether an idle connection may be lent."""

    async def test_an_open_and_silent_one_is_sound(
        self, pair: tuple[socket.socket, socket.socket]
    ) -> None:
        """As it should be between two exchanges."""
        link = await linked(pair[0])

        assert await is_sound(link)
        await link.disconnect()
        assert not await is_sound(link)

    @pytest.mark.parametrize("sent", [b"", b"+OK\r\n"])
    async def test_an_ended_one_and_one_with_a_reply_in_it_are_not(
        self, pair: tuple[socket.socket, socket.socket], sent: bytes
    ) -> None:
        """A reply that nobody waits for would be taken for another's."""
        link = await linked(pair[0])
        if sent:
            pair[1].sendall(sent)
        else:
            pair[1].shutdown(socket.SHUT_RDWR)
        async with asyncio.timeout(5):
            while await is_sound(link):  # noqa: ASYNC110 - nothing tells when it arrives
                await asyncio.sleep(0)

        await link.disconnect(nowait=True)

    async def test_one_that_was_never_opened_is_not(self) -> None:
        """There is nothing to lend."""
        assert not await is_sound(make_link(deployment(), HERE))

    async def test_one_that_fails_to_tell_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever is wrong with it."""
        link = make_link(deployment(), HERE)
        link._reader = link._writer = object()  # type: ignore[assignment]

        async def fail() -> bool:
            raise RedisConnectionError("gone")

        monkeypatch.setattr(link, "can_read", fail)

        assert not await is_sound(link)
        link._reader = link._writer = None


class TestAbandoning:
    """Letting go from outside the event loop."""

    def test_the_socket_is_released_at_once(
        self, pair: tuple[socket.socket, socket.socket]
    ) -> None:
        """The other end sees the end, though the loop is closed; the number is not freed twice."""
        loop = asyncio.new_event_loop()
        link = loop.run_until_complete(linked(pair[0]))
        number = pair[0].fileno()
        loop.close()

        link.abandon()

        pair[1].settimeout(5)
        assert pair[1].recv(1) == b""
        assert stat.S_ISCHR(os.fstat(number).st_mode), "the number must not be anybody else's yet"
        assert not link.is_connected
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            del link, loop
            pair[0].close()
            gc.collect()

    def test_what_was_never_opened_is_let_go_too(self) -> None:
        """Twice is no mistake either."""
        link = make_link(deployment(), HERE)

        link.abandon()
        link.abandon()

        assert not link.is_connected

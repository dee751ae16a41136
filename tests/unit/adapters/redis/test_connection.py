"""One connection: redis-py's, without its retries, in time, and let go without a word."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import stat
import warnings
from typing import Any

import pytest
from redis.asyncio.connection import Connection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from smsverify.adapters.redis import connection as connection_module
from smsverify.adapters.redis.connection import (
    CONNECT_SECONDS,
    Link,
    SocketLink,
    TcpLink,
    TlsLink,
    ask,
    connect,
    make_link,
    make_sentinel_link,
)
from smsverify.adapters.redis.deployment import Address, Credentials, Deployment, Topology
from tests.unit.adapters.redis.doubles import DEPLOYMENT, HERE, linked, turns
from tests.unit.virtual_time import run_virtually

Pair = tuple[socket.socket, socket.socket]

MUCH = 1 << 24
"""Bytes that no socket takes at once."""


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

    @pytest.mark.parametrize("tls", [False, True])
    def test_idle_connections_are_probed(self, tls: bool) -> None:
        """So that what lies in between keeps them, and the dead are noticed, within a minute."""
        link = make_link(deployment(tls=tls), HERE)

        assert isinstance(link, Connection)
        assert link.socket_keepalive
        options: Any = link.socket_keepalive_options
        if hasattr(socket, "TCP_KEEPIDLE"):
            unanswered = options[socket.TCP_KEEPCNT] * options[socket.TCP_KEEPINTVL]
            assert options[socket.TCP_KEEPIDLE] + unanswered <= 60

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


class Listener(asyncio.Protocol):
    """Keeps what it hears, and lets the one who stood there before know of the end."""

    def __init__(self) -> None:
        self.heard = b""
        self.ends: list[Exception | None] = []
        self.before: Any = None

    def data_received(self, data: bytes) -> None:
        """Keep it."""
        self.heard += data

    def connection_lost(self, exc: Exception | None) -> None:
        """Keep it, and pass it on."""
        self.ends.append(exc)
        self.before.connection_lost(exc)


class TestTakingOver:
    """A protocol of ours in place of redis-py's stream."""

    async def test_it_hears_what_the_server_says_and_can_speak(self, pair: Pair) -> None:
        """Nothing of it goes to the stream any more."""
        link, listener = await linked(pair[0]), Listener()

        write, listener.before = link.hand_over(listener)
        write(b"to you")
        pair[1].sendall(b"to us")
        await turns()

        assert pair[1].recv(100) == b"to you"
        assert listener.heard == b"to us"
        assert link._reader is not None
        assert link._reader._buffer == b""  # type: ignore[attr-defined]
        link.let_go()
        await turns()

    def test_closing_waits_until_the_stream_hears_of_the_end(self, pair: Pair) -> None:
        """Which it does from the protocol."""

        async def close() -> None:
            link, listener = await linked(pair[0]), Listener()
            _, listener.before = link.hand_over(listener)

            await link.say_goodbye()

            assert listener.ends == [None]
            assert pair[0].fileno() == -1

        _, waited = run_virtually(close())
        assert waited == 0

    @pytest.mark.parametrize("how", ["never opened", "let go", "disconnected"])
    async def test_what_is_not_open_is_refused(self, pair: Pair, how: str) -> None:
        """With redis-py's kind of error."""
        link = make_link(DEPLOYMENT, HERE) if how == "never opened" else await linked(pair[0])
        if how == "let go":
            link.let_go()
        elif how == "disconnected":
            await link.disconnect()

        with pytest.raises(RedisConnectionError):
            link.hand_over(asyncio.Protocol())
        await turns()


class TestGoodbye:
    """Closing in good order."""

    def test_a_server_that_does_not_answer_it_is_left_in_time(self, pair: Pair) -> None:
        """Its connection is then let go, and not left to end some day."""

        async def close() -> None:
            link, listener = await linked(pair[0]), Listener()
            write, listener.before = link.hand_over(listener)
            write(b"x" * MUCH)

            await link.say_goodbye()
            await turns()

            assert pair[0].fileno() == -1
            assert listener.ends == [None]

        _, waited = run_virtually(close())
        assert waited == pytest.approx(CONNECT_SECONDS)

    async def test_cancelled_it_lets_go(self, pair: Pair) -> None:
        """At once."""
        link, listener = await linked(pair[0]), Listener()
        write, listener.before = link.hand_over(listener)
        write(b"x" * MUCH)
        closing = asyncio.ensure_future(link.say_goodbye())
        await turns()

        closing.cancel()

        with pytest.raises(asyncio.CancelledError):
            await closing
        await turns()
        assert pair[0].fileno() == -1

    @pytest.mark.parametrize("opened", [False, True])
    async def test_what_is_not_open_has_nobody_to_say_it_to(self, pair: Pair, opened: bool) -> None:
        """Never opened, or let go; twice is no mistake either."""
        link = await linked(pair[0]) if opened else make_link(DEPLOYMENT, HERE)
        link.let_go()

        await link.say_goodbye()
        await link.say_goodbye()

        assert not link.is_connected


class TestLettingGo:
    """Closing at once, without waiting for anybody."""

    async def test_what_was_not_sent_yet_is_dropped(self, pair: Pair) -> None:
        """And the socket is closed at the loop's next turn."""
        link = await linked(pair[0])
        assert link._writer is not None
        link._writer.write(b"x" * MUCH)

        link.let_go()
        assert not link.is_connected
        await turns()

        assert pair[0].fileno() == -1
        taken = 0
        while some := pair[1].recv(MUCH):
            taken += len(some)
        assert 0 < taken < MUCH

    async def test_what_was_never_opened_is_let_go_too(self, pair: Pair) -> None:
        """Twice is no mistake either."""
        for link in (make_link(DEPLOYMENT, HERE), await linked(pair[0])):
            link.let_go()
            link.let_go()

            assert not link.is_connected
        await turns()


class TestAbandoning:
    """Letting go from outside the event loop."""

    def test_the_socket_is_released_at_once(self, pair: Pair) -> None:
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
        link = make_link(DEPLOYMENT, HERE)

        link.abandon()
        link.abandon()

        assert not link.is_connected

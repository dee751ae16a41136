"""
One connection to one server: redis-py's, opened in time or not at all, and let go without a word.

redis-py's own retries and timeouts are off: a repeated write is the store's decision, and the time
is bounded where the whole of an exchange is known.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING

from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from smsverify.adapters.redis.deployment import Address, Credentials, Deployment

CONNECT_SECONDS: Final = 1.0
"""
How long a server may take to accept us, handshake included. Half of the store's time, so that
another try, perhaps at the server that took over meanwhile, still fits into it.
"""


class Link(AbstractConnection):
    """A connection that can be taken over, and let go, also from outside its event loop."""

    def hand_over(
        self, protocol: asyncio.Protocol
    ) -> tuple[Callable[[bytes], None], asyncio.BaseProtocol]:
        """
        Have a protocol of ours get what the server says from now on.

        Returns how to send bytes, and the protocol that stood here before: closing in good order
        waits until that one hears of the end. Raises redis-py's ConnectionError for a connection
        that is not open.
        """
        if self._writer is None:
            raise RedisConnectionError("the connection was closed")
        transport = self._writer.transport
        before = transport.get_protocol()
        transport.set_protocol(protocol)
        return transport.write, before

    async def say_goodbye(self) -> None:
        """
        Close the connection in good order, in `CONNECT_SECONDS` at most: then it is let go.

        Over TCP nobody is waited for; over TLS the server has to say goodbye as well, and one that
        is silent never does.
        """
        transport = None if self._writer is None else self._writer.transport
        try:
            # redis-py ends its waiting by itself, but then leaves the transport as it is.
            with contextlib.suppress(RedisTimeoutError):
                await self.disconnect()
        finally:
            if transport is not None:
                transport.abort()

    def let_go(self) -> None:
        """Close the connection at once; what was not sent yet is dropped."""
        writer, self._writer, self._reader = self._writer, None, None
        if writer is not None:
            writer.transport.abort()

    def abandon(self) -> None:
        """
        Close this process's end of the socket, without a word to the server or to the event loop.

        For a loop that is closed, which could not run what closing a stream asks of it, and for a
        forked child: closing there in good order would end a TLS session of the parent's, and take
        the parent's socket off the list of what its loop waits for.
        """
        writer, self._writer, self._reader = self._writer, None, None
        if writer is None:
            return
        _point_nowhere(writer.get_extra_info("socket").fileno())
        # Marks the stream as closed; a closed loop refuses the rest.
        with contextlib.suppress(RuntimeError, OSError):
            writer.close()


class TcpLink(Link, Connection):
    """A link over TCP."""


class TlsLink(Link, SSLConnection):
    """A link over TLS."""


class SocketLink(Link, UnixDomainSocketConnection):
    """A link over a Unix socket."""


def make_link(deployment: Deployment, address: Address) -> Link:
    """Return a link to a data server, not yet connected."""
    return _make(deployment, address, deployment.credentials, db=deployment.db)


def make_sentinel_link(deployment: Deployment, address: Address) -> Link:
    """Return a link to a sentinel, not yet connected."""
    return _make(deployment, address, deployment.sentinel_credentials, db=0)


async def connect(link: Link, within: float = CONNECT_SECONDS) -> None:
    """
    Connect, log in and choose the database; raises one of redis-py's errors.

    When it does not succeed, for whatever reason, nothing is left open.
    """
    try:
        async with asyncio.timeout(within):
            await link.connect()  # type: ignore[no-untyped-call]
    except TimeoutError as error:
        await link.disconnect(nowait=True)
        raise RedisTimeoutError(f"no connection within {within:g} s") from error
    except BaseException:
        await link.disconnect(nowait=True)
        raise


async def ask(link: Link, *command: str | int) -> Any:
    """Say one command on a link that nobody else uses, within the same time, and give the reply."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await link.send_command(*command, check_health=False)
            return await link.read_response()
    except TimeoutError as error:
        await link.disconnect(nowait=True)
        raise RedisTimeoutError(f"no answer within {CONNECT_SECONDS:g} s") from error


def _make(deployment: Deployment, address: Address, credentials: Credentials, *, db: int) -> Link:
    options: dict[str, Any] = {
        "db": db,
        "username": credentials.username,
        "password": credentials.password,
        "retry": Retry(NoBackoff(), 0),
        # A timeout for each reply would cost more than the reply; exchanges have one in all.
        "socket_timeout": None,
        "socket_connect_timeout": CONNECT_SECONDS,
        "health_check_interval": 0,
        # No handshake is needed for it, and nothing of the newer protocol is used.
        "protocol": 2,
        "driver_info": None,
    }
    if not address.port:
        return SocketLink(path=address.host, **options)
    # Probes keep an idle connection in the memory of what lies in between, and tell of a dead one:
    # where the system can be told so, redis-py asks for one after 30 s of silence, and for the end
    # when three, 5 s apart, were not answered.
    options |= {"host": address.host, "port": address.port, "socket_keepalive": True}
    return TlsLink(**options, **deployment.tls_options) if deployment.tls else TcpLink(**options)


def _point_nowhere(descriptor: int) -> None:
    """
    Turn a socket's number into one of the null device.

    The socket is released at once, and whoever closes the number later closes only that.
    """
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_RDWR)
        try:
            os.dup2(nowhere, descriptor, inheritable=False)
        finally:
            os.close(nowhere)

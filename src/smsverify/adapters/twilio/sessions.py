"""One HTTP session for an event loop: opening it, closing it, and letting go of a dead loop's."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import aiohttp
import attrs

if TYPE_CHECKING:
    from typing import Any

CONNECTIONS: Final = 100
"""At once and per event loop; what still waits for one was not written."""


@attrs.define
class Exchange:
    """
    What is known of one request and its answer.

    Attributes:
        begun: a connection stood, so that some of the request may have been written.
        status: the HTTP status, None before there was an answer.
        retry_after: that header of the answer.
    """

    begun: bool = False
    status: int | None = None
    retry_after: str | None = None


@attrs.frozen
class Session:
    """
    A session and where it belongs.

    Attributes:
        http: keeps connections open between requests, and nothing else: no cookies, and neither
            proxies nor passwords of the environment.
        loop: the event loop that opened its sockets.
    """

    http: aiohttp.ClientSession
    loop: asyncio.AbstractEventLoop


def open_session() -> Session:
    """Return a session for the running event loop; each request brings its :class:`Exchange`."""
    http = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[_marking_the_beginning()],
        trust_env=False,
    )
    return Session(http, asyncio.get_running_loop())


async def close_session(session: Session) -> None:
    """Close a session and its connections, in its own loop."""
    await session.http.close()


def abandon_session(session: Session) -> None:
    """Let go of a session whose loop is closed; leave a parent process's alone."""
    connector = session.http.connector
    if not session.loop.is_closed() or connector is None:
        return
    # With its loop gone the connector only forgets its connections, which takes no waiting; the
    # sockets close when they are forgotten.
    with contextlib.suppress(StopIteration):
        next(connector.close().__await__())


def _marking_the_beginning() -> aiohttp.TraceConfig:
    async def connected(_session: object, context: Any, _details: object) -> None:
        context.trace_request_ctx.begun = True

    config = aiohttp.TraceConfig()
    config.on_connection_create_end.append(connected)
    config.on_connection_reuseconn.append(connected)
    return config

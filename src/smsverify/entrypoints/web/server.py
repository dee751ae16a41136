"""Serving webhooks from a process of their own."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from typing import TYPE_CHECKING, Final

import uvicorn

from smsverify.entrypoints.web.application import webhook_application

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.verifier import SmsVerifier

_ENDS: Final = (signal.SIGINT, signal.SIGTERM)


class _Server(uvicorn.Server):
    """A server that leaves signals to us: its own way of ending kills the process afterwards."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 is any free one. Raises OSError."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((host, port), family=family)


async def serve(verifier: SmsVerifier, listening: socket.socket) -> None:
    """
    Serve until the process is told to stop, by Ctrl-C or SIGTERM; answers what is under way first.

    The access log stays off: a callback's address names a record and an attempt. Forwarded headers
    are not read: signatures are checked against ``SMS_PUBLIC_BASE_URL`` alone.
    """
    config = uvicorn.Config(
        webhook_application(verifier),
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
    )
    server = _Server(config)
    loop = asyncio.get_running_loop()

    def end() -> None:
        server.should_exit = True

    for number in _ENDS:
        loop.add_signal_handler(number, end)
    try:
        await server.serve(sockets=[listening])
    finally:
        for number in _ENDS:
            loop.remove_signal_handler(number)

"""
A relay between client and server that can be told to misbehave.

It has an event loop in a thread of its own, so that it goes on whatever the test's thread or loop
does, and its methods may be called from any thread, inside a running loop too: they hand the work
over and come back when it is done, which takes microseconds.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from tests.integration.servers.asking import HOST
from tests.integration.servers.counts import Counts, Meter
from tests.integration.servers.faults import Act, Fault, Hold, Matcher
from tests.integration.servers.link import Link
from tests.integration.winding_up import stop_listening, wind_up

_T = TypeVar("_T")
_PATIENCE = 10.0


class FaultProxy:
    """
    Listens on a port of its own and relays to one server.

    Until told otherwise it passes all through. A fault is armed by one of the methods below and
    strikes the commands that its `when` means, leaving out the first `skip` of them, `n` times;
    when several are armed, the one armed first wins.

    Attributes:
        port: Where it listens on loopback.
    """

    def __init__(
        self, target_host: str, target_port: int, *, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        """
        Listen at once.

        Args:
            target_host: The server's host.
            target_port: The server's port.
            ssl_context: Speak TLS with clients, as a server with this certificate.
        """
        self._target = (target_host, target_port)
        self._ssl = ssl_context
        self._faults: list[Fault] = []
        self._links: dict[Link, asyncio.Task[None]] = {}
        self._meter = Meter()
        self._server: asyncio.Server | None = None
        self._socket = _bound(0)
        self.port = int(self._socket.getsockname()[1])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"fault-proxy-{self.port}", daemon=True
        )
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(_PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def address(self) -> str:
        """Give `host:port`."""
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """Its address for settings, as that of a single server."""
        return f"redis{'s' if self._ssl else ''}://{self.address}/0"

    @property
    def counts(self) -> Counts:
        """What went through so far; subtract two of them."""
        return self._do(self._meter.snapshot)

    # ── faults ────────────────────────────────────────────────────────────────────────────────

    def drop_reply(self, n: int | None = 1, *, skip: int = 0, when: Matcher | None = None) -> Fault:
        """Let the server run the command, then close the connection in place of the reply."""
        return self._arm(Fault(Act.DROP_REPLY, n=n, skip=skip, when=when))

    def drop_request(
        self, n: int | None = 1, *, skip: int = 0, when: Matcher | None = None
    ) -> Fault:
        """Close the connection instead of telling the server: the command never runs."""
        return self._arm(Fault(Act.DROP_REQUEST, n=n, skip=skip, when=when))

    def delay(
        self,
        seconds: float,
        n: int | None = None,
        *,
        skip: int = 0,
        when: Matcher | None = None,
    ) -> Fault:
        """Let the server run the command and hold its reply, and those behind it, so long."""
        return self._arm(Fault(Act.DELAY, n=n, skip=skip, when=when, seconds=seconds))

    def answer(
        self,
        reply: bytes,
        n: int | None = 1,
        *,
        skip: int = 0,
        when: Matcher | None = None,
    ) -> Fault:
        r"""Answer for the server, which hears nothing; for example `b"-LOADING wait\r\n"`."""
        return self._arm(Fault(Act.ANSWER, n=n, skip=skip, when=when, reply=reply))

    def hold_request(
        self, n: int | None = 1, *, skip: int = 0, when: Matcher | None = None
    ) -> Hold:
        """
        Keep the command from the server until the fault's `release`.

        The client may time out and leave meanwhile; the command runs all the same once released,
        as a request does that was stuck in the network.
        """
        hold = Hold(self._loop, n=n, skip=skip, when=when)
        self._arm(hold)
        return hold

    def black_hole(
        self, n: int | None = None, *, skip: int = 0, when: Matcher | None = None
    ) -> Fault:
        """
        Take everything and answer nothing, on open connections and new ones.

        With `when`, `skip` or `n`, a connection goes silent at the command that is struck, which
        the server never sees.
        """
        return self._arm(Fault(Act.BLACK_HOLE, n=n, skip=skip, when=when))

    def cut(self) -> None:
        """Close all connections now; commands on their way, held ones too, are lost."""
        self._do(self._cut)

    def refuse(self) -> None:
        """Refuse new connections; open ones stay, unless `cut` as well."""
        asyncio.run_coroutine_threadsafe(self._stop_listening(), self._loop).result(_PATIENCE)

    def pass_through(self) -> None:
        """
        End all faults: held commands go, refused clients may come again.

        Connections that a black hole swallowed are closed, for what they sent is lost.
        """
        asyncio.run_coroutine_threadsafe(self._pass_through(), self._loop).result(_PATIENCE)

    def close(self) -> None:
        """Close all and end the thread."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._socket.close()

    # ── inside: in the proxy's own thread ─────────────────────────────────────────────────────

    def _do(self, act: Callable[[], _T]) -> _T:
        async def there() -> _T:
            return act()

        return asyncio.run_coroutine_threadsafe(there(), self._loop).result(_PATIENCE)

    def _arm(self, fault: Fault) -> Fault:
        def there() -> None:
            self._faults.append(fault)
            if fault.act is Act.BLACK_HOLE and fault.unconditional:
                for link in self._links:
                    link.swallowing = True

        self._do(there)
        return fault

    def _choose(self, command: bytes) -> Fault | None:
        return next((fault for fault in self._faults if fault.strikes(command)), None)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._meter.connections += 1
        link = Link((reader, writer), self._target, self._choose, self._meter)
        task = self._loop.create_task(link.run())
        self._links[link] = task
        task.add_done_callback(lambda _: self._links.pop(link))

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, sock=self._socket, ssl=self._ssl)

    async def _stop_listening(self) -> None:
        if self._server is not None:
            await stop_listening(self._server)
            self._server = None
            # Bound but deaf: nobody else can take the port, and clients are refused.
            self._socket = _bound(self.port)

    def _cut(self) -> None:
        for link, task in self._links.items():
            link.abort()
            task.cancel()

    async def _pass_through(self) -> None:
        for fault in self._faults:
            if isinstance(fault, Hold):
                fault.gate.set()
        self._faults.clear()
        for link in self._links:
            if link.swallowing:
                link.abort()
        if self._server is None:
            await self._listen()

    async def _end(self) -> None:
        await self._stop_listening()
        await wind_up(self._cut)


def _bound(port: int) -> socket.socket:
    """Take a port on loopback without listening on it yet."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((HOST, port))
    return taken

"""One client's connection through a fault proxy."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
from collections import deque
from collections.abc import Callable

import attrs

from tests.integration.servers import resp
from tests.integration.servers.counts import Meter
from tests.integration.servers.faults import Act, Fault, Hold

_CHUNK = 65_536
# After these the server speaks unasked, so that replies no longer answer commands one by one.
_STREAMS = frozenset(
    {b"SUBSCRIBE", b"PSUBSCRIBE", b"SSUBSCRIBE", b"MONITOR", b"SYNC", b"PSYNC"},
)


@attrs.define
class Exchange:
    """A command that waits for its reply."""

    fault: Fault | None = None
    answer: bytes | None = None
    """The reply, if the proxy itself gives it."""
    kept: concurrent.futures.Future[None] | None = None
    """Told when the command's fate is known, if it was held."""


class Link:
    """
    Relays one connection, command by command and reply by reply.

    A client that leaves while commands are on their way does not stop them: the server's side
    stays open until they are answered, as it would in a real network.
    """

    def __init__(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        target: tuple[str, int],
        choose: Callable[[bytes], Fault | None],
        meter: Meter,
    ) -> None:
        """
        Take over a connection.

        Args:
            client: The accepted connection.
            target: Host and port of the server.
            choose: Gives the fault that strikes a command, if any.
            meter: Where traffic is counted.
        """
        self._from_client, self._to_client = client
        self._target = target
        self._choose = choose
        self._meter = meter
        self._pending: deque[Exchange] = deque()
        self._outgoing: list[bytes] = []
        self._to_server: asyncio.StreamWriter | None = None
        self._raw = False
        self.swallowing = False

    async def run(self) -> None:
        """Relay until either side leaves."""
        down: asyncio.Task[None] | None = None
        try:
            from_server, self._to_server = await asyncio.open_connection(*self._target)
            down = asyncio.create_task(self._downward(from_server))
            with contextlib.suppress(OSError):
                await self._upward(self._to_server)
            if self._pending and not self.swallowing:
                await down
        except (OSError, EOFError):
            pass  # the server is away, or a fault closes the connection
        finally:
            if down is not None:
                down.cancel()
            self.abort()

    def abort(self) -> None:
        """Close both sides at once."""
        for writer in (self._to_client, self._to_server):
            if writer is not None:
                writer.transport.abort()
        for exchange in self._pending:
            _settle(exchange)

    # ── from the client to the server ─────────────────────────────────────────────────────────

    async def _upward(self, to_server: asyncio.StreamWriter) -> None:
        splitter = resp.Splitter()
        while data := await self._from_client.read(_CHUNK):
            self._meter.bytes_up += len(data)
            if self._raw:
                self._outgoing.append(data)
            else:
                await self._commands(splitter, data)
            if self._outgoing and not self.swallowing:
                # Together, as they came: a pipeline stays one.
                to_server.write(b"".join(self._outgoing))
            self._outgoing.clear()
            await to_server.drain()

    async def _commands(self, splitter: resp.Splitter, data: bytes) -> None:
        try:
            for command in splitter.feed(data):
                await self._command(command)
        except resp.ProtocolError:
            self._raw = True
        if self._raw:
            self._outgoing.append(bytes(splitter.rest))
            splitter.rest.clear()

    async def _command(self, command: bytes) -> None:
        name = resp.command_name(command)
        self._meter.by_name[name.decode(errors="replace")] += 1
        self._meter.round_trips += not self._pending
        if self.swallowing:
            return
        if self._raw or name in _STREAMS:
            self._raw = True
            self._pending.clear()
            self._outgoing.append(command)
            return
        fault = self._choose(command)
        exchange = Exchange(fault)
        self._pending.append(exchange)
        if fault is not None and not await self._struck(fault, exchange):
            return
        self._outgoing.append(command)

    async def _struck(self, fault: Fault, exchange: Exchange) -> bool:
        """Do what the fault does before the server has the command; say if the server gets it."""
        match fault.act:
            case Act.DROP_REQUEST:
                self._flush()
                raise EOFError
            case Act.BLACK_HOLE:
                self._flush()
                self.swallowing = True
            case Act.ANSWER:
                exchange.answer = fault.reply
                await self._give_own_answers()
            case Act.HOLD:
                assert isinstance(fault, Hold)
                exchange.kept = fault.keep()
                self._flush()
                await fault.gate.wait()
                return True
        return fault.act in {Act.DROP_REPLY, Act.DELAY}

    def _flush(self) -> None:
        """Send what came before the struck command."""
        assert self._to_server is not None
        self._to_server.write(b"".join(self._outgoing))
        self._outgoing.clear()

    # ── from the server to the client ─────────────────────────────────────────────────────────

    async def _downward(self, from_server: asyncio.StreamReader) -> None:
        splitter = resp.Splitter()
        try:
            while data := await from_server.read(_CHUNK):
                if self._raw:
                    await self._write(bytes(splitter.rest) + data)
                    splitter.rest.clear()
                else:
                    for reply in splitter.feed(data):
                        await self._reply(reply)
                if self._client_left and not self._pending:
                    break
        except (OSError, EOFError):
            pass  # the server is gone, or a fault closes the connection
        finally:
            self.abort()

    async def _reply(self, reply: bytes) -> None:
        unasked = reply.startswith(b">") or not self._pending
        if not unasked:
            exchange = self._pending[0]
            _settle(exchange)
            fault = exchange.fault
            if fault is not None and fault.act is Act.DROP_REPLY:
                raise EOFError
            if fault is not None and fault.act is Act.DELAY:
                await asyncio.sleep(fault.seconds)
            self._pending.popleft()
        self._meter.replies += not unasked and not self.swallowing
        await self._write(reply)
        await self._give_own_answers()

    async def _give_own_answers(self) -> None:
        """Give the replies that are ours, once all before them are given."""
        while self._pending and (answer := self._pending[0].answer) is not None:
            self._pending.popleft()
            self._meter.replies += 1
            await self._write(answer)

    async def _write(self, data: bytes) -> None:
        if self.swallowing or self._client_left:
            return
        self._meter.bytes_down += len(data)
        self._to_client.write(data)
        with contextlib.suppress(OSError):
            await self._to_client.drain()

    @property
    def _client_left(self) -> bool:
        return self._from_client.at_eof() or self._to_client.is_closing()


def _settle(exchange: Exchange) -> None:
    if exchange.kept is not None and not exchange.kept.done():
        exchange.kept.set_result(None)

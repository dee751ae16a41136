"""The local Twilio's server: a thread with an event loop, listening on loopback."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Self

import attrs

from tests.integration.twilio_server import messages, resources
from tests.integration.twilio_server.account import Account
from tests.integration.twilio_server.behaviour import NORMAL, Behaviour, HangUp
from tests.integration.twilio_server.refusals import refusal
from tests.integration.twilio_server.webhooks import Webhooks
from tests.integration.twilio_server.wire import Reply, Request, read_request
from tests.integration.winding_up import stop_listening, wind_up

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[Account, Request, str], Reply]

_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "", lambda account, _r, _m: resources.read_account(account)),
    ("GET", "/Balance", lambda account, _r, _m: resources.read_balance(account)),
    ("GET", "/IncomingPhoneNumbers", lambda account, r, _m: resources.read_numbers(account, r)),
    ("GET", "/Messages", lambda account, r, _m: messages.read_list(account, r)),
    ("GET", "/Messages/(\\w+)", lambda account, _r, sid: messages.read_one(account, sid)),
)
_PRODUCTS: tuple[tuple[str, Handler], ...] = (
    ("/v1/Messaging/Countries", lambda account, r, _m: resources.read_countries(account, r)),
    ("/v1/Messaging/Countries/(\\w+)", lambda a, _r, iso: resources.read_prices(a, iso)),
    ("/v1/Services/(\\w+)", lambda account, _r, sid: resources.read_service(account, sid)),
    (
        "/v1/Services/(\\w+)/PhoneNumbers",
        lambda account, r, sid: resources.read_service_numbers(account, sid, r),
    ),
)


@attrs.define
class LocalTwilio:
    """
    A Twilio of one's own, for the length of a ``with`` block.

    Attributes:
        account: what it knows; a test may change it at any time.
        requests: everything that it was asked, in order.
        connections: how many were opened.
        webhooks: makes the requests that Twilio would send to us.
    """

    account: Account = attrs.field(factory=Account)
    requests: list[Request] = attrs.field(factory=list)
    connections: int = 0
    port: int = 0
    _script: deque[Behaviour] = attrs.field(factory=deque)
    _otherwise: Behaviour = NORMAL
    _loop: asyncio.AbstractEventLoop = attrs.field(factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _writers: set[asyncio.StreamWriter] = attrs.field(factory=set)

    @property
    def base_url(self) -> str:
        """What ``TWILIO_API_BASE_URL`` is to be."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def sends(self) -> list[Request]:
        """The requests that wanted a message made, whatever became of them."""
        return [
            one
            for one in self.requests
            if one.method == "POST" and one.path.endswith("/Messages.json")
        ]

    @property
    def webhooks(self) -> Webhooks:
        """The requests that Twilio would send to us."""
        return Webhooks(self.account)

    def script(self, *behaviours: Behaviour) -> None:
        """Let the next sends go like this, one after the other; later ones go as usual."""
        self._script.extend(behaviours)

    def always(self, behaviour: Behaviour) -> None:
        """Let all sends that nothing is scripted for go like this."""
        self._otherwise = behaviour

    def __enter__(self) -> Self:
        """Begin to listen on a free port of loopback."""
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        """Cut all connections and stop listening."""
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def open_connections(self, *, at_most: int, patience: float = 5.0) -> int:
        """Return how many connections are open, once there are few enough or patience ends."""
        end = time.monotonic() + patience
        while len(self._writers) > at_most and time.monotonic() < end:
            time.sleep(0.005)
        return len(self._writers)

    def drop_connections(self) -> None:
        """Cut the connections that are open, as a load balancer does with idle ones."""

        async def there() -> None:
            self._drop()

        asyncio.run_coroutine_threadsafe(there(), self._loop).result(10)

    def _drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        )
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(stop_listening(server))
        self._loop.run_until_complete(wind_up(self._drop))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while (request := await read_request(reader)) is not None:
                self.requests.append(request)
                if not await self._answer(request, writer):
                    break
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Answer; return whether the connection stays open."""
        is_send = request.method == "POST" and request.path.endswith("/Messages.json")
        behaviour = self._next_behaviour() if is_send else NORMAL
        if behaviour.hang_up is HangUp.UNREAD:
            return False
        reply = self._reply(request, behaviour)
        if behaviour.gate is not None:
            await behaviour.gate.pass_through()
        octets = reply.octets()
        if behaviour.hang_up is HangUp.MIDWAY:
            octets = octets[: -len(reply.body) // 2]
        if behaviour.hang_up is HangUp.WITH_RESET:
            writer.transport.abort()
        if behaviour.hang_up in {HangUp.NEVER, HangUp.MIDWAY}:
            writer.write(octets)
            await writer.drain()
        return behaviour.hang_up is HangUp.NEVER

    def _next_behaviour(self) -> Behaviour:
        return self._script.popleft() if self._script else self._otherwise

    def _reply(self, request: Request, behaviour: Behaviour) -> Reply:
        usual = self._usual_reply(request) if behaviour.processes else None
        if behaviour.answer is not None:
            return behaviour.answer(request.form, usual)
        assert usual is not None
        return usual

    def _usual_reply(self, request: Request) -> Reply:
        if not self.account.admits(request.credentials):
            return refusal(20003)
        home = f"/2010-04-01/Accounts/{self.account.sid}"
        if request.method == "POST" and request.path == f"{home}/Messages.json":
            return messages.create(self.account, request.form)
        for method, path, handler in _ROUTES:
            match = re.fullmatch(f"{home}{path}\\.json", request.path)
            if match is not None and method == request.method:
                return handler(self.account, request, "".join(match.groups()))
        for path, handler in _PRODUCTS:
            match = re.fullmatch(path, request.path)
            if match is not None and request.method == "GET":
                return handler(self.account, request, "".join(match.groups()))
        return refusal(20404)

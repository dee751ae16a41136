"""Sending in live mode when time runs out, connections fail and callers go away."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Self

import pytest

from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.domain.senders import Sender
from smsverify.testing import CountsCalls, Hold, WrappedStore
from tests.integration.live import PHONE, PRICE, SENDER, Live, live_with
from tests.integration.twilio_server.behaviour import Gate, hold, throttle
from tests.integration.twilio_server.fixtures import local_twilio, patience
from tests.integration.twilio_server.server import LocalTwilio

__all__ = ["local_twilio", "patience"]

S, R = DeliveryState, FailureReason


@pytest.fixture
async def live(local_twilio: LocalTwilio) -> AsyncIterator[Live]:
    """Give a verifier in live mode on a store in memory, its clock standing still."""
    made = live_with(local_twilio)
    yield made
    await made.verifier.close()


@pytest.fixture
async def warm(live: Live) -> Live:
    """Give the same once prices, pool and connection are there."""
    assert (await live.send("+13035550199")).success
    live.twilio.requests.clear()
    return live


# ── time ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_timeout_after_acceptance(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twilio took it and never answers: one POST, the charge kept, and the code works."""
    monkeypatch.setattr("smsverify.application.send.CALL_SECONDS", 1.5)
    gate = Gate()
    live.twilio.always(hold(gate))

    result = await live.send()

    assert (result.success, result.may_have_arrived) == (False, True)
    assert result.error_code == "TWILIO_API_ERROR"
    assert (len(live.twilio.sends), len(live.messages)) == (1, 1)
    assert (await live.attempt()).state is S.UNKNOWN
    assert await live.spent() == (PRICE, PRICE)
    assert (await live.check(live.code())).success
    gate.open()


# ── no connection ─────────────────────────────────────────────────────────────────────────────


class Deaf:
    """A port that hangs up on everybody who connects; counts them."""

    def __init__(self) -> None:
        self.connections = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._hang_up, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _hang_up(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.transport.abort()


async def assert_not_sent(live: Live) -> None:
    """Assert that a send fails for certain without a connection, and costs nothing."""
    result = await live.send()

    assert (result.success, result.may_have_arrived) == (False, False)
    assert result.error_code == "TWILIO_API_ERROR"
    attempt = await live.attempt()
    assert (attempt.state, attempt.reason) == (S.FAILED, R.NOT_CONNECTED)
    assert await live.spent() == (0, 0)
    await live.verifier.close()


async def test_tls_that_fails(local_twilio: LocalTwilio) -> None:
    """A handshake that fails was no request: at most two tries, the charge returned."""
    async with Deaf() as deaf:
        base = f"https://127.0.0.1:{deaf.port}"
        live = live_with(local_twilio, twilio_api_base_url=base, prices="US=0.0083")
        await assert_not_sent(live)
        assert deaf.connections == 2


async def test_a_certificate_of_somebody_else(local_twilio: LocalTwilio, tmp_path: Any) -> None:
    """A host whose certificate nobody vouches for is told nothing at all."""
    import trustme

    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
    base = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    live = live_with(local_twilio, twilio_api_base_url=base, prices="US=0.0083")

    await assert_not_sent(live)

    server.close()
    assert b"".join(heard) == b""


class Connections:
    """Notes the addresses that this process connects to, by the interpreter's audit events."""

    def __init__(self) -> None:
        self.watching = False
        self.places: list[object] = []

    def __call__(self, event: str, arguments: Any) -> None:
        """Note one event; hooks can't be taken back, so this one falls asleep instead."""
        if not self.watching:
            return
        if event == "socket.connect":
            self.places.append(arguments[1])
        elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
            self.places.append(arguments[0])


CONNECTIONS = Connections()


@pytest.fixture
def connections() -> Iterator[Connections]:
    """Watch what this process connects to."""
    import sys

    if not hasattr(sys, "_smsverify_watches"):
        sys.addaudithook(CONNECTIONS)
        sys._smsverify_watches = True  # type: ignore[attr-defined]
    CONNECTIONS.places.clear()
    CONNECTIONS.watching = True
    yield CONNECTIONS
    CONNECTIONS.watching = False


async def test_a_connection_that_is_refused(
    local_twilio: LocalTwilio, connections: Connections
) -> None:
    """Nobody listens: at most two tries, the charge returned."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    live = live_with(
        local_twilio, twilio_api_base_url=f"http://127.0.0.1:{port}", prices="US=0.0083"
    )

    await assert_not_sent(live)

    assert [place for place in connections.places if place == ("127.0.0.1", port)] == [
        ("127.0.0.1", port)
    ] * 2


async def test_a_name_that_does_not_exist(local_twilio: LocalTwilio) -> None:
    """A host that has no address was told nothing."""
    base = "https://twilio.invalid"
    live = live_with(local_twilio, twilio_api_base_url=base, prices="US=0.0083")
    await assert_not_sent(live)


# ── who is contacted ──────────────────────────────────────────────────────────────────────────


async def test_nobody_but_the_base_address_is_contacted(
    local_twilio: LocalTwilio, connections: Connections
) -> None:
    """Numbers, prices, messages and bills all come from there, whatever redirects say."""
    from tests.integration.twilio_server.behaviour import say

    live = live_with(local_twilio, twilio_phone_numbers="")
    local_twilio.script(say(302, Location="http://127.0.0.2:1/elsewhere"))
    await live.send()
    assert (await live.send("+13035550124")).success
    await live.verifier.check_prices()
    await live.verifier.pool_status()
    await live.verifier.close()

    assert set(connections.places) <= {("127.0.0.1", local_twilio.port), "127.0.0.1"}
    asked = {request.path.rsplit("/", 1)[-1] for request in local_twilio.requests}
    assert asked == {"IncomingPhoneNumbers.json", "US", "Messages.json"}


# ── callers that go away ──────────────────────────────────────────────────────────────────────


async def cancelled(
    live: Live, until: Callable[[], Awaitable[Any]], then: Callable[[], object] = lambda: None
) -> None:
    """Send, wait for a moment, cancel, let go what stands there, and wait for the end."""
    task = asyncio.ensure_future(live.send())
    await until()
    task.cancel()
    await asyncio.sleep(0)
    then()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(200):  # what goes on behind the caller's back ends within moments
        await asyncio.sleep(0.002)
        record = await live.record()
        if record is not None and record.attempts[-1].state is not S.SENDING:
            break


async def assert_states(
    live: Live, state: DeliveryState, reason: FailureReason | None, *, posts: int
) -> None:
    """Assert what is kept of a cancelled send: state, charge, count, and the code's life."""
    attempt = await live.attempt()
    assert (attempt.state, attempt.reason) == (state, reason)
    assert len(live.twilio.sends) == posts
    kept = 0 if state is S.FAILED else PRICE
    assert await live.spent() == (PRICE + kept, PRICE + kept)  # the send that warmed it up, and it
    assert (await live.day())["sends.US"] == 2
    if posts:
        assert (await live.check(live.code())).success is (state is not S.FAILED)
    else:
        nothing = await live.check("000000")
        assert nothing.error_code == "NO_PENDING_VERIFICATION"


class HoldsCommit(WrappedStore):
    """Stops one commit, before or after it is executed."""

    def __init__(self, store: Any, number: int, *, executed: bool) -> None:
        super().__init__(store)
        self.hold = Hold()
        self._number = number
        self._executed = executed
        self._seen = 0

    async def commit(self, swaps: Any, adds: Any, decided_at: int) -> Any:
        """Pass on, and stop at the one that was chosen."""
        self._seen += bool(swaps)
        if self._seen != self._number:
            return await super().commit(swaps, adds, decided_at)
        self._number = 0
        if self._executed:
            answer = await super().commit(swaps, adds, decided_at)
            await self.hold.stop()
            return answer
        await self.hold.stop()
        return await super().commit(swaps, adds, decided_at)


def holding(live: Live, number: int, *, executed: bool) -> Hold:
    """Have one of the next commits stop, and return where."""
    store = HoldsCommit(live.container.store(), number, executed=executed)
    live.container.loop()._store = store
    return store.hold


@pytest.mark.parametrize("executed", [False, True])
async def test_cancelled_during_admission(warm: Live, executed: bool) -> None:
    """Admitted or not when the caller goes: no call, FAILED, the charge returned."""
    stop = holding(warm, 1, executed=executed)

    await cancelled(warm, stop.arrival, stop.release)

    await assert_states(warm, S.FAILED, R.CANCELLED, posts=0)


async def test_cancelled_while_it_connects(warm: Live) -> None:
    """No connection stood yet, so nothing can have been written: FAILED, the charge returned."""
    import aiohttp

    reached = asyncio.Event()

    async def connect(*_: object, **__: object) -> None:
        reached.set()
        await asyncio.sleep(3600)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aiohttp.TCPConnector, "connect", connect)
        await cancelled(warm, reached.wait)

    await assert_states(warm, S.FAILED, R.CANCELLED, posts=0)


async def test_cancelled_while_it_waits_for_its_turn(warm: Live) -> None:
    """Others' calls are under way and this one's has not begun: FAILED, the charge returned."""
    gate = Gate()
    warm.twilio.always(hold(gate))
    lanes = warm.container.gateway()._breaker._lanes.get()
    for _ in range(lanes._value):
        await lanes.acquire()
    before = len(warm.twilio.sends)

    async def waiting() -> None:
        while not lanes._waiters:  # noqa: ASYNC110 - a semaphore tells nobody who waits
            await asyncio.sleep(0.001)

    await cancelled(warm, waiting)

    gate.open()
    assert len(warm.twilio.sends) == before
    await assert_states(warm, S.FAILED, R.CANCELLED, posts=0)


async def test_cancelled_between_two_tries(warm: Live) -> None:
    """A throttled request was not processed: cancelled before the next one it is FAILED."""
    warm.twilio.always(throttle("3"))
    reached = asyncio.Event()

    async def sleep(_: float) -> None:
        reached.set()
        await asyncio.sleep(3600)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warm.clock, "sleep", sleep)
        await cancelled(warm, reached.wait)

    await assert_states(warm, S.FAILED, R.CANCELLED, posts=1)


async def test_cancelled_while_twilio_works(warm: Live) -> None:
    """The request was written: UNKNOWN, the charge kept, the code works, no second POST."""
    gate = Gate()
    warm.twilio.script(hold(gate))

    async def taken() -> None:
        assert await asyncio.to_thread(gate.reached.wait, 10)

    await cancelled(warm, taken, gate.open)

    await assert_states(warm, S.UNKNOWN, None, posts=1)


@pytest.mark.parametrize("executed", [False, True])
async def test_cancelled_while_it_is_settled(warm: Live, executed: bool) -> None:
    """Twilio's answer is there: it is written before the caller goes, SENT."""
    stop = holding(warm, 2, executed=executed)

    await cancelled(warm, stop.arrival, stop.release)

    await assert_states(warm, S.SENT, None, posts=1)


@pytest.mark.parametrize("step", range(6))
async def test_cancelled_at_every_moment(live: Live, step: int) -> None:
    """Cold or warm, whenever it is cancelled: charge and state agree, and one POST at most."""
    for turn in range(10):
        phone = f"+1303555{step:02d}{turn:02d}"
        before = len(live.twilio.sends)
        sends = (await live.day()).get("sends.US", 0)
        task = asyncio.ensure_future(live.send(phone))
        for _ in range(step * 10 + turn):
            await asyncio.sleep(0)
        task.cancel()
        ended = await asyncio.gather(task, return_exceptions=True)
        for _ in range(500):
            record = await live.record(phone)
            if record is None or record.attempts[-1].state is not S.SENDING:
                break
            await asyncio.sleep(0.002)

        posts = [one for one in live.twilio.sends[before:] if one.form["To"] == phone]
        assert len(posts) <= 1
        if record is None:
            assert (await live.day()).get("sends.US", 0) == sends
            assert not posts
            continue
        state = record.attempts[-1].state
        assert state in {S.FAILED, S.UNKNOWN, S.SENT}
        assert state is not S.FAILED or not posts
        assert state is S.SENT or isinstance(ended[0], asyncio.CancelledError)
    day = await live.day()
    in_force = day.get("accepted", 0) + day.get("unknown", 0)
    assert day.get("sends.US", 0) == in_force + day.get("failed", 0)
    assert (await live.spent())[0] in range(in_force * PRICE, in_force * 14_000 + 1)


# ── the hot path ──────────────────────────────────────────────────────────────────────────────


async def test_a_send_is_two_commits_and_one_request(local_twilio: LocalTwilio) -> None:
    """Pool and prices are looks that were made before: nothing is asked twice."""
    live = live_with(local_twilio, twilio_phone_numbers="")
    store = CountsCalls(live.container.store())
    live.container.store.override(store)
    assert (await live.send("+13035550000")).success
    loads = store.loads
    answers = len(store.answers)
    local_twilio.requests.clear()

    for number in range(1, 11):
        assert (await live.send(f"+1303555{number:04d}")).success

    assert store.loads == loads
    assert len(store.answers) == answers + 2 * 10
    assert [one.method for one in local_twilio.requests] == ["POST"] * 10
    assert local_twilio.connections <= 2
    await live.verifier.close()


async def test_many_at_once_ask_once(local_twilio: LocalTwilio) -> None:
    """A hundred first sends at once read numbers and prices once."""
    live = live_with(local_twilio, twilio_phone_numbers="")
    results = await asyncio.gather(*(live.send(f"+1303555{n:04d}") for n in range(100)))

    assert all(result.success for result in results)
    reads = [one.path.rsplit("/", 1)[-1] for one in local_twilio.requests if one.method == "GET"]
    assert sorted(reads) == ["IncomingPhoneNumbers.json", "US"]
    assert len(local_twilio.sends) == 100
    senders = {Sender(one.sender) for one in live.messages}
    assert {sender.address for sender in senders} == {SENDER}
    assert PHONE not in {one.to for one in live.messages}
    await live.verifier.close()

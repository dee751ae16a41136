"""The gateway to Twilio, through the real SDK, against a local Twilio over real sockets."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import urldefrag

import attrs
import pytest

from smsverify.adapters.twilio.callback import CallbackAddresses
from smsverify.adapters.twilio.client import Credentials
from smsverify.adapters.twilio.gateway import TwilioGateway
from smsverify.domain.delivery import (
    Accepted,
    FailureReason,
    GatewayAnswer,
    Rejected,
    Uncertain,
)
from smsverify.domain.senders import Sender
from smsverify.ports.gateway import OutgoingSms
from smsverify.testing.gateway import message_to
from smsverify.testing.gateway_contract import GatewayContract
from tests.integration.twilio_server.account import API_KEY_SECRET, API_KEY_SID, SERVICE_SID
from tests.integration.twilio_server.behaviour import (
    Behaviour,
    Gate,
    HangUp,
    answer_made,
    cut,
    fail,
    hold,
    refuse,
    refuse_as_problem,
    say,
    throttle,
)
from tests.integration.twilio_server.fixtures import local_twilio
from tests.integration.twilio_server.parts import (
    NUMBER,
    SENDER,
    TEXT,
    Setup,
    set_up,
    sms,
    token_of,
)
from tests.integration.twilio_server.server import LocalTwilio

__all__ = ["local_twilio"]  # pytest finds a fixture by its name in the module


@pytest.fixture
async def setup(local_twilio: LocalTwilio) -> AsyncIterator[Setup]:
    """Make a gateway to the local Twilio."""
    made = set_up(token_of(local_twilio.account), local_twilio.base_url)
    yield made
    await made.gateway.close()


class TestContract(GatewayContract):
    """The gateway keeps what the port promises."""

    @pytest.fixture
    async def gateway(self, setup: Setup) -> TwilioGateway:
        """Give the gateway to a local Twilio that works."""
        return setup.gateway

    @pytest.fixture
    def refused_messages(self) -> Sequence[OutgoingSms]:
        """Give recipients that Twilio's test credentials refuse."""
        return [message_to(f"+1500555000{digit}") for digit in (1, 2, 3, 4, 9)]

    @pytest.fixture
    def broken_gateways(self, local_twilio: LocalTwilio) -> list[TwilioGateway]:
        """Give one whose Twilio is not there."""
        return [set_up(token_of(local_twilio.account), "http://127.0.0.1:1").gateway]


# ── what is sent ──────────────────────────────────────────────────────────────────────────────


async def test_what_is_sent(local_twilio: LocalTwilio, setup: Setup) -> None:
    """A message has recipient, sender, text and validity, and no parameter that is not known."""
    answer = await setup.gateway.send(sms(valid_for=421), 10)

    (made,) = local_twilio.account.messages.values()
    assert answer == Accepted(made.sid)
    assert made.form == {
        "To": NUMBER,
        "From": SENDER.address,
        "Body": TEXT,
        "ValidityPeriod": "421",
    }
    assert local_twilio.sends[0].headers["content-type"] == "application/x-www-form-urlencoded"


async def test_a_messaging_service_sends(local_twilio: LocalTwilio, setup: Setup) -> None:
    """A Messaging Service takes the place of the sender."""
    await setup.gateway.send(sms(sender=Sender(SERVICE_SID)), 10)

    assert local_twilio.sends[0].form["MessagingServiceSid"] == SERVICE_SID
    assert "From" not in local_twilio.sends[0].form


@pytest.mark.parametrize(
    ("valid_for", "sent"), [(0, "1"), (1, "1"), (36_000, "36000"), (40_000, "36000")]
)
async def test_validity(local_twilio: LocalTwilio, setup: Setup, valid_for: int, sent: str) -> None:
    """The validity stays within what Twilio takes, 1 to 36,000 seconds."""
    assert isinstance(await setup.gateway.send(sms(valid_for=valid_for), 10), Accepted)
    assert local_twilio.sends[0].form["ValidityPeriod"] == sent


async def test_receipts_are_asked_for(local_twilio: LocalTwilio) -> None:
    """With a public address, the message says where its receipts go, and for which attempt."""
    callbacks = CallbackAddresses("https://sms.example.com", b"secret " * 5)
    made = set_up(token_of(local_twilio.account), local_twilio.base_url, callbacks=callbacks)
    message = sms()
    await made.gateway.send(message, 10)
    await made.gateway.close()

    url = local_twilio.sends[0].form["StatusCallback"]
    assert url == callbacks.address(message.record, message.attempt)
    named = callbacks.read(urldefrag(url).url.partition("?")[2])
    assert named is not None
    assert (named.record, named.attempt) == (message.record, message.attempt)


async def test_an_api_key_signs_in(local_twilio: LocalTwilio) -> None:
    """An API key signs in for the account that the messages belong to."""
    sid = local_twilio.account.sid
    made = set_up(Credentials(sid, API_KEY_SID, API_KEY_SECRET), local_twilio.base_url)
    assert isinstance(await made.gateway.send(sms(), 10), Accepted)
    await made.gateway.close()

    assert local_twilio.sends[0].credentials == (API_KEY_SID, API_KEY_SECRET)
    assert local_twilio.sends[0].path == f"/2010-04-01/Accounts/{sid}/Messages.json"


async def test_no_proxy_of_the_environment(
    local_twilio: LocalTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy of the environment does not change where a request goes."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    made = set_up(token_of(local_twilio.account), local_twilio.base_url)
    assert isinstance(await made.gateway.send(sms(), 10), Accepted)
    await made.gateway.close()


# ── what Twilio answers ───────────────────────────────────────────────────────────────────────

ROWS = [
    (20003, FailureReason.CREDENTIALS_REFUSED),
    (21211, FailureReason.INVALID_RECIPIENT),
    (21614, FailureReason.INVALID_RECIPIENT),
    (21635, FailureReason.INVALID_RECIPIENT),
    (21612, FailureReason.UNROUTABLE),
    (21408, FailureReason.COUNTRY_NOT_ENABLED),
    (60605, FailureReason.COUNTRY_NOT_ENABLED),
    (21610, FailureReason.OPTED_OUT),
    (21601, FailureReason.SENDER_UNUSABLE),
    (21606, FailureReason.SENDER_UNUSABLE),
    (21661, FailureReason.SENDER_UNUSABLE),
    (14102, FailureReason.SENDER_UNUSABLE),
    (14108, FailureReason.SENDER_UNUSABLE),
    (21608, FailureReason.TRIAL_ACCOUNT),
    (21617, FailureReason.BAD_REQUEST),
    (21658, FailureReason.BAD_REQUEST),
    (14103, FailureReason.BAD_REQUEST),
    (60202, FailureReason.PROVIDER_LIMIT),
    (60203, FailureReason.PROVIDER_LIMIT),
    (60212, FailureReason.PROVIDER_LIMIT),
    (60410, FailureReason.BLOCKED),
    (60413, FailureReason.BLOCKED),
    (60238, FailureReason.BLOCKED),
    (29999, FailureReason.OTHER),
]


@pytest.mark.parametrize("refused", [refuse, refuse_as_problem])
@pytest.mark.parametrize(("code", "reason"), ROWS)
async def test_each_refusal(
    local_twilio: LocalTwilio, setup: Setup, code: int, reason: FailureReason, refused: object
) -> None:
    """Each code, in both forms of body, is refused for certain, for its reason, after a request."""
    assert callable(refused)
    local_twilio.script(refused(code))

    assert await setup.gateway.send(sms(), 10) == Rejected(reason, code)
    assert len(local_twilio.sends) == 1


@pytest.mark.parametrize(
    ("to", "sender", "code"),
    [
        ("+15005550001", "+15005550006", 21211),
        ("+15005550002", "+15005550006", 21612),
        ("+15005550003", "+15005550006", 21408),
        ("+15005550004", "+15005550006", 21610),
        ("+15005550009", "+15005550006", 21614),
        (NUMBER, "+15005550001", 21212),
        (NUMBER, "+15005550007", 21606),
        (NUMBER, "+15005550008", 21611),
        (NUMBER, "+13035550102", 21606),
    ],
)
async def test_magic_numbers(setup: Setup, to: str, sender: str, code: int) -> None:
    """The magic numbers of Twilio's test credentials are refused with the codes it documents."""
    answer = await setup.gateway.send(sms(to=to, sender=Sender(sender)), 10)
    assert isinstance(answer, Rejected)
    assert answer.provider_code == code


HTML = b"<html><body>Bad gateway for +13035550123</body></html>"
NOBODY_KNOWS: list[tuple[str, Behaviour, GatewayAnswer]] = [
    ("500", fail(), Uncertain(20500)),
    ("500, not sent", fail(processes=False), Uncertain(20500)),
    ("503", fail(20503, status=503), Uncertain(20503)),
    ("500 as a problem", refuse_as_problem(20500), Uncertain(20500)),
    ("500 with a known code", refuse(21211, status=500), Uncertain(21211)),
    ("20500 with 400", refuse(20500, status=400), Uncertain(20500)),
    ("502 in HTML", say(502, HTML), Uncertain()),
    ("504, empty", say(504), Uncertain()),
    ("500 with half of JSON", say(500, b'{"code": 21211,'), Uncertain()),
    ("500 with a list", say(500, b"[21211]", kind="application/json"), Uncertain()),
    ("201 in HTML", say(201, HTML, processes=True), Uncertain()),
    ("201, empty", say(201, processes=True), Uncertain()),
    ("200, empty object", say(200, b"{}", processes=True), Uncertain()),
    ("201 with a list", say(201, b"[]", processes=True), Uncertain()),
    ("201 with null", say(201, b"null", processes=True), Uncertain()),
    ("201 with odd octets", say(201, b"\xff\xfe\x00", processes=True), Uncertain()),
    ("201 without sid", answer_made(sid=...), Uncertain()),
    ("201 with sid null", answer_made(sid=None), Uncertain()),
    ("201 with another's sid", answer_made(sid="AC" + "0" * 32), Uncertain()),
    ("204", say(204, processes=True), Uncertain()),
    ("redirect", say(307, Location="/2010-04-01/elsewhere.json"), Uncertain()),
    ("redirect away", say(302, Location="https://example.org/x"), Uncertain()),
    ("304", say(304), Uncertain()),
    ("cut before the answer", cut(HangUp.UNANSWERED), Uncertain()),
    ("cut unread", cut(HangUp.UNREAD), Uncertain()),
    ("cut in the body", cut(HangUp.MIDWAY), Uncertain()),
    ("reset", cut(HangUp.WITH_RESET), Uncertain()),
]


@pytest.mark.parametrize(
    ("behaviour", "answer"), [pytest.param(*row[1:], id=row[0]) for row in NOBODY_KNOWS]
)
async def test_nobody_knows(
    local_twilio: LocalTwilio, setup: Setup, behaviour: Behaviour, answer: GatewayAnswer
) -> None:
    """Whatever leaves open whether the message was sent is said so, after exactly one request."""
    local_twilio.script(behaviour)

    assert await setup.gateway.send(sms(), 10) == answer
    assert len(local_twilio.requests) == 1
    assert isinstance(await setup.gateway.send(sms(), 10), Accepted)


OPTED_OUT = Rejected(FailureReason.OPTED_OUT, 21610)
KNOWN: list[tuple[str, Behaviour, GatewayAnswer]] = [
    ("404 in HTML", say(404, HTML), Rejected(FailureReason.OTHER)),
    ("403, empty", say(403), Rejected(FailureReason.OTHER)),
    ("401 in HTML", say(401, HTML), Rejected(FailureReason.CREDENTIALS_REFUSED)),
    ("400, code as text", say(400, b'{"code": "21610"}'), OPTED_OUT),
    ("400 with an odd code", say(400, b'{"code": [1]}'), Rejected(FailureReason.OTHER)),
    ("400 with null", say(400, b"null"), Rejected(FailureReason.OTHER)),
    ("failed", answer_made(status="failed", error_code=21610), OPTED_OUT),
    ("canceled", answer_made(status="canceled"), Rejected(FailureReason.OTHER)),
]


@pytest.mark.parametrize(
    ("behaviour", "answer"), [pytest.param(*row[1:], id=row[0]) for row in KNOWN]
)
async def test_refused_in_odd_words(
    local_twilio: LocalTwilio, setup: Setup, behaviour: Behaviour, answer: GatewayAnswer
) -> None:
    """A client error is refused for certain, whatever its body says or does not say."""
    local_twilio.script(behaviour)

    assert await setup.gateway.send(sms(), 10) == answer
    assert len(local_twilio.sends) == 1


async def test_a_problem_that_lies_about_its_status(
    local_twilio: LocalTwilio, setup: Setup
) -> None:
    """The HTTP status decides what is certain, never the status that a body claims."""
    body = b'{"type": "x", "title": "y", "status": 400, "code": 21211}'
    local_twilio.script(say(500, body, kind="application/problem+json"))

    assert await setup.gateway.send(sms(), 10) == Uncertain(21211)


async def test_a_text_that_can_not_be_sent(local_twilio: LocalTwilio, setup: Setup) -> None:
    """What has no UTF-8 never leaves the house, so it is refused for certain."""
    message = attrs.evolve(sms(), text="\ud800")

    assert await setup.gateway.send(message, 10) == Rejected(FailureReason.BAD_REQUEST)
    assert local_twilio.requests == []


# ── what is repeated ──────────────────────────────────────────────────────────────────────────


async def test_throttled_once(local_twilio: LocalTwilio, setup: Setup) -> None:
    """A throttled request is repeated after what it asks for, and then goes through."""
    local_twilio.script(throttle("2"))
    began = setup.clock.monotonic()

    assert isinstance(await setup.gateway.send(sms(), 10), Accepted)
    assert len(local_twilio.sends) == 2
    assert 2.0 <= setup.clock.monotonic() - began <= 2.5


@pytest.mark.parametrize("behaviour", [throttle(), throttle("0"), say(429, HTML)])
async def test_throttled_for_good(
    local_twilio: LocalTwilio, setup: Setup, behaviour: Behaviour
) -> None:
    """A request that stays throttled is sent three times in all and then refused for certain."""
    local_twilio.always(behaviour)

    answer = await setup.gateway.send(sms(), 10)
    assert isinstance(answer, Rejected)
    assert answer.reason is FailureReason.THROTTLED
    assert len(local_twilio.sends) == 3
    assert local_twilio.account.messages == {}


async def test_throttled_for_too_long(local_twilio: LocalTwilio, setup: Setup) -> None:
    """A wait that does not fit into the time is not begun."""
    local_twilio.always(throttle("9"))
    began = setup.clock.monotonic()

    assert await setup.gateway.send(sms(), 10) == Rejected(FailureReason.THROTTLED, 20429)
    assert len(local_twilio.sends) == 1
    assert setup.clock.monotonic() == began


async def test_throttled_and_then_unknown(local_twilio: LocalTwilio, setup: Setup) -> None:
    """A repeat whose end is unknown is the last, and its answer stands."""
    local_twilio.script(throttle(), fail())

    assert await setup.gateway.send(sms(), 10) == Uncertain(20500)
    assert len(local_twilio.sends) == 2


async def test_timeout_after_acceptance(local_twilio: LocalTwilio, setup: Setup) -> None:
    """A message that was taken and whose answer does not come is never sent again."""
    gate = Gate()
    local_twilio.script(hold(gate))
    loop = asyncio.get_running_loop()
    began = loop.time()

    assert await setup.gateway.send(sms(), 0.65) == Uncertain()
    assert loop.time() - began < 0.65
    assert len(local_twilio.sends) == 1
    assert len(local_twilio.account.messages) == 1
    gate.open()


async def test_connection_refused(
    local_twilio: LocalTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused connection is tried twice and is no message for certain."""
    loop = asyncio.get_running_loop()
    tries, connect = [], loop.sock_connect

    async def counted(*arguments: Any) -> None:
        tries.append(arguments)
        await connect(*arguments)

    monkeypatch.setattr(loop, "sock_connect", counted)
    made = set_up(token_of(local_twilio.account), "http://127.0.0.1:1")

    assert await made.gateway.send(sms(), 10) == Rejected(FailureReason.NOT_CONNECTED)
    assert len(tries) == 2


async def test_no_name(local_twilio: LocalTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twilio's own host is looked up twice at most, whatever the environment says of edges."""
    asked = []

    async def nothing(host: str, *_: object, **__: object) -> object:
        asked.append(host)
        raise OSError("no such name")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nothing)
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    made = set_up(token_of(local_twilio.account), None)

    assert await made.gateway.send(sms(), 10) == Rejected(FailureReason.NOT_CONNECTED)
    assert asked == ["api.twilio.com", "api.twilio.com"]


async def test_no_tls(local_twilio: LocalTwilio) -> None:
    """A server that speaks no TLS is connected to twice and sees no request."""
    base_url = local_twilio.base_url.replace("http:", "https:")
    made = set_up(token_of(local_twilio.account), base_url)

    assert await made.gateway.send(sms(), 10) == Rejected(FailureReason.NOT_CONNECTED)
    assert local_twilio.connections == 2
    assert local_twilio.requests == []


async def test_connection_that_never_comes(
    local_twilio: LocalTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that takes longer than the time is no message for certain."""

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", never)
    made = set_up(token_of(local_twilio.account), local_twilio.base_url)

    assert await made.gateway.send(sms(), 0.5) == Rejected(FailureReason.NOT_CONNECTED)


async def test_connections_are_kept(local_twilio: LocalTwilio, setup: Setup) -> None:
    """Messages one after the other share a connection; one that was closed is replaced."""
    for _ in range(5):
        assert isinstance(await setup.gateway.send(sms(), 10), Accepted)
    assert local_twilio.connections == 1

    local_twilio.drop_connections()
    assert local_twilio.open_connections(at_most=0) == 0
    for _ in range(3):  # turns of our loop, to be told
        await asyncio.sleep(0)
    assert isinstance(await setup.gateway.send(sms(), 10), Accepted)
    assert local_twilio.connections == 2


# ── callers that go away ──────────────────────────────────────────────────────────────────────


async def test_cancelled_after_the_request(local_twilio: LocalTwilio, setup: Setup) -> None:
    """A caller that goes away leaves one request behind, and no later one sees its answer."""
    gate = Gate()
    local_twilio.script(hold(gate))
    task = asyncio.create_task(setup.gateway.send(sms(), 10))
    await asyncio.to_thread(gate.reached.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.open()

    answer = await setup.gateway.send(sms(), 10)
    assert len(local_twilio.sends) == 2
    assert answer == Accepted(list(local_twilio.account.messages)[1])


async def test_cancelled_at_every_turn(local_twilio: LocalTwilio, setup: Setup) -> None:
    """Wherever it is cancelled, a send makes at most one request, and the next one works."""
    for turns in range(40):
        before = len(local_twilio.sends)
        task = asyncio.create_task(setup.gateway.send(sms(), 10))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert isinstance(await setup.gateway.send(sms(), 10), Accepted)
        assert len(local_twilio.sends) - before <= 2


# ── refused credentials ───────────────────────────────────────────────────────────────────────

REFUSED = Rejected(FailureReason.CREDENTIALS_REFUSED, 20003)


async def test_a_thousand_sends_with_wrong_credentials(
    local_twilio: LocalTwilio, setup: Setup
) -> None:
    """Wrong credentials are tried a few times for a thousand sends, at once or one by one."""
    local_twilio.account.token = "another-one"
    answers = await asyncio.gather(*(setup.gateway.send(sms(), 10) for _ in range(900)))
    answers += [await setup.gateway.send(sms(), 10) for _ in range(100)]

    assert set(answers) == {REFUSED}
    assert len(local_twilio.sends) <= 2
    assert [event.name for event in setup.events.kept] == ["sms.provider.credentials_refused"]
    assert setup.gateway.status()["credentials"] == "refused"


async def test_credentials_that_work_again(local_twilio: LocalTwilio, setup: Setup) -> None:
    """After the pause they are tried again, and a success ends the matter."""
    local_twilio.script(refuse(20003))
    assert await setup.gateway.send(sms(), 10) == REFUSED
    assert await setup.gateway.send(sms(), 10) == REFUSED
    await setup.clock.sleep(60)

    assert setup.gateway.status()["credentials"] == "unproven"
    assert isinstance(await setup.gateway.send(sms(), 10), Accepted)
    assert setup.gateway.status()["credentials"] == "accepted"
    assert len(local_twilio.sends) == 2


async def test_credentials_that_go_bad_in_a_crowd(local_twilio: LocalTwilio, setup: Setup) -> None:
    """What waits for its turn when credentials are refused is not called any more."""
    assert isinstance(await setup.gateway.send(sms(), 10), Accepted)
    local_twilio.always(refuse(20003))
    answers = await asyncio.gather(*(setup.gateway.send(sms(), 10) for _ in range(500)))

    assert set(answers) == {REFUSED}
    assert len(local_twilio.sends) <= 1 + 64
    assert len(setup.events.kept) == 1


async def test_a_crowd(local_twilio: LocalTwilio, setup: Setup) -> None:
    """Hundreds at once all go out, over a bounded number of connections."""
    answers = await asyncio.gather(*(setup.gateway.send(sms(), 10) for _ in range(300)))

    assert {type(one) for one in answers} == {Accepted}
    assert len(local_twilio.account.messages) == 300
    assert local_twilio.connections <= 64


# ── several event loops ───────────────────────────────────────────────────────────────────────


def test_loops_that_come_and_go(local_twilio: LocalTwilio) -> None:
    """Each event loop has connections of its own, and closes them when it ends."""
    made = set_up(token_of(local_twilio.account), local_twilio.base_url)
    for _ in range(20):
        assert isinstance(asyncio.run(made.gateway.send(sms(), 10)), Accepted)

    assert local_twilio.connections == 20
    assert local_twilio.open_connections(at_most=0) == 0


@pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_loop_that_was_closed_roughly(local_twilio: LocalTwilio) -> None:
    """What a loop left open that was just closed is given up at the next call."""
    made = set_up(token_of(local_twilio.account), local_twilio.base_url)
    loop = asyncio.new_event_loop()
    assert isinstance(loop.run_until_complete(made.gateway.send(sms(), 10)), Accepted)
    loop.close()
    del loop

    assert isinstance(asyncio.run(made.gateway.send(sms(), 10)), Accepted)
    gc.collect()
    assert local_twilio.open_connections(at_most=0) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
async def test_fork(local_twilio: LocalTwilio, setup: Setup) -> None:
    """A forked child opens connections of its own, and the parent's still work afterwards."""
    assert isinstance(await setup.gateway.send(sms(), 10), Accepted)
    assert local_twilio.connections == 1
    child = os.fork()
    if child == 0:
        outcome: list[object] = []
        use = threading.Thread(
            target=lambda: outcome.append(asyncio.run(setup.gateway.send(sms(), 10)))
        )
        use.start()
        use.join(20)
        os._exit(0 if isinstance(outcome[0], Accepted) else 1)
    _, status = await asyncio.to_thread(os.waitpid, child, 0)

    assert status == 0
    assert local_twilio.connections == 2
    assert isinstance(await setup.gateway.send(sms(), 10), Accepted)
    assert local_twilio.connections == 2
    assert len(local_twilio.account.messages) == 3

"""What must never show: numbers, codes and tokens, in logs of any level, errors and memory."""

from __future__ import annotations

import asyncio
import gc
import logging
from base64 import b64encode

import pytest

from smsverify.adapters.twilio.callback import CallbackAddresses
from smsverify.adapters.twilio.client import Credentials
from smsverify.adapters.twilio.http_client import HttpClient, NoReply, NotSent
from tests.integration.twilio_server.account import API_KEY_SECRET, API_KEY_SID
from tests.integration.twilio_server.behaviour import (
    HangUp,
    answer_made,
    cut,
    fail,
    refuse,
    refuse_as_problem,
    say,
    throttle,
)
from tests.integration.twilio_server.fixtures import local_twilio
from tests.integration.twilio_server.parts import CODE, NUMBER, Setup, set_up, sms, token_of
from tests.integration.twilio_server.server import LocalTwilio

__all__ = ["local_twilio"]

SECRET = "webhook-secret-of-at-least-32-characters"
EVERYTHING = (
    refuse(21211),
    refuse(21408),
    refuse(29999),
    refuse_as_problem(21614),
    throttle(),
    fail(),
    say(404, f"<p>{NUMBER} said {CODE}</p>".encode()),
    say(400, f'{{"code": 1, "message": "Body: {CODE}, To: {NUMBER}"}}'.encode()),
    say(201, f'{{"to": "{NUMBER}", "body": "{CODE}"}}'.encode(), processes=True),
    say(307, Location=f"https://example.org/{NUMBER}"),
    answer_made(date_created="no date"),
    cut(HangUp.UNANSWERED),
    cut(HangUp.MIDWAY),
    cut(HangUp.WITH_RESET),
)


def secrets_of(server: LocalTwilio) -> list[str]:
    """Return everything that is nobody's business."""
    account = server.account
    pairs = [(account.sid, account.token), (API_KEY_SID, API_KEY_SECRET)]
    spelled = [b64encode(":".join(pair).encode()).decode() for pair in pairs]
    return [NUMBER, NUMBER[1:], CODE, account.token, API_KEY_SECRET, SECRET, account.sid, *spelled]


async def use(made: Setup, server: LocalTwilio) -> None:
    """Let everything happen that can happen to a message."""
    server.script(*EVERYTHING)
    while server._script:
        await made.gateway.send(sms(), 10)
    await made.gateway.send(sms(), 10)


@pytest.fixture
async def used(local_twilio: LocalTwilio, caplog: pytest.LogCaptureFixture) -> Setup:
    """Use gateways with both kinds of credentials while everybody logs everything."""
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    callbacks = CallbackAddresses("https://sms.example.com", SECRET.encode())
    key = Credentials(local_twilio.account.sid, API_KEY_SID, API_KEY_SECRET)
    for credentials in (key, token_of(local_twilio.account)):
        made = set_up(credentials, local_twilio.base_url, callbacks=callbacks)
        await use(made, local_twilio)
    await set_up(key, "http://127.0.0.1:1").gateway.send(sms(), 10)
    await made.gateway.close()
    return made


async def test_logs(
    used: Setup, local_twilio: LocalTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    """No logger says any of it, at any level; ours tells Twilio's words without the numbers."""
    assert len(local_twilio.sends) > 2 * len(EVERYTHING)
    records = caplog.get_records("setup")
    text = "".join(f"{record.getMessage()} {record.__dict__}" for record in records)
    for secret in secrets_of(local_twilio):
        assert secret not in text
    assert "Invalid 'To' Phone Number: +***" in text
    assert "code 21211" in text


async def test_nobody_else_logs(used: Setup, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the SDK nor the HTTP client says anything at all about our requests."""
    names = {record.name for record in caplog.get_records("setup")}
    assert names == {"smsverify.twilio", "asyncio"}


async def test_reprs(used: Setup, local_twilio: LocalTwilio) -> None:
    """No object of ours shows any of it."""
    call = used.api.call(1)
    shown = " ".join(
        map(repr, [used.gateway, used.api, call, call.exchange, call.client.http_client, sms()])
    )
    shown += repr(token_of(local_twilio.account)) + repr(vars(call.client.http_client))
    for secret in secrets_of(local_twilio):
        assert secret not in shown


async def test_nothing_is_kept(local_twilio: LocalTwilio) -> None:
    """After a message was handed over nothing of the request is left in memory, or in the SDK."""
    made = set_up(token_of(local_twilio.account), local_twilio.base_url)
    await use(made, local_twilio)
    gc.collect()
    assert [one for one in gc.get_objects() if isinstance(one, HttpClient)] == []

    call = made.api.call(10)
    await call.client.messages.create_async(to=NUMBER, from_="+17205550100", body=CODE)
    http = call.client.http_client
    assert http._test_only_last_request is None
    assert http._test_only_last_response is None
    assert NUMBER not in repr(vars(http))
    await made.gateway.close()


@pytest.mark.parametrize("cut_off", [True, False])
async def test_errors(local_twilio: LocalTwilio, cut_off: bool) -> None:
    """An error of the transport names the kind of trouble and holds nothing of the request."""
    local_twilio.script(cut(HangUp.UNANSWERED))
    base_url = local_twilio.base_url if cut_off else "http://127.0.0.1:1"
    made = set_up(token_of(local_twilio.account), base_url)

    with pytest.raises(NoReply if cut_off else NotSent) as caught:
        await made.api.call(10).client.messages.create_async(to=NUMBER, from_="+1", body=CODE)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert str(caught.value) == ("ServerDisconnectedError" if cut_off else "ClientConnectorError")
    await made.gateway.close()

"""The rest of Twilio's API through our transport, and the local Twilio that stands in for it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]

from smsverify.adapters.twilio.callback import CallbackAddresses
from smsverify.adapters.twilio.client import Credentials, TwilioApi
from smsverify.adapters.twilio.form import parse_form
from smsverify.adapters.twilio.http_client import LARGEST_REPLY, NotSent
from smsverify.adapters.twilio.routing import ForeignAddress
from smsverify.adapters.twilio.signature import find_signature, verify_signature
from tests.integration.twilio_server.account import AUTH_TOKEN, SERVICE_SID, Message
from tests.integration.twilio_server.fixtures import local_twilio
from tests.integration.twilio_server.parts import NUMBER, SENDER, set_up, sms, token_of
from tests.integration.twilio_server.server import LocalTwilio
from tests.integration.twilio_server.wire import Reply

__all__ = ["local_twilio"]


@pytest.fixture
async def api(local_twilio: LocalTwilio) -> AsyncIterator[TwilioApi]:
    """Make a way to the local Twilio."""
    made = TwilioApi(token_of(local_twilio.account), local_twilio.base_url)
    yield made
    await made.close()


async def test_every_product_goes_to_one_place(local_twilio: LocalTwilio, api: TwilioApi) -> None:
    """Requests for each of Twilio's hosts arrive at the base address with their paths untouched."""
    client = api.call(10).client
    account = await client.api.v2010.accounts(local_twilio.account.sid).fetch_async()
    balance = await client.balance.fetch_async()
    service = await client.messaging.v1.services(SERVICE_SID).fetch_async()
    numbers = await client.messaging.v1.services(SERVICE_SID).phone_numbers.list_async()
    prices = await client.pricing.v1.messaging.countries("US").fetch_async()

    assert account.status == "active"
    assert balance.balance == "42.50"
    assert service.sid == SERVICE_SID
    assert [one.phone_number for one in numbers] == ["+17205550100", "+14155550101"]
    found = [one["prices"][0]["current_price"] for one in prices.outbound_sms_prices]
    assert found == ["0.0079", "0.0083"]
    home = f"/2010-04-01/Accounts/{local_twilio.account.sid}"
    assert [one.path for one in local_twilio.requests] == [
        f"{home}.json",
        f"{home}/Balance.json",
        f"/v1/Services/{SERVICE_SID}",
        f"/v1/Services/{SERVICE_SID}/PhoneNumbers",
        "/v1/Messaging/Countries/US",
    ]


async def test_next_pages(local_twilio: LocalTwilio, api: TwilioApi) -> None:
    """Lists are read page after page, whether the link to the next one is relative or absolute."""
    client = api.call(10).client
    numbers = await client.incoming_phone_numbers.list_async(page_size=1)
    countries = await client.pricing.v1.messaging.countries.list_async(page_size=1)

    assert [one.phone_number for one in numbers] == list(local_twilio.account.numbers)
    assert [one.capabilities["sms"] for one in numbers] == [True, True, False]
    assert [one.iso_country for one in countries] == ["US", "GB"]
    assert len(local_twilio.requests) == 5


async def test_a_next_page_elsewhere(
    local_twilio: LocalTwilio, api: TwilioApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that leads to somebody else's host is not followed."""
    elsewhere = Reply(
        200,
        b'{"countries": [{}], "meta": {"key": "countries",'
        b' "next_page_url": "https://example.org/v1/Messaging/Countries?Page=1"}}',
    )
    monkeypatch.setattr(LocalTwilio, "_usual_reply", lambda *_: elsewhere)

    with pytest.raises(ForeignAddress):
        await api.call(10).client.pricing.v1.messaging.countries.list_async()
    assert len(local_twilio.requests) == 1


async def test_redirects_are_not_followed(
    local_twilio: LocalTwilio, api: TwilioApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redirect of a request that only reads is not followed either."""
    away = Reply(302, b"", {"Location": f"{local_twilio.base_url}/elsewhere"})
    monkeypatch.setattr(LocalTwilio, "_usual_reply", lambda *_: away)

    with pytest.raises(ValueError, match="Expecting value"):  # an empty body is no JSON
        await api.call(10).client.balance.fetch_async()
    assert len(local_twilio.requests) == 1


async def test_too_long_a_reply(
    local_twilio: LocalTwilio, api: TwilioApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply without end is given up."""
    endless = Reply(200, b'{"balance": "' + b"1" * (LARGEST_REPLY + 1) + b'"}')
    monkeypatch.setattr(LocalTwilio, "_usual_reply", lambda *_: endless)

    with pytest.raises(ValueError, match="Unterminated string"):
        await api.call(10).client.balance.fetch_async()


async def test_time_is_the_whole_calls(local_twilio: LocalTwilio, api: TwilioApi) -> None:
    """A call whose time is over makes no further request."""
    call = api.call(0.0)
    with pytest.raises(NotSent):
        await call.client.balance.fetch_async()
    assert local_twilio.requests == []


async def test_messages_of_a_day(local_twilio: LocalTwilio, api: TwilioApi) -> None:
    """Messages are listed by the UTC day that they were sent on, with their real prices."""
    for day, price in ((20, "-0.00790"), (21, "-0.05530"), (22, None)):
        moment = datetime(2026, 11, day, 23, 59, 59, tzinfo=UTC)
        local_twilio.account.add(
            Message(NUMBER, SENDER.address, status="delivered", price=price, sent_at=moment)
        )
    found = await api.call(10).client.messages.list_async(date_sent=date(2026, 11, 21))

    assert [(one.price, one.price_unit, one.to) for one in found] == [("-0.05530", "USD", NUMBER)]
    after = await api.call(10).client.messages.list_async(
        date_sent_after=datetime(2026, 11, 21, tzinfo=UTC),
        date_sent_before=datetime(2026, 11, 22, 0, 0, 1, tzinfo=UTC),
        page_size=1,
    )
    assert [one.price for one in after] == ["-0.05530"]


async def test_one_message(local_twilio: LocalTwilio, api: TwilioApi) -> None:
    """A message can be looked at again by its id."""
    message = local_twilio.account.add(Message(NUMBER, SENDER.address))
    found = await api.call(10).client.messages(message.sid).fetch_async()
    assert (found.sid, found.status) == (message.sid, "queued")


async def test_wrong_credentials(local_twilio: LocalTwilio) -> None:
    """Without the right token nothing is read either."""
    sid = local_twilio.account.sid
    wrong = TwilioApi(Credentials(sid, sid, "wrong"), local_twilio.base_url)
    with pytest.raises(TwilioException) as caught:
        await wrong.call(10).client.balance.fetch_async()
    assert caught.value.code == 20003
    await wrong.close()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Unknown": "1"}, 20001),
        ({"Body": ...}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"To": ...}, 21604),
        ({"To": "12"}, 21211),
        ({"From": ...}, 21603),
        ({"From": "+14155559999"}, 21606),
        ({"From": ..., "MessagingServiceSid": "MG" + "0" * 32}, 21705),
        ({"ValidityPeriod": "0"}, 21658),
        ({"ValidityPeriod": "36001"}, 21658),
        ({"StatusCallback": "https://a_b.example.com/"}, 21609),
        ({"StatusCallback": "nowhere"}, 21609),
    ],
)
async def test_the_local_twilio_is_strict(
    local_twilio: LocalTwilio, api: TwilioApi, changes: dict[str, object], code: int
) -> None:
    """The local Twilio refuses what Twilio refuses, and unknown parameters too."""
    usual: dict[str, object] = {"To": NUMBER, "From": SENDER.address, "Body": "x"}
    form = {key: value for key, value in (usual | changes).items() if value is not ...}
    client = api.call(10).client
    home = f"https://api.twilio.com/2010-04-01/Accounts/{local_twilio.account.sid}/Messages.json"

    reply = await client.request_async("POST", home, data=form)
    assert reply.status_code == 400
    assert f'"code": {code},' in reply.text
    assert local_twilio.account.messages == {}


def test_a_client_that_comes_at_the_end_is_let_go() -> None:
    """Whoever connects while the local Twilio ends is closed with it, and does not wait in vain."""
    for _ in range(20):
        with LocalTwilio() as server:
            client = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        with client, contextlib.suppress(ConnectionError):
            assert client.recv(1) == b""


async def test_opted_out_at_twilio(local_twilio: LocalTwilio) -> None:
    """A recipient that said STOP to the account is refused by the local Twilio."""
    local_twilio.account.opted_out.add(NUMBER)
    made = set_up(token_of(local_twilio.account), local_twilio.base_url)
    answer = await made.gateway.send(sms(), 10)
    assert getattr(answer, "provider_code", None) == 21610
    await made.gateway.close()


# ── webhooks ──────────────────────────────────────────────────────────────────────────────────


async def test_receipts_are_signed(local_twilio: LocalTwilio) -> None:
    """A receipt of the local Twilio passes our checks and names the attempt it is about."""
    callbacks = CallbackAddresses("https://sms.example.com:8443/x", b"secret " * 5)
    made = set_up(token_of(local_twilio.account), local_twilio.base_url, callbacks=callbacks)
    order = sms()
    await made.gateway.send(order, 10)
    await made.gateway.close()
    (message,) = local_twilio.account.messages.values()

    request = local_twilio.webhooks.receipt(message, "undelivered", 30003, NewField="é")
    fields = parse_form(request.body, request.headers["Content-Type"])
    signature = find_signature(request.headers.items())
    assert fields is not None
    assert fields["ErrorCode"] == "30003"
    assert verify_signature(request.url, fields, signature, [AUTH_TOKEN])
    assert not verify_signature(request.url, fields, signature, ["another"])
    assert request.retries == 5
    named = callbacks.read(request.path_and_query.partition("?")[2])
    assert named is not None
    assert (named.record, named.attempt) == (order.record, order.attempt)


async def test_inbound_messages_are_signed(local_twilio: LocalTwilio) -> None:
    """So does a STOP of the local Twilio, with what Advanced Opt-Out adds to it."""
    url = "https://sms.example.com/webhooks/twilio/inbound"
    request = local_twilio.webhooks.inbound(
        url, NUMBER, SENDER.address, " stop\n", opt_out_type="STOP"
    )
    fields = parse_form(request.body, request.headers["Content-Type"])
    assert fields is not None
    assert (fields["Body"], fields["OptOutType"]) == (" stop\n", "STOP")
    assert verify_signature(url, fields, find_signature(request.headers.items()), [AUTH_TOKEN])


@pytest.mark.parametrize(
    ("statuses", "tries", "last"),
    [([200], 1, 200), ([503, 503, 200], 3, 200), ([503] * 9, 6, 503), ([403, 200], 1, 403)],
)
async def test_delivery_of_webhooks(
    local_twilio: LocalTwilio, statuses: list[int], tries: int, last: int
) -> None:
    """The local Twilio tries again after server errors, as often as the address asks for."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(statuses[len(seen) - 1])
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        signed = local_twilio.webhooks.sign("https://sms.example.com/a?b=c#rc=5&rp=5xx", {"x": "y"})
        status = await asyncio.to_thread(signed.deliver, f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert status == last
    assert seen == ["/a?b=c"] * tries

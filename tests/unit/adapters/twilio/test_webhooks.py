"""What Twilio posts to us, and what everybody else does: believed, taken once, or turned away."""

from __future__ import annotations

import asyncio
import functools
import random
from typing import Any
from urllib.parse import urldefrag, urlencode

import attrs
import pytest

from smsverify.adapters.twilio.callback import CallbackAddresses
from smsverify.adapters.twilio.form import LIMITS
from smsverify.domain.delivery import Accepted, DeliveryState, FailureReason, Uncertain
from smsverify.domain.record import Attempt, PhoneRecord
from smsverify.ports.webhooks import WebhookAnswer
from smsverify.testing import CountsCalls, FailsAt
from tests.integration.twilio_server.account import Account, Message, new_sid
from tests.integration.twilio_server.webhooks import WebhookRequest, Webhooks
from tests.unit.kit import SENDERS, Kit, build

PHONE = "+13035550123"
BASE = "https://sms.example.com/base"
STATUS, INBOUND = "/webhooks/twilio/status", "/webhooks/twilio/inbound"
SECRET = "webhook-secret-of-at-least-32-characters"
OLDER = "0e" * 16
ACCOUNT = Account()
DONE = WebhookAnswer(200, {"content-type": "text/xml"}, b"<Response/>")
FORBIDDEN = WebhookAnswer(403, {}, b"")


def live(store: Any = None, **settings: Any) -> Kit:
    """Build a kit in live mode, with doubles for all that is not webhooks."""
    given = {
        "simulation_mode": False,
        "twilio_account_sid": ACCOUNT.sid,
        "twilio_auth_token": ACCOUNT.token,
        "twilio_auth_token_previous": OLDER,
        "public_base_url": BASE,
        "webhook_secret": SECRET,
        "allowed_countries": "US",
        **settings,
    }
    return build(store, **given)


@attrs.frozen
class Sent:
    """
    A message that went out, and the requests that Twilio makes about it.

    Attributes:
        kit: what it went out from.
        message: as Twilio knows it.
    """

    kit: Kit
    message: Message

    def receipt(self, status: str, code: int | None = None, **more: Any) -> WebhookRequest:
        """Return a status callback for it."""
        return Webhooks(ACCOUNT).receipt(self.message, status, code, **more)

    async def attempt(self) -> Attempt:
        """Return what is kept of it."""
        record = await self.kit.record(PHONE)
        assert record is not None
        return record.attempts[-1]


async def send(kit: Kit, phone: str = PHONE) -> Sent:
    """Send a code, and return what Twilio knows of it."""
    result = await kit.verifier.send_verification_sms(phone, "MyApp")
    return heard_of(kit, result.message_id or new_sid("SM"))


def addresses(kit: Kit) -> CallbackAddresses:
    """Return what makes the addresses for receipts."""
    made = kit.container.callbacks()
    assert made is not None
    return made


def heard_of(kit: Kit, sid: str) -> Sent:
    """Return the latest message as Twilio knows it under this id."""
    handed = kit.gateway.messages[-1]
    address = addresses(kit).address(handed.record, handed.attempt)
    sender = handed.sender.address
    return Sent(kit, Message(handed.to.e164, sender, callback=address, sid=sid))


async def post(kit: Kit, request: WebhookRequest, **changes: Any) -> WebhookAnswer:
    """Deliver a request, with some of its parts replaced."""
    parts: dict[str, Any] = {
        "method": "POST",
        "path_and_query": request.path_and_query,
        "headers": request.headers,
        "body": request.body,
        **changes,
    }
    return await kit.verifier.handle_webhook(**parts)


def inbound(body: str, *, said: str | None = None, from_: str = PHONE, **more: Any) -> Any:
    """Return the request for a message that somebody sent to us."""
    url = f"{BASE}{INBOUND}"
    to = SENDERS[0].address
    return Webhooks(ACCOUNT).inbound(url, from_, to, body, opt_out_type=said, **more)


@pytest.fixture
def kit() -> Kit:
    """Give a kit in live mode."""
    return live()


@pytest.fixture
async def sent(kit: Kit) -> Sent:
    """Give a message that went out."""
    return await send(kit)


# ── receipts ──────────────────────────────────────────────────────────────────────────────────


async def test_a_receipt_is_taken(sent: Sent) -> None:
    """A signed receipt raises the attempt that its address names, and is answered 200."""
    assert await post(sent.kit, sent.receipt("delivered")) == DONE

    assert (await sent.attempt()).state is DeliveryState.DELIVERED
    assert (await sent.kit.day())["delivered"] == 1


async def test_a_failure_is_told_with_its_reason(sent: Sent) -> None:
    """A receipt that says undelivered brings Twilio's number and what it means."""
    assert await post(sent.kit, sent.receipt("undelivered", 30003)) == DONE

    attempt = await sent.attempt()
    assert attempt.state is DeliveryState.UNDELIVERED
    assert (attempt.reason, attempt.provider_code) == (FailureReason.UNREACHABLE, 30003)


@pytest.mark.parametrize("status", ["queued", "sent", "someday", ""])
async def test_what_raises_nothing(sent: Sent, status: str) -> None:
    """A state below the known one, and one that nobody knows yet, is answered 200."""
    assert await post(sent.kit, sent.receipt(status)) == DONE

    assert (await sent.attempt()).state is DeliveryState.SENT


async def test_unknown_fields(sent: Sent) -> None:
    """Twilio may add fields at any time, signed like the others."""
    assert await post(sent.kit, sent.receipt("delivered", Tomorrow="new", Empty="")) == DONE


@pytest.mark.parametrize("token", [ACCOUNT.token, OLDER])
async def test_two_tokens_while_they_change(sent: Sent, token: str) -> None:
    """What the token before signed is believed as well."""
    assert await post(sent.kit, sent.receipt("delivered", token=token)) == DONE


@pytest.mark.parametrize("place", ["sms.example.com", "sms.example.com:443"])
async def test_with_and_without_the_port(sent: Sent, place: str) -> None:
    """Twilio may sign the address with the port or without it."""
    address = sent.receipt("delivered")
    signed = Webhooks(ACCOUNT).sign(
        address.url.replace("sms.example.com", place), dict(address.fields)
    )
    assert await post(sent.kit, address, headers=signed.headers) == DONE


async def test_behind_a_proxy_that_takes_the_prefix_away(sent: Sent) -> None:
    """The path may come with the public address's own path or without it."""
    request = sent.receipt("delivered")
    below = request.path_and_query.removeprefix("/base")
    assert below.startswith(STATUS)

    answer = await post(
        sent.kit, request, path_and_query=below, headers=[*request.headers.items(), ("Host", "x")]
    )

    assert answer == DONE
    assert (await sent.attempt()).state is DeliveryState.DELIVERED


async def test_a_receipt_for_an_attempt_that_is_not_kept(sent: Sent) -> None:
    """Nobody needs to be told again of what is forgotten: 200, and nothing changes."""
    callbacks = CallbackAddresses(BASE, SECRET.encode())
    record = sent.kit.gateway.messages[-1].record
    before = await sent.kit.record(PHONE)
    for address in (
        callbacks.address(record, b"8 others"),
        callbacks.address("p:none", b"8 others"),
    ):
        gone = attrs.evolve(sent, message=attrs.evolve(sent.message, callback=address))
        assert await post(sent.kit, gone.receipt("delivered")) == DONE

    assert await sent.kit.record(PHONE) == before


# ── order and repetition ──────────────────────────────────────────────────────────────────────

STORY = (("queued", None), ("sent", None), ("undelivered", 30003), ("delivered", None))


async def end_of(order: random.Random, *, before_settle: bool) -> tuple[Attempt, dict[str, int]]:
    """Deliver a hundred receipts in some order; return what is kept, and the day's counters."""
    kit = live()
    story = [receipt for receipt in STORY for _ in range(25)]
    order.shuffle(story)
    sid = "SM" + "5" * 32
    if before_settle:
        kit.gateway.answer_next(Uncertain())
    else:
        kit.gateway.answer_next(Accepted(sid))
    await send(kit)
    sent = heard_of(kit, sid)
    for status, code in story:
        assert await post(kit, sent.receipt(status, code)) == DONE
    attempt = await sent.attempt()
    return attrs.evolve(attempt, id=b"", state_at=0), dict(await kit.day())


@pytest.mark.parametrize("before_settle", [False, True])
async def test_a_hundred_receipts_in_any_order_end_alike(before_settle: bool) -> None:
    """The highest fact stands, delivered and accepted are counted once, whatever came first."""
    ends = [await end_of(random.Random(seed), before_settle=before_settle) for seed in range(12)]

    for attempt, day in ends:
        assert attempt == ends[0][0]
        assert attempt.state is DeliveryState.DELIVERED
        assert attempt.message_id == "SM" + "5" * 32
        assert (attempt.reason, attempt.provider_code) == (None, None)
        assert (day["delivered"], day["accepted"]) == (1, 1)
        assert day.get("undelivered", 0) <= 1


@pytest.mark.parametrize("settled", [Accepted("SM" + "5" * 32), Uncertain()])
async def test_a_receipt_before_the_send_was_settled(kit: Kit, settled: Any) -> None:
    """It finds its attempt all the same, and the settling that follows lowers nothing."""
    kit.gateway.answer_next(settled)
    hold = kit.gateway.hold()
    sending = asyncio.ensure_future(kit.verifier.send_verification_sms(PHONE, "MyApp"))
    await hold.arrival()
    sent = heard_of(kit, "SM" + "5" * 32)
    assert await post(kit, sent.receipt("delivered")) == DONE

    hold.release()
    await sending

    attempt = await sent.attempt()
    assert (attempt.state, attempt.message_id) == (DeliveryState.DELIVERED, "SM" + "5" * 32)
    day = await kit.day()
    assert (day["accepted"], day["delivered"], day.get("unknown", 0)) == (1, 1, 0)


async def test_a_repeated_receipt_writes_nothing() -> None:
    """The second of two equal receipts is answered alike and commits nothing."""
    kit = live(CountsCalls)
    sent = await send(kit)
    await post(kit, sent.receipt("delivered"))
    assert isinstance(kit.store, CountsCalls)
    kit.store.answers.clear()

    assert await post(kit, sent.receipt("delivered")) == DONE
    assert kit.store.answers == []


# ── who is not believed ───────────────────────────────────────────────────────────────────────


async def unchanged(sent: Sent, before: PhoneRecord | None) -> bool:
    """Say whether nothing happened to the attempt."""
    return await sent.kit.record(PHONE) == before


def other_secret(sent: Sent) -> str:
    """Return the address of the attempt with a token made with another secret."""
    handed = sent.kit.gateway.messages[-1]
    return CallbackAddresses(BASE, b"another secret").address(handed.record, handed.attempt)


def without_token(sent: Sent) -> str:
    """Return the address of the attempt without a token."""
    handed = sent.kit.gateway.messages[-1]
    return CallbackAddresses(BASE).address(handed.record, handed.attempt)


def of_another_attempt(sent: Sent) -> str:
    """Return the address of another attempt with this one's token."""
    handed = sent.kit.gateway.messages[-1]
    address = sent.message.callback or ""
    return address.replace(f"a={handed.attempt.hex()}", f"a={b'8 others'.hex()}")


@pytest.mark.parametrize("forge", [other_secret, without_token, of_another_attempt])
async def test_an_address_that_we_did_not_make(sent: Sent, forge: Any) -> None:
    """With a secret, even whoever has the account's token can't report on any attempt."""
    before = await sent.kit.record(PHONE)
    forged = attrs.evolve(sent, message=attrs.evolve(sent.message, callback=forge(sent)))

    assert await post(sent.kit, forged.receipt("delivered")) == FORBIDDEN
    assert await unchanged(sent, before)


async def test_without_a_secret_the_signature_is_enough() -> None:
    """Without SMS_WEBHOOK_SECRET addresses carry no token, and none is asked for."""
    sent = await send(live(webhook_secret=None))
    assert "t=" not in (sent.message.callback or "")

    assert await post(sent.kit, sent.receipt("delivered")) == DONE
    assert (await sent.attempt()).state is DeliveryState.DELIVERED


def changed(request: WebhookRequest) -> dict[str, dict[str, Any]]:
    """Return one way each of not being Twilio's request."""
    headers, body = dict(request.headers), request.body
    signature, kind = headers["X-Twilio-Signature"], headers["Content-Type"]
    without = {name: text for name, text in headers.items() if name != "X-Twilio-Signature"}
    pairs = list(headers.items())
    url, query = request.path_and_query, request.path_and_query.partition("?")[2]
    return {
        "no signature": {"headers": without},
        "an empty signature": {"headers": {**headers, "X-Twilio-Signature": ""}},
        "another signature": {"headers": {**headers, "X-Twilio-Signature": signature[::-1]}},
        "a signature in other letters": {
            "headers": {**headers, "X-Twilio-Signature": "\udcff" + signature}
        },
        "two signatures": {"headers": [*pairs, ("x-twilio-signature", signature)]},
        "no content type": {"headers": {"X-Twilio-Signature": signature}},
        "two content types": {"headers": [*pairs, ("content-type", kind)]},
        "JSON": {"headers": {**headers, "Content-Type": "application/json"}, "body": b"{}"},
        "multipart": {"headers": {**headers, "Content-Type": "multipart/form-data"}},
        "a field changed": {
            "body": body.replace(b"MessageStatus=delivered", b"MessageStatus=sent")
        },
        "a field more": {"body": body + b"&More=1"},
        "a field twice": {"body": body + b"&MessageStatus=delivered"},
        "a field less": {"body": body.partition(b"&")[2]},
        "nothing": {"body": b""},
        "garbage": {"body": b"\xff\x00%zz"},
        "too long": {"body": body + b"&More=" + b"x" * LIMITS.octets},
        "too many": {"body": body + b"".join(b"&f%d=" % number for number in range(100))},
        "the query changed": {"path_and_query": url + "0"},
        "the query in another order": {
            "path_and_query": f"{STATUS}?{'&'.join(reversed(query.split('&')))}"
        },
        "no query": {"path_and_query": STATUS},
        "the other route": {"path_and_query": f"{INBOUND}?{query}"},
    }


@pytest.mark.parametrize("name", list(changed(Webhooks(ACCOUNT).sign("https://x/", {}))))
async def test_what_is_not_twilios(sent: Sent, name: str) -> None:
    """Every single change is answered 403; nothing is raised, stored or said."""
    before = await sent.kit.record(PHONE)
    events = len(sent.kit.events.events)

    answer = await post(
        sent.kit, sent.receipt("delivered"), **changed(sent.receipt("delivered"))[name]
    )

    assert answer == FORBIDDEN
    assert await unchanged(sent, before)
    assert len(sent.kit.events.events) == events


async def test_another_accounts_request(sent: Sent) -> None:
    """A form of another account is refused, even when our token signed it."""
    before = await sent.kit.record(PHONE)

    answer = await post(sent.kit, sent.receipt("delivered", AccountSid="AC" + "f" * 32))

    assert answer == FORBIDDEN
    assert await unchanged(sent, before)


@pytest.mark.parametrize("sid", ["", "SM123", "PN" + "0" * 32, "SM" + "0" * 33])
async def test_no_message(sent: Sent, sid: str) -> None:
    """A receipt and an inbound message name a message of Twilio's."""
    assert await post(sent.kit, sent.receipt("delivered", MessageSid=sid)) == FORBIDDEN
    assert await post(sent.kit, inbound("STOP", MessageSid=sid)) == FORBIDDEN


async def test_another_messages_receipt_is_not_this_ones(sent: Sent) -> None:
    """A receipt that names another message than the attempt's changes nothing."""
    before = await sent.kit.record(PHONE)

    assert await post(sent.kit, sent.receipt("delivered", MessageSid=new_sid("SM"))) == DONE
    assert await unchanged(sent, before)


async def test_what_headers_say_of_the_address_counts_for_nothing(sent: Sent) -> None:
    """A request signed for the address that its Host and X-Forwarded headers name is refused."""
    request = sent.receipt("delivered")
    evil = Webhooks(ACCOUNT).sign(
        request.url.replace("sms.example.com", "evil.example"), dict(request.fields)
    )
    headers = {**evil.headers, "Host": "evil.example", "X-Forwarded-Host": "evil.example"}

    assert await post(sent.kit, request, headers=headers) == FORBIDDEN


# ── routes ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/webhooks/twilio",
        f"{STATUS}/",
        f"/other{STATUS}",
        f"{STATUS}%3f",
        "//base" + STATUS,
    ],
)
async def test_other_paths(kit: Kit, path: str) -> None:
    """Everything but the two routes is 404."""
    assert await kit.verifier.handle_webhook("POST", path, {}, b"") == WebhookAnswer(404, {}, b"")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", [STATUS, INBOUND, f"/base{STATUS}"])
async def test_other_methods(kit: Kit, method: str, path: str) -> None:
    """Both routes take POST only, and say so."""
    answer = await kit.verifier.handle_webhook(method, path, {}, b"")
    assert answer == WebhookAnswer(405, {"allow": "POST"}, b"")


@pytest.mark.parametrize(
    "settings", [{"public_base_url": None}, {"simulation_mode": True}, {"twilio_auth_token": None}]
)
async def test_nobody_to_listen(settings: dict[str, Any]) -> None:
    """Outside live mode, without a public address and without a token everything is 404."""
    if "twilio_auth_token" in settings:
        settings |= {"twilio_auth_token_previous": None}
        settings |= {"twilio_api_key_sid": "SK" + "0" * 32, "twilio_api_key_secret": "s" * 32}
    kit = live(**settings)
    assert not kit.verifier.takes_webhooks
    assert (await post(kit, inbound("STOP"))).status == 404


# ── STOP and START ────────────────────────────────────────────────────────────────────────────


async def opted_out(kit: Kit) -> bool:
    """Say whether the phone is sent to no more."""
    record = await kit.record(PHONE)
    return record is not None and record.opted_out_at is not None


@pytest.mark.parametrize(
    "body", ["STOP", "unsubscribe", " End\r\n", "QUIT", "StopAll", "REVOKE", "OPTOUT", "cancel"]
)
async def test_stop_and_its_sisters(kit: Kit, body: str) -> None:
    """Each word, trimmed and in any case, opts the number out: the next send makes no call."""
    assert await post(kit, inbound(body)) == DONE

    refused = await kit.verifier.send_verification_sms(PHONE, "MyApp")
    assert refused.error_code == "RECIPIENT_OPTED_OUT"
    assert kit.gateway.messages == []


@pytest.mark.parametrize("body", ["START", "yes", " unstop "])
async def test_start_and_its_sisters(kit: Kit, body: str) -> None:
    """Each of these opts it in again."""
    await post(kit, inbound("STOP"))
    assert await post(kit, inbound(body)) == DONE

    assert (await kit.verifier.send_verification_sms(PHONE, "MyApp")).success


@pytest.mark.parametrize("body", ["HELP", "INFO", "Stop it!", "", "123456", "STÖP", "S T O P"])
async def test_other_words(kit: Kit, body: str) -> None:
    """Everything else is answered 200 and stores nothing."""
    assert await post(kit, inbound(body)) == DONE
    assert await kit.record(PHONE) is None


@pytest.mark.parametrize(
    ("said", "body", "out"),
    [
        ("STOP", "basta", True),
        ("HELP", "STOP", False),
        ("START", "STOP", False),
        ("", "STOP", True),
    ],
)
async def test_what_twilio_understood_comes_first(
    kit: Kit, said: str, body: str, out: bool
) -> None:
    """With Advanced Opt-Out Twilio knows the operator's own words, in any language."""
    assert await post(kit, inbound(body, said=said)) == DONE
    assert await opted_out(kit) is out


async def test_a_replayed_start_does_not_undo_a_later_stop(kit: Kit) -> None:
    """A captured request stays signed for ever, so each message counts once."""
    start = inbound("START")
    await post(kit, inbound("STOP"))
    await post(kit, start)
    await post(kit, inbound("STOP"))

    assert await post(kit, start) == DONE
    assert await opted_out(kit)


async def test_a_start_that_changed_nothing_is_known_too(kit: Kit) -> None:
    """A START captured before any STOP can't be used against a later one."""
    start = inbound("START")
    await post(kit, start)
    await post(kit, inbound("STOP"))

    assert await post(kit, start) == DONE
    assert await opted_out(kit)


async def test_sixteen_messages_are_remembered(kit: Kit) -> None:
    """Up to sixteen messages back a replay is known, and the message's id is kept nowhere."""
    first = inbound("START")
    await post(kit, first)
    for number in range(15):
        await post(kit, inbound("STOP" if number % 2 == 0 else "START"))
    assert await opted_out(kit)

    await post(kit, first)

    assert await opted_out(kit)
    record = await kit.record(PHONE)
    assert record is not None
    assert len(record.message_hashes) == 16
    assert first.fields["MessageSid"].encode() not in b"".join(record.message_hashes)


@pytest.mark.parametrize("from_", ["12345", "whatsapp:+13035550123", "", "STOP", "+1303555" * 9])
async def test_a_sender_that_is_no_phone(kit: Kit, from_: str) -> None:
    """A short code or another channel is nobody that we send to: 200, and nothing is stored."""
    assert await post(kit, inbound("STOP", from_=from_)) == DONE
    assert not await opted_out(kit)


# ── the store is away ─────────────────────────────────────────────────────────────────────────


async def test_the_store_is_away() -> None:
    """Neither a receipt nor a STOP that could not be stored is answered as done."""
    kit = live(functools.partial(FailsAt, which=set()))
    assert isinstance(kit.store, FailsAt)
    sent = await send(kit)
    kit.store._which = range(10_000)

    for request in (sent.receipt("delivered"), inbound("STOP")):
        answer = await post(kit, request)
        assert answer == WebhookAnswer(503, {"retry-after": "5"}, b"")

    kit.store._which = set()
    assert await post(kit, sent.receipt("delivered")) == DONE
    assert await post(kit, inbound("STOP")) == DONE
    assert (await sent.attempt()).state is DeliveryState.DELIVERED
    assert await opted_out(kit)


async def test_what_is_not_twilios_never_reaches_the_store() -> None:
    """A stranger's request costs no round trip, so he can't load the store."""
    kit = live(functools.partial(FailsAt, which=range(10_000)))
    request = inbound("STOP")

    assert await post(kit, request, headers={}) == FORBIDDEN


async def test_twilio_is_asked_to_try_again(sent: Sent) -> None:
    """The address asks for a repetition after server errors, in the part that Twilio cuts off."""
    address, overrides = urldefrag(sent.message.callback or "")
    assert overrides == "rc=5&rp=5xx,ct,rt"
    assert sent.receipt("delivered").retries == 5
    assert sent.receipt("delivered").url == address


# ── a STOP while a send is under way ──────────────────────────────────────────────────────────


async def test_a_stop_between_load_and_commit_means_no_call() -> None:
    """A send that read the record before a STOP was stored sees it at its commit."""
    kit = live()
    await send(kit)
    handed = len(kit.gateway.messages)
    memory = kit.store

    from smsverify.testing import LosesRaces

    async def stop() -> None:
        assert await post(kit, inbound("STOP")) == DONE

    racing = LosesRaces(memory, stop)
    kit.container.store.override(racing)
    kit.container.reset_singletons()
    kit.container.gateway.override(kit.gateway)
    refused = await kit.container.verifier().send_verification_sms(PHONE, "MyApp")

    assert racing.times == 0
    assert refused.error_code == "RECIPIENT_OPTED_OUT"
    assert len(kit.gateway.messages) == handed


async def test_filtering_rests_the_sender_and_never_the_last() -> None:
    """Three phones' filtered messages rest their sender; the last one goes on."""
    kit = build_two()
    for number in range(60):
        phone = f"+1303555{number:04d}"
        result = await kit.verifier.send_verification_sms(phone, "MyApp")
        if not result.success:
            continue
        sent = heard_of(kit, result.message_id or "")
        await post(kit, sent.receipt("undelivered", 30007))

    status = await kit.verifier.pool_status()

    assert [one["available"] for one in status["senders"]].count(False) == 1  # type: ignore[attr-defined]
    reasons = {one["reason"] for one in status["senders"]}  # type: ignore[attr-defined]
    assert reasons == {"filtered", None}


def build_two() -> Kit:
    """Build a live kit with two senders."""
    return live(senders=SENDERS, daily_cost_limit="500")


def test_the_body_is_what_urlencode_makes() -> None:
    """The test's own requests have the form that Twilio's have."""
    request = inbound("STOP now")
    assert request.body == urlencode(request.fields).encode()

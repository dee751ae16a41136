"""The facade: what callers give and get, in every mode; what statistics and close do."""

from __future__ import annotations

import asyncio
import functools
import json
import os
from typing import Any

import attrs
import pytest

from smsverify.domain.delivery import FailureReason, Rejected, Uncertain
from smsverify.domain.error_code import ErrorCode
from smsverify.errors import StoreContended, StoreDataInvalid
from smsverify.facade.wording import SENTENCES
from smsverify.ports.store import Swap
from smsverify.testing import CountsCalls, FailsAt, ManualClock, last_code
from tests.unit.application.test_commit_loop import Hangs
from tests.unit.kit import PHONE, Kit, build, number
from tests.unit.virtual_time import LoopClock, run_virtually

SID = "AC" + "0" * 32
TOKEN = "0" * 32


def advance(kit: Kit, seconds: float) -> None:
    """Let time pass."""
    assert isinstance(kit.clock, ManualClock)
    kit.clock.advance(seconds)


def wrong(code: str) -> str:
    """Return a code that is not this one."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


async def sent(kit: Kit, **more: Any) -> str:
    """Send a code and return it."""
    result = await kit.verifier.send_verification_sms(PHONE, "MyApp", **more)
    assert result.success, result
    return last_code(kit.gateway, PHONE)


# ── the life of a code ────────────────────────────────────────────────────────────────────────


async def test_a_code_is_sent_typed_and_used_up() -> None:
    """Wrong, right, and right again: refused with attempts left, approved, nothing pending."""
    kit = build()
    code = await sent(kit)

    first = await kit.verifier.verify_code(PHONE, wrong(code))
    second = await kit.verifier.verify_code(PHONE, code)
    third = await kit.verifier.verify_code(PHONE, code)

    assert (first.success, first.error_code, first.attempts_left) == (False, "INCORRECT_CODE", 4)
    assert (second.success, second.error_code, second.error) == (True, None, None)
    assert (third.success, third.error_code) == (False, "NO_PENDING_VERIFICATION")


async def test_the_result_of_a_send() -> None:
    """Id, charge, segments and life; the second send says that it repeats the code."""
    kit = build()

    first = await kit.verifier.send_verification_sms(PHONE, "MyApp")
    advance(kit, 100)
    second = await kit.verifier.send_verification_sms(PHONE, "MyApp")

    assert first.message_id == "SM" + f"{1:032x}"
    assert (first.cost, first.segments, first.expires_in, first.resent) == (0.01, 1, 600, False)
    assert (second.expires_in, second.resent) == (500, True)
    assert first.error_code is first.error is first.public_error is first.retry_after is None


async def test_any_spelling_is_the_same_phone() -> None:
    """A code sent to one spelling is approved for another, and all share one limit."""
    kit = build(rate_limit_per_hour=2)
    for spelling in ("+15551234567", "+1 (555) 123-4567"):
        assert (await kit.verifier.send_verification_sms(spelling, "MyApp")).success
    third = await kit.verifier.send_verification_sms("+1.555.123.4567", "MyApp")
    assert (third.error_code, third.rule) == ("RATE_LIMIT_EXCEEDED", "sends_per_hour")

    result = await kit.verifier.verify_code("+1-555-123-4567", last_code(kit.gateway, PHONE))

    assert result.success


async def test_the_limit_of_an_hour() -> None:
    """Five go out; the sixth says when to come back, and then goes out."""
    kit = build()
    for _ in range(5):
        await sent(kit)
    advance(kit, 600)

    sixth = await kit.verifier.send_verification_sms(PHONE, "MyApp")

    assert (sixth.error_code, sixth.rule) == ("RATE_LIMIT_EXCEEDED", "sends_per_hour")
    assert sixth.retry_after == 3000
    advance(kit, 3000)
    assert (await kit.verifier.send_verification_sms(PHONE, "MyApp")).success


async def test_the_limit_of_wrong_answers() -> None:
    """After five wrong answers the right one is refused too, and a resend changes nothing."""
    kit = build()
    code = await sent(kit)
    for left in (4, 3, 2, 1, 0):
        result = await kit.verifier.verify_code(PHONE, wrong(code))
        assert result.attempts_left == left
    code = await sent(kit)

    refused = await kit.verifier.verify_code(PHONE, code)

    assert (refused.error_code, refused.attempts_left) == ("TOO_MANY_ATTEMPTS", 0)
    assert refused.retry_after == 600


@pytest.mark.parametrize(("seconds", "code"), [(599.999, None), (600, "CODE_EXPIRED")])
async def test_a_code_lives_for_ten_minutes(seconds: float, code: str | None) -> None:
    """Accepted up to its last millisecond, then over."""
    kit = build()
    typed = await sent(kit)
    advance(kit, seconds)

    assert (await kit.verifier.verify_code(PHONE, typed)).error_code == code


@pytest.mark.parametrize("typed", ["000000", "right"])
async def test_expired_is_said_for_a_day(typed: str) -> None:
    """Whatever is typed: expired for 24 hours after the end, then nothing is pending."""
    kit = build()
    code = await sent(kit)
    typed = code if typed == "right" else wrong(code)
    advance(kit, 600 + 24 * 3600 - 601)
    assert (await kit.verifier.verify_code(PHONE, typed)).error_code == "CODE_EXPIRED"
    advance(kit, 1201)

    result = await kit.verifier.verify_code(PHONE, typed)

    assert result.error_code == "NO_PENDING_VERIFICATION"
    assert "wrong" not in await kit.day()


async def test_purposes_stay_apart() -> None:
    """A code for one purpose is wrong for another, and none is declared by using it."""
    kit = build(purposes="login,reset")
    code = await sent(kit, purpose="reset")

    assert (await kit.verifier.verify_code(PHONE, code)).error_code == "NO_PENDING_VERIFICATION"
    assert (await kit.verifier.verify_code(PHONE, code, purpose="reset")).success


async def test_the_locale_chooses_the_text() -> None:
    """The message is in the language asked for, else in the default one."""
    kit = build(default_locale="fr")

    await sent(kit)
    await sent(kit, locale="de")
    await sent(kit, locale="tlh")

    texts = [message.text for message in kit.gateway.messages]
    assert "vérification" in texts[0]
    assert "Bestätigungscode" in texts[1]
    assert texts[2] == texts[0]


async def test_a_client_is_held_to_its_sends() -> None:
    """A client's limit counts over all phones; the /64 of an address is one client."""
    kit = build(client_send_limit_per_hour=2)
    send = kit.verifier.send_verification_sms
    for count, client in enumerate(("2001:db8::1", "2001:db8::2")):
        assert (await send(f"+1555123000{count}", "MyApp", client_id=client)).success

    third = await send(PHONE, "MyApp", client_id="2001:db8::3")

    assert (third.error_code, third.rule) == ("RATE_LIMIT_EXCEEDED", "client_sends_per_hour")
    assert third.retry_after == 3600
    assert (await send(PHONE, "MyApp", client_id="2001:db8:0:1::3")).success


async def test_an_idempotency_key_sends_once() -> None:
    """The same key gives the same message id and sends nothing."""
    kit = build()

    first = await kit.verifier.send_verification_sms(PHONE, "MyApp", idempotency_key="k")
    second = await kit.verifier.send_verification_sms(PHONE, "MyApp", idempotency_key="k")

    assert second.success
    assert second.message_id == first.message_id
    assert len(kit.gateway.messages) == 1


async def test_a_key_whose_first_send_is_under_way() -> None:
    """The second caller is told to ask again, and when."""
    kit = build()
    hold = kit.gateway.hold()
    first = asyncio.create_task(
        kit.verifier.send_verification_sms(PHONE, "MyApp", idempotency_key="k")
    )
    await hold.arrival()

    second = await kit.verifier.send_verification_sms(PHONE, "MyApp", idempotency_key="k")

    assert (second.error_code, second.retry_after) == ("SEND_IN_PROGRESS", 15)
    hold.release()
    assert (await first).success


async def test_money_ends() -> None:
    """A send that would pass the day's ceiling is refused until the day ends, and names it."""
    kit = build(daily_cost_limit="0.02")
    await sent(kit)
    await sent(kit)

    refused = await kit.verifier.send_verification_sms(PHONE, "MyApp")

    assert (refused.error_code, refused.rule) == ("DAILY_COST_LIMIT_EXCEEDED", "daily_cost")
    assert refused.retry_after == 12 * 3600
    assert refused.public_error == "The message could not be sent. Please try again later."


async def test_a_countrys_ceiling_is_named() -> None:
    """A country outside the senders' own has a tenth of the day."""
    kit = build(daily_cost_limit="0.10")

    results = [await kit.verifier.send_verification_sms("+447400123456", "A") for _ in range(2)]

    assert results[0].success
    assert results[1].error_code == "DAILY_COST_LIMIT_EXCEEDED"
    assert results[1].rule == "country_daily_cost"


@pytest.mark.parametrize(
    ("answer", "code", "provider_code"),
    [
        (Rejected(FailureReason.INVALID_RECIPIENT, 21211), "INVALID_PHONE_FORMAT", 21211),
        (Rejected(FailureReason.OPTED_OUT, 21610), "RECIPIENT_OPTED_OUT", 21610),
        (Rejected(FailureReason.COUNTRY_NOT_ENABLED, 21408), "TWILIO_API_ERROR", 21408),
        (Uncertain(20500), "TWILIO_API_ERROR", 20500),
    ],
)
async def test_what_the_provider_said(answer: Any, code: str, provider_code: int) -> None:
    """A refusal has its code and number; what nobody knows may have arrived."""
    kit = build()
    kit.gateway.answer_next(answer)

    result = await kit.verifier.send_verification_sms(PHONE, "MyApp")

    assert (result.error_code, result.provider_code) == (code, provider_code)
    assert result.may_have_arrived is isinstance(answer, Uncertain)


async def test_countries_and_kinds() -> None:
    """Lists hold in simulation too, and are counted as what they are."""
    kit = build(allowed_countries="US", denied_countries="CA")

    british = await kit.verifier.send_verification_sms("+447400123456", "MyApp")
    canadian = await kit.verifier.send_verification_sms("+16135550123", "MyApp")

    assert british.error_code == canadian.error_code == "COUNTRY_NOT_ALLOWED"
    assert "SMS_ALLOWED_COUNTRIES" in (british.error or "")
    assert "SMS_DENIED_COUNTRIES" in (canadian.error or "")
    refused = (await kit.verifier.statistics())["sends"]["refused"]  # type: ignore[index]
    assert refused == {"COUNTRY_NOT_ALLOWED": 2}


# ── modes ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "code", "names"),
    [
        ({}, "SMS_DISABLED", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "SMS_SIMULATION_MODE"]),
        ({"twilio_account_sid": SID}, "CREDENTIALS_MISSING", ["TWILIO_AUTH_TOKEN is not set"]),
        ({"twilio_auth_token": TOKEN}, "CREDENTIALS_MISSING", ["TWILIO_ACCOUNT_SID is not set"]),
    ],
    ids=["nothing", "sid", "token"],
)
async def test_disabled(settings: dict[str, Any], code: str, names: list[str]) -> None:
    """Sends and checks say what to set; nothing is stored, and nothing else breaks."""
    kit = build(CountsCalls, simulation_mode=False, **settings)

    send = await kit.verifier.send_verification_sms(PHONE, "MyApp")
    check = await kit.verifier.verify_code(PHONE, "123456")

    assert kit.verifier.mode == "disabled"
    assert kit.verifier.pool_available is False
    for result in (send, check):
        assert (result.success, result.error_code) == (False, code)
        assert all(name in (result.error or "") for name in names)
        assert result.public_error
        assert "TWILIO" not in result.public_error
    assert kit.gateway.messages == []
    assert isinstance(kit.store, CountsCalls)
    assert (kit.store.loads, kit.store.answers) == (0, [])
    statistics = await kit.verifier.statistics()
    assert (statistics["mode"], statistics["enabled"]) == ("disabled", False)
    await kit.verifier.close()


async def test_disabled_still_minds_mistakes() -> None:
    """A mistake in the program is one in every mode."""
    kit = build(simulation_mode=False)

    with pytest.raises(ValueError, match="app name"):
        await kit.verifier.send_verification_sms(PHONE, "")
    with pytest.raises(ValueError, match="purpose"):
        await kit.verifier.verify_code(PHONE, "123456", purpose="other")


def test_simulation_says_so() -> None:
    """Mode, availability, gateway and repr tell what is built, without I/O."""
    kit = build(CountsCalls)

    assert kit.verifier.mode == "simulation"
    assert kit.verifier.pool_available is True
    assert kit.verifier.gateway is kit.gateway
    assert repr(kit.verifier) == "<SmsVerifier mode=simulation store=memory>"
    assert isinstance(kit.store, CountsCalls)
    assert (kit.store.loads, kit.store.answers) == (0, [])


# ── outages ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, "STORE_UNAVAILABLE"),
        (lambda: StoreContended("busy"), "STORE_CONTENDED"),
        (lambda: StoreDataInvalid("garbage"), "STORE_DATA_INVALID"),
    ],
    ids=["gone", "contended", "garbage"],
)
async def test_a_store_in_trouble_fails_closed(error: Any, code: str) -> None:
    """Sends and checks answer with the store's code, and nothing goes out."""
    more = {} if error is None else {"error": error}
    kit = build(functools.partial(FailsAt, which=range(100), **more))

    send = await kit.verifier.send_verification_sms(PHONE, "MyApp")
    check = await kit.verifier.verify_code(PHONE, "123456")

    assert (send.success, send.error_code) == (False, code)
    assert (check.success, check.error_code) == (False, code)
    assert kit.gateway.messages == []
    statistics = await kit.verifier.statistics()
    assert statistics["last_error"] == {
        "code": code,
        "error": SENTENCES[ErrorCode(code)],
        "at": "2050-01-01T12:00:00.000+00:00",
    }


async def test_garbage_at_our_key_is_left_alone() -> None:
    """Bytes that we did not write are STORE_DATA_INVALID, for sends and checks, and stay."""
    kit = build()
    key = kit.container.keys().phone(number())
    await kit.store.commit((Swap(key, None, b"garbage", None),), (), kit.clock.wall())

    send = await kit.verifier.send_verification_sms(PHONE, "MyApp")
    check = await kit.verifier.verify_code(PHONE, "123456")

    assert send.error_code == check.error_code == "STORE_DATA_INVALID"
    assert (await kit.store.load((key,))).records == (b"garbage",)


@pytest.mark.parametrize("call", ["send", "check"])
def test_a_silent_store_holds_nobody_up_longer_than_two_seconds(call: str) -> None:
    """Sends and checks answer within two seconds, whatever they have to look at first."""

    async def ask() -> str | None:
        kit = build(Hangs, clock=LoopClock())
        recipients = attrs.evolve(kit.container.recipients(), home_only=True)
        kit.container.recipients.override(recipients)
        if call == "send":
            return (await kit.verifier.send_verification_sms(PHONE, "MyApp")).error_code
        return (await kit.verifier.verify_code(PHONE, "123456")).error_code

    assert run_virtually(ask()) == ("REDIS_UNAVAILABLE", 2.0)


# ── statistics ────────────────────────────────────────────────────────────────────────────────


async def test_statistics_are_ready_for_json() -> None:
    """All that is promised is there, and JSON takes it."""
    kit = build()
    await sent(kit)

    statistics = await kit.verifier.statistics()

    assert json.loads(json.dumps(statistics)) == statistics
    assert statistics["as_of"] == "2050-01-01T12:00:00.000+00:00"
    assert statistics["store"] == {"name": "memory", "healthy": True, "error": None}
    assert statistics["gateway"] == "scripted"
    assert statistics["last_error"] is None
    assert {"sends", "checks", "conversion", "cost", "countries", "mode"} <= set(statistics)


async def test_a_refusal_is_no_error_of_ours() -> None:
    """What a caller did wrong does not show as the last error."""
    kit = build()

    await kit.verifier.verify_code(PHONE, "123456")
    await kit.verifier.send_verification_sms("nonsense", "MyApp")

    assert (await kit.verifier.statistics())["last_error"] is None


async def test_statistics_in_an_outage() -> None:
    """They say what is wrong with the store and what this process knows."""
    kit = build(functools.partial(FailsAt, which=range(100)))
    await kit.verifier.verify_code("nonsense", "123456")

    statistics = await kit.verifier.statistics()

    assert statistics["store"] == {
        "name": "memory",
        "healthy": False,
        "error": SENTENCES[ErrorCode.STORE_UNAVAILABLE],
    }
    assert statistics["checks"]["refused"] == {"INVALID_PHONE_FORMAT": 1}  # type: ignore[index]


def test_get_statistics_without_a_loop() -> None:
    """A thread without an event loop gets the figures of now."""
    kit = build()
    asyncio.run(sent(kit))

    assert kit.verifier.get_statistics()["sends"]["admitted"] == 1  # type: ignore[index]


@attrs.frozen
class SlowBackground:
    """A background loop that begins nothing before it is told to."""

    begun: list[Any] = attrs.field(factory=list)

    def submit(self, work: Any) -> None:
        """Keep the coroutine."""
        self.begun.append(work)


async def test_get_statistics_inside_a_loop_does_not_block_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It hands back the last snapshot and has a new one made elsewhere, for the next call."""
    background = SlowBackground()
    monkeypatch.setattr("smsverify.facade.operations.BACKGROUND", background)
    kit = build()

    first = kit.verifier.get_statistics()
    assert first == {"as_of": None, "mode": "simulation", "enabled": True}
    await background.begun.pop()
    advance(kit, 60)
    second = kit.verifier.get_statistics()

    assert second["as_of"] == "2050-01-01T12:00:00.000+00:00"
    await background.begun.pop()
    assert kit.verifier.get_statistics()["as_of"] == "2050-01-01T12:01:00.000+00:00"
    background.begun.pop().close()


# ── the end ───────────────────────────────────────────────────────────────────────────────────


async def test_close_sends_the_counts_and_gives_back_connections() -> None:
    """What waits is written, gateway and store are closed, and the object works on."""
    closed: list[str] = []

    class Closes(CountsCalls):
        async def close(self) -> None:
            closed.append("store")

    kit = build(Closes)
    async with kit.verifier as entered:
        assert entered is kit.verifier
        await kit.verifier.verify_code(PHONE, "nonsense")

    assert (await kit.day())["refused_check.INVALID_CODE_FORMAT"] == 1
    assert (closed, kit.gateway.closed) == (["store"], 1)
    assert (await kit.verifier.send_verification_sms(PHONE, "MyApp")).success


async def test_an_exception_passes_through_the_context() -> None:
    """Leaving by an exception closes too, and hides nothing."""
    kit = build()

    with pytest.raises(LookupError):
        async with kit.verifier:
            raise LookupError

    assert kit.gateway.closed == 1


async def test_a_child_drops_the_counts_that_the_parent_will_send(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first operation after a fork forgets what the parent counted, once."""
    kit = build()
    await kit.verifier.verify_code(PHONE, "nonsense")
    monkeypatch.setattr(os, "getpid", lambda: -1)

    await kit.verifier.verify_code(PHONE, "123456")
    await kit.verifier.verify_code(PHONE, "123456")

    waiting = kit.container.refusals().waiting()
    assert waiting == {"refused_check.NO_PENDING_VERIFICATION": 2}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("send_verification_sms", (PHONE, "MyApp")),
        ("verify_code", (PHONE, "123456")),
        ("statistics", ()),
        ("pool_status", ()),
        ("rest_sender", ("+17205550100",)),
        ("release_sender", ("+17205550100",)),
        ("handle_webhook", ("POST", "/", {}, b"")),
        ("close", ()),
    ],
)
async def test_whatever_a_child_does_first(
    monkeypatch: pytest.MonkeyPatch, name: str, arguments: tuple[Any, ...]
) -> None:
    """No operation takes the parent's counts along."""
    kit = build()
    for _ in range(7):
        await kit.verifier.verify_code(PHONE, "nonsense")
    advance(kit, 5)
    monkeypatch.setattr(os, "getpid", lambda: -1)

    await getattr(kit.verifier, name)(*arguments)
    await kit.verifier.close()

    assert "refused_check.INVALID_CODE_FORMAT" not in await kit.day()

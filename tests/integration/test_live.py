"""Live mode, end to end: send, receipt, check, statistics, with a local Twilio and real stores."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from smsverify import Settings, SmsVerifier, create_verifier
from smsverify.domain.counters import day_key
from smsverify.domain.periods import DAY
from smsverify.settings.dotenv_file import PREFIXES
from smsverify.sync import SyncSmsVerifier
from tests.integration.installed import PLAIN
from tests.integration.live import (
    BASE,
    OTHER_SENDER,
    PHONE,
    SECRET,
    SENDER,
    live_with,
    settings_for,
)
from tests.integration.twilio_server.account import (
    API_KEY_SECRET,
    API_KEY_SID,
    SERVICE_SID,
    Message,
)
from tests.integration.twilio_server.behaviour import refuse
from tests.integration.twilio_server.fixtures import local_twilio, patience
from tests.integration.twilio_server.server import LocalTwilio

__all__ = ["local_twilio", "patience"]


@pytest.fixture(params=["sqlite", "redis"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Give the settings of each store that processes share."""
    if request.param == "sqlite":
        return {"store": "sqlite", "sqlite_path": str(tmp_path / "live.db")}
    return {"store": "redis", "redis_url": request.getfixturevalue("redis_url")}


def variables_of(settings: dict[str, str]) -> dict[str, str]:
    """Return an environment with these settings, and none of this process's."""
    from smsverify.settings import variables

    names = {one.attribute: one.name for one in variables()}
    outside = {key: text for key, text in os.environ.items() if not key.startswith(PREFIXES)}
    return {**outside, **{names[key]: text for key, text in settings.items()}}


@attrs.frozen
class Server:
    """
    ``smsverify serve-webhooks`` as a process of its own.

    Attributes:
        process: the process.
        place: where it listens.
    """

    process: subprocess.Popen[str]
    place: str

    @property
    def command_line(self) -> str:
        """What everybody on the machine sees of the process."""
        return Path(f"/proc/{self.process.pid}/cmdline").read_text()


@pytest.fixture(params=[signal.SIGTERM])
def served(
    request: pytest.FixtureRequest,
    local_twilio: LocalTwilio,
    stored: dict[str, str],
    tmp_path: Path,
) -> Iterator[Server]:
    """Run the command that serves webhooks, on the same store, until it is told to stop."""
    command = [sys.executable, "-m", "smsverify", "serve-webhooks", "--port", "0"]
    settings = settings_for(local_twilio, **stored, log_format="json")
    with subprocess.Popen(
        command,
        env={**variables_of(settings), "PYTHONUNBUFFERED": "1"},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        log: list[str] = []
        while (found := re.search(r"http://127\.0\.0\.1:\d+", log[-1] if log else "")) is None:
            log.append(process.stdout.readline())
            assert log[-1], "".join(log)
        yield Server(process, found[0])
        process.send_signal(request.param)
        assert process.wait(20) == 0
        told = "".join(log[:-1]) + process.stdout.read()
        assert "Traceback" not in told
        assert PHONE not in told
        assert "status?" not in told  # an address names a record and an attempt
        for line in told.splitlines():
            assert json.loads(line)["event"].startswith("sms.")


def code_of(message: Message) -> str:
    """Return the code in a message."""
    found = re.search(r"\b\d{6}\b", message.body)
    assert found is not None
    return found[0]


async def test_from_send_to_statistics(
    local_twilio: LocalTwilio, stored: dict[str, str], served: Server
) -> None:
    """A code goes out, its receipt comes in over HTTP, it is checked, and the figures add up."""
    async with create_verifier(Settings(**settings_for(local_twilio, **stored))) as verifier:
        sent = await verifier.send_verification_sms("+1 (303) 555-0123", "MyApp")
        assert (sent.success, sent.cost, sent.segments) == (True, 0.0083, 1)
        (message,) = local_twilio.account.messages.values()
        assert sent.message_id == message.sid
        assert (message.to, message.sender) == (PHONE, SENDER)

        receipts = local_twilio.webhooks
        for status in ("queued", "delivered", "sent", "delivered"):
            request = receipts.receipt(message, status)
            assert await asyncio.to_thread(request.deliver, served.place) == 200
        forged = attrs.evolve(receipts.receipt(message, "failed"), headers={})
        assert await asyncio.to_thread(forged.deliver, served.place) == 403

        code = code_of(message)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        assert (await verifier.verify_code(PHONE, wrong)).error_code == "INCORRECT_CODE"
        assert (await verifier.verify_code(PHONE, code)).success
        assert (await verifier.verify_code(PHONE, code)).error_code == "NO_PENDING_VERIFICATION"

        told: Any = await verifier.statistics()
    assert (told["mode"], told["gateway"], told["store"]["healthy"]) == ("live", "twilio", True)
    assert told["store"]["name"] == stored["store"]
    sends = told["sends"]
    assert [sends[name] for name in ("asked", "accepted", "delivered", "failed", "unknown")] == [
        1, 1, 1, 0, 0,
    ]  # fmt: skip
    assert (told["checks"]["approved"], told["checks"]["wrong"]) == (1, 1)
    assert (told["conversion"], told["cost"]["spent_dollars"]) == (1.0, 0.0083)
    assert told["countries"]["US"] == {"sends": 1, "approved": 1, "spent_dollars": 0.0083}
    assert told["gateway_status"]["credentials"] == "accepted"


@pytest.mark.parametrize("served", [signal.SIGINT], indirect=True)
async def test_stop_over_http(
    local_twilio: LocalTwilio, stored: dict[str, str], served: Server
) -> None:
    """A STOP that another process took in is obeyed by the next send, and a START lifts it."""
    url = f"{BASE}/webhooks/twilio/inbound"

    async def hear(text: str) -> int:
        request = local_twilio.webhooks.inbound(url, PHONE, SENDER, text)
        return await asyncio.to_thread(request.deliver, served.place)

    async with create_verifier(Settings(**settings_for(local_twilio, **stored))) as verifier:
        assert (await verifier.send_verification_sms(PHONE, "MyApp")).success
        assert await hear("Stop") == 200
        refused = await verifier.send_verification_sms(PHONE, "MyApp")
        assert refused.error_code == "RECIPIENT_OPTED_OUT"
        assert len(local_twilio.sends) == 1
        assert await hear("START") == 200
        assert (await verifier.send_verification_sms(PHONE, "MyApp")).success


async def test_the_server_turns_strangers_away(
    local_twilio: LocalTwilio, stored: dict[str, str], served: Server
) -> None:
    """Other paths, methods and large bodies are answered over HTTP too; nothing secret shows."""
    import httpx

    async with httpx.AsyncClient(base_url=served.place) as client:
        assert (await client.get("/")).status_code == 404
        assert (await client.get("/webhooks/twilio/status")).status_code == 405
        large = b"x=" + b"y" * 70_000
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = await client.post("/webhooks/twilio/inbound", content=large, headers=kind)
        assert (reply.status_code, reply.content) == (403, b"")
        assert "server" not in reply.headers
    for secret in (local_twilio.account.token, SECRET, local_twilio.account.sid):
        assert secret not in served.command_line


# ── credentials ───────────────────────────────────────────────────────────────────────────────


async def test_an_api_key_signs_in(local_twilio: LocalTwilio) -> None:
    """With an API key the token signs webhooks only."""
    live = live_with(
        local_twilio, twilio_api_key_sid=API_KEY_SID, twilio_api_key_secret=API_KEY_SECRET
    )
    assert (await live.send()).success
    assert (await live.receive("delivered")).status == 200
    assert {one.credentials for one in local_twilio.requests} == {(API_KEY_SID, API_KEY_SECRET)}
    await live.verifier.close()


async def test_no_receipts_that_nobody_could_check(local_twilio: LocalTwilio) -> None:
    """With an API key alone no webhook can be believed, so no receipt is asked for."""
    live = live_with(
        local_twilio,
        twilio_auth_token="",
        twilio_api_key_sid=API_KEY_SID,
        twilio_api_key_secret=API_KEY_SECRET,
    )
    assert (await live.send()).success
    assert "StatusCallback" not in local_twilio.sends[0].form
    assert not live.verifier.takes_webhooks
    await live.verifier.close()


async def test_credentials_show_in_no_status(local_twilio: LocalTwilio) -> None:
    """Whatever is asked for, in good times and bad, no secret is in the answer."""
    live = live_with(
        local_twilio, twilio_api_key_sid=API_KEY_SID, twilio_api_key_secret=API_KEY_SECRET
    )
    secrets = [local_twilio.account.token, API_KEY_SECRET, SECRET, local_twilio.account.sid]
    shown = []
    for token in (API_KEY_SECRET, "another"):
        local_twilio.account.keys = {API_KEY_SID: token}
        shown += [repr(await live.send()), repr(await live.verifier.pool_status())]
        shown += [repr(await live.verifier.pool_status(show_numbers=True))]
        shown += [repr(await live.verifier.statistics())]
        try:
            shown.append(repr(await live.verifier.check_prices()))
        except Exception as error:  # noqa: BLE001 - any error may show something
            shown.append(repr(error))
    shown += [repr(part) for part in (live.verifier, live.container, live.container.settings())]
    await live.verifier.close()

    assert "BillingUnavailable" in "".join(shown)
    for secret in secrets:
        assert secret not in "".join(shown)


# ── senders ───────────────────────────────────────────────────────────────────────────────────


async def test_the_accounts_own_numbers(local_twilio: LocalTwilio) -> None:
    """Without a list the account's SMS-capable numbers send, the preferred area code first."""
    live = live_with(local_twilio, twilio_phone_numbers="")
    for number in range(5):
        assert (await live.send(f"+1303555{number:04d}")).success
    assert {one.sender for one in live.messages} == {SENDER}

    status: Any = await live.verifier.pool_status(show_numbers=True)
    listed = [(one["number"], one["preferred"], one["sent_today"]) for one in status["senders"]]
    assert listed == [(OTHER_SENDER, False, 0), (SENDER, True, 5)]
    await live.verifier.rest_sender(SENDER)
    assert (await live.send("+13035550009")).success
    assert live.messages[-1].sender == OTHER_SENDER
    await live.verifier.close()


async def test_without_a_list_of_countries_only_the_senders_own(local_twilio: LocalTwilio) -> None:
    """Where no country is allowed by name, those of the senders are."""
    live = live_with(local_twilio, twilio_phone_numbers="")
    assert (await live.send("+447400123456")).error_code == "COUNTRY_NOT_ALLOWED"
    assert (await live.send()).success
    await live.verifier.close()


async def test_an_account_that_can_not_be_read(local_twilio: LocalTwilio) -> None:
    """Senders that are not known yet are no sender, and no verdict on the country."""
    live = live_with(local_twilio, twilio_phone_numbers="")
    local_twilio.account.token = "another"

    assert (await live.send()).error_code == "NO_SENDER_AVAILABLE"
    status = await live.verifier.pool_status()
    assert "TWILIO_PHONE_NUMBERS" in str(status["error"])
    assert local_twilio.sends == []
    await live.verifier.close()


async def test_a_messaging_service(local_twilio: LocalTwilio) -> None:
    """A Messaging Service takes the place of numbers, and has counts and rests like one."""
    live = live_with(
        local_twilio,
        twilio_phone_numbers="",
        twilio_messaging_service_sid=SERVICE_SID,
        allowed_countries="US",
    )
    assert (await live.send()).success
    assert live.messages[0].form["MessagingServiceSid"] == SERVICE_SID
    status: Any = await live.verifier.pool_status()
    (sender,) = status["senders"]
    assert sender["kind"] == "messaging_service"
    assert sender["sent_today"] == 1
    assert SERVICE_SID not in repr(sender)
    await live.verifier.close()


async def filtered(live: Any, *phones: str) -> None:
    """Send to phones, and have the carrier filter what went out from the first sender."""
    for phone in phones:
        assert (await live.send(phone)).success
        if live.messages[-1].sender == SENDER:
            await live.receive("undelivered", 30007)


async def test_three_filtered_recipients_rest_a_sender(local_twilio: LocalTwilio) -> None:
    """After three different phones it rests for a day, and the other one takes over."""
    live = live_with(local_twilio, twilio_phone_numbers=f"{SENDER},{OTHER_SENDER}")
    await filtered(live, "+13035550001", "+13035550002")
    await filtered(live, "+13035550002")  # the same phone again, from the other sender
    assert (await live.verifier.pool_status())["totals"]["resting"] == 0  # type: ignore[index]

    await filtered(live, "+13035550003")

    status: Any = await live.verifier.pool_status(show_numbers=True)
    resting = {one["number"]: (one["reason"], one["resting_until"]) for one in status["senders"]}
    assert resting == {
        SENDER: ("filtered", "2050-01-02T12:00:00.000+00:00"),
        OTHER_SENDER: (None, None),
    }
    assert (await live.send("+13035550004")).success
    assert live.messages[-1].sender == OTHER_SENDER
    await live.verifier.close()


async def test_receipts_never_rest_the_last_sender(local_twilio: LocalTwilio) -> None:
    """With one sender left, filtering ends no service."""
    live = live_with(local_twilio)
    await filtered(live, *(f"+1303555{number:04d}" for number in range(6)))

    assert (await live.verifier.pool_status())["totals"]["available"] == 1  # type: ignore[index]
    assert (await live.send("+13035550099")).success
    await live.verifier.close()


async def test_a_daily_allowance(local_twilio: LocalTwilio) -> None:
    """A sender that carried its allowance rests; it may overshoot by one look at the pool."""
    live = live_with(local_twilio, sender_daily_allowance="3")
    results = []
    for number in range(10):
        results.append(await live.send(f"+1303555{number:04d}"))
        live.clock.advance(2)  # type: ignore[attr-defined]

    sent = sum(result.success for result in results)
    assert 3 <= sent <= 6
    assert {str(one.error_code) for one in results[sent:]} == {"NO_SENDER_AVAILABLE"}
    status: Any = await live.verifier.pool_status()
    (sender,) = status["senders"]
    assert sender["reason"] == "allowance"
    await live.verifier.close()


async def test_one_sender_for_one_person(local_twilio: LocalTwilio) -> None:
    """The same person sees the same number, in every process; an unusable one is replaced."""
    numbers = ",".join(f"+1720555010{last}" for last in range(8))
    for number in numbers.split(","):
        local_twilio.account.numbers[number] = True
    first = live_with(local_twilio, twilio_phone_numbers=numbers)
    await first.send()
    second = live_with(local_twilio, twilio_phone_numbers=numbers)
    await second.send()
    used = {one.sender for one in first.messages}
    assert len(used) == 1

    local_twilio.script(refuse(21606))
    await first.send()
    assert (await first.send()).success
    assert first.messages[-1].sender not in used
    for live in (first, second):
        await live.verifier.close()


# ── prices ────────────────────────────────────────────────────────────────────────────────────


async def test_the_order_of_prices(local_twilio: LocalTwilio) -> None:
    """The operator's price first, then Twilio's dearest carrier, then the built-in estimate."""
    local_twilio.account.prices = {"US": ["0.0079", "0.0083"], "GB": ["0.0524", "0.0611"]}
    live = live_with(local_twilio, prices="GB=0.07", allowed_countries="*")

    costs = [(await live.send(phone)).cost for phone in (PHONE, "+447400123456", "+33612345678")]

    assert costs == [0.0083, 0.07, 0.08]
    asked = [one.path for one in local_twilio.requests if "Messaging/Countries" in one.path]
    assert asked == ["/v1/Messaging/Countries/US", "/v1/Messaging/Countries/FR"]
    await live.verifier.close()


async def test_another_process_does_not_ask_for_the_price(
    local_twilio: LocalTwilio, stored: dict[str, str]
) -> None:
    """The day's prices are in the store."""
    for phone in ("+13035550001", "+13035550002"):
        async with create_verifier(Settings(**settings_for(local_twilio, **stored))) as verifier:
            assert (await verifier.send_verification_sms(phone, "MyApp")).cost == 0.0083
    assert sum("Countries" in one.path for one in local_twilio.requests) == 1


async def bill_yesterday(live: Any, **amounts: list[str | None]) -> None:
    """Let the day pass, with the messages of each phone billed as of yesterday."""
    from datetime import UTC, datetime

    yesterday = datetime.fromtimestamp(live.clock.wall() / 1000, UTC)
    for to, prices in amounts.items():
        for price in prices:
            live.twilio.account.add(
                Message(to.replace("p", "+"), SENDER, price=price, sent_at=yesterday)
            )
    live.clock.advance(86_400)


async def test_prices_are_compared(local_twilio: LocalTwilio) -> None:
    """Yesterday's counters and Twilio's records, page by page, name the price that is too low."""
    live = live_with(local_twilio, prices="US=0.005", allowed_countries="US,GB")
    for phone in ("+13035550001", "+447400123456"):
        assert (await live.send(phone)).success
    local_twilio.account.messages.clear()
    many: list[str | None] = ["-0.00830"] * 1500
    await bill_yesterday(live, p13035550001=[*many, None], p447400123456=["-0.05240"])
    local_twilio.account.add(Message(PHONE, SENDER, direction="inbound", price="-9"))
    local_twilio.requests.clear()

    report: Any = await live.verifier.check_prices()

    assert report["too_low"] == ["US"]
    assert report["day"] == "2050-01-01"
    assert report["countries"]["US"] == {
        "sends": 1,
        "charged_dollars": 0.005,
        "messages": 1500,
        "segments": 1500,
        "billed_dollars": 12.45,
        "waiting_for_price": 1,
        "price_dollars": 0.005,
        "dearest_dollars": 0.0083,
        "too_low": True,
    }
    assert report["countries"]["GB"]["billed_dollars"] == 0.0524
    assert sum("Messages.json" in one.path for one in local_twilio.requests) == 2
    await live.verifier.close()


async def test_records_that_can_not_be_read(local_twilio: LocalTwilio) -> None:
    """A check that Twilio refuses is an error that says what to look at."""
    from smsverify.ports.billing import BillingUnavailable

    live = live_with(local_twilio)
    local_twilio.account.token = "another"
    with pytest.raises(BillingUnavailable, match=r"answered 401.*smsverify validate"):
        await live.verifier.check_prices()
    await live.verifier.close()


def test_the_command_compares_prices(local_twilio: LocalTwilio, tmp_path: Path) -> None:
    """The command reads the same, with the credentials from the environment only."""
    settings = settings_for(local_twilio, store="sqlite", sqlite_path=str(tmp_path / "x.db"))
    command = [sys.executable, "-m", "smsverify", "prices", "check", "--json"]

    done = subprocess.run(
        command,
        env=PLAIN | variables_of(settings),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["too_low"] == []


# ── the synchronous face ──────────────────────────────────────────────────────────────────────


def test_without_an_event_loop(local_twilio: LocalTwilio, stored: dict[str, str]) -> None:
    """Django and Flask send, take webhooks, check and ask for the pool without awaiting."""
    verifier: SmsVerifier = create_verifier(Settings(**settings_for(local_twilio, **stored)))
    sync = SyncSmsVerifier(verifier)
    assert sync.send_verification_sms(PHONE, "MyApp").success
    (message,) = local_twilio.account.messages.values()
    request = local_twilio.webhooks.receipt(message, "delivered")

    answer = sync.handle_webhook("POST", request.path_and_query, request.headers, request.body)

    assert answer.status == 200
    assert sync.get_statistics()["sends"]["delivered"] == 1  # type: ignore[index]
    assert sync.get_pool_status()["totals"]["sent_today"] == 1  # type: ignore[index]
    assert sync.verify_code(PHONE, code_of(message)).success
    sync.close()


async def test_prices_are_kept_for_the_day_and_the_next(
    local_twilio: LocalTwilio, stored: dict[str, str]
) -> None:
    """What is in the store under today's list is what a segment costs."""
    async with create_verifier(Settings(**settings_for(local_twilio, **stored))) as verifier:
        await verifier.send_verification_sms(PHONE, "MyApp")
        store = verifier._parts.store
        now = (await store.load(())).now
        today = day_key(now).replace("day:", "prices:")
        before = day_key(now - DAY).replace("day:", "prices:")
        lists = (await store.load((), (today, before))).counters
        assert [dict(one) for one in lists] == [{"US": 8_300}, {}]

"""
No code, no secret and no whole number in any log, exception, repr, key or value.

Everything that can happen is played on every store, in simulation and against a local Twilio,
while every logger of the process is at DEBUG and asyncio tells what it does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smsverify import Settings
from smsverify.container import Container
from smsverify.domain.periods import DAY
from smsverify.errors import ConfigurationError, StoreContended, StoreDataInvalid, StoreUnavailable
from smsverify.ports.store import Swap
from smsverify.settings import StoreKind
from smsverify.testing import FailsAt, ManualClock, ScriptedGateway
from tests.integration.every_outcome import (
    CODE_LENGTH,
    PHONE,
    SECRETS,
    STOPPED,
    Watch,
    play,
    play_with_doubles,
    reprs_of,
)
from tests.integration.servers import Single
from tests.integration.twilio_server import behaviour
from tests.integration.twilio_server.fixtures import local_twilio
from tests.integration.twilio_server.server import LocalTwilio

__all__ = ["local_twilio"]

PASSWORD = "password-of-the-store-18529"
WEBHOOK_SECRET = "webhook-secret-of-the-test-18529-18529"
PLAIN: dict[str, Any] = {
    **SECRETS,
    "code_length": CODE_LENGTH,
    "log_level": "DEBUG",
    "rate_limit_per_hour": 6,
}
STORES = ["memory", "sqlite", "redis"]


class Stored:
    """One store's settings, and all bytes that it holds."""

    def __init__(self, settings: dict[str, Any], dump: Callable[[Container], bytes]) -> None:
        self.settings = settings
        self.dump = dump


@pytest.fixture(scope="module")
def guarded_server() -> Iterator[Single]:
    """Run a server that wants a password."""
    with Single(password=PASSWORD) as server:
        yield server


@pytest.fixture(params=STORES)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Stored:
    """Give each store in turn, empty."""
    if request.param == "memory":
        return Stored({"store": "memory"}, lambda one: repr(vars_of(one.store())).encode())
    if request.param == "sqlite":
        settings = {"store": "sqlite", "sqlite_path": tmp_path / "sms.db"}
        return Stored(settings, lambda _: b"".join(p.read_bytes() for p in tmp_path.iterdir()))
    server: Single = request.getfixturevalue("guarded_server")
    server.flush()
    return Stored({"redis_url": server.url}, lambda _: dump_of(server))


def vars_of(store: Any) -> list[Any]:
    """Return what a store in memory holds, in plain values."""
    records = [(key, record.value) for key, record in store._records.items()]
    return [*records, *[(key, group.sums) for key, group in store._groups.items()]]


def dump_of(server: Single) -> bytes:
    """Return all keys and values of a server."""
    everything = server.all_keys_and_values()
    return b"\n".join(part for key, values in everything.items() for part in (key, *values))


@pytest.fixture
def watch(caplog: pytest.LogCaptureFixture) -> Watch:
    """Give a watch while every logger says all that it can."""
    caplog.set_level(logging.DEBUG)
    for name in [*logging.root.manager.loggerDict, "smsverify", "smsverify.twilio", "asyncio"]:
        caplog.set_level(logging.DEBUG, logger=name)
    found = Watch()
    for secret in (PASSWORD, WEBHOOK_SECRET):
        found.secrets[secret] = "a password"
    return found


def assert_nowhere(
    watch: Watch, caplog: pytest.LogCaptureFixture, container: Container, stored: Stored
) -> None:
    """Assert that none of what is secret shows anywhere."""
    assert {"a code", "a whole number"} <= set(watch.secrets.values())
    whole = stored.dump(container)
    assert len(whole) > 500
    assert watch.found_in(whole) == set()
    format_ = logging.Formatter("%(name)s %(levelname)s %(message)s").format
    assert len(caplog.records) > 20
    for record in caplog.records:
        assert watch.found_in(f"{format_(record)} {record.__dict__}") == set(), record.name
    assert len(watch.shown) > 50
    for text in watch.shown:
        assert watch.found_in(text) == set()
    count = 0
    for text in reprs_of([provider() for provider in container.providers.values()]):
        count += 1
        assert watch.found_in(text) == set()
    assert count > 50
    for provider in container.providers.values():
        assert watch.found_in(repr(provider)) == set()


async def test_in_simulation(
    stored: Stored, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    """With the simulated provider, whose inbox alone holds the codes."""
    asyncio.get_running_loop().set_debug(True)
    container = Container(settings=Settings(simulation_mode=True, **PLAIN, **stored.settings))
    verifier = container.verifier()

    await play(verifier, watch, lambda: [one.text for one in verifier.gateway.messages])  # type: ignore[attr-defined]
    await verifier.close()

    assert_nowhere(watch, caplog, container, stored)


async def test_with_doubles(stored: Stored, watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    """With every answer that a provider can give, expired codes and opt-outs."""
    clock, gateway = ManualClock(), ScriptedGateway()
    container = Container(settings=Settings(simulation_mode=True, **PLAIN, **stored.settings))
    if "redis_url" in stored.settings:
        from smsverify.adapters.redis.store import RedisStore

        container.store.override(
            RedisStore(
                stored.settings["redis_url"],
                namespace="{test}:",
                clock=clock,
                time_override=clock.wall,
            )
        )
    container.clock.override(clock)
    container.gateway.override(gateway)

    await play_with_doubles(container, watch, clock, gateway)
    await container.verifier().close()

    assert_nowhere(watch, caplog, container, stored)


@pytest.mark.parametrize(
    "error",
    [
        lambda: StoreUnavailable("The store was told to fail."),
        lambda: StoreContended("The store was told to be contended."),
        lambda: StoreDataInvalid("The store was told to hold garbage."),
    ],
    ids=["gone", "contended", "garbage"],
)
async def test_when_the_store_fails(
    watch: Watch, caplog: pytest.LogCaptureFixture, error: Callable[[], Exception]
) -> None:
    """Whichever call of the store fails."""
    shown = 0
    for which in range(8):
        container = Container(
            settings=Settings(simulation_mode=True, store=StoreKind.MEMORY, **PLAIN)
        )
        container.store.override(FailsAt(container.store(), {which}, error))
        verifier = container.verifier()
        watch.show(await verifier.send_verification_sms(PHONE, "MyApp"))
        texts = [one.text for one in verifier.gateway.messages]  # type: ignore[attr-defined]
        codes = watch.note_codes(texts) or ["0" * CODE_LENGTH]
        watch.show(await verifier.verify_code(PHONE, codes[-1]))
        watch.show(await verifier.statistics())
        shown += len(watch.found_in("".join([*watch.shown, *map(repr, caplog.records)])))
        for record in caplog.records:
            assert watch.found_in(f"{record.getMessage()} {record.__dict__}") == set()

    assert shown == 0


@pytest.mark.parametrize("garbage", [b"garbage", PHONE.encode(), b"\x01" + PHONE.encode() * 9])
async def test_when_garbage_lies_at_our_key(
    watch: Watch, caplog: pytest.LogCaptureFixture, garbage: bytes
) -> None:
    """What others wrote there is not shown either: it may hold a number."""
    container = Container(settings=Settings(simulation_mode=True, store=StoreKind.MEMORY, **PLAIN))
    verifier = container.verifier()
    from tests.unit.kit import number

    key = container.keys().phone(number(PHONE))
    now = container.clock().wall()
    await container.store().commit((Swap(key, None, garbage, DAY),), (), now)

    watch.show(await verifier.send_verification_sms(PHONE, "MyApp"))
    watch.show(await verifier.verify_code(PHONE, "0" * CODE_LENGTH))

    for text in [*watch.shown, *(f"{one.getMessage()} {one.__dict__}" for one in caplog.records)]:
        assert watch.found_in(text) == set()


async def test_when_redis_is_away(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    """The address that could not be reached is told without its password."""
    url = f"redis://user:{PASSWORD}@127.0.0.1:1"
    container = Container(settings=Settings(simulation_mode=True, redis_url=url, **PLAIN))
    verifier = container.verifier()

    watch.show(await verifier.send_verification_sms(PHONE, "MyApp"))
    watch.show(await verifier.verify_code(PHONE, "0" * CODE_LENGTH))
    watch.show(await verifier.statistics())
    await verifier.close()

    assert caplog.records
    told = [f"{one.getMessage()} {one.__dict__}" for one in caplog.records]
    reprs = reprs_of([provider() for provider in container.providers.values()])
    for text in [*watch.shown, *told, *reprs]:
        assert watch.found_in(text) == set()


@pytest.mark.parametrize(
    "settings",
    [
        {"redis_url": f"http://user:{PASSWORD}@localhost"},
        {"redis_url": f"redis://:{PASSWORD}@localhost:port"},
        {"code_secret": PASSWORD},
        {"key_secret": PASSWORD},
        {"twilio_auth_token": PASSWORD},
        {"twilio_account_sid": PASSWORD},
        {"webhook_secret": PASSWORD},
        {"test_phone_number": PHONE + "x"},
        {"twilio_phone_numbers": PHONE + "x"},
        {"message_template": f"{{{PASSWORD}}}"},
    ],
    ids=lambda settings: repr(settings)[2:24],
)
def test_a_setting_that_makes_no_sense(watch: Watch, settings: dict[str, Any]) -> None:
    """The sentence names the variable and never the value."""
    with pytest.raises(ConfigurationError) as raised:
        Container(settings=Settings(simulation_mode=True, **settings)).verifier()

    watch.show(raised.value)
    for text in watch.shown:
        assert watch.found_in(text) == set()


# ── live ──────────────────────────────────────────────────────────────────────────────────────


async def test_live(
    stored: Stored, local_twilio: LocalTwilio, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    """Against a local Twilio that answers in every way, with receipts and opt-outs."""
    asyncio.get_running_loop().set_debug(True)
    account = local_twilio.account
    watch.secrets[account.token] = "the token"
    settings = {
        "twilio_account_sid": account.sid,
        "twilio_auth_token": account.token,
        "twilio_phone_numbers": "+17205550100,+14155550101",
        "twilio_api_base_url": local_twilio.base_url,
        "public_base_url": "https://sms.example.com",
        "webhook_secret": WEBHOOK_SECRET,
        "allowed_countries": "US,GB",
        "daily_cost_limit": 1000,
        **PLAIN,
        **stored.settings,
    }
    container = Container(settings=Settings(**settings))
    verifier = container.verifier()

    def texts() -> list[str]:
        return [message.body for message in account.messages.values()]

    await play(verifier, watch, texts)
    local_twilio.script(*answers())
    for count in range(len(answers())):
        phone = f"+1303557{count:04d}"
        watch.secrets[phone[1:]] = "a whole number"
        watch.show(await verifier.send_verification_sms(phone, "MyApp"))
    watch.note_codes(texts())
    await webhooks(verifier, local_twilio)
    watch.show(await verifier.send_verification_sms(STOPPED, "MyApp"))
    watch.show(await verifier.pool_status())
    watch.show(await verifier.statistics())
    await verifier.close()

    assert verifier.mode == "live"
    assert len(local_twilio.sends) > len(answers())
    assert_nowhere(watch, caplog, container, stored)


def answers() -> list[Any]:
    """Return one of each kind of answer that Twilio and the network between may give."""
    return [
        behaviour.refuse(21211),
        behaviour.refuse(21408),
        behaviour.refuse(21606),
        behaviour.refuse(29999),
        behaviour.refuse_as_problem(21614),
        behaviour.fail(),
        behaviour.say(404, f"<p>{PHONE}</p>".encode()),
        behaviour.say(400, f'{{"code": 1, "message": "To: {PHONE}"}}'.encode()),
        behaviour.cut(behaviour.HangUp.UNANSWERED),
        behaviour.cut(behaviour.HangUp.WITH_RESET),
        behaviour.refuse(20003),
    ]


async def webhooks(verifier: Any, twilio: LocalTwilio) -> None:
    """Have receipts and opt-outs delivered, right ones and forged ones."""
    for status, code in (("sent", None), ("delivered", None), ("undelivered", 30003)):
        for message in list(twilio.account.messages.values())[-3:]:
            request = twilio.webhooks.receipt(message, status, code)
            await deliver(verifier, request)
            await deliver(verifier, twilio.webhooks.receipt(message, status, token="0" * 32))
    url = "https://sms.example.com/webhooks/twilio/inbound"
    for body in ("STOP", "START", f"my number is {PHONE}", "STOP"):
        await deliver(verifier, twilio.webhooks.inbound(url, STOPPED, "+17205550100", body))


async def deliver(verifier: Any, request: Any) -> int:
    """Hand one request over and return the status."""
    answer = await verifier.handle_webhook(
        "POST", request.path_and_query, request.headers, request.body
    )
    return int(answer.status)

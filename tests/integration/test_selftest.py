"""The self-test as a command, and in live mode against a local Twilio and real stores."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest
from rich.console import Console

from smsverify.container import Container
from smsverify.domain.delivery import DeliveryState
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.entrypoints.selftest import real
from smsverify.entrypoints.selftest.configured import Deployment, sends_for_real
from smsverify.entrypoints.selftest.real import RealSms
from smsverify.entrypoints.selftest.run import Screen, failed, play_configured
from smsverify.entrypoints.selftest.scenario import Outcome, play
from smsverify.entrypoints.validator.situation import read_situation
from tests.integration.installed import PLAIN
from tests.integration.servers.process import free_port
from tests.integration.twilio_server.behaviour import refuse
from tests.integration.twilio_server.fixtures import local_twilio
from tests.unit.entrypoints.validator.sound import ACCOUNT, TOKEN, changed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.twilio_server.server import LocalTwilio

__all__ = ["local_twilio"]

PHONE = "+17205550123"
PATIENCE_SECONDS = 60
REAL = {"SMS_TEST_REAL_SENDING": "true", "SMS_TEST_PHONE_NUMBER": PHONE}


@pytest.fixture
def live(local_twilio: LocalTwilio, tmp_path: Path) -> dict[str, str]:
    """Give the settings of a live deployment on one machine, with a local Twilio."""
    account = local_twilio.account
    account.sid, account.token, account.balance = ACCOUNT, TOKEN, "99.00"
    account.numbers = {"+17205550142": True}
    return changed(
        {
            "TWILIO_API_BASE_URL": local_twilio.base_url,
            "REDIS_URL": None,
            "SMS_PUBLIC_BASE_URL": None,
            "SMS_STORE": "sqlite",
            "SMS_SQLITE_PATH": str(tmp_path / "records.db"),
        }
    )


def deployment(environ: dict[str, str]) -> Deployment:
    """Build what the self-test plays on."""
    situation = read_situation(environ)
    container = Container(settings=situation.settings)
    return Deployment(situation, container, container.verifier())


async def configured(environ: dict[str, str]) -> dict[str, Outcome]:
    """Play what these settings allow; return what came of each scenario."""
    paper = Screen(Console(file=io.StringIO(), width=80))
    outcomes = await play_configured(read_situation(environ), paper)
    return {one.name: one for one in outcomes}


async def played(sms: RealSms, here: Deployment) -> dict[str, Outcome]:
    """Play the scenarios of a real message."""
    async with here.verifier:
        return {one.name: await play(one, here) for one in sms.scenarios()}


async def test_live_mode_is_tried_and_nothing_is_sent(
    local_twilio: LocalTwilio, live: dict[str, str]
) -> None:
    """Account, senders and store are asked; no message is made without being asked for."""
    outcomes = await configured(live)

    assert not failed(outcomes.values()), outcomes
    assert {"Settings", "Twilio account", "Sender numbers", "Store (sqlite)"} <= set(outcomes)
    assert outcomes["Send and check"].passed is None
    assert "Real SMS" not in outcomes
    assert local_twilio.sends == []


async def test_live_mode_on_redis(live: dict[str, str], redis_url: str) -> None:
    """The same on a real server."""
    on_redis = changed({"SMS_STORE": None, "SMS_SQLITE_PATH": None, "REDIS_URL": redis_url}, live)
    outcomes = await configured(on_redis)

    assert not failed(outcomes.values()), outcomes
    assert outcomes["Store (redis)"].passed


async def test_refused_credentials_fail_it(local_twilio: LocalTwilio, live: dict[str, str]) -> None:
    """What Twilio refuses is a failure that says what to set."""
    local_twilio.account.token = "another"

    outcomes = await configured(live)

    assert outcomes["Twilio account"].passed is False
    assert "TWILIO_AUTH_TOKEN=" in outcomes["Twilio account"].said


async def test_a_store_out_of_reach_fails_it(live: dict[str, str]) -> None:
    """Redis that is not there fails the store, the figures and the checks."""
    nobody = f"redis://127.0.0.1:{free_port()}/0"
    on_redis = changed({"SMS_STORE": None, "SMS_SQLITE_PATH": None, "REDIS_URL": nobody}, live)

    outcomes = await configured(on_redis)

    for name in ("Store (redis)", "Statistics", "Unsent code"):
        assert outcomes[name].passed is False
        assert "Redis connection failed" in outcomes[name].said


async def test_a_real_message_is_sent_and_its_receipt_and_code_come_in(
    local_twilio: LocalTwilio, live: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One SMS goes out, the receipt another process stores is shown, the code is asked for."""
    monkeypatch.setattr(real, "LOOK_SECONDS", 0.01)
    here = deployment(changed({**REAL, "SMS_PUBLIC_BASE_URL": "https://sms.example.com"}, live))
    said: list[str] = []

    def tell(sentence: str) -> None:
        said.append(sentence)
        if "is sent" in sentence:
            deliveries.append(asyncio.ensure_future(deliver(here)))

    deliveries: list[asyncio.Future[None]] = []
    sms = RealSms(tell, ask=lambda _: code_in(local_twilio), receipt_seconds=10)
    outcomes = await played(sms, here)

    assert not failed(outcomes.values()), outcomes
    assert [one.passed for one in outcomes.values()] == [True, True, True]
    assert len(local_twilio.sends) == 1
    assert outcomes["Real SMS"].said.startswith("SM")
    assert said == ["Receipt: the message is sent.", "Receipt: the message is delivered."]


async def deliver(here: Deployment, state: DeliveryState = DeliveryState.DELIVERED) -> None:
    """Store a receipt, as the process that serves the webhooks does."""
    phone = parse_phone(PHONE)
    assert isinstance(phone, PhoneNumber)
    key = here.container.keys().phone(phone)
    stored = (await here.container.store().load((key,))).records[0]
    (attempt,) = here.container.codec().decode(stored).attempts
    assert attempt.message_id is not None
    await here.container.take_receipt()(key, attempt.id, state, attempt.message_id)


def code_in(twilio: LocalTwilio) -> str:
    """Return the code that stands in the last message."""
    body = list(twilio.account.messages.values())[-1].body
    return next(word.strip(".") for word in body.split() if word.strip(".").isdigit())


async def test_an_undelivered_message_fails_it(
    live: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receipt that says no is a failure, and the code is still asked for."""
    monkeypatch.setattr(real, "LOOK_SECONDS", 0.01)
    here = deployment(changed({**REAL, "SMS_PUBLIC_BASE_URL": "https://sms.example.com"}, live))
    deliveries: list[asyncio.Future[None]] = []

    def tell(sentence: str) -> None:
        if "is sent" in sentence:
            receipt = deliver(here, DeliveryState.UNDELIVERED)
            deliveries.append(asyncio.ensure_future(receipt))

    outcomes = await played(RealSms(tell, receipt_seconds=10), here)

    assert outcomes["Receipt"].passed is False
    assert "not delivered" in outcomes["Receipt"].said


async def test_ctrl_c_at_the_question_ends_the_run(live: dict[str, str]) -> None:
    """Who does not want to type the code is not asked again, and it is no failure of ours."""

    def ask(_: str) -> str:
        raise click.Abort

    with pytest.raises(click.Abort):
        await played(RealSms(lambda _: None, ask=ask), deployment(changed(REAL, live)))


async def test_a_receipt_that_does_not_come_is_a_failure(
    live: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever: what to look at is told."""
    monkeypatch.setattr(real, "LOOK_SECONDS", 0.01)
    here = deployment(changed({**REAL, "SMS_PUBLIC_BASE_URL": "https://sms.example.com"}, live))

    outcomes = await played(RealSms(lambda _: None, receipt_seconds=0.2), here)

    assert outcomes["Receipt"].passed is False
    assert "SMS_PUBLIC_BASE_URL" in outcomes["Receipt"].said
    assert outcomes["Code"].passed is None


async def test_without_webhooks_no_receipt_is_waited_for(live: dict[str, str]) -> None:
    """No address, no receipts: that is told and is no failure."""
    outcomes = await played(RealSms(lambda _: None), deployment(changed(REAL, live)))

    assert outcomes["Real SMS"].passed
    assert (outcomes["Receipt"].passed, outcomes["Code"].passed) == (None, None)


async def test_a_refused_message_fails_it_and_ends_it(
    local_twilio: LocalTwilio, live: dict[str, str]
) -> None:
    """What Twilio refuses is told, and nothing is waited for."""
    local_twilio.script(refuse(21408))

    outcomes = await played(RealSms(lambda _: None), deployment(changed(REAL, live)))

    assert outcomes["Real SMS"].passed is False
    assert "TWILIO_API_ERROR" in outcomes["Real SMS"].said
    assert (outcomes["Receipt"].passed, outcomes["Code"].passed) == (None, None)


async def test_wrong_codes_are_asked_again_three_times(live: dict[str, str]) -> None:
    """Who mistypes may try again, and three wrong ones fail it."""
    answers = iter(["12345", "nonsense", "also nonsense"])
    sms = RealSms(lambda _: None, ask=lambda _: next(answers))

    outcomes = await played(sms, deployment(changed(REAL, live)))

    assert outcomes["Code"].passed is False
    assert next(answers, None) is None


@pytest.mark.parametrize(
    ("changes", "sends"),
    [
        ({}, True),
        ({"SMS_TEST_REAL_SENDING": "false"}, False),
        ({"SMS_TEST_PHONE_NUMBER": None}, False),
        ({"SMS_SIMULATION_MODE": "true"}, False),
        ({"TWILIO_AUTH_TOKEN": None}, False),
    ],
)
def test_a_real_message_needs_both_settings_and_live_mode(
    live: dict[str, str], changes: dict[str, str | None], sends: bool
) -> None:
    """Nothing is paid for unless it was asked for, twice."""
    assert sends_for_real(read_situation(changed({**REAL, **changes}, live))) is sends


async def test_the_command_adds_the_real_message(
    local_twilio: LocalTwilio, live: dict[str, str]
) -> None:
    """With both settings the command sends one message, and only one."""
    outcomes = await configured(changed(REAL, live))

    assert outcomes["Real SMS"].passed
    assert "Send and check" not in outcomes
    assert len(local_twilio.sends) == 1


def test_in_a_clean_process_nothing_is_needed(tmp_path: Path) -> None:
    """The old command with --simulation passes where nothing at all is set."""
    done = run_selftest(tmp_path, {}, "--simulation")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "15 passed, 0 failed" in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_a_broken_library_is_seen(tmp_path: Path) -> None:
    """When what is installed does not do as promised, the exit status is 1 and the line says so."""
    breaks = (
        "import sys\n"
        "from smsverify.entrypoints.cli.main import run\n"
        "import smsverify.facade.results as r, smsverify.verifier as v\n"
        "v.check_result = lambda verdict: r.CheckResult(success=True)\n"
        "sys.exit(run(['selftest', '--simulation']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", breaks],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=clean(tmp_path),
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert done.returncode == 1
    assert "❌ Wrong code" in done.stdout


def clean(home: Path) -> dict[str, str]:
    """Return an environment in which nothing is set."""
    return PLAIN | {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONIOENCODING": "utf-8"}


def run_selftest(
    folder: Path, environ: dict[str, str], *args: str
) -> subprocess.CompletedProcess[str]:
    """Run the old command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "smsverify.test_sms_verifier", *args],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=clean(folder) | environ,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_pytest_finds_no_tests_in_the_module(tmp_path: Path) -> None:
    """The module's old name looks like a test file's; it holds none."""
    options = ("-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--pyargs", "smsverify.test_sms_verifier", *options],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert "no tests ran" in done.stdout

"""The validator against real servers and a local Twilio: what is wrong there is named."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import attrs
import pytest

from smsverify.domain.mode import Mode
from smsverify.entrypoints.validator.finding import Severity
from smsverify.entrypoints.validator.run import validate
from smsverify.entrypoints.validator.situation import read_situation
from tests.integration.installed import PLAIN
from tests.integration.servers import Single
from tests.integration.servers.polling import wait_until
from tests.integration.servers.process import free_port
from tests.integration.twilio_server import resources
from tests.integration.twilio_server.fixtures import local_twilio
from tests.integration.twilio_server.refusals import refusal
from tests.unit.entrypoints.validator.sound import (
    ACCOUNT,
    KEY,
    SECRETS,
    SERVICE,
    SOUND,
    TOKEN,
    changed,
    some_hex,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from smsverify.entrypoints.validator.report import Report
    from tests.integration.twilio_server.server import LocalTwilio

__all__ = ["local_twilio"]

PASSWORD = some_hex("redis", 16)
PATIENCE_SECONDS = 60


class Webhooks(BaseHTTPRequestHandler):
    """Answers every report with one status."""

    status = 403

    def do_POST(self) -> None:
        """Answer."""
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def webhooks() -> Iterator[HTTPServer]:
    """Run something that answers like our webhooks."""
    handler = type("Handler", (Webhooks,), {})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def sound_redis() -> Iterator[Single]:
    """Run a server that is set up as it should be, with a password."""
    with Single(options={"appendonly": "yes"}, password=PASSWORD) as server:
        yield server


@attrs.define
class World:
    """
    A live deployment without a fault, and what can be broken about it.

    Attributes:
        twilio: its account is the one of the settings.
        redis: the store.
        webhooks: what answers at the public address.
        environ: the settings.
    """

    twilio: LocalTwilio
    redis: Single
    webhooks: HTTPServer
    environ: dict[str, str]

    def report(self, **changes: str | None) -> Report:
        """Validate with some settings changed."""
        return validate(read_situation(changed(changes, self.environ)))

    def faults(self, **changes: str | None) -> list[tuple[str | None, Severity]]:
        """Return what the report says is not in order."""
        found = self.report(**changes).findings
        return [(one.variable, one.severity) for one in found if one.severity is not Severity.FINE]


@pytest.fixture
def world(local_twilio: LocalTwilio, sound_redis: Single, webhooks: HTTPServer) -> World:
    """Give a deployment in which the validator finds nothing."""
    account = local_twilio.account
    account.sid, account.token, account.keys = ACCOUNT, TOKEN, {KEY: "h7Gq9sLw2"}
    account.numbers = {"+17205550142": True, "+13035550123": False}
    account.services = {SERVICE: ["+17205550142"]}
    account.balance = "125.40"
    environ = changed(
        {
            "REDIS_URL": sound_redis.url,
            "TWILIO_API_BASE_URL": local_twilio.base_url,
            "SMS_PUBLIC_BASE_URL": f"http://127.0.0.1:{webhooks.server_port}",
        }
    )
    return World(local_twilio, sound_redis, webhooks, environ)


def suspend(world: World) -> None:
    """Suspend the account."""
    world.twilio.account.status = "suspended"


def stay_on_trial(world: World) -> None:
    """Make the account a trial."""
    world.twilio.account.kind = "Trial"


def empty(world: World) -> None:
    """Spend the balance."""
    world.twilio.account.balance = "0.00"


def change_token(world: World) -> None:
    """Let Twilio know another token."""
    world.twilio.account.token = some_hex("another token")


def lose_number(world: World) -> None:
    """Give the sender back."""
    world.twilio.account.numbers = {"+13035550123": True}


def mute_number(world: World) -> None:
    """Take the ability to send SMS from the sender."""
    world.twilio.account.numbers = {"+17205550142": False}


def hide_webhooks(world: World) -> None:
    """Let something else answer at the public address."""
    handler: type[Webhooks] = world.webhooks.RequestHandlerClass  # type: ignore[assignment]
    handler.status = 404


LIVE_FAULTS: list[tuple[Callable[[World], None], str, Severity]] = [
    (suspend, "TWILIO_ACCOUNT_SID", Severity.PROBLEM),
    (stay_on_trial, "TWILIO_ACCOUNT_SID", Severity.WARNING),
    (empty, "TWILIO_ACCOUNT_SID", Severity.PROBLEM),
    (change_token, "TWILIO_AUTH_TOKEN", Severity.PROBLEM),
    (lose_number, "TWILIO_PHONE_NUMBERS", Severity.PROBLEM),
    (mute_number, "TWILIO_PHONE_NUMBERS", Severity.PROBLEM),
    (hide_webhooks, "SMS_PUBLIC_BASE_URL", Severity.PROBLEM),
]


def test_a_sound_deployment_is_ready(world: World) -> None:
    """Everything is asked, everything answers, and nothing is left to say."""
    report = world.report()

    assert world.faults() == []
    assert (report.status.value, report.ready) == ("READY FOR PRODUCTION", True)
    sentences = " ".join(one.sentence for one in report.findings)
    assert "the account is active" in sentences
    assert "125.40 USD" in sentences
    assert "can send SMS: 1." in sentences
    assert "The store answers, reads and writes" in sentences
    assert "The webhooks answer" in sentences


def test_nothing_is_sent_and_nothing_is_left(world: World) -> None:
    """No message is made, and no key stays in the store."""
    world.report()

    assert world.twilio.sends == []
    assert not world.redis.all_keys_and_values()


@pytest.mark.parametrize(
    ("break_it", "name", "severity"), LIVE_FAULTS, ids=[one[0].__name__ for one in LIVE_FAULTS]
)
def test_each_fault_is_named(
    world: World, break_it: Callable[[World], None], name: str, severity: Severity
) -> None:
    """One thing broken at a service gives one finding."""
    break_it(world)

    assert world.faults() == [(name, severity)]


def test_an_api_key_signs_in(world: World) -> None:
    """A key is tried instead of the token, and a wrong one is named."""
    right = {"TWILIO_API_KEY_SID": KEY, "TWILIO_API_KEY_SECRET": "h7Gq9sLw2"}
    wrong = {**right, "TWILIO_API_KEY_SECRET": "h7Gq9sLw3"}

    assert world.faults(**right) == []
    assert world.faults(**wrong) == [("TWILIO_API_KEY_SECRET", Severity.PROBLEM)]


def test_an_api_key_that_may_not_see_the_account_is_fine(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restricted key signs in and sends; only the account's status stays unknown."""
    monkeypatch.setattr(resources, "read_account", lambda _: refusal(20003))
    key = {"TWILIO_API_KEY_SID": KEY, "TWILIO_API_KEY_SECRET": "h7Gq9sLw2"}

    assert world.faults(**key) == []


def test_a_messaging_service_is_looked_up(world: World) -> None:
    """A service that is not the account's is named; one without numbers is a warning."""
    service = {"TWILIO_MESSAGING_SERVICE_SID": SERVICE, "TWILIO_PHONE_NUMBERS": None}

    assert world.faults(**service) == []
    world.twilio.account.services[SERVICE] = []
    name = "TWILIO_MESSAGING_SERVICE_SID"
    assert world.faults(**service) == [(name, Severity.WARNING)]
    world.twilio.account.services = {}
    assert world.faults(**service) == [(name, Severity.PROBLEM)]


def test_twilio_out_of_reach_is_told_once(world: World) -> None:
    """Several questions that get no answer are one problem."""
    nobody = f"http://127.0.0.1:{free_port()}"

    assert world.faults(TWILIO_API_BASE_URL=nobody) == [("TWILIO_API_BASE_URL", Severity.PROBLEM)]


@pytest.mark.parametrize(
    ("option", "value", "good", "severity"),
    [
        ("maxmemory-policy", "allkeys-lru", "noeviction", Severity.PROBLEM),
        ("appendonly", "no", "yes", Severity.WARNING),
    ],
)
def test_redis_settings_are_read(
    world: World, option: str, value: str, good: str, severity: Severity
) -> None:
    """A server that may forget is named, with the command that mends it."""
    world.redis.process.call("CONFIG", "SET", option, value)
    try:
        report = world.report()
    finally:
        world.redis.process.call("CONFIG", "SET", option, good)

    (found,) = (one for one in report.findings if one.severity is not Severity.FINE)
    assert (found.variable, found.severity) == (option, severity)
    assert found.remedy.startswith('redis-cli -u "$REDIS_URL" CONFIG SET ' + option)


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1:{free}/0",
        "redis://127.0.0.1:{port}/0",
        "redis://:wrong-password@127.0.0.1:{port}/0",
    ],
)
def test_redis_that_does_not_serve_is_named(world: World, url: str) -> None:
    """Nobody there, no password, a wrong password: one problem, about REDIS_URL."""
    filled = url.format(free=free_port(), port=world.redis.process.port)

    assert world.faults(REDIS_URL=filled) == [("REDIS_URL", Severity.PROBLEM)]


def test_every_topology_is_asked(topology: object) -> None:
    """Single, Sentinel and Cluster: the server that holds our keys tells what it is."""
    environ = {"SMS_SIMULATION_MODE": "true", "REDIS_URL": topology.url}  # type: ignore[attr-defined]
    report = validate(read_situation(environ))

    sentences = " ".join(one.sentence for one in report.findings)
    assert "The store answers, reads and writes" in sentences
    assert "noeviction" in sentences
    assert "The clocks agree" in sentences
    assert report.mode is Mode.SIMULATION
    assert not any(one.severity is Severity.PROBLEM for one in report.findings)


def test_webhooks_out_of_reach_are_named(world: World) -> None:
    """An address where nobody listens is a problem, with a command to try it."""
    url = f"http://127.0.0.1:{free_port()}"
    report = world.report(SMS_PUBLIC_BASE_URL=url)

    (found,) = (one for one in report.findings if one.severity is Severity.PROBLEM)
    assert found.remedy == f"curl -i -X POST {url}/webhooks/twilio/status"


def test_our_own_webhooks_are_recognised(world: World, tmp_path: Path) -> None:
    """What `smsverify serve-webhooks` answers to an unsigned report is what is expected."""
    port = free_port()
    environ = changed({"SMS_PUBLIC_BASE_URL": f"http://127.0.0.1:{port}"}, world.environ)
    command = [sys.executable, "-m", "smsverify", "serve-webhooks", "--port", str(port)]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment(environ, tmp_path) | {"PYTHONPATH": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            wait_until(lambda: who_is_missing(port), within=PATIENCE_SECONDS, what="The webhooks")
            assert world.faults(**environ) == []
        finally:
            server.terminate()


def who_is_missing(port: int) -> str | None:
    """Return why nobody can be reached there; None when somebody can."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError as error:
        return str(error)
    return None


def test_no_secret_is_in_any_answer(world: World) -> None:
    """Whatever goes wrong at the services, no report repeats a secret or a whole number."""
    change_token(world)
    reports = [
        world.report(),
        world.report(REDIS_URL=f"redis://:{SOUND['SMS_KEY_SECRET']}@127.0.0.1:{free_port()}/0"),
        world.report(TWILIO_API_BASE_URL=f"http://127.0.0.1:{free_port()}"),
    ]

    told = json.dumps([one.as_dict() for one in reports])
    for secret in (*SECRETS, PASSWORD, ACCOUNT, "5550142"):
        assert secret not in told


def test_as_a_command(world: World, tmp_path: Path) -> None:
    """The old command prints the old report, and its exit status is for scripts."""
    done = run_validator(world.environ, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "🎉 STATUS: READY FOR PRODUCTION" in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""

    suspend(world)
    done = run_validator(world.environ, tmp_path)
    assert done.returncode == 1
    assert "❌ The Twilio account is suspended" in done.stdout


def test_progress_is_shown_on_a_terminal_only(world: World, tmp_path: Path) -> None:
    """Who sits at a terminal sees what is being asked; a pipe gets the report alone."""
    reader, writer = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "smsverify.sms_config_validator"],
        stdout=subprocess.PIPE,
        stderr=writer,
        cwd=tmp_path,
        env=environment(world.environ, tmp_path),
        text=True,
    ) as process:
        os.close(writer)
        shown = read_all(reader)
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert "Asking the Twilio account" in shown
    assert "READY FOR PRODUCTION" in out


def environment(environ: dict[str, str], home: Path) -> dict[str, str]:
    """Return a clean environment with these settings."""
    return {**PLAIN, "PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm", **environ}


def run_validator(environ: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the old command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "smsverify.sms_config_validator"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=environment(environ, folder) | {"PYTHONIOENCODING": "utf-8"},
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def read_all(descriptor: int) -> str:
    """Return what comes out of a terminal until it is closed."""
    parts = []
    while True:
        try:
            part = os.read(descriptor, 4096)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    os.close(descriptor)
    return b"".join(parts).decode("utf-8", "replace")

"""Each file in examples/ is run: against a local Twilio, by a contract suite, or as users do."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from examples.custom_gateway import SpoolGateway
from examples.custom_store import DictStore
from smsverify import Settings, create_verifier, reset_sms_verifier, sync
from smsverify.adapters.structlog.events import StructlogEvents
from smsverify.domain.delivery import DeliveryState
from smsverify.settings import StoreKind
from smsverify.testing import GatewayContract, ManualClock, StoreContract
from tests.integration.twilio_server.account import ACCOUNT_SID, AUTH_TOKEN
from tests.integration.twilio_server.fixtures import local_twilio
from tests.integration.twilio_server.parts import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsverify.ports.gateway import Gateway
    from tests.integration.twilio_server.server import LocalTwilio
    from tests.integration.twilio_server.webhooks import WebhookRequest

    Post = Callable[[str, dict[str, str]], tuple[int, dict[str, Any]]]
    Deliver = Callable[[WebhookRequest], int]

__all__ = ["local_twilio"]

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PUBLIC = "https://service.test/sms"


def live_settings(twilio: LocalTwilio) -> dict[str, Any]:
    """Return what a service has set, with the local Twilio in Twilio's place."""
    return {
        "twilio_account_sid": ACCOUNT_SID,
        "twilio_auth_token": AUTH_TOKEN,
        "twilio_phone_numbers": ("+17205550100",),
        "twilio_api_base_url": twilio.base_url,
        "public_base_url": PUBLIC,
        "allowed_countries": frozenset({"US", "DE"}),
        "store": StoreKind.MEMORY,
        "key_secret": "k" * 32,
    }


def live_variables(twilio: LocalTwilio) -> dict[str, str]:
    """Return the same as variables of the environment."""
    return {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_PHONE_NUMBERS": "+17205550100",
        "TWILIO_API_BASE_URL": twilio.base_url,
        "SMS_PUBLIC_BASE_URL": PUBLIC,
        "SMS_ALLOWED_COUNTRIES": "US,DE",
        "SMS_STORE": "memory",
        "SMS_KEY_SECRET": "k" * 32,
    }


def sign_up(twilio: LocalTwilio, post: Post, deliver: Deliver) -> None:
    """
    Play what the three web examples promise.

    Ask with a bad phone, ask with a good one, take the receipt, answer wrongly, answer rightly, and
    a second time; then the person says STOP and asks again.
    """
    status, body = post("/accounts", {"phone": "12"})
    assert (status, set(body)) == (400, {"error"})

    status, body = post("/accounts", {"phone": NUMBER})
    assert status == 202
    account = body["account"]
    (message,) = twilio.account.messages.values()
    found = re.search(r"\d{6}", message.body)
    assert found is not None
    wrong = f"{(int(found[0]) + 1) % 1_000_000:06d}"

    assert deliver(twilio.webhooks.receipt(message, "delivered")) == 200
    assert deliver(twilio.webhooks.receipt(message, "delivered", token="another" * 5)) == 403

    status, body = post(f"/accounts/{account}/code", {"code": wrong})
    assert status == 400
    assert "not right or has expired" in body["error"]
    assert post("/accounts/nobody/code", {"code": found[0]})[0] == 404
    assert post(f"/accounts/{account}/code", {"code": found[0]}) == (200, {"active": True})
    assert post(f"/accounts/{account}/code", {"code": found[0]})[0] == 400

    inbound = f"{PUBLIC}/webhooks/twilio/inbound"
    stop = twilio.webhooks.inbound(inbound, NUMBER, "+17205550100", "stop")
    assert deliver(stop) == 200
    status, body = post("/accounts", {"phone": NUMBER})
    assert status == 400
    assert "does not accept" in body["error"]


async def test_fastapi(local_twilio: LocalTwilio) -> None:
    """An account is created, checked and activated, and receipts arrive where they are mounted."""
    import asyncio

    from examples.fastapi_app import create_app

    verifier = create_verifier(Settings(**live_settings(local_twilio)))
    app = create_app(verifier)

    async def call(path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as client:
            return await client.post(path, **more)

    def post(path: str, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        reply = asyncio.run(call(path, json=fields))
        return reply.status_code, reply.json()

    def deliver(request: WebhookRequest) -> int:
        asked = call(request.path_and_query, content=request.body, headers=dict(request.headers))
        return asyncio.run(asked).status_code

    await asyncio.to_thread(sign_up, local_twilio, post, deliver)

    assert (await verifier.statistics())["sends"]["delivered"] == 1  # type: ignore[index]
    await verifier.close()


def test_flask(local_twilio: LocalTwilio) -> None:
    """The same with the synchronous face."""
    from examples.flask_app import create_app

    verifier = sync.create_verifier(Settings(**live_settings(local_twilio)))
    client = create_app(verifier).test_client()

    def post(path: str, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        reply = client.post(path, data=fields)
        return reply.status_code, reply.get_json(silent=True) or {}

    def deliver(request: WebhookRequest) -> int:
        reply = client.post(
            request.path_and_query, data=request.body, headers=list(request.headers.items())
        )
        return reply.status_code

    sign_up(local_twilio, post, deliver)

    assert verifier.statistics()["sends"]["delivered"] == 1  # type: ignore[index]
    verifier.close()


def test_django(local_twilio: LocalTwilio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same for Django, with the verifier that the environment describes."""
    monkeypatch.chdir(tmp_path)
    for name, value in live_variables(local_twilio).items():
        monkeypatch.setenv(name, value)
    reset_sms_verifier()

    from django.test import Client  # type: ignore[import-untyped]

    import examples.django_app  # noqa: F401 - it configures Django, before its client is imported

    client = Client()

    def post(path: str, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        reply = client.post(path, fields)
        is_json = reply.headers["Content-Type"] == "application/json"
        return reply.status_code, reply.json() if is_json else {}

    def deliver(request: WebhookRequest) -> int:
        kind = request.headers["Content-Type"]
        return int(
            client.post(
                request.path_and_query,
                request.body,
                content_type=kind,
                headers=dict(request.headers),
            ).status_code
        )

    try:
        sign_up(local_twilio, post, deliver)
        verifier = sync.get_sms_verifier()
        assert verifier.statistics()["sends"]["delivered"] == 1  # type: ignore[index]
        verifier.close()
    finally:
        reset_sms_verifier()


def run(*command: str, typed: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the project's root as a reader would, with these variables alone."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SMS_", "TWILIO_", "REDIS_", "PYTEST_"))
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=clean | variables,
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_script_says_no(tmp_path: Path) -> None:
    """The script shows the message in simulation, and says that a wrong code is wrong."""
    ended = run(
        *("-m", "examples.script", NUMBER),
        typed="x\n",
        SMS_SIMULATION_MODE="true",
        SMS_SQLITE_PATH=str(tmp_path / "store.db"),
    )

    assert re.search(r"The phone shows: .*\d{6}", ended.stdout)
    assert "This cannot be a code" in ended.stdout
    assert ended.returncode == 1


def test_script_says_yes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who types the code that the phone shows is told so."""
    from examples import script

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMS_SIMULATION_MODE", "true")
    monkeypatch.setenv("SMS_STORE", "memory")
    reset_sms_verifier()

    def read(_prompt: str) -> str:
        found = re.search(r"\d{6}", capsys.readouterr().out)
        assert found is not None
        return found[0]

    monkeypatch.setattr("builtins.input", read)
    try:
        assert script.main(NUMBER) == 0
    finally:
        reset_sms_verifier()
    assert capsys.readouterr().out == "Verified.\n"


def test_ones_own_tests() -> None:
    """The example of a user's own tests passes, every test of it."""
    ended = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "examples/test_signup.py")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"\b5 passed", ended.stdout)


class TestDictStore(StoreContract):
    """The store of one's own keeps the whole contract."""

    @pytest.fixture
    def store(self, clock: ManualClock) -> DictStore:
        """Return an empty store."""
        return DictStore(clock)


class TestSpoolGateway(GatewayContract):
    """The gateway of one's own keeps the whole contract."""

    @pytest.fixture
    def gateway(self, tmp_path: Path) -> SpoolGateway:
        """Return one with a folder of its own."""
        return SpoolGateway(tmp_path)

    @pytest.fixture
    def broken_gateways(self, tmp_path: Path) -> list[Gateway]:
        """Return one whose folder is not there."""
        return [SpoolGateway(tmp_path / "nowhere")]


@pytest.mark.parametrize("name", ["custom_gateway.py", "custom_store.py"])
def test_ones_own_adapters_are_short(name: str) -> None:
    """The class of each has fewer than forty lines with something in them."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    (adapter,) = (node for node in ast.parse(text).body if isinstance(node, ast.ClassDef))
    lines = text.splitlines()[adapter.lineno - 1 : adapter.end_lineno]

    assert len([line for line in lines if line.strip()]) < 40


async def test_a_verifier_with_both(tmp_path: Path) -> None:
    """Both adapters together serve a verifier: the file for the modem holds the code."""
    from smsverify.adapters.system.clock import SystemClock

    verifier = create_verifier(
        Settings(simulation_mode=True),
        gateway=SpoolGateway(tmp_path),
        store=DictStore(SystemClock()),
    )
    sent = await verifier.send_verification_sms(NUMBER, "MyApp")
    assert sent.message_id is not None
    text = (tmp_path / sent.message_id).read_text(encoding="utf-8")
    found = re.search(r"\b\d{6}\b", text.partition("\n\n")[2])
    assert found is not None

    assert text.startswith(f"To: {NUMBER[1:]}\n")
    assert (await verifier.verify_code(NUMBER, found[0])).success


async def play(sink: object) -> None:
    """Send, answer wrongly, answer rightly, with a sink that hears of it."""
    from smsverify.testing import last_code

    settings = Settings(simulation_mode=True, store=StoreKind.MEMORY)
    verifier = create_verifier(settings, events=sink)  # type: ignore[arg-type]
    await verifier.send_verification_sms(NUMBER, "MyApp")
    code = last_code(verifier, NUMBER)
    await verifier.verify_code(NUMBER, f"{(int(code) + 1) % 1_000_000:06d}")
    await verifier.verify_code(NUMBER, code)
    await verifier.verify_code(NUMBER, code)


async def test_prometheus() -> None:
    """The counter has a line for each kind of event, with error code or state, and no number."""
    from prometheus_client import CollectorRegistry, generate_latest

    from examples.prometheus_sink import PrometheusSink

    registry = CollectorRegistry()
    await play(PrometheusSink(registry))
    text = generate_latest(registry).decode()

    for event, detail in (
        ("sms.send.settled", DeliveryState.SENT),
        ("sms.check.wrong", ""),
        ("sms.check.approved", ""),
        ("sms.check.refused", "NO_PENDING_VERIFICATION"),
    ):
        line = f'smsverify_events_total{{detail="{detail}",event="{event}"}} 1.0'
        assert line in text
    assert NUMBER[1:] not in text


async def test_opentelemetry() -> None:
    """The counter has a point for each kind of event, and the open span the events in order."""
    from opentelemetry import metrics, trace
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from examples.opentelemetry_sink import OpenTelemetrySink

    reader, spans = InMemoryMetricReader(), InMemorySpanExporter()
    metrics.set_meter_provider(MeterProvider([reader]))
    tracing = TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    with trace.get_tracer("test", tracer_provider=tracing).start_as_current_span("sign up"):
        await play(OpenTelemetrySink())

    data = reader.get_metrics_data()
    assert data is not None
    points = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
    counted = {(one.attributes or {})["event"]: one.value for one in points}  # type: ignore[union-attr]
    assert counted["sms.check.approved"] == counted["sms.check.wrong"] == 1
    names = [one.name for one in spans.get_finished_spans()[0].events]
    assert names[0] == "sms.verifier.started"
    assert names[-2:] == ["sms.check.approved", "sms.check.refused"]


async def test_several_sinks(caplog: pytest.LogCaptureFixture) -> None:
    """Metrics and log lines come side by side."""
    from examples.several_sinks import SeveralSinks
    from tests.unit.kit import Recorder

    caplog.set_level("INFO", "smsverify")
    recorder = Recorder()
    await play(SeveralSinks(StructlogEvents(), recorder))

    assert "sms.check.approved" in recorder.names
    assert any("Phone verified" in line for line in caplog.messages)

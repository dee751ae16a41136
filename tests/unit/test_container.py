"""The composition root: what is built for which settings, and that every part can be replaced."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import errors, providers

from smsverify.container import Container
from smsverify.errors import ConfigurationError
from smsverify.settings import Settings
from smsverify.testing import ManualClock, ScriptedEntropy, ScriptedGateway, last_code
from smsverify.verifier import SmsVerifier
from tests.unit.kit import PHONE, Directory, OpenPrices, Recorder

CREDENTIALS: dict[str, Any] = {
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "0" * 32,
    "twilio_phone_numbers": "+17205550100",
}
SIMULATION: dict[str, Any] = {"simulation_mode": True, "store": "memory"}


def container(**settings: Any) -> Container:
    """Build a container."""
    return Container(settings=Settings(**settings))


def all_providers() -> list[str]:
    """Return the names of all providers."""
    return sorted(Container.providers)


# ── what is built ─────────────────────────────────────────────────────────────────────────────


def test_dependencies_are_complete() -> None:
    """With settings nothing is missing; without them that is said at once."""
    container(**SIMULATION).check_dependencies()

    with pytest.raises(errors.Error, match="settings"):
        Container().check_dependencies()


def test_settings_are_settings() -> None:
    """Anything else in their place is a mistake that is heard."""
    with pytest.raises(errors.Error):
        Container(settings={"simulation_mode": True}).settings()


@pytest.mark.parametrize("mode", ["disabled", "simulation", "live"])
@pytest.mark.parametrize("name", all_providers())
def test_everything_can_be_built(mode: str, name: str) -> None:
    """Every provider builds in every mode, without I/O."""
    settings: dict[str, Any] = {"disabled": {}, "simulation": SIMULATION, "live": CREDENTIALS}[mode]
    one = container(**{"store": "memory", **settings})

    getattr(one, name)()


@pytest.mark.parametrize(
    ("settings", "gateway"),
    [
        ({}, "disabled"),
        ({"twilio_account_sid": "AC" + "0" * 32}, "disabled"),
        ({"simulation_mode": True}, "simulation"),
        (CREDENTIALS, "twilio"),
        ({**CREDENTIALS, "simulation_mode": True}, "simulation"),
    ],
    ids=["nothing", "half", "simulation", "credentials", "both"],
)
def test_the_mode_chooses_the_gateway(settings: dict[str, Any], gateway: str) -> None:
    """Simulation wins over credentials; without either the door is closed."""
    assert container(**settings).gateway().name == gateway


@pytest.mark.parametrize(
    ("settings", "store"),
    [
        ({}, "sqlite"),
        ({"simulation_mode": True}, "sqlite"),
        ({"redis_url": "redis://localhost"}, "redis"),
        (CREDENTIALS, "redis"),
        ({**CREDENTIALS, "store": "sqlite"}, "sqlite"),
        ({"redis_url": "redis://localhost", "store": "memory"}, "memory"),
    ],
    ids=["default", "simulation", "url", "live", "sqlite", "memory"],
)
def test_settings_choose_the_store(settings: dict[str, Any], store: str) -> None:
    """The URL, else Redis in live mode, else the embedded file; SMS_STORE wins over all."""
    assert container(**settings).store().name == store


def test_building_touches_no_file(tmp_path: Path) -> None:
    """The SQLite file is made at the first use and not before."""
    path = tmp_path / "deep" / "sms.db"

    container(simulation_mode=True, sqlite_path=path).verifier()

    assert list(tmp_path.iterdir()) == []


def test_parts_are_shared() -> None:
    """One clock, store, loop and set of counts serve all use cases of a verifier."""
    one = container(**SIMULATION)

    assert one.verifier() is one.verifier()
    parts = one.verifier()._parts
    assert parts.store is one.store() is one.loop()._store is one.pool()._store
    assert parts.refusals is one.refusals() is one.loop()._refusals is one.pool_loop()._refusals
    # What one of them wrote the next one need not load.
    uses: list[Any] = [one.send(), one.check(), one.take_receipt(), one.note_opt_out()]
    assert all(use._loop is one.loop() for use in uses)
    assert one.loop()._store_clock is one.pool_loop()._store_clock is one.statistics()._store_clock


def test_containers_share_nothing() -> None:
    """Two verifiers of a process have their own stores and inboxes."""
    one, other = container(**SIMULATION), container(**SIMULATION)

    for name in ("store", "gateway", "clock", "refusals", "loop", "verifier"):
        assert getattr(one, name)() is not getattr(other, name)()


# ── what is replaced ──────────────────────────────────────────────────────────────────────────


async def test_an_overridden_gateway_is_the_facades() -> None:
    """What replaces the gateway gets the messages, for as long as it is overridden."""
    one, gateway = container(**SIMULATION), ScriptedGateway()
    with one.gateway.override(gateway):
        verifier = one.verifier()

        assert verifier.gateway is gateway
        await verifier.send_verification_sms(PHONE, "MyApp")

    assert [message.to.e164 for message in gateway.messages] == [PHONE]
    assert one.gateway() is not gateway


@pytest.mark.parametrize("name", ["gateway", "store", "clock", "entropy", "events", "prices"])
def test_every_adapter_can_be_overridden(name: str) -> None:
    """By an object, or by a provider that builds one."""
    one, replacement = container(**SIMULATION), object()
    provider = getattr(one, name)

    with provider.override(replacement):
        assert getattr(one, name)() is replacement
    with provider.override(providers.Object(replacement)):
        assert getattr(one, name)() is replacement
    assert getattr(one, name)() is not replacement


async def test_all_adapters_together() -> None:
    """A facade built over doubles at every port uses them and nothing else."""
    one = container(**SIMULATION)
    gateway, clock, events = ScriptedGateway(), ManualClock(), Recorder()
    from tests.unit.kit import SENDERS

    for name, double in {
        "gateway": gateway,
        "clock": clock,
        "entropy": ScriptedEntropy(),
        "events": events,
        "prices": OpenPrices(),
        "senders": Directory(SENDERS[1]),
    }.items():
        getattr(one, name).override(double)
    verifier = one.verifier()

    result = await verifier.send_verification_sms(PHONE, "MyApp")
    clock.advance(601)
    expired = await verifier.verify_code(PHONE, last_code(gateway, PHONE))

    assert result.cost == 0.01
    assert gateway.messages[0].sender == SENDERS[1]
    assert expired.error_code == "CODE_EXPIRED"
    assert [name for name in events.names if name.startswith("sms.send")] == [
        "sms.send.admitted",
        "sms.send.settled",
    ]


# ── what is loaded ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "unwanted"),
    [
        ("simulation_mode=True", {"redis", "twilio", "aiohttp"}),
        ("simulation_mode=True, store='memory'", {"redis", "twilio", "aiohttp", "sqlite3"}),
        ("", {"redis", "twilio", "aiohttp"}),
        ("simulation_mode=True, redis_url='redis://localhost'", {"twilio", "sqlite3"}),
    ],
)
def test_a_mode_loads_only_its_own(settings: str, unwanted: set[str]) -> None:
    """Building a verifier imports the technologies that it was asked for, and no other."""
    code = (
        "import sys; from smsverify import Settings, create_verifier; "
        f"create_verifier(Settings({settings})); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )

    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "dependency_injector" in loaded
    assert loaded & unwanted == set()


def test_a_malformed_address_is_a_configuration_error() -> None:
    """What can't be built says so as a mistake in the settings."""
    with pytest.raises(ConfigurationError, match="REDIS_URL"):
        container(redis_url="http://localhost").verifier()


def test_the_verifier_is_what_is_built() -> None:
    """The container's product is the facade."""
    assert isinstance(container(**SIMULATION).verifier(), SmsVerifier)

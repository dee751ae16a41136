"""Getting a verifier: one for the process, or any number from settings."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import smsverify
from smsverify import ConfigurationError, Settings, SmsVerifier, create_verifier, sms_verifier
from smsverify.adapters.memory.store import MemoryStore
from smsverify.domain.events import Started
from smsverify.settings import StoreKind
from smsverify.sms_verifier import get_sms_verifier, reset_sms_verifier
from smsverify.testing import ManualClock, ScriptedEntropy, ScriptedGateway
from tests.unit.kit import PHONE, OpenPrices, Recorder


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Run in an empty directory with an empty environment, and forget the process's verifier."""
    import os

    for name in list(os.environ):
        if name.startswith(("SMS_", "TWILIO_", "REDIS_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    reset_sms_verifier()
    yield
    reset_sms_verifier()


def test_a_process_has_one() -> None:
    """Whoever asks gets the same object, from any thread, also when all ask at once."""
    seen: set[int] = set()
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        seen.add(id(get_sms_verifier()))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == {id(get_sms_verifier())}


def test_it_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking again reads no settings and builds nothing."""
    first = get_sms_verifier()
    monkeypatch.setenv("SMS_CODE_LENGTH", "nonsense")

    assert get_sms_verifier() is first


def test_reset_builds_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a reset the environment is read again."""
    first = get_sms_verifier()
    assert first.mode == "disabled"
    monkeypatch.setenv("SMS_SIMULATION_MODE", "true")
    assert get_sms_verifier() is first

    reset_sms_verifier()

    assert get_sms_verifier().mode == "simulation"
    reset_sms_verifier()
    reset_sms_verifier()


def test_the_environment_and_the_file_are_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """./.env counts, and a real variable wins over it."""
    (tmp_path / ".env").write_text("SMS_SIMULATION_MODE=true\nSMS_STORE=memory\n")
    assert repr(get_sms_verifier()) == "<SmsVerifier mode=simulation store=memory>"

    reset_sms_verifier()
    monkeypatch.setenv("SMS_STORE", "sqlite")
    assert repr(get_sms_verifier()) == "<SmsVerifier mode=simulation store=sqlite>"


def test_a_setting_that_makes_no_sense_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence names it; corrected, the next call works."""
    monkeypatch.setenv("SMS_CODE_LENGTH", "5")
    with pytest.raises(ConfigurationError, match="SMS_CODE_LENGTH") as raised:
        get_sms_verifier()
    assert raised.value.setting == "SMS_CODE_LENGTH"

    monkeypatch.setenv("SMS_CODE_LENGTH", "6")
    assert get_sms_verifier().mode == "disabled"


def test_embedding_reads_no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is created from settings knows nothing of variables and files."""
    monkeypatch.setenv("SMS_STORE", "nonsense")
    (tmp_path / ".env").write_text("SMS_STORE=nonsense\n")

    verifier = create_verifier(Settings(simulation_mode=True, store=StoreKind.MEMORY))

    assert repr(verifier) == "<SmsVerifier mode=simulation store=memory>"
    assert verifier is not create_verifier(Settings(simulation_mode=True, store=StoreKind.MEMORY))


async def test_several_live_side_by_side() -> None:
    """Two verifiers of one process have their own limits and inboxes."""
    one, other = (
        create_verifier(
            Settings(simulation_mode=True, store=StoreKind.MEMORY, rate_limit_per_hour=1)
        )
        for _ in range(2)
    )

    assert (await one.send_verification_sms(PHONE, "MyApp")).success
    assert (await other.send_verification_sms(PHONE, "MyApp")).success
    assert not (await one.send_verification_sms(PHONE, "MyApp")).success


async def test_given_adapters_are_used() -> None:
    """Each adapter that is handed in takes the place of the one that settings choose."""
    clock, gateway, events = ManualClock(), ScriptedGateway(), Recorder()
    store = MemoryStore(clock)
    verifier = create_verifier(
        Settings(simulation_mode=True),
        gateway=gateway,
        store=store,
        clock=clock,
        entropy=ScriptedEntropy(7),
        events=events,
        prices=OpenPrices(),
    )

    result = await verifier.send_verification_sms(PHONE, "MyApp")

    assert result.cost == 0.01
    assert verifier.gateway is gateway
    assert gateway.messages[0].attempt == ScriptedEntropy(7).token(24)[:8]
    assert "sms.send.settled" in events.names
    assert len(store._records) == 1
    assert (await verifier.statistics())["day"] == "2050-01-01"


def test_the_start_is_told_once() -> None:
    """The first event says mode and store, and warns of what whoever runs it should know."""
    events = Recorder()
    settings = Settings(
        simulation_mode=True, store=StoreKind.MEMORY, twilio_account_sid="AC" + "0" * 32
    )

    create_verifier(settings, events=events)

    (start,) = events.events
    assert isinstance(start, Started)
    assert (start.mode, start.store) == ("simulation", "memory")
    assert "wins over" in start.notice


def test_an_empty_adapter_is_an_adapter() -> None:
    """A double that is falsy is used all the same."""

    class Falsy(ScriptedGateway):
        def __bool__(self) -> bool:
            return False

    gateway = Falsy()

    verifier = create_verifier(
        Settings(simulation_mode=True, store=StoreKind.MEMORY), gateway=gateway
    )

    assert verifier.gateway is gateway


def test_public_names() -> None:
    """All that the package promises is there, and nothing that it does not."""
    for name in smsverify.__all__:
        assert getattr(smsverify, name) is not None
    assert set(smsverify.__all__) <= set(dir(smsverify))
    assert smsverify.get_sms_verifier is get_sms_verifier
    assert smsverify.SmsVerifier is SmsVerifier
    assert set(sms_verifier.__all__) == {
        "create_verifier",
        "get_sms_verifier",
        "reset_sms_verifier",
    }
    with pytest.raises(AttributeError, match="nonsense"):
        smsverify.nonsense  # noqa: B018


@pytest.mark.parametrize("settings", [None, {}, "SMS_SIMULATION_MODE=true", 5])
def test_settings_are_settings(settings: Any) -> None:
    """Anything else in their place raises at once, and not at the first send."""
    with pytest.raises(TypeError, match="Settings"):
        create_verifier(settings)

"""The synchronous face: the same object for threads that have no event loop."""

from __future__ import annotations

import gc
import inspect
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from smsverify import Settings, SmsVerifier, sync
from smsverify.settings import StoreKind
from smsverify.sms_verifier import create_verifier, get_sms_verifier, reset_sms_verifier
from smsverify.sync import SyncSmsVerifier
from smsverify.testing import ManualClock, ScriptedGateway, last_code
from tests.unit.kit import PHONE


@pytest.fixture
def gateway() -> ScriptedGateway:
    """Give a gateway."""
    return ScriptedGateway()


@pytest.fixture
def verifier(gateway: ScriptedGateway) -> SyncSmsVerifier:
    """Give a synchronous verifier in simulation."""
    settings = Settings(simulation_mode=True, store=StoreKind.MEMORY, purposes=("verify", "login"))
    return sync.create_verifier(settings, gateway=gateway, clock=ManualClock())


def test_a_code_is_sent_and_checked(verifier: SyncSmsVerifier) -> None:
    """Results come back without awaiting."""
    with verifier as entered:
        assert entered is verifier
        sent = verifier.send_verification_sms(PHONE, "MyApp")
        assert sent.success
        assert verifier.verify_code(PHONE, last_code(verifier, PHONE)).success
        assert verifier.statistics()["checks"]["approved"] == 1  # type: ignore[index]


def test_every_argument_arrives(verifier: SyncSmsVerifier, gateway: ScriptedGateway) -> None:
    """Optional arguments are handed on, each under its own name."""
    more = {"purpose": "login", "client_id": "c", "idempotency_key": "k"}
    first = verifier.send_verification_sms(PHONE, "MyApp", locale="de", **more)
    again = verifier.send_verification_sms(PHONE, "MyApp", locale="de", **more)
    code = last_code(gateway, PHONE)

    assert first.message_id == again.message_id
    assert "Bestätigungscode" in gateway.messages[0].text
    assert verifier.verify_code(PHONE, code).error_code == "NO_PENDING_VERIFICATION"
    assert verifier.verify_code(PHONE, code, **more).success
    assert verifier.verify_code(PHONE, code, **more).success
    with pytest.raises(ValueError, match="client_id"):
        verifier.verify_code(PHONE, code, client_id="")


def test_it_has_the_same_methods() -> None:
    """Each method that a service calls has its twin, with the same parameters."""
    operators = {"pool_status", "rest_sender", "release_sender", "check_prices"}
    mine = dict(inspect.getmembers(SyncSmsVerifier, inspect.isfunction))

    for name, method in inspect.getmembers(SmsVerifier, inspect.isfunction):
        if name.startswith("_") or name in operators:
            continue
        assert list(inspect.signature(mine[name]).parameters) == list(
            inspect.signature(method).parameters
        ), name


def test_it_tells_what_it_is(verifier: SyncSmsVerifier, gateway: ScriptedGateway) -> None:
    """Mode, availability, gateway and repr are those of the object inside."""
    assert (verifier.mode, verifier.pool_available) == ("simulation", True)
    assert verifier.gateway is gateway
    assert repr(verifier) == "<SyncSmsVerifier mode=simulation store=memory>"


def test_it_is_the_same_object(verifier: SyncSmsVerifier) -> None:
    """What the synchronous face sends, the asynchronous one inside approves."""
    import asyncio

    verifier.send_verification_sms(PHONE, "MyApp")

    result = asyncio.run(verifier.asynchronous.verify_code(PHONE, last_code(verifier, PHONE)))

    assert result.success


@pytest.mark.parametrize(
    "call",
    [
        lambda one: one.send_verification_sms(PHONE, "MyApp"),
        lambda one: one.verify_code(PHONE, "123456"),
        lambda one: one.close(),
    ],
    ids=["send", "check", "close"],
)
async def test_it_does_not_block_a_running_loop(
    verifier: SyncSmsVerifier, gateway: ScriptedGateway, call: Callable[[SyncSmsVerifier], Any]
) -> None:
    """Inside a loop it says what to await, does nothing, and leaves no coroutine behind."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeError, match=r"await SmsVerifier\."):
            call(verifier)
        gc.collect()
    assert gateway.messages == []


async def test_statistics_in_a_running_loop(verifier: SyncSmsVerifier) -> None:
    """The status calls hand back the last snapshot instead of blocking."""
    for status in (verifier.get_statistics(), verifier.statistics()):
        assert status["mode"] == "simulation"
        assert "as_of" in status


def test_many_threads_share_it(verifier: SyncSmsVerifier, gateway: ScriptedGateway) -> None:
    """Of many threads that ask at once five get a message, as everywhere."""
    codes: list[Any] = []
    threads = [
        threading.Thread(
            target=lambda: codes.append(verifier.send_verification_sms(PHONE, "A").error_code)
        )
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(gateway.messages) == 5
    assert codes.count(None) == 5
    assert codes.count("RATE_LIMIT_EXCEEDED") == 15


def test_mistakes_are_raised_in_the_callers_thread(verifier: SyncSmsVerifier) -> None:
    """A mistake in the program raises where it was made."""
    with pytest.raises(TypeError, match="app name"):
        verifier.send_verification_sms(PHONE, None)  # type: ignore[arg-type]


def test_the_processs_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """The synchronous face of the process's verifier wraps the very same object."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMS_SIMULATION_MODE", "true")
    reset_sms_verifier()
    try:
        assert sync.get_sms_verifier().asynchronous is get_sms_verifier()
    finally:
        reset_sms_verifier()


def test_creating_takes_the_same_adapters() -> None:
    """Whatever the asynchronous one takes, this one takes."""
    with pytest.raises(TypeError):
        sync.create_verifier(Settings(), nonsense=1)
    asynchronous = inspect.signature(create_verifier).parameters
    assert {"gateway", "store", "clock", "entropy", "events", "prices"} <= set(asynchronous)

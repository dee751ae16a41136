"""The state of the senders, as the old system's users ask for it, and what operators order."""

from __future__ import annotations

import asyncio
import functools
import json
from typing import Any

import pytest

from smsverify import reset_sms_verifier
from smsverify.settings.dotenv_file import PREFIXES
from smsverify.sync import SyncSmsVerifier
from smsverify.testing import FailsAt
from smsverify.twilio_pool import get_pool_status
from tests.unit.kit import SENDERS, Kit, build

FIRST, SECOND = SENDERS
PHONE = "+15551234567"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> pytest.MonkeyPatch:
    """Give an empty environment, and forget the process's verifier before and after."""
    import os

    for name in list(os.environ):
        if name.startswith(PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMS_STORE", "memory")
    monkeypatch.setattr("smsverify.sms_verifier._of_process", [])
    return monkeypatch


def rows(status: dict[str, Any]) -> list[tuple[object, ...]]:
    """Return what matters of each sender."""
    return [(one["number"], one["available"], one["reason"]) for one in status["senders"]]


# ── of the process ────────────────────────────────────────────────────────────────────────────


def test_simulation(environment: pytest.MonkeyPatch) -> None:
    """It is the process's verifier that answers, in simulation too, without awaiting."""
    environment.setenv("SMS_SIMULATION_MODE", "true")

    status = get_pool_status()

    assert (status["mode"], status["enabled"], status["error"]) == ("simulation", True, None)
    assert rows(status) == [("+1***0100", True, None)]
    assert rows(get_pool_status(show_numbers=True)) == [("+17205550100", True, None)]
    assert json.loads(json.dumps(status)) == status
    reset_sms_verifier()


def test_disabled(environment: pytest.MonkeyPatch) -> None:
    """Without credentials there are no senders, and it says what to set."""
    status = get_pool_status()

    assert (status["mode"], status["enabled"], status["as_of"]) == ("disabled", False, None)
    assert "TWILIO_ACCOUNT_SID" in str(status["error"])
    assert status["senders"] == []
    assert status["totals"] == {"senders": 0, "available": 0, "resting": 0, "sent_today": 0}
    reset_sms_verifier()


async def test_inside_a_running_loop_it_does_not_block(environment: pytest.MonkeyPatch) -> None:
    """It gives the last snapshot, empty at first, and has a new one made."""
    environment.setenv("SMS_SIMULATION_MODE", "true")

    first = get_pool_status()
    assert (first["as_of"], first["senders"], first["error"]) == (None, [], None)
    for _ in range(500):
        if get_pool_status()["as_of"] is not None:
            break
        await asyncio.sleep(0.01)
    assert rows(get_pool_status(show_numbers=True)) == [("+17205550100", True, None)]
    reset_sms_verifier()


# ── of a verifier ─────────────────────────────────────────────────────────────────────────────


async def test_counts_and_rests() -> None:
    """Today's count of each sender, and who rests until when and why."""
    kit = build(senders=SENDERS)
    await kit.verifier.send_verification_sms(PHONE, "MyApp")
    used = kit.gateway.messages[0].sender
    await kit.verifier.rest_sender(used.address)

    status: Any = await kit.verifier.pool_status(show_numbers=True)

    by_number = {one["number"]: one for one in status["senders"]}
    other = FIRST if used == SECOND else SECOND
    assert by_number[used.address]["sent_today"] == 1
    assert by_number[used.address]["resting_until"] == "2050-01-02T12:00:00.000+00:00"
    assert by_number[used.address]["reason"] == "operator"
    assert by_number[other.address]["available"]
    assert status["as_of"] == "2050-01-01T12:00:00.000+00:00"
    assert status["totals"] == {"senders": 2, "available": 1, "resting": 1, "sent_today": 1}


async def test_orders_say_whether_they_changed_anything() -> None:
    """Resting and releasing again change nothing; what rests is not sent from."""
    kit = build()
    verifier = kit.verifier

    assert await verifier.rest_sender("+1 720 555 0100")
    assert not await verifier.rest_sender(FIRST.address)
    refused = await verifier.send_verification_sms(PHONE, "MyApp")
    assert refused.error_code == "NO_SENDER_AVAILABLE"
    assert await verifier.release_sender(FIRST.address)
    assert not await verifier.release_sender(FIRST.address)
    assert (await verifier.send_verification_sms(PHONE, "MyApp")).success


@pytest.mark.parametrize("order", ["rest_sender", "release_sender"])
async def test_orders_for_nobody(order: str) -> None:
    """A number that is no sender of ours is a mistake; without credentials every one is."""
    with pytest.raises(ValueError, match="none of the senders"):
        await getattr(build().verifier, order)("+17205559999")
    with pytest.raises(ValueError, match="TWILIO_ACCOUNT_SID"):
        await getattr(build(simulation_mode=False).verifier, order)(FIRST.address)


async def test_an_outage_gives_what_was_last_known() -> None:
    """A store that is away is named, and who rested before still does."""
    kit = build(functools.partial(FailsAt, which=set()), senders=SENDERS)
    assert isinstance(kit.store, FailsAt)
    await kit.verifier.rest_sender(FIRST.address)
    await kit.verifier.pool_status()
    kit.store._which = range(1000)

    status = await kit.verifier.pool_status(show_numbers=True)

    assert rows(status) == [
        (FIRST.address, False, "operator"),
        (SECOND.address, True, None),
    ]
    assert "could not be read" in str(status["error"])


def test_the_synchronous_face() -> None:
    """SyncSmsVerifier has the status and takes webhooks."""
    kit: Kit = build()
    sync = SyncSmsVerifier(kit.verifier)

    assert rows(sync.get_pool_status(show_numbers=True)) == [(FIRST.address, True, None)]
    assert sync.handle_webhook("POST", "/webhooks/twilio/status", {}, b"") == (404, {}, b"")


async def test_the_synchronous_face_in_a_loop() -> None:
    """Taking a webhook would block the loop that runs, so it says what to await instead."""
    sync = SyncSmsVerifier(build().verifier)

    with pytest.raises(RuntimeError, match=r"asynchronous\.handle_webhook"):
        sync.handle_webhook("POST", "/", {}, b"")

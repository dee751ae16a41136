"""Which services are asked, by the settings."""

from __future__ import annotations

import pytest

from smsverify.domain.mode import Mode
from smsverify.entrypoints.validator.live.table import probes_for
from smsverify.entrypoints.validator.situation import read_situation
from tests.unit.entrypoints.validator.sound import SERVICE, SIMULATED, SOUND, changed

ACCOUNT, SENDERS = "the Twilio account", "the sender numbers"
STORE, WEBHOOKS = "the store (redis)", "the webhooks"


@pytest.mark.parametrize(
    ("environ", "asked"),
    [
        (SOUND, [ACCOUNT, SENDERS, STORE, WEBHOOKS]),
        (
            changed({"TWILIO_MESSAGING_SERVICE_SID": SERVICE}),
            [ACCOUNT, "the Messaging Service", STORE, WEBHOOKS],
        ),
        (changed({"SMS_PUBLIC_BASE_URL": None}), [ACCOUNT, SENDERS, STORE]),
        (changed({"TWILIO_AUTH_TOKEN": "broken"}), [STORE, WEBHOOKS]),
        (changed({"TWILIO_AUTH_TOKEN": None}), [STORE, WEBHOOKS]),
        (changed({"REDIS_URL": "broken"}), [ACCOUNT, SENDERS, WEBHOOKS]),
        (changed({"SMS_PUBLIC_BASE_URL": "broken"}), [ACCOUNT, SENDERS, STORE]),
        (changed({"TWILIO_PHONE_NUMBERS": "broken"}), [ACCOUNT, STORE, WEBHOOKS]),
        (SIMULATED, ["the store (sqlite)"]),
        ({**SIMULATED, "SMS_STORE": "memory"}, []),
        ({}, []),
    ],
)
def test_what_is_asked(environ: dict[str, str], asked: list[str]) -> None:
    """Each mode speaks to its own services, and nothing is asked through a broken setting."""
    assert [one.name for one in probes_for(read_situation(environ))] == asked


def test_simulation_never_asks_twilio() -> None:
    """Judged as if in simulation, credentials are not tried."""
    situation = read_situation(SOUND, judge_as=Mode.SIMULATION)

    assert [one.name for one in probes_for(situation)] == [STORE]

"""Settings of the simulation and of the self-test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsverify.entrypoints.validator.finding import Topic, warning
from smsverify.entrypoints.validator.remedies import line_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.situation import Situation

CALL_MS: Final = 10_000
"""Milliseconds that a provider is waited for at most."""


def judge_latency(situation: Situation) -> Iterator[Finding]:
    """Tell of a simulated provider that never answers in time."""
    latency = situation.settings.simulation_latency_ms
    if latency >= CALL_MS:
        yield warning(
            Topic.SETTINGS,
            f"SMS_SIMULATION_LATENCY_MS={latency} is longer than a provider is waited for"
            f" ({CALL_MS} ms), so no send succeeds.",
            line_for("SMS_SIMULATION_LATENCY_MS"),
            "SMS_SIMULATION_LATENCY_MS",
        )


def judge_real_sending(situation: Situation) -> Iterator[Finding]:
    """Tell of a real message that has nowhere to go."""
    settings = situation.settings
    if settings.test_real_sending and settings.test_phone_number is None:
        yield warning(
            Topic.SETTINGS,
            "SMS_TEST_REAL_SENDING=true has no effect without SMS_TEST_PHONE_NUMBER.",
            "SMS_TEST_PHONE_NUMBER=+1...  (your own phone)",
            "SMS_TEST_PHONE_NUMBER",
        )

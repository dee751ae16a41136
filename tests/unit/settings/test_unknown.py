"""Names that are no settings."""

from __future__ import annotations

import pytest

from smsverify.settings import variables
from smsverify.settings.unknown import known_names, unknown_variables


def test_what_is_known_is_not_unknown() -> None:
    """No variable, and no file of a secret, is warned about."""
    assert unknown_variables(known_names()) == []
    assert {"SMS_STORE", "TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN_FILE"} <= known_names()
    assert len(known_names()) > len(variables())


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SMS_RATE_LIMIT_HOUR", "SMS_RATE_LIMIT_PER_HOUR"),
        ("SMS_SIMULATION", "SMS_SIMULATION_MODE"),
        ("TWILIO_AUTHTOKEN", "TWILIO_AUTH_TOKEN"),
        ("TWILIO_PHONE_NUMBER", "TWILIO_PHONE_NUMBERS"),
        ("TWILLIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN"),
        ("sms_store", "SMS_STORE"),
        ("REDIS_URI", "REDIS_URL"),
        ("SMS_CODE_LENGTH_FILE", "SMS_CODE_LENGTH"),
        ("SMS_QQQQQQ", None),
    ],
)
def test_a_mistyped_name_is_told_the_right_one(name: str, nearest: str | None) -> None:
    """The nearest setting is named, and the sentence says that the name has no effect."""
    [found] = unknown_variables(["SMS_STORE", name, "PATH"])
    assert (found.name, found.nearest) == (name, nearest)
    assert found.message.startswith(f"{name} is no setting and has no effect; ")
    assert (nearest or "take it out") in found.message


def test_names_of_others_are_left_alone() -> None:
    """What a system sets anyway is no warning."""
    others = ["PATH", "HOME", "PORT", "LOG_LEVEL", "DATABASE_URL", "SMSVERIFY_TEST_SERVER", "URL"]
    kubernetes = [
        "REDIS_PORT",
        "REDIS_SERVICE_HOST",
        "REDIS_SERVICE_PORT_REDIS",
        "REDIS_PORT_6379_TCP",
        "REDIS_PORT_6379_TCP_ADDR",
    ]
    assert unknown_variables(others + kubernetes) == []
    [found] = unknown_variables([*others, *kubernetes, "SMS_STORES"])
    assert found.name == "SMS_STORES"

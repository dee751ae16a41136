"""Settings in which the validator finds nothing, to break one thing at a time."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from smsverify.entrypoints.validator.finding import Severity
from smsverify.entrypoints.validator.offline.table import judge
from smsverify.entrypoints.validator.situation import read_situation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from smsverify.domain.mode import Mode
    from smsverify.entrypoints.validator.finding import Finding


def some_hex(name: str, length: int = 32) -> str:
    """Return digits that look random, the same ones each time."""
    return hashlib.sha256(name.encode()).hexdigest()[:length]


ACCOUNT = "AC" + some_hex("account")
SERVICE = "MG" + some_hex("service")
KEY = "SK" + some_hex("key")
TOKEN = some_hex("token")

SOUND = {
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_PHONE_NUMBERS": "+17205550142",
    "SMS_ALLOWED_COUNTRIES": "US,CA",
    "SMS_CODE_SECRET": some_hex("code", 64),
    "SMS_KEY_SECRET": some_hex("keys", 64),
    "SMS_WEBHOOK_SECRET": some_hex("webhook", 64),
    "SMS_PUBLIC_BASE_URL": "https://sms.example.com",
    "REDIS_URL": "redis://:" + some_hex("redis", 16) + "@redis.internal:6379/0",
}
"""A live deployment without a fault."""

SIMULATED = {"SMS_SIMULATION_MODE": "true"}

SECRETS = (
    SOUND["TWILIO_AUTH_TOKEN"],
    SOUND["SMS_CODE_SECRET"],
    SOUND["SMS_KEY_SECRET"],
    SOUND["SMS_WEBHOOK_SECRET"],
    some_hex("redis", 16),
)
"""What must be shown nowhere."""


def changed(changes: Mapping[str, str | None], base: Mapping[str, str] = SOUND) -> dict[str, str]:
    """Return the sound settings with some changed; None takes one out."""
    values = {**base, **changes}
    return {name: value for name, value in values.items() if value is not None}


def findings(
    environ: Mapping[str, str], dotenv: Path | None = None, judge_as: Mode | None = None
) -> list[Finding]:
    """Return all that is said of these settings without asking anybody."""
    return list(judge(read_situation(environ, dotenv, judge_as=judge_as)))


def faults(
    environ: Mapping[str, str], dotenv: Path | None = None, judge_as: Mode | None = None
) -> list[Finding]:
    """Return what is not in order."""
    found = findings(environ, dotenv, judge_as)
    return [one for one in found if one.severity is not Severity.FINE]

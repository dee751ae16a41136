"""How receipts and people's STOP come in."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from smsverify.entrypoints.validator.finding import Topic, fine, problem, warning
from smsverify.entrypoints.validator.remedies import line_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.situation import Situation


def judge_base_url(situation: Situation) -> Iterator[Finding]:
    """Tell whether Twilio has an address to report to, and one that it can reach."""
    settings = situation.settings
    name, url = "SMS_PUBLIC_BASE_URL", settings.public_base_url
    if url is None and settings.webhook_secret is None:
        yield warning(
            Topic.WEBHOOKS,
            f"{name} is not set: no delivery receipts come in, and nobody hears a STOP.",
            line_for(name),
            name,
        )
    elif url is None:
        yield warning(
            Topic.WEBHOOKS,
            f"SMS_WEBHOOK_SECRET has no effect without {name}: no callbacks are asked for.",
            line_for(name),
            name,
        )
    elif is_loopback(url) and not is_loopback(settings.twilio_api_base_url or ""):
        yield problem(
            Topic.WEBHOOKS,
            f"{name} is an address of this machine, which Twilio can't reach.",
            line_for(name),
            name,
        )
    else:
        yield fine(Topic.WEBHOOKS, f"Receipts and opt-outs come in at {url}.")


def judge_webhook_secret(situation: Situation) -> Iterator[Finding]:
    """Tell of callback addresses that are not bound to their message."""
    settings = situation.settings
    if settings.public_base_url and settings.webhook_secret is None:
        yield warning(
            Topic.WEBHOOKS,
            "SMS_WEBHOOK_SECRET is not set: a captured receipt could be sent again for another"
            " message.",
            line_for("SMS_WEBHOOK_SECRET"),
            "SMS_WEBHOOK_SECRET",
        )


def judge_signing_token(situation: Situation) -> Iterator[Finding]:
    """Tell when signatures of webhooks can't be checked."""
    settings = situation.settings
    if settings.public_base_url and settings.missing_credential is None:
        if settings.twilio_auth_token or not settings.twilio_account_sid:
            return
        yield problem(
            Topic.WEBHOOKS,
            "TWILIO_AUTH_TOKEN must be set beside the API key: Twilio signs its webhooks with it,"
            " so all of them would be refused.",
            line_for("TWILIO_AUTH_TOKEN"),
            "TWILIO_AUTH_TOKEN",
        )


def is_loopback(url: str) -> bool:
    """Say whether an address on the web is on this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

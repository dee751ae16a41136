"""What the settings mean in the domain's terms: policy, rules, secrets, names, texts."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

import attrs

from smsverify.application.message_texts import MessageTexts
from smsverify.application.sender_pool import PoolRules
from smsverify.domain.code import CodeKeys
from smsverify.domain.cost import micros
from smsverify.domain.events import Started
from smsverify.domain.languages import TEXTS, choose_text
from smsverify.domain.mode import Mode
from smsverify.domain.number_rules import SIMULATION_NUMBER_RULES, NumberRules
from smsverify.domain.periods import HOUR, SECOND
from smsverify.domain.policy import STANDARD, Policy, send_limits, wrong_answer_limits
from smsverify.settings import ALL_COUNTRIES, variables

if TYPE_CHECKING:
    from smsverify.settings import Settings

SIMULATION_SECRET: Final = b"smsverify simulation: this is no secret"
"""Simulation's codes and keys are made with a constant that says so."""


def policy_of(settings: Settings) -> Policy:
    """Return the numbers of all rules."""
    return attrs.evolve(
        STANDARD,
        sends=send_limits(
            settings.rate_limit_per_hour,
            settings.rate_limit_per_day,
            settings.resend_pause_seconds * SECOND,
        ),
        wrong_answers=wrong_answer_limits(
            settings.wrong_answer_limit, settings.wrong_answer_limit_per_day
        ),
        code_life=settings.code_lifetime_seconds * SECOND,
        client_sends=settings.client_send_limit_per_hour,
        client_wrong=settings.client_wrong_answer_limit_per_hour,
        daily_ceiling=micros(settings.daily_cost_limit),
        country_ceilings={
            country: micros(limit) for country, limit in settings.country_cost_limits.items()
        },
        purposes=settings.purposes,
    )


def prices_of(settings: Settings) -> dict[str, int]:
    """Return the operator's own prices in micro-dollars a segment."""
    return {country: micros(price) for country, price in settings.prices.items()}


def number_rules_of(settings: Settings) -> NumberRules:
    """Return which numbers are sent to; in simulation every possible one, unless lists say less."""
    live = settings.mode is Mode.LIVE
    allowed = settings.allowed_countries
    return NumberRules(
        require_valid=live,
        allowed_types=(
            settings.allowed_number_types if live else SIMULATION_NUMBER_RULES.allowed_types
        ),
        allowed_countries=None if allowed == ALL_COUNTRIES else allowed,
        denied_countries=settings.denied_countries,
    )


def pool_rules_of(settings: Settings) -> PoolRules:
    """Return how the sender pool is used."""
    cooldown = settings.sender_cooldown_hours * HOUR
    return PoolRules(settings.twilio_area_code, cooldown, settings.sender_daily_allowance)


def home_only(settings: Settings) -> bool:
    """Say whether only the senders' own countries are sent to: live mode without a list."""
    return settings.mode is Mode.LIVE and settings.allowed_countries is None


def namespace_of(settings: Settings) -> str:
    """Return what every key begins with: one hash tag, so that a Cluster keeps them together."""
    return f"{{{settings.key_prefix}:{settings.mode.value}}}"


def key_secret_of(settings: Settings) -> bytes:
    """Return the secret behind phones' names; in live mode it may come from the account SID."""
    if settings.key_secret is not None:
        return settings.key_secret.encode()
    if settings.mode is Mode.LIVE and settings.twilio_account_sid is not None:
        return _derive(settings.twilio_account_sid, b"smsverify key secret")
    return SIMULATION_SECRET


def code_keys_of(settings: Settings) -> CodeKeys:
    """Return the secrets behind codes; in live mode they may come from the Twilio tokens."""
    secrets = [secret.encode() for secret in settings.code_secret]
    if not secrets and settings.mode is Mode.LIVE:
        own = (
            settings.twilio_auth_token or settings.twilio_api_key_secret,
            settings.twilio_auth_token_previous,
        )
        secrets = [_derive(token, b"smsverify code secret") for token in own if token]
    return CodeKeys.of(secrets or [SIMULATION_SECRET], settings.code_length)


def _derive(secret: str, info: bytes) -> bytes:
    """Return 32 bytes by HKDF with SHA-256 (RFC 5869), one block."""
    pseudo_random_key = hmac.digest(b"\x00" * 32, secret.encode(), "sha256")
    return hmac.digest(pseudo_random_key, info + b"\x01", "sha256")


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Return every value that no log may show, whatever line it slips into."""
    values = (getattr(settings, one.attribute) for one in variables() if one.secret)
    found = (one for value in values for one in (value if isinstance(value, tuple) else (value,)))
    return tuple(one for one in found if one)


def start_of(settings: Settings) -> Started:
    """Return the event that tells what was built, and what whoever runs it should know."""
    notices = []
    if settings.mode is Mode.SIMULATION and settings.twilio_account_sid:
        notices.append("SMS_SIMULATION_MODE wins over the Twilio credentials: nothing is sent.")
    if settings.missing_credential is not None:
        notices.append(f"{settings.missing_credential} is not set.")
    file = None if settings.source is None else str(settings.source)
    return Started(settings.mode, settings.chosen_store.value, " ".join(notices), file)


def texts_of(settings: Settings) -> MessageTexts:
    """Return the messages."""
    return MessageTexts(
        default=choose_text(settings.default_locale, {}, TEXTS["en"]),
        overrides={},
        only=settings.message_template,
        origin_host=settings.origin_host,
        android_app_hash=settings.android_app_hash,
        digits=settings.code_length,
    )

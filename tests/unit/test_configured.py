"""What the settings mean to the rules: units, defaults, and which secret is used for what."""

from __future__ import annotations

import hashlib
import hmac
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from smsverify import configured
from smsverify.domain.number_rules import ALL_LINE_TYPES, LIVE_LINE_TYPES
from smsverify.domain.periods import HOUR, MINUTE, SECOND
from smsverify.domain.phone import LineType
from smsverify.domain.policy import STANDARD
from smsverify.domain.rate_limit import Limit
from smsverify.settings import Settings

SID, OTHER_SID = "AC" + "0" * 32, "AC" + "1" * 32
TOKEN, OLD_TOKEN = "0" * 32, "1" * 32
LONG = "a-long-secret-of-the-operators-own-for-tests"


def live(**changes: Any) -> Settings:
    """Return live settings."""
    return Settings(**{"twilio_account_sid": SID, "twilio_auth_token": TOKEN, **changes})


def simulated(**changes: Any) -> Settings:
    """Return simulation's settings."""
    return Settings(simulation_mode=True, **changes)


def hkdf(secret: bytes, info: bytes) -> bytes:
    """Return what RFC 5869 gives for SHA-256, no salt and 32 bytes, written from its text."""
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + bytes([1]), hashlib.sha256).digest()


# ── the numbers ───────────────────────────────────────────────────────────────────────────────


def test_the_defaults_are_the_standard_profile() -> None:
    """Nothing set gives the numbers that the policy documents."""
    assert configured.policy_of(Settings()) == STANDARD


def test_every_number_reaches_its_rule() -> None:
    """Each setting changes its own number, in the domain's units."""
    policy = configured.policy_of(
        simulated(
            rate_limit_per_hour=3,
            rate_limit_per_day=7,
            resend_pause_seconds=30,
            wrong_answer_limit=2,
            wrong_answer_limit_per_day=9,
            code_lifetime_seconds=90,
            client_send_limit_per_hour=11,
            client_wrong_answer_limit_per_hour=12,
            daily_cost_limit=Decimal("1.5"),
            country_cost_limits="GB=0.25,FR=0",
            purposes="login,reset",
        )
    )

    assert policy.sends == (
        Limit("sends_per_hour", 3, HOUR),
        Limit("sends_per_day", 7, 24 * HOUR),
        Limit("resend_pause", 1, 30 * SECOND),
    )
    assert policy.wrong_answers == (
        Limit("wrong_answers_per_10_minutes", 2, 10 * MINUTE),
        Limit("wrong_answers_per_day", 9, 24 * HOUR),
    )
    assert policy.code_life == 90 * SECOND
    assert (policy.client_sends, policy.client_wrong) == (11, 12)
    assert policy.daily_ceiling == 1_500_000
    assert policy.country_ceilings == {"GB": 250_000, "FR": 0}
    assert policy.purposes == ("login", "reset")
    assert (policy.lease, policy.call_needs) == (STANDARD.lease, STANDARD.call_needs)


def test_prices_are_micro_dollars() -> None:
    """The operator's prices reach the tariff to the last digit."""
    assert configured.prices_of(simulated(prices="US=0.0083,GB=0.0553")) == {
        "US": 8_300,
        "GB": 55_300,
    }


def test_the_pools_rules() -> None:
    """Area code, hours of rest, allowance."""
    assert configured.pool_rules_of(Settings()).allowance is None
    rules = configured.pool_rules_of(
        Settings(twilio_area_code="303", sender_cooldown_hours=2, sender_daily_allowance=200)
    )

    assert (rules.area_code, rules.cooldown, rules.allowance) == ("303", 2 * HOUR, 200)


# ── who may be sent to ────────────────────────────────────────────────────────────────────────


def test_live_is_strict_and_simulation_is_not() -> None:
    """Live wants valid mobile numbers; simulation takes every possible one."""
    rules = configured.number_rules_of(live())
    assert (rules.require_valid, rules.allowed_types) == (True, LIVE_LINE_TYPES)

    rules = configured.number_rules_of(simulated(allowed_number_types="mobile"))
    assert (rules.require_valid, rules.allowed_types) == (False, ALL_LINE_TYPES)


def test_lists_hold_in_both_modes() -> None:
    """Allowed and denied countries are taken as they are; a star allows all."""
    for settings in (live, simulated):
        rules = configured.number_rules_of(
            settings(allowed_countries="US,GB", denied_countries="GB")
        )
        assert rules.allowed_countries == {"US", "GB"}
        assert rules.denied_countries == {"GB"}
        assert configured.number_rules_of(settings(allowed_countries="*")).allowed_countries is None
    types = configured.number_rules_of(live(allowed_number_types="voip")).allowed_types
    assert types == {LineType.VOIP}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (live(), True),
        (live(allowed_countries="US"), False),
        (live(allowed_countries="*"), False),
        (live(denied_countries="GB"), True),
        (simulated(), False),
        (Settings(), False),
    ],
)
def test_home_only_is_live_without_a_list(settings: Settings, expected: bool) -> None:
    """Only live mode without an allow-list is bound to the senders' countries."""
    assert configured.home_only(settings) is expected


# ── names and secrets ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), "{smsverify:disabled}"),
        (simulated(), "{smsverify:simulation}"),
        (live(key_prefix="staging"), "{staging:live}"),
        (live(simulation_mode=True), "{smsverify:simulation}"),
    ],
)
def test_a_deployment_has_one_hash_tag(settings: Settings, expected: str) -> None:
    """Modes and prefixes never share a record, and a Cluster keeps each together."""
    assert configured.namespace_of(settings).removesuffix(":") == expected


def test_the_key_secret() -> None:
    """The operator's own wins; live derives one from the SID, which never changes."""
    assert configured.key_secret_of(live(key_secret=LONG)) == LONG.encode()
    assert configured.key_secret_of(simulated(key_secret=LONG)) == LONG.encode()
    derived = configured.key_secret_of(live())
    assert derived == hkdf(SID.encode(), b"smsverify key secret")
    assert derived == configured.key_secret_of(live(twilio_auth_token=OLD_TOKEN))
    assert derived != configured.key_secret_of(live(twilio_account_sid=OTHER_SID))


def test_simulation_says_that_its_secret_is_none() -> None:
    """Simulation's constant tells what it is, and credentials don't leak into it."""
    assert b"no secret" in configured.SIMULATION_SECRET
    assert configured.key_secret_of(live(simulation_mode=True)) == configured.SIMULATION_SECRET
    keys = configured.code_keys_of(live(simulation_mode=True)).keys
    assert [key.secret for key in keys] == [configured.SIMULATION_SECRET]


def test_code_secrets_in_their_order() -> None:
    """The first issues, all are accepted, and the length of codes goes along."""
    second = LONG[::-1]

    ring = configured.code_keys_of(live(code_secret=f"{LONG},{second}", code_length=8))

    assert [key.secret for key in ring.keys] == [LONG.encode(), second.encode()]
    assert ring.issuing.secret == LONG.encode()
    assert ring.digits == 8


def test_live_derives_code_secrets_from_the_tokens() -> None:
    """The present token issues; codes of the previous one are still accepted."""
    ring = configured.code_keys_of(live(twilio_auth_token_previous=OLD_TOKEN))

    info = b"smsverify code secret"
    assert [key.secret for key in ring.keys] == [
        hkdf(TOKEN.encode(), info),
        hkdf(OLD_TOKEN.encode(), info),
    ]


def test_without_a_token_the_api_keys_secret_serves() -> None:
    """An account that signs in with an API key derives from its secret."""
    settings = Settings(
        twilio_account_sid=SID,
        twilio_api_key_sid="SK" + "0" * 32,
        twilio_api_key_secret="a secret of the key",
    )

    (key,) = configured.code_keys_of(settings).keys

    assert key.secret == hkdf(b"a secret of the key", b"smsverify code secret")


def test_names_and_codes_have_secrets_of_their_own() -> None:
    """Even from one token nothing derived for one use serves the other."""
    same = live(twilio_auth_token=SID[2:])

    assert configured.key_secret_of(same) != configured.code_keys_of(same).issuing.secret


def test_every_secret_is_known_to_the_logs() -> None:
    """Whatever is a secret among the settings is named for masking; nothing empty is."""
    settings = live(
        redis_url="redis://user:password@localhost",
        twilio_auth_token_previous=OLD_TOKEN,
        webhook_secret=LONG,
        key_secret=LONG[::-1],
        code_secret=(LONG + "1", LONG + "2"),
        twilio_api_key_sid="SK" + "0" * 32,
        twilio_api_key_secret="a secret of the key",
    )

    assert set(configured.secrets_of(settings)) == {
        TOKEN, OLD_TOKEN, LONG, LONG[::-1], LONG + "1", LONG + "2", "a secret of the key",
        "redis://user:password@localhost",
    }  # fmt: skip
    assert configured.secrets_of(Settings()) == ()


@pytest.mark.parametrize(
    ("settings", "notice"),
    [
        (Settings(), ""),
        (simulated(), ""),
        (live(), ""),
        (live(simulation_mode=True), "SMS_SIMULATION_MODE wins over the Twilio credentials"),
        (Settings(twilio_account_sid=SID), "TWILIO_AUTH_TOKEN is not set"),
        (Settings(twilio_auth_token=TOKEN), "TWILIO_ACCOUNT_SID is not set"),
    ],
    ids=["disabled", "simulation", "live", "both", "sid", "token"],
)
def test_the_start_is_told(settings: Settings, notice: str) -> None:
    """Mode and store, and what whoever runs it should know."""
    start = configured.start_of(settings)

    assert (start.mode, start.store) == (settings.mode, settings.chosen_store.value)
    assert notice in start.notice
    assert bool(notice) is bool(start.notice)


def test_the_texts() -> None:
    """Template, host, app hash, language and length reach the messages."""
    texts = configured.texts_of(
        Settings(
            message_template="{app} says {code}",
            origin_host="example.com",
            android_app_hash="FA+9qCX9VSu",
            code_length=8,
        )
    )

    render, _ = texts.choose("de", "MyApp")
    assert render("12345678") == "MyApp says 12345678\n@example.com #12345678 FA+9qCX9VSu"
    assert texts.digits == 8
    french = configured.texts_of(Settings(default_locale="fr")).choose(None, "A")[0]("123456")
    assert "vérification" in french


def test_the_start_says_mode_store_and_what_to_know() -> None:
    """The first event names mode, store and file, and warns when simulation hides credentials."""
    settings = live(simulation_mode=True, store="memory")

    started = configured.start_of(attrs.evolve(settings, source=Path(".env")))

    assert (started.mode, started.store, started.settings_file) == ("simulation", "memory", ".env")
    assert "nothing is sent" in started.notice

"""Each broken configuration is named, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsverify.domain.mode import Mode
from smsverify.entrypoints.validator.finding import Severity
from smsverify.entrypoints.validator.offline.table import JUDGEMENTS
from smsverify.settings.unknown import known_names
from tests.unit.entrypoints.validator.sound import (
    KEY,
    SERVICE,
    SIMULATED,
    SOUND,
    changed,
    faults,
    findings,
    some_hex,
)

PROBLEM, WARNING = Severity.PROBLEM, Severity.WARNING

BROKEN: list[tuple[str, dict[str, str | None], str, Severity]] = [
    # What the settings refuse by themselves.
    ("sid too short", {"TWILIO_ACCOUNT_SID": "AC12"}, "TWILIO_ACCOUNT_SID", PROBLEM),
    ("sid of a key", {"TWILIO_ACCOUNT_SID": KEY}, "TWILIO_ACCOUNT_SID", PROBLEM),
    ("token too short", {"TWILIO_AUTH_TOKEN": some_hex("t", 31)}, "TWILIO_AUTH_TOKEN", PROBLEM),
    ("area code of 2", {"TWILIO_AREA_CODE": "72"}, "TWILIO_AREA_CODE", PROBLEM),
    ("no phones", {"TWILIO_PHONE_NUMBERS": "5550100"}, "TWILIO_PHONE_NUMBERS", PROBLEM),
    ("short secret", {"SMS_CODE_SECRET": some_hex("c", 31)}, "SMS_CODE_SECRET", PROBLEM),
    ("short webhook", {"SMS_WEBHOOK_SECRET": "abc9"}, "SMS_WEBHOOK_SECRET", PROBLEM),
    ("hour above day", {"SMS_RATE_LIMIT_PER_HOUR": "30"}, "SMS_RATE_LIMIT_PER_HOUR", PROBLEM),
    ("day below hour", {"SMS_RATE_LIMIT_PER_DAY": "3"}, "SMS_RATE_LIMIT_PER_HOUR", PROBLEM),
    (
        "10 minutes above day",
        {"SMS_WRONG_ANSWER_LIMIT_PER_DAY": "4"},
        "SMS_WRONG_ANSWER_LIMIT",
        PROBLEM,
    ),
    ("no number", {"SMS_RATE_LIMIT_PER_HOUR": "five"}, "SMS_RATE_LIMIT_PER_HOUR", PROBLEM),
    ("no https", {"SMS_PUBLIC_BASE_URL": "http://example.com"}, "SMS_PUBLIC_BASE_URL", PROBLEM),
    ("no country", {"SMS_ALLOWED_COUNTRIES": "UK"}, "SMS_ALLOWED_COUNTRIES", PROBLEM),
    ("no redis", {"REDIS_URL": "redis.internal:6379"}, "REDIS_URL", PROBLEM),
    ("long life", {"SMS_CODE_LIFETIME_SECONDS": "3600"}, "SMS_CODE_LIFETIME_SECONDS", PROBLEM),
    ("text without code", {"SMS_MESSAGE_TEMPLATE": "Hi {app}"}, "SMS_MESSAGE_TEMPLATE", PROBLEM),
    ("no switch", {"SMS_SIMULATION_MODE": "maybe"}, "SMS_SIMULATION_MODE", PROBLEM),
    ("no budget", {"SMS_DAILY_COST_LIMIT": "-5"}, "SMS_DAILY_COST_LIMIT", PROBLEM),
    (
        "file of a secret",
        {"SMS_KEY_SECRET": None, "SMS_KEY_SECRET_FILE": "/nonexistent/secret"},
        "SMS_KEY_SECRET_FILE",
        PROBLEM,
    ),
    # Credentials.
    ("no token", {"TWILIO_AUTH_TOKEN": None}, "TWILIO_AUTH_TOKEN", PROBLEM),
    ("no sid", {"TWILIO_ACCOUNT_SID": None}, "TWILIO_ACCOUNT_SID", PROBLEM),
    ("key without secret", {"TWILIO_API_KEY_SID": KEY}, "TWILIO_API_KEY_SECRET", PROBLEM),
    ("secret without key", {"TWILIO_API_KEY_SECRET": "h7Gq9sLw2"}, "TWILIO_API_KEY_SID", PROBLEM),
    (
        "half a key and no token",
        {"TWILIO_AUTH_TOKEN": None, "TWILIO_API_KEY_SID": KEY},
        "TWILIO_API_KEY_SECRET",
        PROBLEM,
    ),
    (
        "key, and no token for webhooks",
        {"TWILIO_AUTH_TOKEN": None, "TWILIO_API_KEY_SID": KEY, "TWILIO_API_KEY_SECRET": "h7Gq9sL"},
        "TWILIO_AUTH_TOKEN",
        PROBLEM,
    ),
    (
        "previous token is the token",
        {"TWILIO_AUTH_TOKEN_PREVIOUS": SOUND["TWILIO_AUTH_TOKEN"]},
        "TWILIO_AUTH_TOKEN_PREVIOUS",
        WARNING,
    ),
    ("simulation wins", {"SMS_SIMULATION_MODE": "true"}, "SMS_SIMULATION_MODE", WARNING),
    # Senders and countries.
    (
        "service without countries",
        {
            "TWILIO_MESSAGING_SERVICE_SID": SERVICE,
            "TWILIO_PHONE_NUMBERS": None,
            "SMS_ALLOWED_COUNTRIES": None,
        },
        "SMS_ALLOWED_COUNTRIES",
        PROBLEM,
    ),
    (
        "numbers beside a service",
        {"TWILIO_MESSAGING_SERVICE_SID": SERVICE},
        "TWILIO_PHONE_NUMBERS",
        WARNING,
    ),
    ("no countries", {"SMS_ALLOWED_COUNTRIES": None}, "SMS_ALLOWED_COUNTRIES", WARNING),
    ("all countries", {"SMS_ALLOWED_COUNTRIES": "*"}, "SMS_ALLOWED_COUNTRIES", WARNING),
    ("all denied", {"SMS_DENIED_COUNTRIES": "US,CA"}, "SMS_DENIED_COUNTRIES", PROBLEM),
    ("one denied", {"SMS_DENIED_COUNTRIES": "CA"}, "SMS_DENIED_COUNTRIES", WARNING),
    ("home is not sent to", {"SMS_DEFAULT_REGION": "GB"}, "SMS_DEFAULT_REGION", WARNING),
    ("area of no sender", {"TWILIO_AREA_CODE": "415"}, "TWILIO_AREA_CODE", WARNING),
    (
        "sender in no use",
        {"TWILIO_PHONE_NUMBERS": "+17205550100,+15551234567"},
        "TWILIO_PHONE_NUMBERS",
        PROBLEM,
    ),
    (
        "premium numbers",
        {"SMS_ALLOWED_NUMBER_TYPES": "mobile,premium_rate"},
        "SMS_ALLOWED_NUMBER_TYPES",
        WARNING,
    ),
    # Secrets.
    ("example token", {"TWILIO_AUTH_TOKEN": "0123456789abcdef" * 2}, "TWILIO_AUTH_TOKEN", PROBLEM),
    ("example sid", {"TWILIO_ACCOUNT_SID": "AC" + "0" * 32}, "TWILIO_ACCOUNT_SID", PROBLEM),
    (
        "example secret",
        {"SMS_KEY_SECRET": "change-this-to-a-long-random-secret"},
        "SMS_KEY_SECRET",
        PROBLEM,
    ),
    (
        "example senders",
        {"TWILIO_PHONE_NUMBERS": "+17205550100,+17205550101"},
        "TWILIO_PHONE_NUMBERS",
        PROBLEM,
    ),
    ("no key secret", {"SMS_KEY_SECRET": None}, "SMS_KEY_SECRET", WARNING),
    (
        "one secret for two things",
        {"SMS_WEBHOOK_SECRET": SOUND["SMS_KEY_SECRET"]},
        "SMS_WEBHOOK_SECRET",
        WARNING,
    ),
    # Limits and money.
    ("pause above life", {"SMS_RESEND_PAUSE_SECONDS": "600"}, "SMS_RESEND_PAUSE_SECONDS", WARNING),
    (
        "pause hides the limit",
        {"SMS_RESEND_PAUSE_SECONDS": "599", "SMS_RATE_LIMIT_PER_HOUR": "7"},
        "SMS_RESEND_PAUSE_SECONDS",
        WARNING,
    ),
    (
        "client below phone",
        {"SMS_CLIENT_SEND_LIMIT_PER_HOUR": "4"},
        "SMS_CLIENT_SEND_LIMIT_PER_HOUR",
        WARNING,
    ),
    (
        "client guesses below phone",
        {"SMS_CLIENT_WRONG_ANSWER_LIMIT_PER_HOUR": "4"},
        "SMS_CLIENT_WRONG_ANSWER_LIMIT_PER_HOUR",
        WARNING,
    ),
    ("budget of nothing", {"SMS_DAILY_COST_LIMIT": "0"}, "SMS_DAILY_COST_LIMIT", PROBLEM),
    ("budget below a price", {"SMS_DAILY_COST_LIMIT": "0.01"}, "SMS_DAILY_COST_LIMIT", PROBLEM),
    (
        "money for another country",
        {"SMS_COUNTRY_COST_LIMITS": "FR=5"},
        "SMS_COUNTRY_COST_LIMITS",
        WARNING,
    ),
    (
        "country above the day",
        {"SMS_COUNTRY_COST_LIMITS": "CA=51"},
        "SMS_COUNTRY_COST_LIMITS",
        WARNING,
    ),
    # The message.
    (
        "letters outside GSM-7",
        {"SMS_MESSAGE_TEMPLATE": "{app}’s code is {code}. " + "Do not share it. " * 3},
        "SMS_MESSAGE_TEMPLATE",
        WARNING,
    ),
    (
        "long text",
        {"SMS_MESSAGE_TEMPLATE": "{app} {code} " + "x" * 140},
        "SMS_MESSAGE_TEMPLATE",
        WARNING,
    ),
    (
        "long host",
        {"SMS_ORIGIN_HOST": "sms." + "long-name." * 6 + "example.com"},
        "SMS_ORIGIN_HOST",
        WARNING,
    ),
    (
        "nameless text",
        {"SMS_MESSAGE_TEMPLATE": "Your code: {code}"},
        "SMS_MESSAGE_TEMPLATE",
        WARNING,
    ),
    ("unwritten language", {"SMS_DEFAULT_LOCALE": "tlh"}, "SMS_DEFAULT_LOCALE", WARNING),
    (
        "too long for Android",
        {
            "SMS_MESSAGE_TEMPLATE": "{app} {code} " + "x" * 110,
            "SMS_ANDROID_APP_HASH": "FA+9qCX9VSu",
        },
        "SMS_ANDROID_APP_HASH",
        WARNING,
    ),
    # Store.
    ("forgetful", {"SMS_STORE": "memory", "REDIS_URL": None}, "SMS_STORE", PROBLEM),
    ("redis unused", {"SMS_STORE": "sqlite"}, "REDIS_URL", WARNING),
    ("file unused", {"SMS_SQLITE_PATH": "/var/lib/sms.db"}, "SMS_SQLITE_PATH", WARNING),
    ("server of chance", {"REDIS_URL": None}, "REDIS_URL", WARNING),
    # Webhooks.
    (
        "no webhooks",
        {"SMS_PUBLIC_BASE_URL": None, "SMS_WEBHOOK_SECRET": None},
        "SMS_PUBLIC_BASE_URL",
        WARNING,
    ),
    ("secret without url", {"SMS_PUBLIC_BASE_URL": None}, "SMS_PUBLIC_BASE_URL", WARNING),
    ("no webhook secret", {"SMS_WEBHOOK_SECRET": None}, "SMS_WEBHOOK_SECRET", WARNING),
    (
        "own machine",
        {"SMS_PUBLIC_BASE_URL": "http://127.0.0.1:8000"},
        "SMS_PUBLIC_BASE_URL",
        PROBLEM,
    ),
    # The rest.
    ("misspelled", {"SMS_RATE_LIMIT_PER_HUOR": "5"}, "SMS_RATE_LIMIT_PER_HUOR", WARNING),
    ("nowhere to send", {"SMS_TEST_REAL_SENDING": "true"}, "SMS_TEST_PHONE_NUMBER", WARNING),
]


def test_sound_settings_have_no_fault() -> None:
    """Nothing is said against the settings that all other cases start from."""
    assert faults(SOUND) == []
    assert faults(SIMULATED) == []


@pytest.mark.parametrize(
    ("changes", "variable", "severity"),
    [case[1:] for case in BROKEN],
    ids=[case[0] for case in BROKEN],
)
def test_the_one_broken_thing_is_named(
    changes: dict[str, str | None], variable: str, severity: Severity
) -> None:
    """One fault gives one finding, with the variable to mend and what mends it."""
    (found,) = faults(changed(changes))

    assert (found.variable, found.severity) == (variable, severity)
    assert found.remedy
    assert found.sentence.endswith((".", "?"))


@pytest.mark.parametrize(
    "changes",
    [
        {"REDIS_URL": "redis://localhost:6379/0"},
        {"SMS_COUNTRY_COST_LIMITS": "CA=50"},
        {"SMS_CLIENT_SEND_LIMIT_PER_HOUR": "5", "SMS_CLIENT_WRONG_ANSWER_LIMIT_PER_HOUR": "5"},
        {"SMS_RESEND_PAUSE_SECONDS": "599"},
        {"SMS_DAILY_COST_LIMIT": "0.014"},
        {"SMS_ALLOWED_COUNTRIES": "US", "SMS_DENIED_COUNTRIES": "CA"},
        {"SMS_DEFAULT_REGION": "CA"},
        {"TWILIO_AREA_CODE": "415", "TWILIO_PHONE_NUMBERS": "+17205550142,+14155550142"},
        {"SMS_ORIGIN_HOST": "sms.example.com", "SMS_ANDROID_APP_HASH": "FA+9qCX9VSu"},
        {"TWILIO_API_KEY_SID": KEY, "TWILIO_API_KEY_SECRET": "h7Gq9sLw2"},
        {
            "SMS_PUBLIC_BASE_URL": "http://127.0.0.1:8000",
            "TWILIO_API_BASE_URL": "http://127.0.0.1:9000",
        },
        {"SMS_STORE": "sqlite", "REDIS_URL": None, "SMS_SQLITE_PATH": "/var/lib/sms.db"},
        {"REDIS_PORT_6379_TCP": "tcp://10.0.0.1:6379", "PATH": "/bin"},
    ],
)
def test_what_is_still_right_is_not_blamed(changes: dict[str, str | None]) -> None:
    """At the bound of each rule, and where an example is a fine value, nothing is said."""
    assert faults(changed(changes)) == []


def test_rules_read_variables_that_exist() -> None:
    """A rule is held back by a broken variable only if its name is spelled right."""
    read = {name for one in JUDGEMENTS for name in one.reads}

    assert read <= known_names()


def test_nothing_is_asked_of_a_mode_it_does_not_belong_to() -> None:
    """Where sending is off on purpose nothing is missing."""
    assert faults({}, judge_as=Mode.DISABLED) == []
    assert [one.variable for one in faults({})] == ["TWILIO_ACCOUNT_SID"]


def test_live_is_judged_although_nothing_asks_for_it() -> None:
    """Judged as if live, missing credentials are the problem; all that a start needs is named."""
    (found,) = (one for one in faults({}, judge_as=Mode.LIVE) if one.severity is PROBLEM)

    assert found.variable == "TWILIO_ACCOUNT_SID"
    assert "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be set" in found.sentence


def test_a_switch_left_on_is_told_when_live_is_judged() -> None:
    """Judged as if live, simulation that would win is named."""
    (found,) = faults(changed(SIMULATED), judge_as=Mode.LIVE)

    assert found.variable == "SMS_SIMULATION_MODE"


def test_simulation_may_be_judged_with_credentials() -> None:
    """Judged as if in simulation, credentials are no fault."""
    assert faults(SOUND, judge_as=Mode.SIMULATION) == []


def test_slow_simulation_is_told() -> None:
    """A simulated provider slower than the time of a call lets no send succeed."""
    (found,) = faults({**SIMULATED, "SMS_SIMULATION_LATENCY_MS": "10000"})

    assert found.variable == "SMS_SIMULATION_LATENCY_MS"


@pytest.mark.parametrize("mode", [0o644, 0o604])
def test_a_file_that_everybody_reads_is_named(tmp_path: Path, mode: int) -> None:
    """A secret in a world-readable .env is a problem, and the command that mends it is given."""
    dotenv = tmp_path / ".env"
    dotenv.write_text("".join(f"{name}={value}\n" for name, value in SOUND.items()))
    dotenv.chmod(mode)

    (found,) = faults({}, dotenv)

    assert found.remedy == f"chmod 600 {dotenv}"
    dotenv.chmod(0o600)
    assert faults({}, dotenv) == []


def test_a_file_without_secrets_may_be_read(tmp_path: Path) -> None:
    """Nobody has to hide that simulation is on."""
    dotenv = tmp_path / ".env"
    dotenv.write_text("SMS_SIMULATION_MODE=true\n")
    dotenv.chmod(0o644)

    assert faults({}, dotenv) == []


def test_a_copy_of_the_template_has_no_fault(tmp_path: Path) -> None:
    """Who copies the template and switches simulation on is told of nothing."""
    template = Path(__file__).parents[5] / ".env.sms.template"
    dotenv = tmp_path / ".env"
    dotenv.write_text(template.read_text(encoding="utf-8"))
    dotenv.chmod(0o600)

    assert faults(SIMULATED, dotenv) == []


def test_every_language_is_shown() -> None:
    """What the message of each language takes stands in the report."""
    sentences = " ".join(one.sentence for one in findings(SIMULATED))

    assert "One segment in GSM-7 ($0.014 to US): bs, ca" in sentences
    assert "One segment in UCS-2 ($0.014 to US): ar, bg" in sentences


def test_price_and_segments_of_the_message_are_shown() -> None:
    """Encoding, length, segments and price are told of the message that is sent."""
    environ = changed({"SMS_PRICES": "US=0.01,CA=0.02", "SMS_DEFAULT_LOCALE": "de"})
    sentences = [one.sentence for one in findings(environ)]

    (message,) = (one for one in sentences if one.startswith("The message (de)"))
    assert "GSM-7, " in message
    assert "one segment; $0.02 to CA, $0.01 to US." in message

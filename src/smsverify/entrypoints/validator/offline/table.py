"""All rules about settings, with the variables that each one reads and the modes it is asked in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsverify.domain.mode import Mode
from smsverify.entrypoints.validator.offline.credentials import (
    judge_api_key,
    judge_credentials,
    judge_disabled,
    judge_previous_token,
    judge_simulation,
)
from smsverify.entrypoints.validator.offline.forms import judge_dotenv, judge_forms, judge_names
from smsverify.entrypoints.validator.offline.judgement import LIVE, SENDING, Judgement
from smsverify.entrypoints.validator.offline.limits import (
    judge_budget,
    judge_client_limits,
    judge_country_budgets,
    judge_pause,
)
from smsverify.entrypoints.validator.offline.messages import (
    judge_android,
    judge_default_message,
    judge_languages,
    judge_locale,
    judge_template,
)
from smsverify.entrypoints.validator.offline.own_secrets import judge_examples, judge_own_secrets
from smsverify.entrypoints.validator.offline.senders import (
    judge_allowed_countries,
    judge_area_code,
    judge_default_region,
    judge_denied_countries,
    judge_number_types,
    judge_sender_numbers,
    judge_senders,
)
from smsverify.entrypoints.validator.offline.store import (
    judge_redis_url,
    judge_store,
    judge_unused,
)
from smsverify.entrypoints.validator.offline.trials import judge_latency, judge_real_sending
from smsverify.entrypoints.validator.offline.webhooks import (
    judge_base_url,
    judge_signing_token,
    judge_webhook_secret,
)
from smsverify.entrypoints.validator.situation import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.situation import Situation

_TEXT: Final = (
    "SMS_MESSAGE_TEMPLATE",
    "SMS_DEFAULT_LOCALE",
    "SMS_ORIGIN_HOST",
    "SMS_ANDROID_APP_HASH",
    "SMS_CODE_LENGTH",
)
_COUNTRIES: Final = ("SMS_ALLOWED_COUNTRIES", "SMS_DENIED_COUNTRIES")
_PRICED: Final = (*_TEXT, *_COUNTRIES, "TWILIO_PHONE_NUMBERS", "SMS_PRICES")
_STORES: Final = ("SMS_STORE", "REDIS_URL", "SMS_SQLITE_PATH")

JUDGEMENTS: Final = (
    Judgement(judge_forms, ()),
    Judgement(judge_names, ()),
    Judgement(judge_dotenv, ()),
    Judgement(judge_simulation, ("SMS_SIMULATION_MODE", *CREDENTIALS)),
    Judgement(judge_latency, ("SMS_SIMULATION_LATENCY_MS",), frozenset({Mode.SIMULATION})),
    Judgement(judge_real_sending, ("SMS_TEST_REAL_SENDING", "SMS_TEST_PHONE_NUMBER"), LIVE),
    Judgement(judge_credentials, CREDENTIALS, LIVE),
    Judgement(judge_disabled, CREDENTIALS, frozenset({Mode.DISABLED})),
    Judgement(judge_api_key, CREDENTIALS, LIVE),
    Judgement(judge_previous_token, ("TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN_PREVIOUS")),
    Judgement(judge_senders, ("TWILIO_PHONE_NUMBERS", "TWILIO_MESSAGING_SERVICE_SID"), LIVE),
    Judgement(judge_sender_numbers, ("TWILIO_PHONE_NUMBERS",), LIVE),
    Judgement(judge_area_code, ("TWILIO_AREA_CODE", "TWILIO_PHONE_NUMBERS"), LIVE),
    Judgement(judge_allowed_countries, (*_COUNTRIES, "TWILIO_MESSAGING_SERVICE_SID"), LIVE),
    Judgement(judge_denied_countries, _COUNTRIES, SENDING),
    Judgement(judge_default_region, ("SMS_DEFAULT_REGION", *_COUNTRIES), SENDING),
    Judgement(judge_number_types, ("SMS_ALLOWED_NUMBER_TYPES",), LIVE),
    Judgement(judge_examples, ()),
    Judgement(
        judge_own_secrets, ("SMS_KEY_SECRET", "SMS_CODE_SECRET", "SMS_WEBHOOK_SECRET"), SENDING
    ),
    Judgement(
        judge_pause,
        ("SMS_RESEND_PAUSE_SECONDS", "SMS_CODE_LIFETIME_SECONDS", "SMS_RATE_LIMIT_PER_HOUR"),
        SENDING,
    ),
    Judgement(
        judge_client_limits,
        (
            "SMS_CLIENT_SEND_LIMIT_PER_HOUR",
            "SMS_RATE_LIMIT_PER_HOUR",
            "SMS_CLIENT_WRONG_ANSWER_LIMIT_PER_HOUR",
            "SMS_WRONG_ANSWER_LIMIT",
        ),
        SENDING,
    ),
    Judgement(judge_budget, ("SMS_DAILY_COST_LIMIT", *_PRICED), SENDING),
    Judgement(
        judge_country_budgets,
        ("SMS_COUNTRY_COST_LIMITS", "SMS_DAILY_COST_LIMIT", *_COUNTRIES),
        SENDING,
    ),
    Judgement(judge_locale, ("SMS_DEFAULT_LOCALE", "SMS_MESSAGE_TEMPLATE"), SENDING),
    Judgement(judge_template, ("SMS_MESSAGE_TEMPLATE",), SENDING),
    Judgement(judge_default_message, _PRICED, SENDING),
    Judgement(judge_android, _TEXT, SENDING),
    Judgement(judge_languages, _TEXT, SENDING),
    Judgement(judge_store, ("SMS_STORE",), LIVE),
    Judgement(judge_unused, ("SMS_SIMULATION_MODE", *CREDENTIALS, *_STORES), SENDING),
    Judgement(judge_redis_url, ("REDIS_URL", "SMS_STORE"), LIVE),
    Judgement(
        judge_base_url,
        ("SMS_PUBLIC_BASE_URL", "SMS_WEBHOOK_SECRET", "TWILIO_API_BASE_URL"),
        LIVE,
    ),
    Judgement(judge_webhook_secret, ("SMS_PUBLIC_BASE_URL", "SMS_WEBHOOK_SECRET"), LIVE),
    Judgement(judge_signing_token, ("SMS_PUBLIC_BASE_URL", *CREDENTIALS), LIVE),
)
"""The rules in the order in which they are asked; the report sorts by topic."""


def judge(situation: Situation) -> Iterator[Finding]:
    """Ask every rule that is to be asked in this situation."""
    for one in JUDGEMENTS:
        yield from one.findings(situation)

"""The settings themselves: one frozen object with a field for each variable."""

# The fields' defaults are made by `setting`, which gives attrs.field; no value is shared.
# ruff: noqa: RUF009

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from smsverify.domain.languages import check_locale
from smsverify.domain.message import check_android_app_hash, check_origin_host, check_template
from smsverify.domain.mode import Mode
from smsverify.domain.number_rules import LIVE_LINE_TYPES
from smsverify.errors import ConfigurationError
from smsverify.settings import lists, scalars, topics, urls
from smsverify.settings.choices import LogFormat, LogLevel, StoreKind
from smsverify.settings.dollar_table import DollarTable
from smsverify.settings.rules import contradictions
from smsverify.settings.variable import Variable, setting, variable_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from smsverify.domain.phone import LineType
    from smsverify.settings.kind import Kind

__all__ = ["DEFAULT_REDIS_URL", "Settings", "variables"]

DEFAULT_REDIS_URL = "redis://localhost:6379"
"""Where live mode looks for Redis when ``REDIS_URL`` is unset."""

_HEX_32 = "[0-9a-fA-F]{32}"
_TOKEN = scalars.secret(
    pattern=_HEX_32, expected="32 characters of 0-9 and a-f, as Twilio's console shows it"
)
_LONG_SECRET = scalars.secret(shortest=32)


def _sid(prefix: str) -> Kind:
    form = f"{prefix} followed by 32 characters of 0-9 and a-f"
    return scalars.secret(pattern=prefix + _HEX_32, expected=form)


@attrs.frozen(kw_only=True, repr=False)
class Settings:
    """
    Everything that can be set, checked.

    Each field takes its natural type or the text that the variable of the same name would hold
    (``SMS_`` left away, in lower case); an empty text is the default. Built directly, no
    environment is read: that is what :func:`smsverify.settings.load_settings` does. A repr shows
    what differs from the defaults, and of credentials and phone numbers only that they are set.

    Raises:
        ConfigurationError: for a value that makes no sense, alone or beside another.
        TypeError: for a keyword that is no setting.
    """

    # ── what to start with ────────────────────────────────────────────────────────────────────

    simulation_mode: bool = setting(
        "SMS_SIMULATION_MODE",
        scalars.switch(),
        topics.START,
        default=False,
        help="Play everything through without sending or paying: the messages land in memory."
        " It wins over credentials.",
    )
    twilio_account_sid: str | None = setting(
        "TWILIO_ACCOUNT_SID",
        _sid("AC"),
        topics.START,
        default=None,
        help="The Twilio account that messages are sent through and billed to.",
        unset="sending is disabled",
        private=True,
    )
    twilio_auth_token: str | None = setting(
        "TWILIO_AUTH_TOKEN",
        _TOKEN,
        topics.START,
        default=None,
        help="The account's token. Webhooks are checked with it, so they need it beside an API"
        " key too.",
        unset="sending is disabled, unless there is an API key",
        secret=True,
    )

    # ── what a service in production should set ───────────────────────────────────────────────

    twilio_phone_numbers: tuple[str, ...] = setting(
        "TWILIO_PHONE_NUMBERS",
        lists.phone_numbers(),
        topics.SENDERS,
        default=(),
        help="The numbers that messages go out from.",
        unset="the account's own numbers that can send SMS, read through Twilio's API",
        example="+17205550100,+17205550101",
        private=True,
    )
    twilio_messaging_service_sid: str | None = setting(
        "TWILIO_MESSAGING_SERVICE_SID",
        _sid("MG"),
        topics.SENDERS,
        default=None,
        help="A Twilio Messaging Service that chooses the sender; it wins over the numbers above"
        " and needs SMS_ALLOWED_COUNTRIES.",
        unset="no service",
        private=True,
    )
    allowed_countries: frozenset[str] | None = setting(
        "SMS_ALLOWED_COUNTRIES",
        lists.countries(star=True),
        topics.SENDERS,
        default=None,
        help="The countries that codes are sent to. Name only those that your users live in: most"
        " fraud with SMS comes from elsewhere.",
        unset="in live mode the countries of the sender numbers, in simulation all",
        example="US,CA,GB",
    )
    daily_cost_limit: Decimal = setting(
        "SMS_DAILY_COST_LIMIT",
        scalars.dollars(1_000_000),
        topics.SENDERS,
        default=Decimal(50),
        help="The most that all messages of a UTC day may cost together, by estimate. A send that"
        " would pass it is refused.",
        unit="dollars a day",
    )
    code_secret: tuple[str, ...] = setting(
        "SMS_CODE_SECRET",
        lists.code_secrets(),
        topics.SECRETS,
        default=(),
        help="The secrets that codes are derived from: the first makes new codes, the others are"
        " still accepted, so put a new one in front.",
        unset="in live mode derived from TWILIO_AUTH_TOKEN (without one, from"
        " TWILIO_API_KEY_SECRET), in simulation a constant",
        secret=True,
    )
    key_secret: str | None = setting(
        "SMS_KEY_SECRET",
        _LONG_SECRET,
        topics.SECRETS,
        default=None,
        help="Stands between phone numbers and the keys that they are stored under. Never change"
        " it: every limit and opt-out would be forgotten.",
        unset="in live mode derived from TWILIO_ACCOUNT_SID, which is no secret",
        secret=True,
    )
    redis_url: str | None = setting(
        "REDIS_URL",
        urls.redis_url(),
        topics.SHARED_STORE,
        default=None,
        help="The Redis or Valkey server that keeps the records: single, Sentinel or Cluster.",
        unset=f"in live mode {DEFAULT_REDIS_URL}, else an SQLite file",
        example="redis://localhost:6379/0",
        secret=True,
    )
    public_base_url: str | None = setting(
        "SMS_PUBLIC_BASE_URL",
        urls.web_address(path=True),
        topics.WEBHOOKS,
        default=None,
        help="Where Twilio reaches the webhooks from outside; their signatures are checked against"
        " it.",
        unset="no delivery receipts are asked for",
        example="https://sms.example.com",
    )
    webhook_secret: str | None = setting(
        "SMS_WEBHOOK_SECRET",
        _LONG_SECRET,
        topics.WEBHOOKS,
        default=None,
        help="Binds each callback URL to its own message, so that a captured receipt is worth"
        " nothing for another one.",
        unset="callback URLs carry no token",
        secret=True,
    )

    # ── limits ────────────────────────────────────────────────────────────────────────────────

    rate_limit_per_hour: int = setting(
        "SMS_RATE_LIMIT_PER_HOUR",
        scalars.whole_number(1, 100),
        topics.LIMITS,
        default=5,
        help="The most messages to one phone within any 60 minutes.",
        unit="messages",
    )
    rate_limit_per_day: int = setting(
        "SMS_RATE_LIMIT_PER_DAY",
        scalars.whole_number(1, 100),
        topics.LIMITS,
        default=20,
        help="The most messages to one phone within any 24 hours; not below the limit per hour.",
        unit="messages",
    )
    resend_pause_seconds: int = setting(
        "SMS_RESEND_PAUSE_SECONDS",
        scalars.whole_number(0, 3600),
        topics.LIMITS,
        default=0,
        help="The shortest time between two messages to one phone; 0 is no pause.",
        unit="seconds",
    )
    wrong_answer_limit: int = setting(
        "SMS_WRONG_ANSWER_LIMIT",
        scalars.whole_number(1, 10),
        topics.LIMITS,
        default=5,
        help="The most wrong answers for one phone and purpose within any 10 minutes; then even"
        " the right code has to wait.",
        unit="answers",
    )
    wrong_answer_limit_per_day: int = setting(
        "SMS_WRONG_ANSWER_LIMIT_PER_DAY",
        scalars.whole_number(1, 100),
        topics.LIMITS,
        default=20,
        help="The most wrong answers for one phone and purpose within any 24 hours; not below the"
        " limit per 10 minutes.",
        unit="answers",
    )
    client_send_limit_per_hour: int = setting(
        "SMS_CLIENT_SEND_LIMIT_PER_HOUR",
        scalars.whole_number(1, 100_000),
        topics.LIMITS,
        default=30,
        help="The most messages that one client_id may ask for in a clock hour.",
        unit="messages",
    )
    client_wrong_answer_limit_per_hour: int = setting(
        "SMS_CLIENT_WRONG_ANSWER_LIMIT_PER_HOUR",
        scalars.whole_number(1, 100_000),
        topics.LIMITS,
        default=30,
        help="The most wrong answers that one client_id may give in a clock hour.",
        unit="answers",
    )

    # ── money ─────────────────────────────────────────────────────────────────────────────────

    country_cost_limits: Mapping[str, Decimal] = setting(
        "SMS_COUNTRY_COST_LIMITS",
        lists.dollar_table(highest=1_000_000, zero=True),
        topics.MONEY,
        default=DollarTable(),
        help="The most that the messages of a UTC day to one country may cost together.",
        unit="dollars a day",
        unset="a country without a sender of yours may cost a tenth of SMS_DAILY_COST_LIMIT",
        example="GB=10,FR=5",
    )
    prices: Mapping[str, Decimal] = setting(
        "SMS_PRICES",
        lists.dollar_table(highest=100, zero=False),
        topics.MONEY,
        default=DollarTable(),
        help="What one segment of a message costs, by country; it wins over Twilio's price list.",
        unit="dollars a segment",
        unset="Twilio's price list, else estimates that are built in",
        example="US=0.0083,GB=0.0553",
    )

    # ── codes ─────────────────────────────────────────────────────────────────────────────────

    code_length: int = setting(
        "SMS_CODE_LENGTH",
        scalars.whole_number(6, 10),
        topics.CODES,
        default=6,
        help="How long a code is.",
        unit="digits",
    )
    code_lifetime_seconds: int = setting(
        "SMS_CODE_LIFETIME_SECONDS",
        scalars.whole_number(60, 600),
        topics.CODES,
        default=600,
        help="How long a code is accepted.",
        unit="seconds",
    )
    purposes: tuple[str, ...] = setting(
        "SMS_PURPOSES",
        lists.purposes(),
        topics.CODES,
        default=("verify",),
        help="What codes may be asked for; the first is meant when none is named. A code for one"
        " purpose is not accepted for another.",
        example="login,reset",
    )

    # ── phone numbers ─────────────────────────────────────────────────────────────────────────

    denied_countries: frozenset[str] = setting(
        "SMS_DENIED_COUNTRIES",
        lists.countries(star=False),
        topics.NUMBERS,
        default=frozenset(),
        help="Countries that codes are never sent to, also when they are allowed.",
        unset="no country is denied",
        example="KP",
    )
    allowed_number_types: frozenset[LineType] = setting(
        "SMS_ALLOWED_NUMBER_TYPES",
        lists.number_types(),
        topics.NUMBERS,
        default=LIVE_LINE_TYPES,
        help="The kinds of numbers that live mode sends to. Where mobile and fixed numbers look"
        " alike, as in the USA, all are fixed_line_or_mobile.",
    )
    default_region: str | None = setting(
        "SMS_DEFAULT_REGION",
        lists.country(),
        topics.NUMBERS,
        default=None,
        help="The country of numbers that are typed without + and country code.",
        unset="such numbers are refused",
        example="US",
    )

    # ── the message ───────────────────────────────────────────────────────────────────────────

    message_template: str | None = setting(
        "SMS_MESSAGE_TEMPLATE",
        scalars.checked(check_template, "a message text", explain=True),
        topics.MESSAGE,
        default=None,
        help="The text of the message in all languages.",
        unset="the built-in text in the language asked for",
        example="{app}: your code is {code}",
    )
    default_locale: str = setting(
        "SMS_DEFAULT_LOCALE",
        scalars.checked(check_locale, "the tag of a language, such as en or pt-BR"),
        topics.MESSAGE,
        default="en",
        help="The language of the message when none is asked for, or one that is not built in.",
        example="pt-BR",
    )
    origin_host: str | None = setting(
        "SMS_ORIGIN_HOST",
        scalars.checked(
            check_origin_host, "a bare host name such as example.com, without scheme, port and path"
        ),
        topics.MESSAGE,
        default=None,
        help="Adds the last line @host #code, by which browsers fill in the code on this site"
        " only.",
        unset="no such line",
        example="example.com",
    )
    android_app_hash: str | None = setting(
        "SMS_ANDROID_APP_HASH",
        scalars.checked(
            check_android_app_hash,
            "the 11 characters that stand for an Android app: letters, digits, + and /",
        ),
        topics.MESSAGE,
        default=None,
        help="Ends the message with the hash by which Android hands it to your app.",
        unset="no hash",
        example="FA+9qCX9VSu",
    )

    # ── store ─────────────────────────────────────────────────────────────────────────────────

    store: StoreKind | None = setting(
        "SMS_STORE",
        scalars.choice(StoreKind),
        topics.STORE,
        default=None,
        help="Where records are kept: redis for several machines, sqlite for one, memory for"
        " tests.",
        unset="redis when REDIS_URL is set or in live mode, else sqlite",
    )
    sqlite_path: Path | None = setting(
        "SMS_SQLITE_PATH",
        scalars.file_path(),
        topics.STORE,
        default=None,
        help="The SQLite file; it is made when it is not there.",
        unset="a file in the user's data directory",
        example="/var/lib/smsverify/smsverify.db",
    )
    key_prefix: str = setting(
        "SMS_KEY_PREFIX",
        scalars.matching("[A-Za-z0-9_.-]{1,32}", "1 to 32 characters of A-Z, a-z, 0-9, _, . and -"),
        topics.STORE,
        default="smsverify",
        help="Begins every key in the store. Two systems that share a store need two of them.",
    )
    redis_max_connections: int = setting(
        "REDIS_MAX_CONNECTIONS",
        scalars.whole_number(1, 10_000),
        topics.STORE,
        default=20,
        help="The most connections to Redis for each event loop; more work waits for a free one.",
        unit="connections",
    )

    # ── Twilio ────────────────────────────────────────────────────────────────────────────────

    twilio_auth_token_previous: str | None = setting(
        "TWILIO_AUTH_TOKEN_PREVIOUS",
        _TOKEN,
        topics.TWILIO,
        default=None,
        help="The token before the present one: webhooks signed with it, and codes derived from"
        " it, are still accepted while you change over.",
        unset="only the present token counts",
        secret=True,
    )
    twilio_api_key_sid: str | None = setting(
        "TWILIO_API_KEY_SID",
        _sid("SK"),
        topics.TWILIO,
        default=None,
        help="An API key to sign in with instead of the account's token.",
        unset="the token is used",
        private=True,
    )
    twilio_api_key_secret: str | None = setting(
        "TWILIO_API_KEY_SECRET",
        scalars.secret(expected="the key's secret, in printable characters"),
        topics.TWILIO,
        default=None,
        help="The secret of that API key.",
        unset="the token is used",
        secret=True,
    )
    twilio_area_code: str = setting(
        "TWILIO_AREA_CODE",
        scalars.matching("[2-9][0-9]{2}", "a North American area code of 3 digits, such as 720"),
        topics.TWILIO,
        default="720",
        help="The area code that senders are preferred from.",
    )
    twilio_api_base_url: str | None = setting(
        "TWILIO_API_BASE_URL",
        urls.web_address(path=False),
        topics.TWILIO,
        default=None,
        help="Sends all requests for Twilio's API to another host, such as a proxy.",
        unset="Twilio's own hosts",
        example="https://egress.example.com",
    )
    sender_cooldown_hours: int = setting(
        "SMS_SENDER_COOLDOWN_HOURS",
        scalars.whole_number(1, 720),
        topics.TWILIO,
        default=24,
        help="How long a sender rests that carriers filter, or that has carried its allowance.",
        unit="hours",
    )
    sender_daily_allowance: int | None = setting(
        "SMS_SENDER_DAILY_ALLOWANCE",
        scalars.whole_number(1, 1_000_000),
        topics.TWILIO,
        default=None,
        help="The most messages that one sender carries in a UTC day.",
        unit="messages",
        unset="no allowance is kept",
        example="200",
    )

    # ── logs, simulation, self-test ───────────────────────────────────────────────────────────

    log_level: LogLevel = setting(
        "SMS_LOG_LEVEL",
        scalars.choice(LogLevel),
        topics.LOGS,
        default=LogLevel.INFO,
        help="The least serious level that is logged.",
    )
    log_format: LogFormat = setting(
        "SMS_LOG_FORMAT",
        scalars.choice(LogFormat),
        topics.LOGS,
        default=LogFormat.CONSOLE,
        help="Whether log lines are for people or for programs.",
    )
    simulation_latency_ms: int = setting(
        "SMS_SIMULATION_LATENCY_MS",
        scalars.whole_number(0, 60_000),
        topics.TRIALS,
        default=0,
        help="How long the simulated provider takes for a message.",
        unit="milliseconds",
    )
    test_real_sending: bool = setting(
        "SMS_TEST_REAL_SENDING",
        scalars.switch(),
        topics.TRIALS,
        default=False,
        help="Let the self-test send one real message, which costs money.",
    )
    test_phone_number: str | None = setting(
        "SMS_TEST_PHONE_NUMBER",
        lists.phone_number(),
        topics.TRIALS,
        default=None,
        help="The phone that the self-test sends its real message to.",
        unset="none is sent",
        example="+17205550100",
        private=True,
    )

    source: Path | None = attrs.field(default=None, eq=False)
    """The .env file that was read, or None; no setting, and no part of equality."""

    def __attrs_post_init__(self) -> None:
        for problem in contradictions(attrs.asdict(self, recurse=False)):
            raise ConfigurationError(problem.message, setting=problem.variable)

    @property
    def mode(self) -> Mode:
        """What these settings ask for: simulation first, then live, when credentials are whole."""
        if self.simulation_mode:
            return Mode.SIMULATION
        return Mode.LIVE if self.twilio_account_sid and self._can_sign_in else Mode.DISABLED

    @property
    def _can_sign_in(self) -> bool:
        return bool(
            self.twilio_auth_token or (self.twilio_api_key_sid and self.twilio_api_key_secret)
        )

    @property
    def missing_credential(self) -> str | None:
        """The variable that is missing beside credentials that are there; None when none is."""
        if not self.twilio_account_sid:
            others = (self.twilio_auth_token, self.twilio_api_key_sid, self.twilio_api_key_secret)
            return "TWILIO_ACCOUNT_SID" if any(others) else None
        if self._can_sign_in:
            return None
        if self.twilio_api_key_sid:
            return "TWILIO_API_KEY_SECRET"
        return "TWILIO_API_KEY_SID" if self.twilio_api_key_secret else "TWILIO_AUTH_TOKEN"

    @property
    def chosen_store(self) -> StoreKind:
        """The store that is asked for, or else the one that fits the mode and ``REDIS_URL``."""
        if self.store is not None:
            return self.store
        return StoreKind.REDIS if self.redis_url or self.mode is Mode.LIVE else StoreKind.SQLITE

    def __repr__(self) -> str:
        shown = []
        for field in attrs.fields(type(self)):
            value = getattr(self, field.name)
            if value != field.default:
                variable = variable_of(field)
                hidden = variable is not None and variable.hidden
                shown.append(f"{field.name}={'***' if hidden else repr(value)}")
        return f"Settings({', '.join(shown)})"


def variables() -> tuple[Variable, ...]:
    """Give all variables, in the order in which the template lists them."""
    found = (variable_of(field) for field in attrs.fields(Settings))
    return tuple(variable for variable in found if variable is not None)

"""The settings as a whole."""

from __future__ import annotations

import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain.cost import micros
from smsverify.domain.mode import Mode
from smsverify.domain.number_rules import LIVE_LINE_TYPES
from smsverify.domain.periods import SECOND
from smsverify.domain.phone import LineType
from smsverify.domain.policy import STANDARD, send_limits, wrong_answer_limits
from smsverify.errors import ConfigurationError
from smsverify.settings import LogFormat, LogLevel, Settings, StoreKind, variables

HEX = "0123456789abcdef" * 2
SID = f"AC{HEX}"
KEY_SID = f"SK{HEX}"


def build(attribute: str, value: Any) -> Settings:
    """Return settings with one field given."""
    return Settings(**{attribute: value})


def test_the_defaults_are_the_rules_own() -> None:
    """What is not set follows the standard policy, number for number."""
    plain = Settings()
    assert STANDARD.sends == send_limits(
        plain.rate_limit_per_hour, plain.rate_limit_per_day, plain.resend_pause_seconds
    )
    assert STANDARD.wrong_answers == wrong_answer_limits(
        plain.wrong_answer_limit, plain.wrong_answer_limit_per_day
    )
    assert STANDARD.code_life == plain.code_lifetime_seconds * SECOND
    assert STANDARD.client_sends == plain.client_send_limit_per_hour
    assert STANDARD.client_wrong == plain.client_wrong_answer_limit_per_hour
    assert STANDARD.daily_ceiling == micros(plain.daily_cost_limit)
    assert STANDARD.country_ceilings == plain.country_cost_limits
    assert STANDARD.purposes == plain.purposes
    assert plain.allowed_number_types == LIVE_LINE_TYPES


def test_the_other_defaults() -> None:
    """Nothing is configured, nothing is allowed beyond the defaults, and nothing is tested live."""
    plain = Settings()
    assert (plain.code_length, plain.default_locale, plain.key_prefix) == (6, "en", "smsverify")
    assert (plain.redis_max_connections, plain.twilio_area_code) == (20, "720")
    assert (plain.sender_cooldown_hours, plain.sender_daily_allowance) == (24, None)
    assert (plain.log_level, plain.log_format) == (LogLevel.INFO, LogFormat.CONSOLE)
    assert (plain.simulation_mode, plain.test_real_sending) == (False, False)
    assert plain.simulation_latency_ms == 0
    assert plain.allowed_countries is None
    assert plain.source is None


# One value for each variable: as text, and in its natural type.
NATURAL: dict[str, tuple[str, Any]] = {
    "SMS_SIMULATION_MODE": ("true", True),
    "TWILIO_ACCOUNT_SID": (SID, SID),
    "TWILIO_AUTH_TOKEN": (HEX, HEX),
    "TWILIO_PHONE_NUMBERS": ("+1 720 555 0101,+17205550102", ("+17205550101", "+17205550102")),
    "TWILIO_MESSAGING_SERVICE_SID": (f"MG{HEX}", f"MG{HEX}"),
    "SMS_ALLOWED_COUNTRIES": ("us,GB", frozenset({"US", "GB"})),
    "SMS_DAILY_COST_LIMIT": ("12.50", Decimal("12.5")),
    "SMS_CODE_SECRET": (f"{'a' * 32},{'b' * 32}", ("a" * 32, "b" * 32)),
    "SMS_KEY_SECRET": ("c" * 32, "c" * 32),
    "REDIS_URL": ("redis://:pw@h:1/2", "redis://:pw@h:1/2"),
    "SMS_PUBLIC_BASE_URL": ("https://a.example/x/", "https://a.example/x"),
    "SMS_WEBHOOK_SECRET": ("d" * 32, "d" * 32),
    "SMS_RATE_LIMIT_PER_HOUR": ("3", 3),
    "SMS_RATE_LIMIT_PER_DAY": ("100", 100),
    "SMS_RESEND_PAUSE_SECONDS": ("3600", 3600),
    "SMS_WRONG_ANSWER_LIMIT": ("10", 10),
    "SMS_WRONG_ANSWER_LIMIT_PER_DAY": ("100", 100),
    "SMS_CLIENT_SEND_LIMIT_PER_HOUR": ("7", 7),
    "SMS_CLIENT_WRONG_ANSWER_LIMIT_PER_HOUR": ("8", 8),
    "SMS_COUNTRY_COST_LIMITS": ("GB=10,FR=0", {"GB": Decimal(10), "FR": Decimal(0)}),
    "SMS_PRICES": ("US=0.0083", {"US": Decimal("0.0083")}),
    "SMS_CODE_LENGTH": ("10", 10),
    "SMS_CODE_LIFETIME_SECONDS": ("60", 60),
    "SMS_PURPOSES": ("login,reset", ("login", "reset")),
    "SMS_DENIED_COUNTRIES": ("KP", frozenset({"KP"})),
    "SMS_ALLOWED_NUMBER_TYPES": ("voip", frozenset({LineType.VOIP})),
    "SMS_DEFAULT_REGION": ("us", "US"),
    "SMS_MESSAGE_TEMPLATE": ("{code} is for {app}", "{code} is for {app}"),
    "SMS_DEFAULT_LOCALE": ("pt_br", "pt-BR"),
    "SMS_ORIGIN_HOST": ("Example.com", "example.com"),
    "SMS_ANDROID_APP_HASH": ("FA+9qCX9VSu", "FA+9qCX9VSu"),
    "SMS_STORE": ("Memory", StoreKind.MEMORY),
    "SMS_SQLITE_PATH": ("/tmp/x.db", Path("/tmp/x.db")),
    "SMS_KEY_PREFIX": ("my.app-1_", "my.app-1_"),
    "REDIS_MAX_CONNECTIONS": ("1", 1),
    "TWILIO_AUTH_TOKEN_PREVIOUS": (HEX.upper(), HEX.upper()),
    "TWILIO_API_KEY_SID": (KEY_SID, KEY_SID),
    "TWILIO_API_KEY_SECRET": ("key secret", "key secret"),
    "TWILIO_AREA_CODE": ("212", "212"),
    "TWILIO_API_BASE_URL": ("http://127.0.0.1:1", "http://127.0.0.1:1"),
    "SMS_SENDER_COOLDOWN_HOURS": ("1", 1),
    "SMS_SENDER_DAILY_ALLOWANCE": ("200", 200),
    "SMS_LOG_LEVEL": ("debug", LogLevel.DEBUG),
    "SMS_LOG_FORMAT": ("JSON", LogFormat.JSON),
    "SMS_SIMULATION_LATENCY_MS": ("250", 250),
    "SMS_TEST_REAL_SENDING": ("yes", True),
    "SMS_TEST_PHONE_NUMBER": ("+1 720 555 0103", "+17205550103"),
}

# What each variable refuses, beside what its kind's own tests show: ends of ranges and forms.
REFUSED: dict[str, tuple[object, ...]] = {
    "SMS_SIMULATION_MODE": ("maybe", 1),
    "TWILIO_ACCOUNT_SID": (f"SK{HEX}", SID[:-1], f"{SID}0", f"ac{HEX}", f"AC{'x' * 32}"),
    "TWILIO_AUTH_TOKEN": (HEX[:-1], f"{HEX}0", "x" * 32),
    "TWILIO_PHONE_NUMBERS": ("7205550100",),
    "TWILIO_MESSAGING_SERVICE_SID": (SID,),
    "SMS_ALLOWED_COUNTRIES": ("UK", "*,US", []),
    "SMS_DAILY_COST_LIMIT": ("-1", "1000000.01", "0.0000001", "fifty", None),
    "SMS_CODE_SECRET": ("a" * 31, f"{'a' * 32},b"),
    "SMS_KEY_SECRET": ("a" * 31, 5),
    "REDIS_URL": ("localhost:6379",),
    "SMS_PUBLIC_BASE_URL": ("http://a.example",),
    "SMS_WEBHOOK_SECRET": ("a" * 31,),
    "SMS_RATE_LIMIT_PER_HOUR": (0, 101, "-1", "five", 2.5),
    "SMS_RATE_LIMIT_PER_DAY": (0, 101),
    "SMS_RESEND_PAUSE_SECONDS": (-1, 3601),
    "SMS_WRONG_ANSWER_LIMIT": (0, 11),
    "SMS_WRONG_ANSWER_LIMIT_PER_DAY": (0, 101),
    "SMS_CLIENT_SEND_LIMIT_PER_HOUR": (0, 100_001),
    "SMS_CLIENT_WRONG_ANSWER_LIMIT_PER_HOUR": (0, 100_001),
    "SMS_COUNTRY_COST_LIMITS": ("GB", "GB=-1", "GB=1000001"),
    "SMS_PRICES": ("US=0", "US=101"),
    "SMS_CODE_LENGTH": (5, 11),
    "SMS_CODE_LIFETIME_SECONDS": (59, 601),
    "SMS_PURPOSES": ("a b", "a,b,c,d,e,f,g,h,i"),
    "SMS_DENIED_COUNTRIES": ("*", "XX"),
    "SMS_ALLOWED_NUMBER_TYPES": ("cell", []),
    "SMS_DEFAULT_REGION": ("USA",),
    "SMS_MESSAGE_TEMPLATE": ("no place for it", "{code} {name}"),
    "SMS_DEFAULT_LOCALE": ("english language", "e"),
    "SMS_ORIGIN_HOST": ("https://example.com", "example.com:80"),
    "SMS_ANDROID_APP_HASH": ("short",),
    "SMS_STORE": ("postgres",),
    "SMS_SQLITE_PATH": ("a\0b", 5),
    "SMS_KEY_PREFIX": ("{x}", "a" * 33, "a b", "a:b"),
    "REDIS_MAX_CONNECTIONS": (0, 10_001),
    "TWILIO_AUTH_TOKEN_PREVIOUS": (HEX[:-1],),
    "TWILIO_API_KEY_SID": (SID,),
    "TWILIO_API_KEY_SECRET": ("a\tb",),
    "TWILIO_AREA_CODE": ("72", "7200", "120", 720),
    "TWILIO_API_BASE_URL": ("http://a.example", "https://a.example/path"),
    "SMS_SENDER_COOLDOWN_HOURS": (0, 721),
    "SMS_SENDER_DAILY_ALLOWANCE": (0, 1_000_001),
    "SMS_LOG_LEVEL": ("LOUD",),
    "SMS_LOG_FORMAT": ("xml",),
    "SMS_SIMULATION_LATENCY_MS": (-1, 60_001),
    "SMS_TEST_REAL_SENDING": ("perhaps",),
    "SMS_TEST_PHONE_NUMBER": ("0100",),
}

EVERYTHING: dict[str, Any] = {
    variable.attribute: NATURAL[variable.name][0] for variable in variables()
}


@pytest.mark.parametrize("variable", variables(), ids=lambda variable: variable.name)
def test_text_and_natural_type_give_the_same(variable: Any) -> None:
    """A field reads the variable's text, takes its own value back, and hashes."""
    text, natural = NATURAL[variable.name]
    from_text = build(variable.attribute, text)
    assert getattr(from_text, variable.attribute) == natural
    assert from_text == build(variable.attribute, natural)
    assert from_text != Settings()
    assert hash(from_text) == hash(build(variable.attribute, natural))


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in REFUSED.items() for value in values],
    ids=repr,
)
def test_what_makes_no_sense_is_refused_with_its_name(name: str, value: object) -> None:
    """One sentence names the variable and says what is expected, without the value."""
    attribute = next(one.attribute for one in variables() if one.name == name)
    with pytest.raises(ConfigurationError) as caught:
        build(attribute, value)
    message = str(caught.value)
    assert caught.value.setting == name
    assert message.startswith(f"{name} must be ")
    assert message.endswith(".")
    assert "\n" not in message


ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.decimals(),
        st.text(),
        st.binary(),
        st.sampled_from([Mode.LIVE, Path("a"), object(), int, "US", "x" * 32, "+17205550100"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(st.text() | st.integers(), inner),
    ),
    max_leaves=4,
)


@given(st.sampled_from(variables()), ANYTHING)
def test_any_object_is_a_value_or_a_configuration_error(variable: Any, value: object) -> None:
    """Whatever a program passes, nothing else is raised, and what is taken can be given again."""
    try:
        settings = build(variable.attribute, value)
    except ConfigurationError:
        return
    assert build(variable.attribute, getattr(settings, variable.attribute)) == settings
    assert isinstance(hash(settings), int)


def test_the_tables_of_these_tests_are_complete() -> None:
    """Each variable has a good and a bad value here."""
    names = [variable.name for variable in variables()]
    assert names == list(NATURAL) == list(REFUSED)


def test_a_template_is_told_what_is_wrong_with_it() -> None:
    """The rule that a text breaks is named."""
    with pytest.raises(ConfigurationError) as caught:
        Settings(message_template="Hello {app}")
    assert str(caught.value) == (
        "SMS_MESSAGE_TEMPLATE must be a message text: a message template must contain {code}."
    )


def test_an_unknown_keyword_is_a_mistake_of_the_program() -> None:
    """A name that no setting has is a TypeError."""
    with pytest.raises(TypeError, match="rate_limit"):
        Settings(rate_limit=3)  # type: ignore[call-arg]


def test_settings_that_contradict_each_other_are_refused() -> None:
    """A limit an hour above the day's is refused, also when one of them is the default."""
    with pytest.raises(ConfigurationError, match="SMS_RATE_LIMIT_PER_HOUR must not be") as caught:
        Settings(rate_limit_per_hour=21)
    assert caught.value.setting == "SMS_RATE_LIMIT_PER_HOUR"
    with pytest.raises(ConfigurationError):
        Settings(wrong_answer_limit_per_day=4)


def test_settings_are_frozen_and_can_be_varied() -> None:
    """A setting can't be changed in place; a variation is checked again."""
    plain = Settings()
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        plain.code_length = 8  # type: ignore[misc]
    assert attrs.evolve(plain, code_length=8).code_length == 8
    with pytest.raises(ConfigurationError):
        attrs.evolve(plain, code_length=11)


def test_settings_go_to_another_process() -> None:
    """A pickle gives equal settings, with secrets still hidden."""
    full = Settings(**EVERYTHING)
    copy = pickle.loads(pickle.dumps(full))  # noqa: S301 - our own bytes
    assert copy == full
    # A repr may name the countries of a set in another order.
    hidden = [NATURAL[one.name][0] for one in variables() if one.hidden]
    assert not [text for text in hidden if text in repr(copy)]
    assert repr(copy).count("***") == repr(full).count("***")


def test_a_repr_shows_what_differs_and_hides_what_is_secret() -> None:
    """The reader sees what was set; of credentials and numbers only that they are set."""
    assert repr(Settings()) == "Settings()"
    some = Settings(
        simulation_mode=True, rate_limit_per_hour=3, twilio_auth_token=HEX, twilio_account_sid=SID
    )
    assert repr(some) == (
        "Settings(simulation_mode=True, twilio_account_sid=***, twilio_auth_token=***,"
        " rate_limit_per_hour=3)"
    )


def test_no_secret_shows_anywhere() -> None:
    """Neither repr, str nor a dump of all fields shows a secret; repr and str show no number."""
    full = Settings(**EVERYTHING)
    hidden = [NATURAL[one.name][0] for one in variables() if one.hidden]
    secret = [NATURAL[one.name][0] for one in variables() if one.secret]
    for text in hidden:
        assert text not in f"{full!r} {full}"
    assert "7205550" not in repr(full)
    for text in secret:
        assert text not in repr(attrs.asdict(full, recurse=False))


def test_where_settings_were_read_from_is_no_setting() -> None:
    """Two equal configurations are equal, whichever file they came from."""
    assert Settings(source=Path("/a/.env")) == Settings()
    assert hash(Settings(source=Path("/a/.env"))) == hash(Settings())


API_KEY: dict[str, Any] = {"twilio_api_key_sid": KEY_SID, "twilio_api_key_secret": "key secret"}


@pytest.mark.parametrize(
    ("fields", "mode", "missing"),
    [
        ({}, Mode.DISABLED, None),
        ({"simulation_mode": True}, Mode.SIMULATION, None),
        ({"twilio_account_sid": SID, "twilio_auth_token": HEX}, Mode.LIVE, None),
        (
            {"simulation_mode": True, "twilio_account_sid": SID, "twilio_auth_token": HEX},
            Mode.SIMULATION,
            None,
        ),
        ({"twilio_account_sid": SID}, Mode.DISABLED, "TWILIO_AUTH_TOKEN"),
        ({"twilio_auth_token": HEX}, Mode.DISABLED, "TWILIO_ACCOUNT_SID"),
        ({"twilio_account_sid": SID, **API_KEY}, Mode.LIVE, None),
        (API_KEY, Mode.DISABLED, "TWILIO_ACCOUNT_SID"),
        (
            {"twilio_account_sid": SID, "twilio_api_key_sid": KEY_SID},
            Mode.DISABLED,
            "TWILIO_API_KEY_SECRET",
        ),
        (
            {"twilio_account_sid": SID, "twilio_api_key_secret": "key secret"},
            Mode.DISABLED,
            "TWILIO_API_KEY_SID",
        ),
        (
            {
                "twilio_account_sid": SID,
                "twilio_auth_token": HEX,
                "twilio_api_key_sid": KEY_SID,
            },
            Mode.LIVE,
            None,
        ),
        ({"twilio_auth_token_previous": HEX}, Mode.DISABLED, None),
        ({"twilio_phone_numbers": "+17205550100"}, Mode.DISABLED, None),
    ],
)
def test_mode_and_missing_credential(
    fields: dict[str, Any], mode: Mode, missing: str | None
) -> None:
    """Simulation wins; live needs the account and one whole way to sign in."""
    settings = Settings(**fields)
    assert (settings.mode, settings.missing_credential) == (mode, missing)


LIVE: dict[str, Any] = {"twilio_account_sid": SID, "twilio_auth_token": HEX}
REDIS: dict[str, Any] = {"redis_url": "redis://localhost"}


@pytest.mark.parametrize(
    ("fields", "store"),
    [
        ({}, StoreKind.SQLITE),
        ({"simulation_mode": True}, StoreKind.SQLITE),
        ({"simulation_mode": True, **LIVE}, StoreKind.SQLITE),
        (LIVE, StoreKind.REDIS),
        (REDIS, StoreKind.REDIS),
        ({"simulation_mode": True, **REDIS}, StoreKind.REDIS),
        ({**LIVE, "store": "sqlite"}, StoreKind.SQLITE),
        ({**REDIS, "store": "memory"}, StoreKind.MEMORY),
        ({"store": "redis"}, StoreKind.REDIS),
    ],
)
def test_the_store_that_fits(fields: dict[str, Any], store: StoreKind) -> None:
    """What is asked for wins; then the address of a Redis; then live mode."""
    assert Settings(**fields).chosen_store is store

"""Settings from the environment, a .env file and mounted secrets."""

from __future__ import annotations

import traceback
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsverify.errors import ConfigurationError
from smsverify.settings import Settings, collect_problems, load_settings, variables

HEX = "0123456789abcdef" * 2
SECRETS = [variable for variable in variables() if variable.secret]


def dotenv(path: Path, text: str) -> Path:
    """Return a .env file with this text."""
    file = path / ".env"
    file.write_text(text, encoding="utf-8")
    return file


def test_an_empty_environment_gives_the_defaults() -> None:
    """Nothing set, or set to nothing, is the same as building without arguments."""
    assert load_settings({}) == Settings()
    assert load_settings({variable.name: " " for variable in variables()}) == Settings()


def test_variables_are_read_and_others_are_not() -> None:
    """A variable of ours counts; names of other programs, or in lower case, do not."""
    found = load_settings(
        {"SMS_CODE_LENGTH": "8", "sms_store": "memory", "CODE_LENGTH": "9", "PATH": "/bin"}
    )
    assert found == Settings(code_length=8)


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a mapping the variables of this process are read."""
    for variable in variables():
        monkeypatch.delenv(variable.name, raising=False)
    monkeypatch.setenv("SMS_DAILY_COST_LIMIT", "7.25")
    assert load_settings() == Settings(daily_cost_limit=Decimal("7.25"))
    monkeypatch.setenv("SMS_DAILY_COST_LIMIT", "plenty")
    assert [problem.variable for problem in collect_problems()] == ["SMS_DAILY_COST_LIMIT"]


def test_real_variables_win_over_the_file(tmp_path: Path) -> None:
    """The file fills in what is unset, or set to nothing, in the environment."""
    file = dotenv(tmp_path, "SMS_CODE_LENGTH=7\nSMS_STORE=memory\nSMS_KEY_PREFIX=theirs\n")
    found = load_settings({"SMS_CODE_LENGTH": "8", "SMS_KEY_PREFIX": ""}, dotenv=file)
    assert found == Settings(code_length=8, store="memory", key_prefix="theirs")  # type: ignore[arg-type]
    assert found.source == file
    assert load_settings({}).source is None


def test_a_file_is_read_only_when_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A .env in the working directory has no effect of its own."""
    dotenv(tmp_path, "SMS_CODE_LENGTH=7\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings({}) == Settings()


@pytest.mark.parametrize("variable", SECRETS, ids=lambda variable: variable.name)
def test_every_secret_may_come_from_a_file(variable: object, tmp_path: Path) -> None:
    """NAME_FILE names the file that holds it, whose last line break does not count."""
    name = variable.name  # type: ignore[attr-defined]
    text = "redis://:pw@host:1/0" if name == "REDIS_URL" else HEX
    for content in (text, f"{text}\n", f"{text}\r\n"):
        mounted = tmp_path / "secret"
        mounted.write_bytes(content.encode())
        assert load_settings({f"{name}_FILE": f" {mounted} "}) == load_settings({name: text})


def test_only_secrets_come_from_files(tmp_path: Path) -> None:
    """_FILE behind another variable's name means nothing."""
    (tmp_path / "length").write_text("8")
    assert load_settings({"SMS_CODE_LENGTH_FILE": str(tmp_path / "length")}) == Settings()


def test_a_secret_has_one_place(tmp_path: Path) -> None:
    """A variable and its file at once are refused; a real variable wins over the file's file."""
    mounted = tmp_path / "token"
    mounted.write_text(HEX)
    both = {"TWILIO_AUTH_TOKEN": HEX, "TWILIO_AUTH_TOKEN_FILE": str(mounted)}
    with pytest.raises(ConfigurationError) as caught:
        load_settings(both)
    assert caught.value.setting == "TWILIO_AUTH_TOKEN"
    assert "TWILIO_AUTH_TOKEN_FILE" in str(caught.value)
    assert HEX not in str(caught.value)
    other = HEX[::-1]
    file = dotenv(tmp_path, f"TWILIO_AUTH_TOKEN_FILE={mounted}\n")
    assert load_settings({"TWILIO_AUTH_TOKEN": other}, dotenv=file).twilio_auth_token == other
    assert load_settings({}, dotenv=file).twilio_auth_token == HEX


def test_a_file_that_holds_no_secret_is_named_without_its_path(tmp_path: Path) -> None:
    """Missing, empty, binary, endless and impossible files are one sentence each."""
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for path, reason in (
        ("/nowhere/hunter2", "No such file"),
        (str(tmp_path), "directory"),
        (str(tmp_path / "empty"), "empty"),
        (str(tmp_path / "binary"), "UTF-8"),
        ("/dev/zero", "too long"),
        ("hunter2\0", "no path"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            load_settings({"SMS_KEY_SECRET_FILE": path})
        assert caught.value.setting == "SMS_KEY_SECRET_FILE"
        assert str(caught.value).startswith("SMS_KEY_SECRET_FILE must name a file that holds")
        assert reason in str(caught.value)
        assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_secret_in_a_file_is_checked_like_any_other(tmp_path: Path) -> None:
    """A short secret is refused by its own name, without showing it."""
    (tmp_path / "short").write_text("hunter2\n")
    with pytest.raises(ConfigurationError) as caught:
        load_settings({"SMS_KEY_SECRET_FILE": str(tmp_path / "short")})
    assert caught.value.setting == "SMS_KEY_SECRET"
    assert "hunter2" not in str(caught.value)


def test_all_problems_come_at_once_in_the_order_of_the_template(tmp_path: Path) -> None:
    """The validator sees everything, and loading raises the first of it."""
    file = dotenv(tmp_path, "SMS_LOG_FORMAT\nSMS_STORE=paper\n")
    environ = {
        "SMS_CODE_LENGTH": "5",
        "TWILIO_ACCOUNT_SID": "mine",
        "SMS_RATE_LIMIT_PER_HOUR": "30",
        "SMS_WRONG_ANSWER_LIMIT": "0",
        "SMS_WRONG_ANSWER_LIMIT_PER_DAY": "1",
    }
    problems = collect_problems(environ, file)
    assert [problem.variable for problem in problems] == [
        "SMS_LOG_FORMAT",
        "TWILIO_ACCOUNT_SID",
        "SMS_WRONG_ANSWER_LIMIT",
        "SMS_CODE_LENGTH",
        "SMS_STORE",
        "SMS_RATE_LIMIT_PER_HOUR",
    ]
    assert all((problem.variable or "") in problem.message for problem in problems)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ, dotenv=file)
    assert (caught.value.setting, str(caught.value)) == (
        problems[0].variable,
        problems[0].message,
    )


def test_no_problems_means_that_loading_works() -> None:
    """An incomplete pair of credentials is left to whoever sends."""
    environ = {"TWILIO_ACCOUNT_SID": f"AC{HEX}", "SMS_RATE_LIMIT_PER_HOUR": "20"}
    assert collect_problems(environ) == []
    assert load_settings(environ).missing_credential == "TWILIO_AUTH_TOKEN"


# ── anything at all ───────────────────────────────────────────────────────────────────────────

MARK = "zq7hunter2"
NAMES = sorted(
    {variable.name for variable in variables()} | {f"{one.name}_FILE" for one in SECRETS}
)
# Pieces of good values, so that the search gets past the first check.
PIECES = st.sampled_from(
    [
        *("true", "5", "100", "0.5", ",", "=", "US", "GB", "*", "US=1", HEX, f"AC{HEX}", "x" * 32),
        *("redis://", "redis+cluster://", "https://", "unix://", "@", ":", "/", "[", "]", "a:1"),
        *("mobile", "{code}", "{app}", "+17205550100", "en", "\0", "\udc80", "~", "٥", "NaN", "-"),
    ]
)
VALUES = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=5).map("".join))


@given(st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=12)), VALUES))
@example({"SMS_SQLITE_PATH": "~\0"})
@example({"REDIS_URL": "redis://[::1]:99999999999999999999"})
def test_any_environment_gives_settings_or_a_configuration_error(environ: dict[str, str]) -> None:
    """No environment raises anything else, and the two ways to ask agree."""
    problems = collect_problems(environ)
    if problems:
        with pytest.raises(ConfigurationError) as caught:
            load_settings(environ)
        assert str(caught.value) == problems[0].message
    else:
        assert load_settings(environ) == load_settings(environ)


@given(st.sampled_from(SECRETS), VALUES, VALUES, st.sampled_from(["", "_FILE"]))
def test_no_message_shows_a_secret(secret: object, before: str, after: str, suffix: str) -> None:
    """Whatever is wrong with a secret, neither message, traceback nor repr holds it."""
    name = secret.name  # type: ignore[attr-defined]
    environ = {f"{name}{suffix}": f"{before}{MARK}{after}"}
    problems = collect_problems(environ)
    assert MARK not in repr(problems)
    assert all((problem.variable or "").startswith(name) for problem in problems)
    if not problems:
        assert MARK not in repr(load_settings(environ))
        return
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ)
    assert MARK not in "".join(traceback.format_exception(caught.value)) + repr(caught.value)


@given(st.sampled_from(variables()), VALUES)
def test_no_message_shows_any_value(variable: object, before: str) -> None:
    """A secret that went into the wrong variable stays hidden too."""
    [*problems] = collect_problems({variable.name: f"{before}{MARK}"})  # type: ignore[attr-defined]
    assert all(MARK not in problem.message for problem in problems)

"""Reading settings that may not make sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsverify.domain.mode import Mode
from smsverify.entrypoints.validator.situation import read_situation
from tests.unit.entrypoints.validator.sound import KEY, SIMULATED, SOUND, changed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("environ", "mode"),
    [
        ({}, Mode.DISABLED),
        (SOUND, Mode.LIVE),
        (SIMULATED, Mode.SIMULATION),
        ({**SOUND, **SIMULATED}, Mode.SIMULATION),
        ({"TWILIO_ACCOUNT_SID": "broken"}, Mode.LIVE),
        ({"TWILIO_AUTH_TOKEN_FILE": "/nonexistent"}, Mode.LIVE),
        ({"TWILIO_API_KEY_SID": KEY}, Mode.LIVE),
        ({"TWILIO_ACCOUNT_SID": "  "}, Mode.DISABLED),
        (changed({"SMS_SIMULATION_MODE": "maybe"}), Mode.LIVE),
    ],
)
def test_the_mode_is_what_the_settings_are_meant_for(environ: dict[str, str], mode: Mode) -> None:
    """Half of the credentials, or broken ones, mean that somebody wants to send."""
    assert read_situation(environ).mode is mode


def test_what_makes_no_sense_has_its_default_and_the_rest_is_read() -> None:
    """One broken variable does not keep the others from being judged."""
    situation = read_situation(changed({"SMS_CODE_LENGTH": "4", "SMS_CODE_LIFETIME_SECONDS": "90"}))

    assert situation.broken == {"SMS_CODE_LENGTH"}
    assert situation.settings.code_length == 6
    assert situation.settings.code_lifetime_seconds == 90


def test_both_sides_of_a_contradiction_are_broken() -> None:
    """What contradicts each other is judged by no other rule."""
    situation = read_situation(changed({"SMS_RATE_LIMIT_PER_DAY": "3"}))

    assert situation.broken == {"SMS_RATE_LIMIT_PER_HOUR", "SMS_RATE_LIMIT_PER_DAY"}


def test_a_file_that_can_not_be_read_breaks_its_variable() -> None:
    """NAME_FILE stands for NAME."""
    situation = read_situation(changed({"SMS_KEY_SECRET": None, "SMS_KEY_SECRET_FILE": "/none"}))

    assert situation.broken == {"SMS_KEY_SECRET"}


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """As for a program: a variable that is set really is not looked up in the file."""
    dotenv = tmp_path / ".env"
    dotenv.write_text("SMS_CODE_LENGTH=8\nSMS_PURPOSES=login\n")

    situation = read_situation({"SMS_CODE_LENGTH": "7", "SMS_PURPOSES": ""}, dotenv)

    assert situation.settings.code_length == 7
    assert situation.settings.purposes == ("login",)
    assert situation.in_file == {"SMS_CODE_LENGTH", "SMS_PURPOSES"}


def test_a_secret_in_a_file_is_read(tmp_path: Path) -> None:
    """What a container platform mounts counts as set."""
    secret = tmp_path / "token"
    secret.write_text(SOUND["TWILIO_AUTH_TOKEN"] + "\n")
    environ = changed({"TWILIO_AUTH_TOKEN": None, "TWILIO_AUTH_TOKEN_FILE": str(secret)})

    situation = read_situation(environ)

    assert situation.settings.mode is Mode.LIVE
    assert situation.problems == ()


def test_a_broken_line_of_the_file_is_one_problem(tmp_path: Path) -> None:
    """A line that can't be read breaks the variable that it seems to set."""
    dotenv = tmp_path / ".env"
    dotenv.write_text("SMS_SIMULATION_MODE=true\nSMS_CODE_SECRET='never closed\n")

    situation = read_situation({}, dotenv)

    assert [one.variable for one in situation.problems] == ["SMS_CODE_SECRET"]
    assert situation.mode is Mode.SIMULATION


@pytest.mark.parametrize("mode", list(Mode))
def test_the_mode_asked_for_wins(mode: Mode) -> None:
    """Judged as if, whatever is set."""
    situation = read_situation(SOUND, judge_as=mode)

    assert (situation.mode, situation.asked) == (mode, True)
    if mode is not Mode.DISABLED:
        assert situation.settings.mode is mode

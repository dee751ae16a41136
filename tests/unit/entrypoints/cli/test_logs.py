from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from smsverify.entrypoints.cli.logs import secrets_of
from smsverify.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.entrypoints.conftest import CommandLine

PHONE = "+15551234567"


def test_a_command_is_quiet_by_itself(simulation: CommandLine) -> None:
    """What a command tells is not told a second time by a log line, warnings included."""
    for level in ("INFO", "WARNING", "ERROR"):
        assert simulation("send", PHONE, SMS_LOG_LEVEL=level).err == ""
        logging.getLogger("smsverify").error("an error that was logged")


def test_debug_shows_what_happens(simulation: CommandLine) -> None:
    """SMS_LOG_LEVEL=DEBUG sends log lines to standard error, with the number masked."""
    ended = simulation("send", PHONE, SMS_LOG_LEVEL="DEBUG")

    assert "SMS sent successfully: SM" in ended.err
    assert "+1555***4567" in ended.err
    assert PHONE not in ended.err
    assert "SMS sent successfully" not in ended.out


def test_debug_in_json(simulation: CommandLine) -> None:
    """SMS_LOG_FORMAT=json makes each line an object."""
    ended = simulation("send", PHONE, SMS_LOG_LEVEL="DEBUG", SMS_LOG_FORMAT="json")

    assert ended.err.splitlines()
    assert all(line.startswith("{") and line.endswith("}") for line in ended.err.splitlines())


def test_debug_says_where_settings_came_from(simulation: CommandLine, tmp_path: Path) -> None:
    """The .env file that was read is named."""
    (tmp_path / ".env").write_text("SMS_LOG_LEVEL=DEBUG\n", encoding="utf-8")

    assert f"Settings were read from {tmp_path / '.env'}" in simulation("stats").err


def test_secrets_are_the_values_that_are_shown_nowhere() -> None:
    """Every secret setting is masked in logs, each part of a list by itself."""
    one, other, key = "a" * 32, "b" * 32, "c" * 32
    settings = Settings(simulation_mode=True, code_secret=(one, other), key_secret=key)

    assert set(secrets_of(settings)) == {one, other, key}

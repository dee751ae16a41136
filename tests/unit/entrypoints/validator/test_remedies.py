"""The lines that mend settings are right themselves."""

from __future__ import annotations

import pytest

from smsverify.entrypoints.validator.remedies import line_for
from smsverify.settings import Settings, load_settings, variables

NAMES = [one.name for one in variables()]


@pytest.mark.parametrize("name", NAMES)
def test_each_variable_has_a_line(name: str) -> None:
    """The line names the variable, and what it shows as a value is taken by the settings."""
    line = line_for(name)

    assert f"{name}=" in line
    value = line.removeprefix(f"{name}=")
    if "..." not in line and "  (" not in line and not line.startswith("echo"):
        environ = {name: value, "SMS_RATE_LIMIT_PER_DAY": "100"}
        assert isinstance(load_settings(environ), Settings)


@pytest.mark.parametrize("name", ["SMS_CODE_SECRET", "SMS_KEY_SECRET", "SMS_WEBHOOK_SECRET"])
def test_a_secret_is_made_and_not_shown(name: str) -> None:
    """No line holds a secret that somebody could copy: a command makes a fresh one."""
    assert line_for(name) == f'echo "{name}=$(openssl rand -hex 32)" >> .env'

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsverify.entrypoints.cli.session import with_verifier
from smsverify.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from smsverify.verifier import SmsVerifier


async def mode(verifier: SmsVerifier) -> str:
    """Look at what was built."""
    return verifier.mode


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verifier is the one that the variables describe."""
    assert with_verifier(mode) == "disabled"
    monkeypatch.setenv("SMS_SIMULATION_MODE", "true")
    assert with_verifier(mode) == "simulation"


def test_the_file_env_of_the_working_directory_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is unset in the environment comes from ./.env; a real variable wins."""
    (tmp_path / ".env").write_text("SMS_SIMULATION_MODE=true\n", encoding="utf-8")
    assert with_verifier(mode) == "simulation"
    monkeypatch.setenv("SMS_SIMULATION_MODE", "false")
    assert with_verifier(mode) == "disabled"


def test_a_setting_that_makes_no_sense_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is built from settings that can't be meant."""
    monkeypatch.setenv("SMS_CODE_LENGTH", "3")
    with pytest.raises(ConfigurationError, match="SMS_CODE_LENGTH"):
        with_verifier(mode)


def test_the_verifier_is_closed_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts that wait are written and connections given back, also after a failure."""
    closed = []

    async def close(verifier: SmsVerifier) -> None:
        closed.append(verifier)

    async def fail(verifier: SmsVerifier) -> None:
        raise KeyError

    monkeypatch.setattr("smsverify.verifier.SmsVerifier.close", close)
    with_verifier(mode)
    with pytest.raises(KeyError):
        with_verifier(fail)

    assert len(closed) == 2

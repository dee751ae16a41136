from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from smsverify.entrypoints.cli import stats
from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.cli.failures import explain
from smsverify.errors import ConfigurationError, ErrorCode, StoreContended, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsverify.verifier import SmsVerifier
    from tests.unit.entrypoints.conftest import CommandLine


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Give a function that lets the statistics raise."""

    def put(error: Exception) -> None:
        async def fail(verifier: SmsVerifier) -> dict[str, object]:
            raise error

        monkeypatch.setattr("smsverify.verifier.SmsVerifier.statistics", fail)

    assert stats.command.name == "stats"
    return put


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (click.UsageError("Bad."), ExitStatus.USAGE, "Bad. See: smsverify --help"),
        (click.ClickException("Bad."), ExitStatus.USAGE, "Bad."),
        (ConfigurationError("SMS_X is bad."), ExitStatus.USAGE, "SMS_X is bad."),
        (StoreContended("held"), ExitStatus.NOT_AVAILABLE, "STORE_CONTENDED: Too many writers"),
        (
            StoreUnavailable("gone", code=ErrorCode.REDIS_UNAVAILABLE),
            ExitStatus.NOT_AVAILABLE,
            "REDIS_UNAVAILABLE: Redis connection failed",
        ),
        (KeyError("x"), ExitStatus.NOT_AVAILABLE, "Something went wrong inside (KeyError)."),
        (click.Abort(), ExitStatus.INTERRUPTED, "Stopped."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_kind_of_failure_has_its_sentence_and_status(
    error: Exception, status: ExitStatus, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever was raised, standard error gets one sentence, and the shell one of the statuses."""
    assert explain(error) == status
    written = capsys.readouterr()
    assert written.err.strip().startswith(sentence)
    assert written.err.strip().count("\n") == 0
    assert written.out == ""


def test_a_broken_setting_is_named(cli: CommandLine) -> None:
    """A setting that makes no sense ends with 2 and is named, before anything is tried."""
    ended = cli("send", "+15551234567", SMS_RATE_LIMIT_PER_HOUR="-1")

    assert ended.status == ExitStatus.USAGE
    assert ended.err.startswith("SMS_RATE_LIMIT_PER_HOUR must be ")
    assert ended.err.count("\n") == 1


def test_trouble_that_nobody_thought_of_quotes_nothing(
    simulation: CommandLine, failing: Callable[[Exception], None]
) -> None:
    """An exception's own text may hold a number or a code, so it is not shown."""
    failing(RuntimeError("request for +15551234567 with code 123456"))

    ended = simulation("stats")

    assert ended.status == ExitStatus.NOT_AVAILABLE
    assert "Traceback" not in ended.err
    assert "5551234567" not in ended.err
    assert "SMS_LOG_LEVEL=DEBUG" in ended.err
    assert ended.err.count("\n") == 1


def test_debug_shows_the_traceback_masked(
    simulation: CommandLine, failing: Callable[[Exception], None]
) -> None:
    """Somebody who looks for the fault sees where, and still no number, code or secret."""
    secret = "a-secret-of-more-than-32-characters-in-all"
    failing(RuntimeError(f"request for +15551234567 with code 123456 and {secret}"))

    ended = simulation("stats", SMS_LOG_LEVEL="DEBUG", SMS_KEY_SECRET=secret)

    assert "Traceback" in ended.err
    assert "test_failures.py" in ended.err
    for private in ("5551234567", "123456", secret):
        assert private not in ended.err

"""``smsverify selftest``, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.selftest.simulated import SCENARIOS
from tests.unit.entrypoints.selftest import misbehaving as bad

if TYPE_CHECKING:
    import pytest

    from tests.unit.entrypoints.conftest import CommandLine


def test_simulation_needs_nothing(cli: CommandLine) -> None:
    """Every scenario has its line, and the summary says that all held."""
    ended = cli("selftest", "--simulation", SMS_CODE_LENGTH="no number")

    assert ended.status == ExitStatus.DONE
    assert ended.out.startswith("=" * 80 + "\nSMS VERIFIER SELF-TEST: simulation\n")
    assert all(f"✅ {one.name}" in ended.out for one in SCENARIOS)
    assert f"{len(SCENARIOS)} passed, 0 failed in" in ended.out
    assert ended.err == ""


def test_a_failure_is_the_exit_status(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script sees that something did not hold."""
    monkeypatch.setattr("smsverify.create_verifier", bad.behind(bad.ApprovesAnything))

    ended = cli("selftest", "--simulation")

    assert ended.status == ExitStatus.REFUSED
    assert "❌ Wrong code" in ended.out


def test_debug_shows_what_happens(cli: CommandLine) -> None:
    """With SMS_LOG_LEVEL=DEBUG the log goes to standard error, and holds no number."""
    ended = cli("selftest", "--simulation", SMS_LOG_LEVEL="DEBUG")

    assert ended.status == ExitStatus.DONE
    assert "SMS sent successfully: SM" in ended.err
    assert "+15551230001" not in ended.err


def test_disabled_is_told_and_tried(cli: CommandLine) -> None:
    """Where nothing is set up the self-test says what to set, and that sends are refused."""
    ended = cli("selftest")

    assert ended.status == ExitStatus.DONE
    assert "disabled mode" in ended.out
    assert "TWILIO_ACCOUNT_SID" in ended.out
    assert "refused, as sending is disabled" in ended.out
    assert "3 passed, 0 failed, 2 skipped in" in ended.out


def test_simulation_mode_is_tried_on_the_store_that_is_set_up(simulation: CommandLine) -> None:
    """In simulation a code is sent and approved on the real store."""
    ended = simulation("selftest")

    assert ended.status == ExitStatus.DONE
    assert "✅ Send and check" in ended.out
    assert "sqlite" in ended.out


def test_a_broken_setting_fails_the_run(simulation: CommandLine) -> None:
    """A program with these settings would not start: the run says which, and how to mend it."""
    ended = simulation("selftest", SMS_CODE_LENGTH="4")

    assert ended.status == ExitStatus.REFUSED
    assert "❌ Settings" in ended.out
    assert "SMS_CODE_LENGTH must be" in ended.out


def test_a_store_that_does_not_serve_fails_the_run(simulation: CommandLine) -> None:
    """The store is written to and read, and what is wrong with it is told."""
    ended = simulation("selftest", SMS_SQLITE_PATH="/proc/nowhere/store.db")

    assert ended.status == ExitStatus.REFUSED
    assert "❌ Store (sqlite)" in ended.out


def test_no_real_message_outside_live_mode(simulation: CommandLine) -> None:
    """Simulation wins: whatever else is set, nothing real is sent."""
    ended = simulation(
        "selftest", SMS_TEST_REAL_SENDING="true", SMS_TEST_PHONE_NUMBER="+17205550123"
    )

    assert ended.status == ExitStatus.DONE
    assert "Real SMS" not in ended.out

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.ports.billing import BillingUnavailable
from smsverify.verifier import SmsVerifier

if TYPE_CHECKING:
    from tests.unit.entrypoints.conftest import CommandLine


def bill(**changes: Any) -> dict[str, Any]:
    """Return one country's comparison."""
    return {
        "sends": 2,
        "charged_dollars": 0.0166,
        "messages": 3,
        "segments": 4,
        "billed_dollars": 0.036,
        "waiting_for_price": 0,
        "price_dollars": 0.0083,
        "dearest_dollars": 0.0083,
        "too_low": False,
        **changes,
    }


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Give what the library will say; a test may change it."""
    report: dict[str, Any] = {
        "mode": "live",
        "error": None,
        "day": "2026-11-21",
        "countries": {"GB": bill(), "US": bill(waiting_for_price=7)},
        "too_low": [],
    }

    async def check_prices(_: SmsVerifier) -> dict[str, Any]:
        if isinstance(report["error"], Exception):
            raise report["error"]
        return report

    monkeypatch.setattr(SmsVerifier, "check_prices", check_prices)
    return report


def test_high_enough(simulation: CommandLine, compared: dict[str, Any]) -> None:
    """Prices that are high enough are shown with what was billed."""
    ended = simulation("prices", "check")

    assert (ended.status, ended.err) == (ExitStatus.DONE, "")
    assert "Day 2026-11-21 in UTC" in ended.out
    assert "3 (+7)" in ended.out
    assert "No message cost more than it is charged." in ended.out


def test_too_low(simulation: CommandLine, compared: dict[str, Any]) -> None:
    """The prices that are too low are named, with what to set."""
    compared["countries"]["GB"] = bill(dearest_dollars=0.05, too_low=True)
    compared["countries"]["US"] = bill(dearest_dollars=0.009, too_low=True)
    compared["too_low"] = ["GB", "US"]

    for options in ((), ("--json",)):
        ended = simulation("prices", "check", *options)
        assert ended.status == ExitStatus.REFUSED
        assert ended.err == "Prices are too low. Set SMS_PRICES=GB=0.05,US=0.009\n"
    assert json.loads(ended.out) == compared


def test_a_day_without_messages(simulation: CommandLine, compared: dict[str, Any]) -> None:
    """Nothing to compare is told as such."""
    compared["countries"] = {}
    assert "No message went out on 2026-11-21." in simulation("prices", "check").out


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_records_that_could_not_be_read(
    simulation: CommandLine, compared: dict[str, Any], options: tuple[str, ...]
) -> None:
    """Trouble with the provider's records is one sentence, and no comparison."""
    compared["error"] = BillingUnavailable("Twilio's records could not be read.")

    ended = simulation("prices", "check", *options)

    assert ended.status == ExitStatus.NOT_AVAILABLE
    assert ended.err == "Twilio's records could not be read.\n"


@pytest.mark.parametrize("variables", [{}, {"SMS_SIMULATION_MODE": "true"}])
def test_nobody_bills_elsewhere(cli: CommandLine, variables: dict[str, str]) -> None:
    """Prices are compared in live mode only."""
    ended = cli("prices", "check", **variables)
    assert ended.status == ExitStatus.NOT_AVAILABLE
    assert "live mode" in ended.err

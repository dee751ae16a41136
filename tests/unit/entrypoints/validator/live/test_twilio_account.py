"""What Twilio says of an account, judged without asking it."""

from __future__ import annotations

import pytest

from smsverify.entrypoints.validator.finding import Severity
from smsverify.entrypoints.validator.live.twilio_account import AccountFacts, judge_account

DAY = 50.0


def faults(facts: AccountFacts) -> list[tuple[str | None, Severity]]:
    """Return what is not in order."""
    found = judge_account(facts, DAY)
    return [(one.variable, one.severity) for one in found if one.severity is not Severity.FINE]


@pytest.mark.parametrize("balance", [DAY, 1000.0, None])
def test_a_sound_account_has_no_fault(balance: float | None) -> None:
    """An active account with money for a day is only described."""
    assert faults(AccountFacts("active", "Full", balance)) == []


@pytest.mark.parametrize(
    ("facts", "name", "severity"),
    [
        (AccountFacts("suspended", "Full", 99.0), "TWILIO_ACCOUNT_SID", Severity.PROBLEM),
        (AccountFacts("closed", "Full", 99.0), "TWILIO_ACCOUNT_SID", Severity.PROBLEM),
        (AccountFacts("active", "Trial", 99.0), "TWILIO_ACCOUNT_SID", Severity.WARNING),
        (AccountFacts("active", "Full", 0.0), "TWILIO_ACCOUNT_SID", Severity.PROBLEM),
        (AccountFacts("active", "Full", -3.5), "TWILIO_ACCOUNT_SID", Severity.PROBLEM),
        (AccountFacts("active", "Full", DAY - 0.01), "SMS_DAILY_COST_LIMIT", Severity.WARNING),
    ],
)
def test_each_fault_is_named(facts: AccountFacts, name: str, severity: Severity) -> None:
    """One thing that is not as it should be gives one finding."""
    assert faults(facts) == [(name, severity)]

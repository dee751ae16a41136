"""Status and order of a report."""

from __future__ import annotations

import pytest

from smsverify.domain.mode import Mode
from smsverify.entrypoints.validator.finding import (
    Finding,
    Severity,
    Topic,
    fine,
    problem,
    warning,
)
from smsverify.entrypoints.validator.report import Report, Status, in_order

FINE = fine(Topic.STORE, "It answers.")
WARNING = warning(Topic.STORE, "It is old.", "Upgrade it.", "REDIS_URL")
PROBLEM = problem(Topic.SETTINGS, "It is no number.", "SMS_CODE_LENGTH=6", "SMS_CODE_LENGTH")


def report(mode: Mode, *findings: Finding, asked: bool = False) -> Report:
    """Return a report of these findings."""
    return Report(mode, asked, offline=True, findings=findings)


@pytest.mark.parametrize(
    ("given", "status", "ready"),
    [
        (report(Mode.LIVE, FINE), Status.PRODUCTION, True),
        (report(Mode.LIVE, FINE, WARNING), Status.PRODUCTION, True),
        (report(Mode.LIVE, WARNING, PROBLEM), Status.NOT_READY, False),
        (report(Mode.SIMULATION, FINE), Status.SIMULATION, True),
        (report(Mode.SIMULATION, PROBLEM), Status.NOT_READY, False),
        (report(Mode.DISABLED, WARNING), Status.DISABLED, False),
        (report(Mode.DISABLED, FINE, asked=True), Status.DISABLED, True),
        (report(Mode.DISABLED, PROBLEM, asked=True), Status.NOT_READY, False),
    ],
)
def test_status(given: Report, status: Status, ready: bool) -> None:
    """One problem is enough for not ready; warnings are not; disabled is fine if asked for."""
    assert (given.status, given.ready) == (status, ready)


def test_findings_are_sorted_and_told_once() -> None:
    """By topic, problems first; what two checks found alike stands there once."""
    early = fine(Topic.SETTINGS, "Every setting has the right form.")

    assert in_order([FINE, WARNING, early, PROBLEM, WARNING]) == (PROBLEM, early, WARNING, FINE)


def test_as_json() -> None:
    """Counts, and each finding with all that is known of it."""
    told = report(Mode.LIVE, PROBLEM, FINE).as_dict()

    assert (told["problems"], told["warnings"]) == (1, 0)
    assert told["findings"] == [
        {
            "topic": "Settings",
            "severity": "problem",
            "sentence": "It is no number.",
            "remedy": "SMS_CODE_LENGTH=6",
            "variable": "SMS_CODE_LENGTH",
        },
        {
            "topic": "Store",
            "severity": "fine",
            "sentence": "It answers.",
            "remedy": None,
            "variable": None,
        },
    ]


def test_severities_are_stable_words() -> None:
    """Programs compare with them."""
    assert [one.value for one in Severity] == ["fine", "warning", "problem"]

"""The report as text."""

from __future__ import annotations

import pytest

from smsverify.domain.mode import Mode
from smsverify.entrypoints.validator.finding import Topic, fine, problem, warning
from smsverify.entrypoints.validator.rendering import lines
from smsverify.entrypoints.validator.report import Report

FINDINGS = (
    problem(Topic.SETTINGS, "It is no number, " + "and long, " * 20, "X=" + "1" * 90),
    warning(Topic.STORE, "It is old.", "Upgrade it."),
    fine(Topic.STORE, "It answers."),
)


def text(*, marks: bool = True, offline: bool = False, mode: Mode = Mode.LIVE) -> list[str]:
    """Return the lines of a report."""
    report = Report(mode, asked=False, offline=offline, findings=FINDINGS)
    return [line.plain for line in lines(report, marks=marks)]


def test_each_finding_has_mark_sentence_and_remedy() -> None:
    """Topic, mark, sentence, and below it what mends it."""
    assert text()[-7:-1] == [
        "Store",
        "⚠️  It is old.",
        "   → Upgrade it.",
        "✅ It answers.",
        "",
        "Judged for live mode: 1 problem, 1 warning.",
    ]


def test_sentences_are_broken_and_commands_are_not() -> None:
    """Everything fits 80 columns but what is there to be copied."""
    told = text()

    assert "   → X=" + "1" * 90 in told
    assert all(len(line) <= 80 for line in told if "→" not in line)


def test_problems_are_counted_at_the_top() -> None:
    """Who reads only the first lines knows how much there is to mend."""
    assert text()[4:6] == [
        "❌ STATUS: NOT READY",
        "   1 problem to mend before this can be used",
    ]


def test_without_marks_everything_is_ascii() -> None:
    """An output that has no emoji gets letters that it has."""
    assert all(line.isascii() for line in text(marks=False))
    assert any(line.startswith("!! It is no number") for line in text(marks=False))


@pytest.mark.parametrize("offline", [True, False])
def test_what_was_not_asked_is_told(offline: bool) -> None:
    """A report that asked nobody says so."""
    assert any("--offline" in line for line in text(offline=offline)) is offline

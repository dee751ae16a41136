"""The report as people read it."""

from __future__ import annotations

import itertools
import sys
import textwrap
from typing import TYPE_CHECKING, Final

from rich.text import Text

from smsverify.entrypoints.terminal.output import WIDTH, console, count
from smsverify.entrypoints.validator.finding import Severity
from smsverify.entrypoints.validator.report import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.report import Report

TITLE: Final = "SMS CONFIGURATION VALIDATION REPORT"

_MARKS: Final = {Severity.FINE: "✅", Severity.WARNING: "⚠️ ", Severity.PROBLEM: "❌"}
_PLAIN_MARKS: Final = {Severity.FINE: "ok", Severity.WARNING: "! ", Severity.PROBLEM: "!!"}
_COLOURS: Final = {Severity.FINE: "", Severity.WARNING: "yellow", Severity.PROBLEM: "red"}
_INDENT: Final = "   "

_HEADLINES: Final = {
    Status.PRODUCTION: (
        "🎉 STATUS: READY FOR PRODUCTION",
        "✅ All critical components are properly configured",
        "bold green",
    ),
    Status.SIMULATION: (
        "🧪 STATUS: READY FOR SIMULATION",
        "✅ Messages are played through and land in memory: nothing is sent, nothing costs",
        "bold green",
    ),
    Status.DISABLED: (
        "⚠️  STATUS: SMS DISABLED",
        "   TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be set",
        "bold yellow",
    ),
    Status.NOT_READY: ("❌ STATUS: NOT READY", "", "bold red"),
}


def print_report(report: Report) -> None:
    """Write the report to standard output, painted on a terminal and plain elsewhere."""
    out = console()
    for line in lines(report, marks=_marks()):
        out.print(line)


def lines(report: Report, *, marks: bool = True) -> Iterator[Text]:
    """Give the report line by line; without ``marks``, in letters that every terminal has."""
    rule = "=" * WIDTH
    yield from (Text(rule), Text(TITLE, style="bold"), Text(rule), Text())
    headline, sentence, style = _HEADLINES[report.status]
    yield Text(_plain(headline, marks=marks), style=style)
    yield Text(_plain(sentence or _to_mend(report), marks=marks))
    for topic, findings in itertools.groupby(report.findings, lambda one: one.topic):
        yield Text()
        yield Text(topic.value, style="bold")
        for finding in findings:
            yield from _finding(finding, marks=marks)
    yield Text()
    yield from (Text(line) for line in _closing(report))
    yield Text(rule)


def _finding(finding: Finding, *, marks: bool) -> Iterator[Text]:
    mark = (_MARKS if marks else _PLAIN_MARKS)[finding.severity]
    style = _COLOURS[finding.severity]
    wrapped = textwrap.wrap(finding.sentence, WIDTH - 5, break_long_words=False)
    yield Text(f"{mark} {wrapped[0]}", style=style)
    for line in wrapped[1:]:
        yield Text(_INDENT + line, style=style)
    if finding.remedy:
        arrow = "→" if marks else "->"
        # Never broken: it is there to be copied.
        yield Text(f"{_INDENT}{arrow} {finding.remedy}", style="bold")


def _to_mend(report: Report) -> str:
    return f"   {count(report.count(Severity.PROBLEM), 'problem')} to mend before this can be used"


def _closing(report: Report) -> Iterator[str]:
    problems, warnings = report.count(Severity.PROBLEM), report.count(Severity.WARNING)
    judged = f"Judged for {report.mode.value} mode"
    yield f"{judged}: {count(problems, 'problem')}, {count(warnings, 'warning')}."
    if report.offline:
        yield "Twilio, the store and the webhooks were not asked (--offline)."


def _marks() -> bool:
    """Say whether standard output can write the marks."""
    try:
        "🎉✅⚠️❌→".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _plain(text: str, *, marks: bool) -> str:
    if marks:
        return text
    return text.encode("ascii", "ignore").decode().strip()

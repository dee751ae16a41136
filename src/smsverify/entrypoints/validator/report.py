"""The outcome of a validation: a status, and what every check had to say."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

from smsverify.domain.mode import Mode
from smsverify.entrypoints.validator.finding import Finding, Severity, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Status(enum.StrEnum):
    """What the settings are fit for."""

    PRODUCTION = "READY FOR PRODUCTION"
    SIMULATION = "READY FOR SIMULATION"
    DISABLED = "SMS DISABLED"
    NOT_READY = "NOT READY"


_OF_MODE = {
    Mode.LIVE: Status.PRODUCTION,
    Mode.SIMULATION: Status.SIMULATION,
    Mode.DISABLED: Status.DISABLED,
}


@attrs.frozen
class Report:
    """
    What the validator found.

    Attributes:
        mode: what the settings were judged for.
        asked: whether that mode was asked for.
        offline: whether the services were left alone.
        findings: what the checks said, by topic, worst first within one.
        messages: what the message of each language takes and costs.
    """

    mode: Mode
    asked: bool
    offline: bool
    findings: tuple[Finding, ...]
    messages: tuple[Mapping[str, object], ...] = ()

    @property
    def status(self) -> Status:
        """What the settings are fit for: nothing while there is a single problem."""
        if self.count(Severity.PROBLEM):
            return Status.NOT_READY
        return _OF_MODE[self.mode]

    @property
    def ready(self) -> bool:
        """Whether all is as asked for; a service that can't send is ready only for who wants it."""
        if self.status is Status.DISABLED:
            return self.asked
        return self.status is not Status.NOT_READY

    def count(self, severity: Severity) -> int:
        """Return how many findings there are of one severity."""
        return sum(one.severity is severity for one in self.findings)

    def as_dict(self) -> dict[str, object]:
        """Return the report ready for JSON."""
        return {
            "status": self.status.value,
            "ready": self.ready,
            "mode": self.mode.value,
            "offline": self.offline,
            "problems": self.count(Severity.PROBLEM),
            "warnings": self.count(Severity.WARNING),
            "findings": [_of_finding(one) for one in self.findings],
            "messages": [dict(one) for one in self.messages],
        }


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings as they are read: by topic, problems before warnings, equal ones once."""
    topics, severities = list(Topic), [Severity.PROBLEM, Severity.WARNING, Severity.FINE]
    return tuple(
        sorted(
            dict.fromkeys(findings),
            key=lambda one: (topics.index(one.topic), severities.index(one.severity)),
        )
    )


def _of_finding(finding: Finding) -> dict[str, object]:
    return {
        "topic": finding.topic.value,
        "severity": finding.severity.value,
        "sentence": finding.sentence,
        "remedy": finding.remedy or None,
        "variable": finding.variable,
    }

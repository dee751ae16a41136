"""What a check of the validator has to say."""

from __future__ import annotations

import enum

import attrs


class Severity(enum.StrEnum):
    """How much a finding matters."""

    FINE = "fine"
    """Looked at, and in order."""
    WARNING = "warning"
    """It works, but somebody should know."""
    PROBLEM = "problem"
    """It does not work, or must not go into production: the status is NOT READY."""


class Topic(enum.StrEnum):
    """The headings of the report, in its order."""

    SETTINGS = "Settings"
    ACCOUNT = "Twilio account"
    SENDERS = "Senders and countries"
    SECRETS = "Secrets"
    LIMITS = "Limits and money"
    MESSAGE = "Message"
    STORE = "Store"
    WEBHOOKS = "Receipts and opt-outs"


@attrs.frozen
class Finding:
    """
    One line of the report. None of its texts holds a secret or a whole phone number.

    Attributes:
        topic: the heading that it stands under.
        severity: how much it matters.
        sentence: what was found.
        remedy: the command, or the line of the settings, that mends it; empty when nothing has to
            be mended.
        variable: the setting to mend, None when there is no single one.
    """

    topic: Topic
    severity: Severity
    sentence: str
    remedy: str = ""
    variable: str | None = None


def fine(topic: Topic, sentence: str) -> Finding:
    """Return that something is in order."""
    return Finding(topic, Severity.FINE, sentence)


def warning(topic: Topic, sentence: str, remedy: str, variable: str | None = None) -> Finding:
    """Return that somebody should know something."""
    return Finding(topic, Severity.WARNING, sentence, remedy, variable)


def problem(topic: Topic, sentence: str, remedy: str, variable: str | None = None) -> Finding:
    """Return that something has to be mended first."""
    return Finding(topic, Severity.PROBLEM, sentence, remedy, variable)

"""The audit trail of the command line: orders on single phones are told on standard error."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from smsverify.domain.events import Audited
from smsverify.settings import LogLevel

if TYPE_CHECKING:
    from smsverify.settings import Settings


def show_audit(settings: Settings) -> None:
    """
    Let audit events through to standard error, whatever the log level is.

    Other log lines stay where :mod:`smsverify.entrypoints.cli.logs` put them: nowhere, but for
    ``DEBUG``, which shows everything already.
    """
    if settings.log_level is LogLevel.DEBUG:
        return
    from smsverify.adapters.structlog.configure import configure_logging
    from smsverify.entrypoints.cli.logs import secrets_of

    before = list(logging.getLogger().handlers)
    configure_logging("WARNING", settings.log_format.value, secrets_of(settings))
    for handler in logging.getLogger().handlers:
        if handler not in before:
            handler.addFilter(_is_audit)


def _is_audit(record: logging.LogRecord) -> bool:
    from smsverify.adapters.structlog.events import RECORD_FIELDS

    fields = getattr(record, RECORD_FIELDS, None)
    return isinstance(fields, dict) and fields.get("event") == Audited.name

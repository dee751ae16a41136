"""
What the command line does with log lines.

A command says on its own what became of it, so log lines are shown only to somebody who looks for
a fault and asks for all of them with ``SMS_LOG_LEVEL=DEBUG``.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TYPE_CHECKING

from smsverify.errors import ConfigurationError
from smsverify.settings import LogLevel, find_dotenv, load_settings, variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.settings import Settings


def set_up_logs(settings: Settings, *, serves: bool = False) -> None:
    """
    Send log lines to standard error at ``DEBUG``, and nowhere at any other level.

    A process that ``serves`` others has nobody in front of it, so it logs at every level.
    """
    if settings.log_level is not LogLevel.DEBUG and not serves:
        # Without any handler logging would print warnings by itself.
        logging.getLogger().addHandler(logging.NullHandler())
        return
    from smsverify.adapters.structlog.configure import configure_logging

    level, form = settings.log_level.value, settings.log_format.value
    configure_logging(level, form, secrets_of(settings))
    if settings.source is not None:
        logging.getLogger("smsverify").debug("Settings were read from %s.", settings.source)


def secrets_of(settings: Settings) -> Iterator[str]:
    """Give the values of the settings that are shown nowhere."""
    for variable in variables():
        value = getattr(settings, variable.attribute)
        if variable.hidden and value:
            yield from (value,) if isinstance(value, str) else value


def show_traceback(error: BaseException) -> None:
    """Write an exception's traceback, masked, to standard error, if ``DEBUG`` was asked for."""
    try:
        settings = load_settings(dotenv=find_dotenv())
    except ConfigurationError:
        return  # its own sentence says which setting to mend first
    if settings.log_level is LogLevel.DEBUG:
        from smsverify.adapters.structlog.redaction import Redactor

        lines = "".join(traceback.format_exception(error))
        sys.stderr.write(Redactor(secrets_of(settings)).text(lines))

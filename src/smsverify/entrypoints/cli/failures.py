"""What a command that failed says, and how it ends: one sentence, and a traceback for ``DEBUG``."""

from __future__ import annotations

import click

from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.terminal.output import complain
from smsverify.errors import ConfigurationError, StoreError


def explain(error: Exception) -> ExitStatus:
    """Tell on standard error what went wrong, and return the exit status that goes with it."""
    match error:
        case click.Abort():
            click.echo(err=True)  # the cursor stands behind what was being typed
            complain("Stopped.")
            return ExitStatus.INTERRUPTED
        case click.UsageError():
            context = error.ctx
            command = context.command_path if context else "smsverify"
            complain(f"{error.format_message()} See: {command} --help")
            return ExitStatus.USAGE
        case click.ClickException():
            complain(error.format_message())
            return ExitStatus.USAGE
        case ConfigurationError():
            complain(str(error))
            return ExitStatus.USAGE
        case _:
            return _trouble(error)


def _trouble(error: Exception) -> ExitStatus:
    from smsverify.entrypoints.cli.logs import show_traceback

    show_traceback(error)
    if isinstance(error, StoreError):
        from smsverify.facade.wording import SENTENCES

        complain(f"{error.code}: {SENTENCES[error.code]}")
    else:
        # Its own text may quote what must not be shown; the masked traceback tells more.
        complain(
            f"Something went wrong inside ({type(error).__name__}). Run it again with "
            "SMS_LOG_LEVEL=DEBUG to see where, and please report it."
        )
    return ExitStatus.NOT_AVAILABLE

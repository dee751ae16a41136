"""The command ``smsverify``: its commands, and what its help says."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

import smsverify
from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.cli.group import LazyGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLACE: Final = "smsverify.entrypoints.cli"

COMMANDS: Final = {
    "demo": (f"{_PLACE}.demo.command", "Play a verification through its whole life."),
    "send": (f"{_PLACE}.send", "Send a code to a phone."),
    "check": (f"{_PLACE}.check", "Check the code that a person typed."),
    "stats": (f"{_PLACE}.stats", "Show the figures of today."),
    "pool": (f"{_PLACE}.pool", "Show the sender numbers, let one rest, or end a rest."),
    "phone": (f"{_PLACE}.phone", "Look at one phone; unlock it, opt it in, or forget it."),
    "prices": (f"{_PLACE}.prices", "Compare what messages are charged with what they cost."),
    "serve-webhooks": (
        f"{_PLACE}.serve_webhooks",
        "Take Twilio's delivery receipts, and people's STOP and START.",
    ),
    "validate": (f"{_PLACE}.validate", "Check the settings, and the services that they name."),
    "selftest": (f"{_PLACE}.selftest", "Try whether everything works as it should."),
}
"""Each command's module and the first sentence of its help, in the order of the help."""


@click.command(
    cls=LazyGroup,
    lazy=COMMANDS,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    epilog="Exit status: 0 done, 1 refused, 2 wrong usage or settings, 3 not available.",
)
@click.version_option(smsverify.__version__, message="smsverify %(version)s")
@click.pass_context
def command_line(ctx: click.Context) -> ExitStatus | None:
    """
    Prove that a person holds a phone number, by a code sent by SMS.

    Settings come from the environment and from the file .env in the working directory. Nothing is
    sent before you set them; SMS_SIMULATION_MODE=true lets you try everything without an account.
    """
    if ctx.invoked_subcommand is not None:
        return None
    click.echo(ctx.get_help())
    return ExitStatus.USAGE


def run(args: Sequence[str] | None = None) -> int:
    """
    Run the command that the arguments name, and return the process's exit status.

    Whatever goes wrong inside becomes one sentence on standard error.

    Args:
        args: what follows the program's name; None is what the process was called with.
    """
    for stream in (sys.stdout, sys.stderr):
        # A letter that the terminal can't show must not cost the whole answer.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        status = command_line.main(args, "smsverify", standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - the outermost place: everything has to end here
        from smsverify.entrypoints.cli.failures import explain

        return int(explain(error))
    return int(status or ExitStatus.DONE)

"""``smsverify pool``: the sender numbers, and who of them rests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from smsverify.entrypoints.cli import options
from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.cli.session import with_verifier
from smsverify.entrypoints.terminal.output import complain, console, told, write_json
from smsverify.entrypoints.terminal.senders import show_senders

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsverify.verifier import SmsVerifier

SENDER = click.argument("number")


@click.group("pool", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> ExitStatus | None:
    """Show the sender numbers, let one rest, or end a rest."""
    if ctx.invoked_subcommand is not None:
        return None
    click.echo(ctx.get_help())
    return ExitStatus.USAGE


@command.command("status")
@click.option("--show-numbers", is_flag=True, help="Show whole numbers instead of masked ones.")
@options.JSON
def status(*, show_numbers: bool, as_json: bool) -> ExitStatus:
    """Show each sender: whether it is available or rests, until when, and why."""

    async def work(verifier: SmsVerifier) -> dict[str, Any]:
        return await verifier.pool_status(show_numbers=show_numbers)

    pool = with_verifier(work)
    if as_json:
        write_json(pool)
    elif pool["senders"]:
        show_senders(console(), pool)
    if pool["error"] is None:
        return ExitStatus.DONE
    complain(pool["error"])
    return ExitStatus.NOT_AVAILABLE


@command.command("rest")
@SENDER
@options.JSON
def rest(number: str, *, as_json: bool) -> ExitStatus:
    """
    Let a sender rest for SMS_SENDER_COOLDOWN_HOURS.

    NUMBER is a sender's phone number, or the SID of the Messaging Service.
    """
    words = {True: "The sender rests from now on.", False: "The sender rests already."}
    return _order(number, "rest", words, as_json=as_json)


@command.command("release")
@SENDER
@options.JSON
def release(number: str, *, as_json: bool) -> ExitStatus:
    """
    End a sender's rest before its time.

    NUMBER is a sender's phone number, or the SID of the Messaging Service.
    """
    words = {True: "The sender is available again.", False: "The sender did not rest."}
    return _order(number, "release", words, as_json=as_json)


def _order(number: str, order: str, words: Mapping[bool, str], *, as_json: bool) -> ExitStatus:
    async def work(verifier: SmsVerifier) -> bool:
        carry_out = verifier.rest_sender if order == "rest" else verifier.release_sender
        try:
            return await carry_out(number)
        except ValueError as error:
            raise click.UsageError(str(error)) from error

    changed = with_verifier(work)
    if as_json:
        write_json({"order": order, "changed": changed})
    else:
        console().print(told(words[changed]))
    return ExitStatus.DONE

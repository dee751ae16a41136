"""``smsverify stats``: the figures of today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from smsverify.entrypoints.cli import options
from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.cli.session import with_verifier
from smsverify.entrypoints.terminal.figures import show_figures
from smsverify.entrypoints.terminal.output import complain, console, write_json

if TYPE_CHECKING:
    from smsverify.verifier import SmsVerifier


@click.command("stats")
@options.JSON
def command(*, as_json: bool) -> ExitStatus:
    """
    Show the figures of today.

    Today is the day in UTC. All processes that share the store count together.
    """

    async def work(verifier: SmsVerifier) -> dict[str, object]:
        return await verifier.statistics()

    figures = with_verifier(work)
    if as_json:
        write_json(figures)
    else:
        show_figures(console(), figures)
    trouble = figures["store"]["error"]  # type: ignore[index]
    if trouble is None:
        return ExitStatus.DONE
    complain(f"The figures are not those of the store. {trouble}")
    return ExitStatus.NOT_AVAILABLE

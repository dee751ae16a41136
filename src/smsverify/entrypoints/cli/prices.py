"""``smsverify prices``: whether the estimates that the budget counts are high enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from smsverify.entrypoints.cli import options
from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.cli.session import with_verifier
from smsverify.entrypoints.terminal.bills import show_bills
from smsverify.entrypoints.terminal.output import complain, console, told, write_json
from smsverify.ports.billing import BillingUnavailable

if TYPE_CHECKING:
    from smsverify.verifier import SmsVerifier


@click.group("prices", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> ExitStatus | None:
    """Compare what messages are charged with what they cost."""
    if ctx.invoked_subcommand is not None:
        return None
    click.echo(ctx.get_help())
    return ExitStatus.USAGE


@command.command("check")
@options.JSON
def check(*, as_json: bool) -> ExitStatus:
    """
    Compare yesterday's estimates with Twilio's records, and name the prices that are too low.

    Yesterday is the day in UTC. Twilio's records hold all messages of the account, those of other
    programs too. Exit status: 0 high enough, 1 some are too low, 3 they could not be compared.
    """

    async def work(verifier: SmsVerifier) -> dict[str, Any]:
        return await verifier.check_prices()

    try:
        report = with_verifier(work)
    except BillingUnavailable as error:
        report = {"error": str(error)}
    if as_json:
        write_json(report)
    if report["error"] is not None:
        complain(report["error"])
        return ExitStatus.NOT_AVAILABLE
    if not as_json:
        show_bills(console(), report)
    if not report["too_low"]:
        if not as_json:
            console().print(told("No message cost more than it is charged."))
        return ExitStatus.DONE
    complain(f"Prices are too low. Set SMS_PRICES={_advice(report)}")
    return ExitStatus.REFUSED


def _advice(report: dict[str, Any]) -> str:
    countries = report["countries"]
    return ",".join(
        f"{country}={countries[country]['dearest_dollars']:.6f}".rstrip("0")
        for country in report["too_low"]
    )

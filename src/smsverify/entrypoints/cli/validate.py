"""``smsverify validate``: whether the settings are fit for use."""

from __future__ import annotations

import click

from smsverify.domain.mode import Mode
from smsverify.entrypoints.cli import options
from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.cli.logs import set_up_logs


@click.command("validate")
@click.option("--offline", is_flag=True, help="Judge the settings only; ask no service.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    help="Judge as if for this mode.  [default: the one that is set]",
)
@options.JSON
def command(*, offline: bool, mode: str | None, as_json: bool) -> ExitStatus:
    """
    Check the settings, and the services that they name.

    Says of everything that is wrong how to mend it. The services are asked at the same time: Twilio
    for the account, its balance and the senders, the store, and your webhooks. Nothing is sent.

    Exit status: 0 ready, 1 not ready. Where sending is disabled that is 0 only with --mode
    disabled.
    """
    from smsverify.entrypoints.terminal.output import write_json
    from smsverify.entrypoints.validator.rendering import print_report
    from smsverify.entrypoints.validator.run import validate
    from smsverify.entrypoints.validator.situation import read_situation
    from smsverify.settings import find_dotenv

    judge_as = None if mode is None else Mode(mode)
    situation = read_situation(dotenv=find_dotenv(), judge_as=judge_as)
    set_up_logs(situation.settings)
    report = validate(situation, offline=offline, show_progress=not as_json)
    if as_json:
        write_json(report.as_dict())
    else:
        print_report(report)
    return ExitStatus.DONE if report.ready else ExitStatus.REFUSED

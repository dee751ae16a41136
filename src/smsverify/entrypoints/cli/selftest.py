"""``smsverify selftest``: whether what is installed and set up here works."""

from __future__ import annotations

import asyncio

import click

from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.cli.logs import set_up_logs


@click.command("selftest")
@click.option(
    "--simulation", is_flag=True, help="Play every scenario in memory; needs no settings."
)
def command(*, simulation: bool) -> ExitStatus:
    """
    Try whether everything works as it should.

    Without --simulation the configured services are tried, and nothing is sent that costs: unless
    you set SMS_TEST_REAL_SENDING=true and SMS_TEST_PHONE_NUMBER. Then one real SMS goes out, its
    receipt is waited for, and you are asked for the code.

    SMS_LOG_LEVEL=DEBUG shows what happens. Exit status: 0 all held, 1 something did not.
    """
    from smsverify.entrypoints.selftest.run import Screen, failed, play_configured, play_simulated
    from smsverify.entrypoints.validator.situation import read_situation
    from smsverify.settings import find_dotenv

    situation = read_situation(dotenv=find_dotenv())
    set_up_logs(situation.settings)
    screen = Screen()
    if simulation:
        screen.open("simulation")
        outcomes = asyncio.run(play_simulated(screen=screen))
    else:
        screen.open(f"{situation.settings.mode.value} mode")
        outcomes = asyncio.run(play_configured(situation, screen))
    screen.close(outcomes)
    return ExitStatus.REFUSED if failed(outcomes) else ExitStatus.DONE

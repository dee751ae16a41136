"""``smsverify demo``: plays the steps in their order, and stops at the first that goes wrong."""

from __future__ import annotations

import asyncio
import logging
import signal

import click

from smsverify.entrypoints.cli.demo.screen import Screen
from smsverify.entrypoints.cli.demo.stage import NotAsTold, Stage, build_container
from smsverify.entrypoints.cli.demo.steps import STEPS
from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.terminal.output import console
from smsverify.testing.clock import ManualClock


@click.command("demo")
@click.option("--interactive", is_flag=True, help="Let me type the code.")
def command(*, interactive: bool) -> ExitStatus:
    """
    Play a verification through its whole life.

    Everything happens in memory, in simulation, with the default rules; your settings are not read.
    Each step says what it promises and checks it: the exit status is 1 when one is not kept.
    """
    logging.getLogger().addHandler(logging.NullHandler())
    clock = ManualClock()
    verifier = build_container(clock).verifier()
    stage = Stage(verifier, clock, ask=_ask if interactive else None)
    return asyncio.run(play(stage, Screen(console())))


async def play(stage: Stage, screen: Screen) -> ExitStatus:
    """Play all steps; the first broken promise ends it, since the next steps build on it."""
    screen.open()
    async with stage.verifier:
        for number, step in enumerate(STEPS, 1):
            screen.begin(number, step)
            try:
                shown = await step.play(stage)
            except NotAsTold as broken:
                screen.fail(step, str(broken))
                return ExitStatus.REFUSED
            screen.show(step, shown)
    screen.close(len(STEPS))
    return ExitStatus.DONE


def _ask(question: str) -> str:
    # The event loop would keep the first Ctrl-C for itself, and the prompt would go on waiting.
    of_loop = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        answer: str = click.prompt(question, type=str)
    finally:
        signal.signal(signal.SIGINT, of_loop)
    return answer

"""Playing scenarios one after the other, and telling what came of them."""

from __future__ import annotations

import sys
import textwrap
import time
from typing import TYPE_CHECKING, Final

from rich.text import Text

from smsverify.entrypoints.terminal.output import WIDTH, console, count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from smsverify.entrypoints.selftest.playground import Build
    from smsverify.entrypoints.selftest.scenario import Outcome
    from smsverify.entrypoints.validator.situation import Situation

TITLE: Final = "SMS VERIFIER SELF-TEST"
_MARKS: Final = {True: "✅", False: "❌", None: "⬜"}
_PLAIN: Final = {True: "ok", False: "!!", None: "--"}
_COLOURS: Final = {True: "green", False: "bold red", None: "yellow"}
_NAME_WIDTH: Final = 18
_TIME_WIDTH: Final = 10
_SAID_WIDTH: Final = WIDTH - 3 - _NAME_WIDTH - 1 - _TIME_WIDTH


async def play_simulated(build: Build | None = None, screen: Screen | None = None) -> list[Outcome]:
    """Play every simulated scenario on a playground of its own."""
    from smsverify import create_verifier
    from smsverify.entrypoints.selftest.playground import playground
    from smsverify.entrypoints.selftest.scenario import play
    from smsverify.entrypoints.selftest.simulated import SCENARIOS

    outcomes = []
    for scenario in SCENARIOS:
        ground = playground(build or create_verifier)
        outcome = await play(scenario, ground)
        await ground.verifier.close()
        outcomes.append(outcome)
        if screen is not None:
            screen.line(outcome)
    return outcomes


async def play_configured(situation: Situation, screen: Screen) -> list[Outcome]:
    """Play what the settings allow, on one verifier built from them."""
    from smsverify.container import Container
    from smsverify.entrypoints.selftest.configured import (
        Deployment,
        scenarios_for,
        sends_for_real,
    )
    from smsverify.entrypoints.selftest.real import RealSms, ask_on_terminal
    from smsverify.entrypoints.selftest.scenario import play

    container = Container(settings=situation.settings)
    here = Deployment(situation, container, container.verifier())
    scenarios = list(scenarios_for(situation))
    if sends_for_real(situation):
        scenarios += RealSms(screen.say, ask_on_terminal()).scenarios()
    outcomes = []
    async with here.verifier:
        for scenario in scenarios:
            outcomes.append(await play(scenario, here))
            screen.line(outcomes[-1])
    return outcomes


class Screen:
    """Standard output: a title, a line for each scenario with its time, and a summary."""

    def __init__(self, out: Console | None = None) -> None:
        self._out = out or console()
        self._begun = time.perf_counter()
        self._marks = _MARKS if _can_write("✅❌") else _PLAIN

    def open(self, subtitle: str) -> None:
        """Say what is played."""
        rule = "=" * WIDTH
        self._out.print(Text(rule))
        self._out.print(Text(f"{TITLE}: {subtitle}", style="bold"))
        self._out.print(Text(rule))

    def line(self, outcome: Outcome) -> None:
        """Say what became of one scenario."""
        spent = f"{outcome.seconds * 1000:.0f} ms"
        said = textwrap.wrap(outcome.said, _SAID_WIDTH) or [""]
        style = "" if outcome.passed else _COLOURS[outcome.passed]
        self._out.print(
            Text.assemble(
                f"{self._marks[outcome.passed]} ",
                (f"{outcome.name:<{_NAME_WIDTH}} ", "bold"),
                (f"{said[0]:<{_SAID_WIDTH}}", style),
                (f"{spent:>{_TIME_WIDTH}}", "dim"),
            )
        )
        for line in said[1:]:
            self._out.print(Text(" " * (WIDTH - _SAID_WIDTH - _TIME_WIDTH) + line, style=style))

    def say(self, sentence: str) -> None:
        """Say something besides."""
        self._out.print(Text(f"   {sentence}"))

    def close(self, outcomes: Sequence[Outcome]) -> None:
        """Say what came of all of them."""
        rule = "=" * WIDTH
        passed = _how_many(outcomes, passed=True)
        failed = _how_many(outcomes, passed=False)
        skipped = _how_many(outcomes, passed=None)
        parts = [f"{passed} passed", f"{failed} failed"]
        parts += [f"{skipped} skipped"] if skipped else []
        spent = time.perf_counter() - self._begun
        mark = self._marks[not failed]
        summary = f"{mark} {count(len(outcomes), 'scenario')}: {', '.join(parts)} in {spent:.1f} s"
        self._out.print(Text(rule))
        self._out.print(Text(summary, style=_COLOURS[not failed]))


def failed(outcomes: Iterable[Outcome]) -> bool:
    """Say whether anything did not hold."""
    return any(one.passed is False for one in outcomes)


def _how_many(outcomes: Iterable[Outcome], *, passed: bool | None) -> int:
    return sum(one.passed is passed for one in outcomes)


def _can_write(signs: str) -> bool:
    try:
        signs.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True

"""How the demonstration looks."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.text import Text

from smsverify.entrypoints.terminal.figures import figure_lines
from smsverify.entrypoints.terminal.output import count, told
from smsverify.entrypoints.terminal.phone_picture import show_messages

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from smsverify.entrypoints.cli.demo.steps import Shown, Step

INDENT: Final = 4


def program() -> str:
    """Return how the command line is called from here, whether its folder is on the path or not."""
    if shutil.which("smsverify"):
        return "smsverify"
    beside = Path(sys.executable).with_name("smsverify")
    if not beside.exists():
        return f"{sys.executable} -m smsverify"
    here = Path.cwd()
    return str(beside.relative_to(here) if beside.is_relative_to(here) else beside)


class Screen:
    """Writes the steps to a console, one below the other."""

    def __init__(self, out: Console) -> None:
        self._out = out

    def open(self) -> None:
        """Say what is going to be shown."""
        self._out.print(Text("smsverify: a verification through its whole life", style="bold"))
        self._out.print("In simulation, on a store in memory: nothing is sent, nothing is kept.")

    def begin(self, number: int, step: Step) -> None:
        """Announce a step."""
        self._out.print()
        self._out.print(Text.assemble((f"{number}", "bold cyan"), "   ", (step.title, "bold")))

    def show(self, step: Step, shown: Shown) -> None:
        """Show what happened, and that the promise was kept."""
        self._indented(Text(shown.call, style="cyan"))
        if shown.messages:
            show_messages(self._out, shown.messages, indent=INDENT)
        self._indented(Text(shown.answer, style="dim"))
        if shown.figures is not None:
            for line in figure_lines(shown.figures, "Sends", "  refused", "Checks", "Cost"):
                self._indented(line)
        self._indented(told(step.promise))

    def fail(self, step: Step, found: str) -> None:
        """Say that the promise was not kept."""
        self._indented(told(f"Not as told: {step.promise}", good=False))
        self._indented(Text(f"  {found}", style="red"))

    def close(self, steps: int) -> None:
        """Say how it ended, and what to try next."""
        self._out.print()
        self._out.print(told(f"All {count(steps, 'step')} went as told."))
        self._out.print()
        self._out.print("Now you, in simulation too:")
        self._indented(Text("export SMS_SIMULATION_MODE=true", style="cyan"))
        for call in ("send +15551234567 --app MyApp", "check +15551234567 CODE", "stats"):
            self._indented(Text(f"{program()} {call}", style="cyan"))

    def _indented(self, what: RenderableType) -> None:
        if isinstance(what, Text) and not self._out.is_terminal:
            self._out.print(Text.assemble(" " * INDENT, what))
        else:
            self._out.print(Padding(what, (0, 0, 0, INDENT)))

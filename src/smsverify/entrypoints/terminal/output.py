"""
How the command line writes: for people on a terminal, plainly for everything else.

Without a terminal, or with ``NO_COLOR`` set (https://no-color.org), no escape codes and no frames
are written, and lines are not broken, so that they can be searched.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from smsverify.facade.results import CheckResult, SendResult

WIDTH: Final = 80
"""Columns that are used at most: what a terminal has when it opens."""

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE


def is_pretty() -> bool:
    """Say whether standard output is a terminal that may be painted on."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def console() -> Console:
    """Return a console on standard output; markup in what it is given is plain text."""
    pretty = is_pretty()
    found = Console(
        force_terminal=pretty,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=not pretty,
    )
    found.width = min(found.width, WIDTH) if pretty else WIDTH
    return found


def mark(*, good: bool) -> Text:
    """Return a tick or a cross, in letters that standard output can write."""
    signs = "✓✗"
    try:
        signs.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return Text("ok" if good else "!!", style="bold green" if good else "bold red")
    return Text(signs[0] if good else signs[1], style="bold green" if good else "bold red")


def told(sentence: str, *, good: bool = True) -> Text:
    """Return a sentence behind its mark."""
    return Text.assemble(mark(good=good), " ", sentence)


def show_table(out: Console, table: Table) -> None:
    """Write a table without the spaces that end its lines: they make no difference to the eye."""
    with out.capture() as captured:
        out.print(table)
    for line in captured.get().splitlines():
        click.echo(line.rstrip(), color=out.is_terminal)


def write_json(value: Mapping[str, object]) -> None:
    """Write one JSON object, in ASCII, so that any reader takes it."""
    click.echo(json.dumps(value, indent=2))


def complain(sentence: str) -> None:
    """Write one sentence to standard error; only a terminal gets it in several lines."""
    sentence = " ".join(sentence.split())
    if sys.stderr.isatty():
        width = min(shutil.get_terminal_size().columns, WIDTH)
        sentence = textwrap.fill(sentence, width, break_on_hyphens=False)
    pretty = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    click.echo(click.style(sentence, fg="red") if pretty else sentence, err=True, color=pretty)


def refusal(result: SendResult | CheckResult) -> str:
    """Return what to tell of a result that is no success: its code, why, and how long to wait."""
    parts = [f"{result.error_code}: {result.error}"]
    if result.retry_after is not None:
        parts.append(f"Waiting time: {duration(result.retry_after)}.")
    attempts_left = result.get("attempts_left")
    if isinstance(attempts_left, int):
        parts.append(f"{count(attempts_left, 'attempt')} left.")
    provider_code = result.get("provider_code")
    if provider_code is not None:
        parts.append(f"The provider's code: {provider_code}.")
    return " ".join(parts)


def duration(seconds: int) -> str:
    """Return seconds as people say them: ``45 s``, ``9 min 15 s``, ``23 h 10 min``."""
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return _two(*divmod(seconds, _MINUTE), "min", "s")
    # Rounded up, as waiting times are: nobody is told to come too early.
    return _two(*divmod(-(-seconds // _MINUTE), _MINUTE), "h", "min")


def _two(large: int, small: int, large_unit: str, small_unit: str) -> str:
    return f"{large} {large_unit} {small} {small_unit}" if small else f"{large} {large_unit}"


def count(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 attempt``, ``4 attempts``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def money(dollars: float) -> str:
    """Return dollars with two decimals, or with as many more as the amount has: ``$0.0083``."""
    exact = f"{dollars:.6f}".rstrip("0")
    decimals = max(2, len(exact.partition(".")[2]))
    return f"${dollars:,.{decimals}f}"

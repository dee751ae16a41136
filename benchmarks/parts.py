"""One table out of parts, each with heads of its own, and how figures look in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs
from rich.console import Console
from rich.table import Table

from benchmarks.spread import Spread

WIDTH = 140
"""Columns of the screen that the table fits into."""


@attrs.frozen
class Part:
    """
    One part.

    Attributes:
        title: What it tells of.
        heads: What stands above the figures.
        rows: A name, and its figures, in each.
    """

    title: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def show(parts: Sequence[Part], console: Console) -> None:
    """Print one table."""
    columns = max((len(part.heads) for part in parts), default=0)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    for _ in range(columns):
        table.add_column(justify="right", no_wrap=True)
    for part in parts:
        table.add_row()
        table.add_row(f"[bold]{part.title}[/]", *(f"[dim]{head}[/]" for head in part.heads))
        for row in part.rows:
            table.add_row(*row)
    console.print(table)


def spread(figure: Spread | None) -> str:
    """Give a median, and in brackets how far the repeats lie apart if they do."""
    if figure is None:
        return "-"
    median, low, high = (_number(value) for value in (figure.median, figure.low, figure.high))
    return median if low == high else f"{median} ({low}..{high})"


def spreads(figures: Iterable[Spread | None]) -> tuple[str, ...]:
    """Give several."""
    return tuple(spread(figure) for figure in figures)


def _number(value: float) -> str:
    """Give three figures or more, and no fraction to what is whole."""
    if abs(value) >= 10_000:
        return f"{value / 1_000:,.1f}k"
    is_whole = float(value).is_integer() or abs(value) >= 100
    digits = 0 if is_whole else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"

"""The figures as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

from benchmarks import attack, rounds
from benchmarks.plan import MANY
from benchmarks.report import Report, is_busy
from benchmarks.spread import Spread
from benchmarks.stores import MEMORY, SQLITE

_OURS = "#1f5fa8"
_OTHERS = "#9aa5b1"


def draw(report: Report, path: Path) -> None:
    """Write a picture with a panel for each section that was measured."""
    panels = (_rounds_1, _rounds_64, _processor, _attack, _growth, _start)
    drawn = [panel for panel in panels if panel(report, None)]
    if not drawn:
        return
    columns = min(2, len(drawn))
    rows = (len(drawn) + 1) // 2
    size = (7.5 * columns, 4.2 * rows + 0.4)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    places = list(axes.flat)
    for panel, place in zip(drawn, places, strict=False):
        panel(report, place)
    for place in places[len(drawn) :]:
        place.axis("off")
    figure.suptitle("smsverify beside what a user would pick instead", fontsize=15, x=0.5)
    foot = _foot(report.conditions)
    figure.text(0.5, 0.005, foot, ha="center", fontsize=8, color="#555555")
    figure.tight_layout(rect=(0, 0.015 * (1 + foot.count("\n")), 1, 0.97))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _foot(conditions: dict[str, str]) -> str:
    """Say what the figures depend on, and what each store outlives."""
    names = ("processor", "placement", "server", "python")
    lines = ["; ".join(conditions[name] for name in names)]
    lines += [f"{store.name}: {store.durability}" for store in (MEMORY, SQLITE)]
    if is_busy(conditions):
        lines.append(conditions["others"])
    lines.append("Bars are medians, whiskers the smallest and the largest repeat.")
    return "\n".join(lines)


def _rounds_1(report: Report, axes: Any) -> bool:
    return _rounds(report, axes, 1, "Rounds (send and check) per second, one at a time")


def _rounds_64(report: Report, axes: Any) -> bool:
    return _rounds(report, axes, 64, "Rounds (send and check) per second, 64 at once")


def _rounds(report: Report, axes: Any, tasks: int, title: str) -> bool:
    if report.rounds is None:
        return False
    if axes is not None:
        rows = [row for row in report.rounds.rows if row.tasks == tasks]
        names = [rounds.title(row.side) for row in rows]
        _bars(axes, names, [row.figures.rate for row in rows], title)
    return True


def _processor(report: Report, axes: Any) -> bool:
    if report.rounds is None:
        return False
    if axes is not None:
        rows = [row for row in report.rounds.rows if row.tasks == MANY]
        names = [rounds.title(row.side) for row in rows]
        costs = [row.figures.cpu_each for row in rows]
        _bars(axes, names, costs, "Processor time of a round, client, microseconds, 64 at once")
    return True


def _attack(report: Report, axes: Any) -> bool:
    if report.attack is None:
        return False
    if axes is not None:
        names = [attack.CASES[row.side, row.operation] for row in report.attack.rows]
        rates = [row.figures.rate for row in report.attack.rows]
        _bars(axes, names, rates, "Refusals per second under attack, 64 at once")
    return True


def _growth(report: Report, axes: Any) -> bool:
    if report.growth is None:
        return False
    if axes is not None:
        names = [f"{row.phones:,} phones stored" for row in report.growth.rows]
        rates = [row.figures.rate for row in report.growth.rows]
        _bars(axes, names, rates, "Rounds per second as the server fills, 64 at once", ours=True)
    return True


def _start(report: Report, axes: Any) -> bool:
    if report.start is None:
        return False
    if axes is not None:
        names = [row.what for row in report.start.rows]
        times = [row.milliseconds for row in report.start.rows]
        _bars(axes, names, times, "From start to end of a process, milliseconds")
    return True


def _is_ours(name: str) -> bool:
    return "smsverify" in name or "verifier" in name


def _bars(
    axes: Any, names: Sequence[str], values: Sequence[Spread], title: str, *, ours: bool = False
) -> None:
    """Draw lying bars, so that names can be read, with the figure behind each."""
    places = range(len(names))
    medians = [value.median for value in values]
    below = [value.median - value.low for value in values]
    above = [value.high - value.median for value in values]
    colours = [_OURS if ours or _is_ours(name) else _OTHERS for name in names]
    whiskers = {"ecolor": "#333333", "elinewidth": 1, "capsize": 2}
    axes.barh(places, medians, xerr=[below, above], color=colours, height=0.7, error_kw=whiskers)
    axes.set_yticks(places, names, fontsize=9)
    axes.invert_yaxis()
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    longest = max(value.high for value in values)
    axes.set_xlim(0, longest * 1.16)
    for place, value in zip(places, values, strict=True):
        axes.text(
            value.high + longest * 0.012, place, f"{value.median:,.0f}", va="center", fontsize=8
        )

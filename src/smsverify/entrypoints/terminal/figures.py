"""Statistics for people: one line a subject, and a table of the countries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from smsverify.entrypoints.terminal.output import money, show_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console


def show_figures(out: Console, figures: Mapping[str, Any]) -> None:
    """Write what ``SmsVerifier.statistics`` gave."""
    for line in figure_lines(figures):
        out.print(line)
    if figures["countries"]:
        out.print()
        show_table(out, _countries(figures["countries"]))


def figure_lines(figures: Mapping[str, Any], *subjects: str) -> list[Text]:
    """Return the lines on these subjects, or on all of them when none is named."""
    return [
        Text.assemble((f"{subject:<12}", "bold"), told)
        for subject, told in _lines(figures)
        if told and (not subjects or subject in subjects)
    ]


def _lines(figures: Mapping[str, Any]) -> list[tuple[str, Text]]:
    sends, checks, cost = figures["sends"], figures["checks"], figures["cost"]
    store = figures["store"]
    health = ("healthy", "green") if store["healthy"] else ("not healthy", "bold red")
    lines = [
        ("Day", Text(f"{figures['day']} in UTC, as of {_time_of_day(figures['as_of'])}")),
        ("Mode", Text(f"{figures['mode']}")),
        ("Store", Text.assemble(f"{store['name']}, ", health)),
        ("Gateway", _gateway(figures)),
        ("Sends", _counts(sends, "asked", "accepted", "failed", "unknown")),
        ("  refused", _refused(sends["refused"])),
        ("Receipts", _counts(sends, "delivered", "undelivered")),
        ("Checks", _counts(checks, "approved", "wrong")),
        ("  refused", _refused(checks["refused"])),
        ("Conversion", _conversion(figures["conversion"])),
        ("Cost", _cost(cost)),
    ]
    if figures["last_error"] is not None:
        last = figures["last_error"]
        lines.append(("Last error", Text(f"{last['code']} at {last['at']}", style="red")))
    return lines


def _gateway(figures: Mapping[str, Any]) -> Text:
    """Return how it stands with the provider; nothing for one that tells nothing."""
    status = figures["gateway_status"]
    if status is None:
        return Text("")
    refused = status["credentials"] == "refused"
    told = Text(f"{figures['gateway']}, credentials ")
    told.append(status["credentials"], style="bold red" if refused else "")
    if refused:
        told.append(f", next try in {status['next_try_in_seconds']:.0f} s")
    return told


def _time_of_day(as_of: str) -> str:
    return as_of[11:19]


def _counts(counted: Mapping[str, Any], *names: str) -> Text:
    return Text(", ".join(f"{counted[name]:,} {name}" for name in names))


def _refused(by_code: Mapping[str, int]) -> Text:
    """Return the refusals by their code, the most frequent first; nothing for none."""
    frequent = sorted(by_code.items(), key=lambda item: (-item[1], item[0]))
    told = ", ".join(f"{number:,} {code}" for code, number in frequent)
    return Text(told)


def _conversion(approved_of_accepted: float | None) -> Text:
    if approved_of_accepted is None:
        return Text("no message was accepted yet")
    return Text(f"{approved_of_accepted:.1%} of the accepted messages led to an approval")


def _cost(cost: Mapping[str, Any]) -> Text:
    spent, limit, left = (money(cost[f"{name}_dollars"]) for name in ("spent", "limit", "left"))
    return Text(f"{spent} of {limit} spent, {left} left")


def _countries(countries: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False)
    table.add_column("Country")
    for title in ("Sends", "Approved", "Spent"):
        table.add_column(title, justify="right")
    for country, told in countries.items():
        figures = (f"{told['sends']:,}", f"{told['approved']:,}", money(told["spent_dollars"]))
        table.add_row(country, *figures)
    return table

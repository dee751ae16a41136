"""The comparison of prices for people: one line a country."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from smsverify.entrypoints.terminal.output import money, show_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console


def show_bills(out: Console, report: Mapping[str, Any]) -> None:
    """Write what ``SmsVerifier.check_prices`` gave."""
    if not report["countries"]:
        out.print(f"No message went out on {report['day']}.")
        return
    out.print(f"Day {report['day']} in UTC")
    out.print()
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False)
    table.add_column("Country")
    for title in ("Sends", "Charged", "Billed for", "Billed", "Price now", "Dearest"):
        table.add_column(title, justify="right")
    for country, bill in report["countries"].items():
        table.add_row(country, *_figures(bill))
    show_table(out, table)
    out.print()


def _figures(bill: Mapping[str, Any]) -> list[str | Text]:
    waiting = f" (+{bill['waiting_for_price']:,})" if bill["waiting_for_price"] else ""
    dearest = money(bill["dearest_dollars"]) if bill["messages"] else ""
    return [
        f"{bill['sends']:,}",
        money(bill["charged_dollars"]),
        f"{bill['messages']:,}{waiting}",
        money(bill["billed_dollars"]),
        money(bill["price_dollars"]),
        Text(dearest, style="red" if bill["too_low"] else ""),
    ]

"""The pool of senders for people: one line a sender."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from smsverify.entrypoints.terminal.output import show_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console


def show_senders(out: Console, pool: Mapping[str, Any]) -> None:
    """Write what ``SmsVerifier.pool_status`` gave."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False)
    for title in ("Sender", "Country", "Area", "State"):
        table.add_column(title)
    table.add_column("Today", justify="right")
    for sender in pool["senders"]:
        table.add_row(
            Text(sender["number"]),
            sender["country"] or "",
            sender["area_code"] or "",
            _state(sender),
            f"{sender['sent_today']:,}",
        )
    show_table(out, table)
    totals = pool["totals"]
    out.print()
    out.print(
        f"{totals['available']} of {totals['senders']} available, "
        f"{totals['sent_today']:,} sent today, as of {pool['as_of'][11:19]} UTC"
    )


def _state(sender: Mapping[str, Any]) -> Text:
    if sender["available"]:
        return Text("available", style="green")
    until = f"{sender['resting_until'][5:16].replace('T', ' ')} UTC"
    return Text(f"rests until {until}, {sender['reason']}", style="yellow")

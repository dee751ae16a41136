"""The message as it appears on the phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich import box
from rich.cells import cell_len
from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from smsverify.ports.gateway import OutgoingSms

PHONE_WIDTH: Final = 44
BUBBLE_WIDTH: Final = 36

_CODE: Final = re.compile(r"(?<![\w+])[0-9]{6,10}(?!\w)", re.ASCII)


def show_messages(console: Console, messages: Sequence[OutgoingSms], *, indent: int = 0) -> None:
    """
    Show messages of one conversation, oldest first.

    A terminal gets a picture of a phone; everything else gets the texts as they are, a line from
    the sender above each.
    """
    if console.is_terminal:
        console.print(Padding(_phone(messages), (0, 0, 0, indent)))
        return
    for message in messages:
        console.print(Text(f"{' ' * indent}SMS from {message.sender.address}:"))
        for line in message.text.splitlines():
            console.print(Text(f"{' ' * indent}  {line}"))


def _phone(messages: Sequence[OutgoingSms]) -> Panel:
    sender = Text(messages[-1].sender.address, style="bold", justify="center")
    kind = Text("SMS", style="dim", justify="center")
    return Panel(
        Group(sender, kind, *(_bubble(message.text) for message in messages)),
        box=box.ROUNDED,
        border_style="bright_black",
        width=PHONE_WIDTH,
    )


def _bubble(text: str) -> Panel:
    shown = Text(text)
    shown.highlight_regex(_CODE, "bold cyan")
    width = min(BUBBLE_WIDTH, max(cell_len(line) for line in text.splitlines()) + 4)
    return Panel(shown, box=box.ROUNDED, border_style="green", width=width)

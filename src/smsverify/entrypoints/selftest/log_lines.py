"""Reading along with the log, at its most talkative."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Keeper(logging.Handler):
    """Keeps every line with all that its record carries."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.lines.append(f"{record.getMessage()} {record.__dict__}")


@contextlib.contextmanager
def captured_logs() -> Iterator[list[str]]:
    """Give a list that fills with every line that any library logs; all is as before afterwards."""
    root, ours, keeper = logging.getLogger(), logging.getLogger("smsverify"), _Keeper()
    before = (root.level, ours.level)
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.DEBUG)
    try:
        yield keeper.lines
    finally:
        root.removeHandler(keeper)
        root.setLevel(before[0])
        ours.setLevel(before[1])

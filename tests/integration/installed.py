"""What the processes that tests start find installed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PLAIN: Final = {"PYTHONPATH": str(Path(__file__).with_name("plain"))}
"""The variables with which a process finds no web framework, as after a plain installation."""

"""Phone-number verification by SMS code."""

from __future__ import annotations

__version__ = "0.1.0"

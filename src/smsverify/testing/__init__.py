"""
For tests of your own: contract suites, doubles that fail and lose races, a clock that you move.

The names below are loaded when they are asked for, because some need pytest or hypothesis, which
the extra ``smsverify[testing]`` brings.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from smsverify.testing.clock import HostOffset, ManualClock
    from smsverify.testing.store_contract import AnyClockStoreContract, StoreContract

__all__ = [
    "AnyClockStoreContract",
    "HostOffset",
    "ManualClock",
    "StoreContract",
]

_HOME: Final = {
    "AnyClockStoreContract": "store_contract",
    "HostOffset": "clock",
    "ManualClock": "clock",
    "StoreContract": "store_contract",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

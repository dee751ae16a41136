"""
For tests of your own: contract suites, doubles that fail and lose races, a clock that you move.

For the tests of a service that embeds smsverify::

    gateway, clock = ScriptedGateway(), ManualClock()
    verifier = create_verifier(
        Settings(simulation_mode=True, store=StoreKind.MEMORY), gateway=gateway, clock=clock
    )
    await verifier.send_verification_sms("+15551234567", "MyApp")
    code = last_code(verifier, "+15551234567")
    clock.advance(601)  # the code is over

For the author of an adapter: :class:`StoreContract` with :func:`compare_with_memory`, or
:class:`GatewayContract`; a test of the adapter is a subclass of few lines. For tests of what
happens when a store fails: :class:`LosesReplies`, :class:`LosesRaces`, :class:`ExecutesLate`,
:class:`FailsAt`, :class:`StopsAt`. Strategies for hypothesis are in
:mod:`smsverify.testing.strategies`.

The names are loaded when they are asked for: the suites need pytest and pytest-asyncio, the machine
and the strategies hypothesis, all of which ``pip install 'smsverify[testing]'`` brings; the others
need nothing.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from smsverify.testing.clock import HostOffset, ManualClock
    from smsverify.testing.entropy import ScriptedEntropy
    from smsverify.testing.gateway import ScriptedGateway, last_code, message_to
    from smsverify.testing.gateway_contract import GatewayContract
    from smsverify.testing.hold import Hold
    from smsverify.testing.store import ExecutesLate, LosesRaces, LosesReplies, Loss, WrappedStore
    from smsverify.testing.store_contract import AnyClockStoreContract, StoreContract
    from smsverify.testing.store_machine import StoreMachine, compare_with_memory
    from smsverify.testing.store_probes import CountsCalls, FailsAt, StopsAt

__all__ = [
    "AnyClockStoreContract",
    "CountsCalls",
    "ExecutesLate",
    "FailsAt",
    "GatewayContract",
    "Hold",
    "HostOffset",
    "LosesRaces",
    "LosesReplies",
    "Loss",
    "ManualClock",
    "ScriptedEntropy",
    "ScriptedGateway",
    "StopsAt",
    "StoreContract",
    "StoreMachine",
    "WrappedStore",
    "compare_with_memory",
    "last_code",
    "message_to",
]

# Before the suites are imported, so that their asserts show what they compared; without pytest
# there is nobody to show it to.
if "pytest" in sys.modules:
    sys.modules["pytest"].register_assert_rewrite(
        f"{__name__}.gateway_contract", f"{__name__}.store_suite"
    )

_HOME: Final = {
    "AnyClockStoreContract": "store_contract",
    "CountsCalls": "store_probes",
    "ExecutesLate": "store",
    "FailsAt": "store_probes",
    "GatewayContract": "gateway_contract",
    "Hold": "hold",
    "HostOffset": "clock",
    "LosesRaces": "store",
    "LosesReplies": "store",
    "Loss": "store",
    "ManualClock": "clock",
    "ScriptedEntropy": "entropy",
    "ScriptedGateway": "gateway",
    "StopsAt": "store_probes",
    "StoreContract": "store_contract",
    "StoreMachine": "store_machine",
    "WrappedStore": "store",
    "compare_with_memory": "store_machine",
    "last_code": "gateway",
    "message_to": "gateway",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

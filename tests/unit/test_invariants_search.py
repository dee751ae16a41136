"""A random search for orders of events that break an invariant, over the store in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.stepping.effort import effort
from tests.stepping.machine import machine_over
from tests.stepping.storage import InMemory

if TYPE_CHECKING:
    from hypothesis.stateful import RuleBasedStateMachine

_machine: type[RuleBasedStateMachine] = machine_over(InMemory)

TestInvariants = _machine.TestCase
TestInvariants.settings = effort(runs=50)

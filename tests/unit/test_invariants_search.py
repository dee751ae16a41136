"""A random search for orders of events that break an invariant, over the store in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.register_assert_rewrite("tests.stepping")

from tests.stepping.effort import effort  # noqa: E402
from tests.stepping.machine import machine_over  # noqa: E402
from tests.stepping.storage import InMemory  # noqa: E402

if TYPE_CHECKING:
    from hypothesis.stateful import RuleBasedStateMachine

_machine: type[RuleBasedStateMachine] = machine_over(InMemory)

TestInvariants = _machine.TestCase
TestInvariants.settings = effort(runs=50)

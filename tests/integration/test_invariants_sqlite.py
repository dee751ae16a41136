"""The search for orders of events that break an invariant, over a file of SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.stepping.effort import effort
from tests.stepping.machine import machine_over
from tests.stepping.storage import in_sqlite


@pytest.mark.hypothesis
def test_invariants(tmp_path: Path) -> None:
    """Each run has a file of its own, and each host handles of its own."""
    run_state_machine_as_test(machine_over(in_sqlite(tmp_path)), settings=effort(runs=15))

"""A test for each invariant of docs/invariants.md, over the stores that need no server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stepping import invariants
from tests.stepping.storage import InMemory, in_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from smsverify.testing import ManualClock
    from tests.stepping.storage import Storage


class Embedded:
    """Over memory, and over a file of SQLite."""

    @pytest.fixture(params=["memory", "sqlite"])
    def make_storage(
        self, request: pytest.FixtureRequest, tmp_path: Path
    ) -> Callable[[ManualClock], Storage]:
        """Return what makes the storage."""
        return InMemory if request.param == "memory" else in_sqlite(tmp_path)


class TestCharges(Embedded, invariants.Charges):
    """See there."""


class TestWindows(Embedded, invariants.Windows):
    """See there."""


class TestClients(Embedded, invariants.Clients):
    """See there."""


class TestCalls(Embedded, invariants.Calls):
    """See there."""


class TestCodes(Embedded, invariants.Codes):
    """See there."""


class TestRefusals(Embedded, invariants.Refusals):
    """See there."""


class TestRepeats(Embedded, invariants.Repeats):
    """See there."""

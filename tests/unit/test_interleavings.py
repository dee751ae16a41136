"""Every interleaving that the protocol of sending names, over the stores that need no server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stepping import interleavings
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


class TestLostReplies(Embedded, interleavings.LostReplies):
    """See there."""


class TestLateCommands(Embedded, interleavings.LateCommands):
    """See there."""


class TestOneCodeOnSeveralWays(Embedded, interleavings.OneCodeOnSeveralWays):
    """See there."""


class TestReceiptsAndSettlements(Embedded, interleavings.ReceiptsAndSettlements):
    """See there."""


class TestStopAndStart(Embedded, interleavings.StopAndStart):
    """See there."""


class TestWrongClocks(Embedded, interleavings.WrongClocks):
    """See there."""


class TestStalls(Embedded, interleavings.Stalls):
    """See there."""


class TestCancellation(Embedded, interleavings.Cancellation):
    """See there."""


class TestMidnight(Embedded, interleavings.Midnight):
    """See there."""

"""The invariants on real servers: alone, under Sentinel, and in a cluster."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis.stateful import run_state_machine_as_test

from smsverify.testing import ManualClock
from tests.integration.servers import Topology
from tests.stepping import interleavings, invariants
from tests.stepping.effort import effort
from tests.stepping.machine import machine_over
from tests.stepping.storage import Storage, on_redis


@pytest.mark.hypothesis
def test_invariants(topology: Topology) -> None:
    """The search for orders of events that break one; each run has a name space of its own."""
    make_storage = on_redis(topology.url, topology.all_keys_and_values)
    run_state_machine_as_test(machine_over(make_storage), settings=effort(runs=8))


class Alone:
    """Over one server alone: a cluster differs in its connections, and those the search uses."""

    @pytest.fixture
    def make_storage(
        self, redis_server: Topology, redis_url: str
    ) -> Callable[[ManualClock], Storage]:
        """Return what makes the storage."""
        return on_redis(redis_url, redis_server.all_keys_and_values)


class TestLostReplies(Alone, interleavings.LostReplies):
    """See there."""


class TestLateCommands(Alone, interleavings.LateCommands):
    """See there."""


class TestOneCodeOnSeveralWays(Alone, interleavings.OneCodeOnSeveralWays):
    """See there."""


class TestReceiptsAndSettlements(Alone, interleavings.ReceiptsAndSettlements):
    """See there."""


class TestStopAndStart(Alone, interleavings.StopAndStart):
    """See there."""


class TestWrongClocks(Alone, interleavings.WrongClocks):
    """See there."""


class TestStalls(Alone, interleavings.Stalls):
    """See there."""


class TestCancellation(Alone, interleavings.Cancellation):
    """See there."""


class TestMidnight(Alone, interleavings.Midnight):
    """See there."""


class TestCharges(Alone, invariants.Charges):
    """See there."""


class TestWindows(Alone, invariants.Windows):
    """See there."""


class TestClients(Alone, invariants.Clients):
    """See there."""


class TestCalls(Alone, invariants.Calls):
    """See there."""


class TestCodes(Alone, invariants.Codes):
    """See there."""


class TestRefusals(Alone, invariants.Refusals):
    """See there."""


class TestRepeats(Alone, invariants.Repeats):
    """See there."""

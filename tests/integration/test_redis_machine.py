"""Any order of commands: the Redis store answers as the one in memory does."""

from __future__ import annotations

import itertools

import pytest
from hypothesis.stateful import run_state_machine_as_test

from smsverify.adapters.redis.store import RedisStore
from smsverify.ports.store import Store
from smsverify.testing.clock import ManualClock
from smsverify.testing.store_machine import compare_with_memory
from tests.integration.servers import Topology
from tests.stepping.effort import effort


@pytest.mark.hypothesis
def test_it_answers_as_the_store_in_memory(topology: Topology) -> None:
    """Each example has a place of its own on one server, and several event loops use the object."""
    numbers = itertools.count()

    def make_store(clock: ManualClock) -> Store:
        return RedisStore(
            topology.url,
            namespace=f"{{smsverify:machine-{next(numbers)}}}",
            clock=clock,
            time_override=clock.wall,
        )

    # Enough to meet each rule after each other.
    search = effort(runs=40, steps=25)
    run_state_machine_as_test(compare_with_memory(make_store), settings=search)

"""The contract of a store is passed by one that keeps it, and by none that breaks it."""

from __future__ import annotations

import pytest

from smsverify.adapters.memory.store import MemoryStore
from smsverify.testing.clock import ManualClock
from smsverify.testing.store_contract import AnyClockStoreContract, StoreContract
from smsverify.testing.store_suite.records import RecordsPart
from tests.unit.testing.broken_stores import BROKEN, BelowZero, Evicts
from tests.unit.testing.contract_runner import failing_tests


def failing(contract: type, make: type[MemoryStore]) -> set[str]:
    """Return the tests that a store fails."""

    def fixtures() -> dict[str, object]:
        clock = ManualClock()
        store = make(clock)
        return {"store": store, "second_store": store, "clock": clock}

    return failing_tests(contract, fixtures)


@pytest.mark.parametrize("contract", [StoreContract, AnyClockStoreContract])
def test_a_store_that_keeps_the_contract_passes(contract: type) -> None:
    """The suite fails nobody without a reason."""
    assert failing(contract, MemoryStore) == set()


@pytest.mark.parametrize("broken", BROKEN)
def test_a_store_that_breaks_the_contract_fails(broken: type[MemoryStore]) -> None:
    """Each planted fault is seen by at least one test of the contract."""
    assert failing(StoreContract, broken)


def test_faults_show_where_they_are() -> None:
    """A fault of counters shows in no test of records; one of keeping is seen without a clock."""
    assert failing(RecordsPart, BelowZero) == set()
    assert "test_parallel_commits_to_many_records_are_all_written" in failing(
        AnyClockStoreContract, Evicts
    )

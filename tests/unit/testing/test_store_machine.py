"""The search for differences from memory finds them where they are, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from smsverify.adapters.memory.store import MemoryStore
from smsverify.errors import StoreUnavailable
from smsverify.testing.clock import ManualClock
from smsverify.testing.store_machine import compare_with_memory
from smsverify.testing.store_probes import FailsAt
from tests.stepping.effort import effort
from tests.unit.testing import broken_stores

# What shows only over days, or to many callers at once, is for the contract to find.
FOUND_BY_SEARCH = (
    broken_stores.NeverStale,
    broken_stores.StaleToo,
    broken_stores.CeilingFirst,
    broken_stores.ConflictFirst,
    broken_stores.OneRecordOnly,
    broken_stores.WritesBeforeItChecks,
    broken_stores.EmptyIsNothing,
    broken_stores.CutsAtNul,
    broken_stores.KeepsDeleted,
    broken_stores.BelowZero,
    broken_stores.CeilingMetIsPassed,
    broken_stores.IgnoresCeilings,
    broken_stores.ChecksEachAlone,
    broken_stores.NamesTheLast,
    broken_stores.CountsInText,
    broken_stores.AnswersAnotherTime,
    broken_stores.ForgetsAtClose,
)

# The first example that differs will do: nobody reads it, so it need not be made short.
SEARCH = settings(max_examples=300, stateful_step_count=30, database=None, phases=[Phase.generate])

TestMemoryIsLikeMemory = compare_with_memory(MemoryStore).TestCase
TestMemoryIsLikeMemory.settings = effort(runs=25)


@pytest.mark.parametrize("broken", FOUND_BY_SEARCH)
def test_the_search_finds_what_differs_from_memory(broken: type[MemoryStore]) -> None:
    """Each planted fault that can be met in few steps is met."""
    with pytest.raises(AssertionError, match="memory"):
        run_state_machine_as_test(compare_with_memory(broken), settings=SEARCH)


def test_the_search_finds_what_is_raised() -> None:
    """An exception where memory answers is a difference too."""

    def make(clock: ManualClock) -> FailsAt:
        return FailsAt(MemoryStore(clock), {5})

    with pytest.raises(AssertionError, match=StoreUnavailable.__name__):
        run_state_machine_as_test(compare_with_memory(make), settings=SEARCH)

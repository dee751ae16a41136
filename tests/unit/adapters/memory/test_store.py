"""The store in memory keeps the contract, and forgets in time."""

from __future__ import annotations

import pytest

from smsverify.adapters.memory.store import MemoryStore
from smsverify.testing.clock import ManualClock
from smsverify.testing.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    """The whole contract of a store."""

    @pytest.fixture
    def store(self, clock: ManualClock) -> MemoryStore:
        """Return an empty store."""
        return MemoryStore(clock)

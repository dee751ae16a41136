"""The store in a file keeps the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsverify.adapters.sqlite.store import SqliteStore
from smsverify.adapters.system.clock import SystemClock
from smsverify.testing.store_contract import AnyClockStoreContract, StoreContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from smsverify.testing.clock import ManualClock


class TestSqliteStore(StoreContract):
    """The whole contract of a store, on one object."""

    @pytest.fixture
    async def store(self, tmp_path: Path, clock: ManualClock) -> AsyncIterator[SqliteStore]:
        """Return a store on a new file."""
        store = SqliteStore(tmp_path / "store.db", namespace="{test}:", clock=clock)
        yield store
        await store.close()


class TestTwoSqliteStores(AnyClockStoreContract):
    """What can be asked by the system's clock, on two objects that share a file."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[SqliteStore]:
        """Return a store on a new file."""
        store = SqliteStore(tmp_path / "store.db", namespace="{test}:", clock=SystemClock())
        yield store
        await store.close()

    @pytest.fixture
    async def second_store(self, store: SqliteStore, tmp_path: Path) -> AsyncIterator[SqliteStore]:
        """Return another object on the same file."""
        second = SqliteStore(tmp_path / "store.db", namespace="{test}:", clock=SystemClock())
        yield second
        await second.close()

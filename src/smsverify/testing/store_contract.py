"""
The contract of a store: every sentence of :mod:`smsverify.ports.store` as a test.

An adapter's test is a subclass that says how to build the store::

    class TestMyStore(StoreContract):
        @pytest.fixture
        async def store(self, clock):
            store = MyStore(clock=clock)
            yield store
            await store.close()

The tests are asynchronous: they run under pytest-asyncio, in both of its modes. A store that
lives outside the process gets a fresh place for each test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.testing.clock import ManualClock
from smsverify.testing.extra import missing_extra

try:
    import pytest
except ImportError as error:
    raise missing_extra(error) from error

from smsverify.testing.store_suite.additions import AdditionsPart
from smsverify.testing.store_suite.answers import AnswersPart
from smsverify.testing.store_suite.keeping import KeepingPart
from smsverify.testing.store_suite.parallel import ParallelPart
from smsverify.testing.store_suite.records import RecordsPart

if TYPE_CHECKING:
    from smsverify.ports.store import Store


class AnyClockStoreContract(RecordsPart, AdditionsPart, AnswersPart, ParallelPart):
    """
    What can be asked of a store whose clock nobody can set.

    Fixtures: ``store`` is the adapter's; ``second_store`` may be overridden by another object on
    the same storage, as another process would have.
    """

    @pytest.fixture
    def second_store(self, store: Store) -> Store:
        """Return the same object, where a second one would share nothing with it."""
        return store


class StoreContract(AnyClockStoreContract, KeepingPart):
    """
    The whole contract.

    Fixtures: as above, and ``store`` takes its time from ``clock``.
    """

    @pytest.fixture
    def clock(self) -> ManualClock:
        """Return the clock that the store under test must take its time from."""
        return ManualClock()

"""The store's contract on real servers: alone, under Sentinel and in a Cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from smsverify.adapters.redis.store import RedisStore
from smsverify.adapters.system.clock import SystemClock
from smsverify.ports.store import Store
from smsverify.testing.clock import ManualClock
from smsverify.testing.store_contract import AnyClockStoreContract, StoreContract
from tests.integration.servers import Topology

NAMESPACE = "{smsverify:test}"


class TestRedisStore(StoreContract):
    """The whole contract, with the time of a clock that the tests set."""

    @pytest.fixture
    async def store(self, topology: Topology, clock: ManualClock) -> AsyncIterator[Store]:
        """Build a store that takes its time from the clock."""
        store = RedisStore(topology.url, namespace=NAMESPACE, clock=clock, time_override=clock.wall)
        yield store
        await store.close()

    @pytest.fixture
    async def second_store(self, topology: Topology, clock: ManualClock) -> AsyncIterator[Store]:
        """Build another object on the same keys."""
        store = RedisStore(
            topology.url,
            namespace=NAMESPACE,
            max_connections=1,
            clock=clock,
            time_override=clock.wall,
        )
        yield store
        await store.close()


class TestRedisStoreByTheServersClock(AnyClockStoreContract):
    """What can be asked when the server's clock rules, as it does in life."""

    @pytest.fixture
    async def store(self, topology: Topology) -> AsyncIterator[Store]:
        """Build a store as the container does."""
        store = RedisStore(topology.url, namespace=NAMESPACE, clock=SystemClock())
        yield store
        await store.close()

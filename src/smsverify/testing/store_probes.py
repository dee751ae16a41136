"""Stores that count, fail or stop at a chosen call, so that a test can try every one of them."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from smsverify.testing.hold import Hold
from smsverify.testing.store import WrappedStore, outage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from smsverify.domain.counters import Add
    from smsverify.domain.periods import Millis
    from smsverify.ports.store import CommitAnswer, Loaded, Store, Swap

T = TypeVar("T")


class CountsCalls(WrappedStore):
    """
    Counts what a store is asked.

    Attributes:
        loads: how many loads came.
        answers: what the commits were answered, in the order of the answers.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.loads = 0
        self.answers: list[CommitAnswer] = []

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """Count, and pass the load on."""
        self.loads += 1
        return await super().load(records, counters)

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        """Pass the commit on, and keep its answer."""
        answer = await super().commit(swaps, adds, decided_at)
        self.answers.append(answer)
        return answer


class FailsAt(WrappedStore):
    """
    Fails at chosen calls without executing them.

    Args:
        store: the store.
        which: the numbers of the calls that fail, loads and commits together, from 0.
        error: makes what is raised.

    Attributes:
        calls: how many calls came, so that a test can learn which there are to fail at.
    """

    def __init__(
        self,
        store: Store,
        which: Collection[int] = (),
        error: Callable[[], Exception] = outage,
    ) -> None:
        super().__init__(store)
        self.calls = 0
        self._which = which
        self._error = error

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """Fail, or pass the load on."""
        self._count()
        return await super().load(records, counters)

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        """Fail, or pass the commit on."""
        self._count()
        return await super().commit(swaps, adds, decided_at)

    def _count(self) -> None:
        number, self.calls = self.calls, self.calls + 1
        if number in self._which:
            raise self._error()


class StopsAt(WrappedStore):
    """
    Stops one call until it is released, so that a test can cancel the caller there.

    Args:
        store: the store.
        which: the number of the call, loads and commits together, from 0.
        executed: whether it stops after the call was executed, or before.

    Attributes:
        hold: where the call stops.
    """

    def __init__(self, store: Store, which: int, *, executed: bool = False) -> None:
        super().__init__(store)
        self.hold = Hold()
        self._which = which
        self._executed = executed
        self._numbers = itertools.count()

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """Stop if told to, and pass the load on."""
        return await self._stop_at(partial(super().load, records, counters))

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        """Stop if told to, and pass the commit on."""
        return await self._stop_at(partial(super().commit, swaps, adds, decided_at))

    async def _stop_at(self, call: Callable[[], Awaitable[T]]) -> T:
        if next(self._numbers) != self._which:
            return await call()
        if not self._executed:
            await self.hold.stop()
            return await call()
        result = await call()
        await self.hold.stop()
        return result

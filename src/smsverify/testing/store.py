"""Stores that lose replies and races, or write late: each wraps one that works."""

from __future__ import annotations

import enum
import itertools
from typing import TYPE_CHECKING, TypeAlias

from smsverify.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence

    from smsverify.domain.counters import Add
    from smsverify.domain.error_code import ErrorCode
    from smsverify.domain.periods import Millis
    from smsverify.ports.store import CommitAnswer, Loaded, Store, Swap

Interloper: TypeAlias = "Callable[[], Awaitable[object]]"
"""What another writer does meanwhile."""


def outage() -> StoreUnavailable:
    """Return what a store raises that can't be reached."""
    return StoreUnavailable("The store was told by the test to fail.")


class WrappedStore:
    """
    Passes everything on to another store; the doubles below change one thing each.

    They may be put around one another.

    Attributes:
        store: the store inside.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    @property
    def name(self) -> str:
        """The name of the store inside."""
        return self.store.name

    @property
    def unavailable_code(self) -> ErrorCode:
        """The code of the store inside."""
        return self.store.unavailable_code

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """Pass the load on."""
        return await self.store.load(records, counters)

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        """Pass the commit on."""
        return await self.store.commit(swaps, adds, decided_at)

    async def close(self) -> None:
        """Close the store inside."""
        await self.store.close()


class Loss(enum.Enum):
    """What becomes of a commit's reply."""

    NONE = enum.auto()
    """It arrives."""
    RAISED = enum.auto()
    """It is lost, and the caller hears of an outage; the commit was executed."""
    REPEATED = enum.auto()
    """It is lost, and the adapter repeats the commit; additions alone are not: see RAISED."""


class LosesReplies(WrappedStore):
    """
    Executes commits and loses what they answered.

    Args:
        store: the store that executes.
        plan: what becomes of each commit's reply, in their order; afterwards all arrive. For ever
            is ``itertools.repeat(Loss.RAISED)``.
        between: what another writer does after each execution whose reply is lost.
    """

    def __init__(
        self,
        store: Store,
        plan: Iterable[Loss] = (Loss.RAISED,),
        *,
        between: Interloper | None = None,
    ) -> None:
        super().__init__(store)
        self._plan = itertools.chain(plan, itertools.repeat(Loss.NONE))
        self._between = between

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        """Execute, and answer as planned."""
        loss = next(self._plan)
        answer = await super().commit(swaps, adds, decided_at)
        if loss is Loss.NONE:
            return answer
        if self._between is not None:
            await self._between()
        if loss is Loss.REPEATED and swaps:
            return await super().commit(swaps, adds, decided_at)
        raise outage()


class LosesRaces(WrappedStore):
    """
    Lets another writer in just before a commit, so that what the caller read is no longer there.

    Args:
        store: the store.
        interloper: what the other writer does; it may come through this same object.
        times: before how many commits.
    """

    def __init__(self, store: Store, interloper: Interloper, times: int = 1) -> None:
        super().__init__(store)
        self.times = times
        self._interloper = interloper
        self._inside = False

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        """Let the other one write, then pass the commit on."""
        if self.times > 0 and not self._inside:
            self.times -= 1
            self._inside = True
            try:
                await self._interloper()
            finally:
                self._inside = False
        return await super().commit(swaps, adds, decided_at)


class ExecutesLate(WrappedStore):
    """
    Gives up on a commit that is still under way and is executed later.

    Args:
        store: the store.
        which: the numbers of the commits, from 0, that are executed at :meth:`release` only.
    """

    def __init__(self, store: Store, which: Collection[int] = (0,)) -> None:
        super().__init__(store)
        self._which = which
        self._numbers = itertools.count()
        self._under_way: list[tuple[Sequence[Swap], Sequence[Add], Millis]] = []

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        """Raise at once if it is to be late, else pass the commit on."""
        if next(self._numbers) not in self._which:
            return await super().commit(swaps, adds, decided_at)
        self._under_way.append((tuple(swaps), tuple(adds), decided_at))
        raise outage()

    async def release(self) -> list[CommitAnswer]:
        """Execute what is under way, in its order, and return the answers that nobody got."""
        late, self._under_way = self._under_way, []
        return [await self.store.commit(*commit) for commit in late]

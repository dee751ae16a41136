# ruff: noqa: D102 - each class says what its one method does
"""Stores that break the contract, each in its own way."""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING, Any, Final

import attrs

from smsverify.adapters.memory.store import MemoryStore
from smsverify.ports.store import CeilingReached, Conflict, Loaded, Stale, Swap, Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsverify.domain.counters import Add
    from smsverify.domain.periods import Millis
    from smsverify.ports.store import CommitAnswer


class NeverStale(MemoryStore):
    """Takes every clock for its own."""

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        return await super().commit(swaps, adds, self._clock.wall())


class StaleToo(MemoryStore):
    """Counts two seconds as too many already."""

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        gap = decided_at - self._clock.wall()
        return await super().commit(swaps, adds, decided_at + (gap > 0) - (gap < 0))


class CeilingFirst(MemoryStore):
    """Looks at ceilings before it looks at the record."""

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        sums = self._add_up(adds)
        if isinstance(sums, int):
            return CeilingReached(self._clock.wall(), sums)
        return await super().commit(swaps, adds, decided_at)


class ConflictFirst(MemoryStore):
    """Looks at the record before it looks at the clock."""

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        answer = await super().commit(swaps, adds, decided_at)
        if isinstance(answer, Stale) and answer.records != tuple(one.expected for one in swaps):
            return Conflict(answer.now, answer.records)
        return answer


class OneRecordOnly(MemoryStore):
    """Brings back the first record alone."""

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        answer = await super().commit(swaps, adds, decided_at)
        if isinstance(answer, Conflict | Stale):
            return attrs.evolve(answer, records=answer.records[:1])
        return answer


class WritesBeforeItChecks(MemoryStore):
    """Has written the records when it finds the ceiling."""

    def _add_up(self, adds: Any) -> Any:
        sums = super()._add_up(adds)
        if isinstance(sums, int):
            self._records["p:a"] = attrs.evolve(
                self._records.get("p:a") or self._template(), value=b"x"
            )
        return sums

    def _template(self) -> Any:
        self._write([Swap("p:template", None, b"", None)], 0)
        return self._records.pop("p:template")


class NotInOneStep(MemoryStore):
    """Lets others in between its checks and its writes."""

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        answer = await super().commit(
            [attrs.evolve(one, new=one.expected) for one in swaps], [], decided_at
        )
        sums = self._add_up(adds)
        if not isinstance(answer, Written) or isinstance(sums, int):
            return await super().commit(swaps, adds, decided_at)
        await asyncio.sleep(0)
        self._write(swaps, answer.now)
        self._count(adds, sums)
        return answer


class EmptyIsNothing(MemoryStore):
    """Takes an empty value for a missing one."""

    def _value(self, key: str) -> bytes | None:
        return super()._value(key) or None


class CutsAtNul(MemoryStore):
    """Ends a value at its first NUL."""

    def _value(self, key: str) -> bytes | None:
        value = super()._value(key)
        return None if value is None else value.split(b"\0")[0]


class FoldsKeys(MemoryStore):
    """Takes upper and lower case for the same."""

    def _value(self, key: str) -> bytes | None:
        return super()._value(key.lower())

    def _write(self, swaps: Any, now: Millis) -> None:
        super()._write([attrs.evolve(swap, key=swap.key.lower()) for swap in swaps], now)


class KeepsDeleted(MemoryStore):
    """Leaves records that were to go."""

    def _write(self, swaps: Any, now: Millis) -> None:
        super()._write([swap for swap in swaps if swap.new is not None], now)


class BelowZero(MemoryStore):
    """Lets sums go below zero."""

    def _add_up(self, adds: Any) -> Any:
        sums = super()._add_up(adds)
        if isinstance(sums, dict):
            for add in adds:
                if add.amount < 0 and (add.key, add.field) in sums:
                    before = self._sums(add.key).get(add.field, 0)
                    sums[add.key, add.field] = before + add.amount
        return sums


class CreatesByTaking(MemoryStore):
    """Makes a counter of zero when money returns to none."""

    def _add_up(self, adds: Any) -> Any:
        sums = super()._add_up(adds)
        if isinstance(sums, dict):
            for add in adds:
                sums.setdefault((add.key, add.field), 0)
        return sums


class CeilingMetIsPassed(MemoryStore):
    """Refuses a sum that equals its ceiling."""

    def _add_up(self, adds: Any) -> Any:
        return super()._add_up(
            [
                one if one.ceiling is None else attrs.evolve(one, ceiling=one.ceiling - 1)
                for one in adds
            ]
        )


class IgnoresCeilings(MemoryStore):
    """Adds whatever it is told."""

    def _add_up(self, adds: Any) -> Any:
        return super()._add_up([attrs.evolve(one, ceiling=None) for one in adds])


class ChecksEachAlone(MemoryStore):
    """Checks additions to one counter against what was there before all of them."""

    def _add_up(self, adds: Any) -> Any:
        for index, add in enumerate(adds):
            if isinstance(super()._add_up([add]), int):
                return index
        return super()._add_up([attrs.evolve(one, ceiling=None) for one in adds])


class NamesTheLast(MemoryStore):
    """Names the last addition over its ceiling."""

    def _add_up(self, adds: Any) -> Any:
        adds = list(adds)
        sums = super()._add_up(adds)
        if isinstance(sums, int):
            later = super()._add_up(adds[sums + 1 :])
            return sums + 1 + later if isinstance(later, int) else sums
        return sums


class CountsInFloats(MemoryStore):
    """Keeps sums as a number with a point would."""

    def _sums(self, key: str) -> Any:
        return {field: int(float(total) + 0.0) for field, total in super()._sums(key).items()}

    def _add_up(self, adds: Any) -> Any:
        sums = super()._add_up(adds)
        if isinstance(sums, dict):
            return {
                counter: round(total, -2) if total > 2**40 else total
                for counter, total in sums.items()
            }
        return sums


class CountsInText(MemoryStore):
    """Gives counters back as they travelled."""

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        loaded = await super().load(records, counters)
        texts: Any = tuple(
            {field: str(n) for field, n in group.items()} for group in loaded.counters
        )
        return attrs.evolve(loaded, counters=texts)


class OneGroup(MemoryStore):
    """Runs group and field together."""

    def _sums(self, key: str) -> Any:
        return {
            name.removeprefix(key): n
            for name, n in super()._sums("all").items()
            if name.startswith(key)
        }

    def _count(self, adds: Any, sums: Any) -> None:
        renamed = [attrs.evolve(one, key="all", field=one.key + one.field) for one in adds]
        super()._count(renamed, {("all", key + field): n for (key, field), n in sums.items()})


class ForgetsEarly(MemoryStore):
    """Thinks that an hour has half of its minutes."""

    def _write(self, swaps: Any, now: Millis) -> None:
        halved = [
            swap if swap.keep is None else attrs.evolve(swap, keep=swap.keep // 2) for swap in swaps
        ]
        super()._write(halved, now)


class NeverProlongs(MemoryStore):
    """Forgets a record at the end that was first told."""

    def _write(self, swaps: Any, now: Millis) -> None:
        before = dict(self._records)
        super()._write(swaps, now)
        for swap in swaps:
            end = before[swap.key].keep_until if swap.key in before else None
            if swap.new is not None and end is not None:
                self._records[swap.key] = attrs.evolve(self._records[swap.key], keep_until=end)
                heapq.heappush(self._ends, (end, swap.key))


class Evicts(MemoryStore):
    """Drops the oldest records when it has more than ten."""

    def _write(self, swaps: Any, now: Millis) -> None:
        super()._write(swaps, now)
        while len(self._records) > 10:
            del self._records[next(iter(self._records))]


class ForgetsCounters(MemoryStore):
    """Drops counters an hour before their time."""

    def _forget(self, now: Millis) -> None:
        super()._forget(now + 3_600_000)


class AnswersAnotherTime(MemoryStore):
    """Tells the time by which the caller decided."""

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        answer = await super().commit(swaps, adds, decided_at)
        return attrs.evolve(answer, now=decided_at)


class ForgetsAtClose(MemoryStore):
    """Has nothing any more once it was closed."""

    async def close(self) -> None:
        self._records.clear()


class DiesWithItsCaller(MemoryStore):
    """Is of no use once a caller went away."""

    dead = False

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        assert not self.dead
        try:
            return await super().commit(swaps, adds, decided_at)
        except asyncio.CancelledError:
            self.dead = True
            raise


class HalfOfACancelledCommit(MemoryStore):
    """Writes records before and counters after its caller may go away."""

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        answer = await super().commit(swaps, (), decided_at)
        if not isinstance(answer, Written) or not adds:
            return answer
        return await super().commit((), adds, decided_at)


BROKEN: Final = (
    NeverStale,
    StaleToo,
    CeilingFirst,
    ConflictFirst,
    OneRecordOnly,
    WritesBeforeItChecks,
    NotInOneStep,
    EmptyIsNothing,
    CutsAtNul,
    FoldsKeys,
    KeepsDeleted,
    BelowZero,
    CreatesByTaking,
    CeilingMetIsPassed,
    IgnoresCeilings,
    ChecksEachAlone,
    NamesTheLast,
    CountsInFloats,
    CountsInText,
    OneGroup,
    ForgetsEarly,
    NeverProlongs,
    Evicts,
    ForgetsCounters,
    AnswersAnotherTime,
    ForgetsAtClose,
    DiesWithItsCaller,
    HalfOfACancelledCommit,
)

"""What a store promises of time and of the order in which a commit is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsverify.domain.periods import HOUR, SECOND
from smsverify.errors import ErrorCode
from smsverify.ports.store import CeilingReached, Conflict, Stale, Written
from smsverify.testing.store_suite.commands import add, commit, counters, record, swap, time_of

if TYPE_CHECKING:
    from smsverify.domain.periods import Millis
    from smsverify.ports.store import Store


@pytest.mark.asyncio
class AnswersPart:
    """The answers of a commit, in the order of the checks; needs the fixture ``store``."""

    async def test_a_store_says_what_it_is(self, store: Store) -> None:
        """Name and error code are there without asking anybody."""
        assert store.name.isidentifier()
        assert store.unavailable_code in {
            ErrorCode.REDIS_UNAVAILABLE,
            ErrorCode.STORE_UNAVAILABLE,
        }

    async def test_every_answer_brings_the_time(self, store: Store) -> None:
        """Load, and each of the four answers, say the store's time in whole milliseconds."""
        before = await time_of(store)
        answers = [
            await store.load(("p:a",), ("day",)),
            await store.commit([swap("p:a", None, b"A")], [], before),
            await store.commit([swap("p:a", None, b"A")], [], before),
            await store.commit([], [add("n", 1, 0)], before),
            await store.commit([], [add("n", 1)], before - HOUR),
        ]
        after = await time_of(store)

        assert [type(answer) for answer in answers[1:]] == [
            Written,
            Conflict,
            CeilingReached,
            Stale,
        ]
        assert all(type(answer.now) is int for answer in answers)
        assert all(before <= answer.now <= after for answer in answers)

    async def test_loading_nothing_asks_for_the_time(self, store: Store) -> None:
        """A load without keys gives the time and nothing else."""
        loaded = await store.load(())

        assert (loaded.records, loaded.counters) == ((), ())

    @pytest.mark.parametrize("off", [-HOUR, -3 * SECOND, 3 * SECOND, HOUR])
    async def test_a_decision_by_another_clock_is_stale(self, store: Store, off: Millis) -> None:
        """More than two seconds off, either way, nothing is written; what is there comes back."""
        await commit(store, [swap("p:a", None, b"A")], [add("n", 1)])

        answer = await store.commit(
            [swap("p:b", None, b"x"), swap("p:a", b"A", b"x")],
            [add("n", 1)],
            await time_of(store) + off,
        )

        assert isinstance(answer, Stale)
        assert answer.records == (None, b"A")
        assert (await store.load(("p:a", "p:b"))).records == (b"A", None)
        assert await counters(store) == {"n": 1}

    @pytest.mark.parametrize("off", [-SECOND, SECOND])
    async def test_a_decision_by_nearly_the_same_clock_stands(
        self, store: Store, off: Millis
    ) -> None:
        """A second more or less is as good as none."""
        answer = await store.commit(
            [swap("p:a", None, b"A")], [add("n", 1)], await time_of(store) + off
        )

        assert isinstance(answer, Written)

    async def test_additions_alone_can_be_stale(self, store: Store) -> None:
        """A commit without a swap is held to the clock too, and has no records to bring."""
        answer = await store.commit([], [add("n", 1)], await time_of(store) - HOUR)

        assert isinstance(answer, Stale)
        assert answer.records == ()
        assert await counters(store) == {}

    async def test_stale_comes_before_conflict_and_ceiling(self, store: Store) -> None:
        """Who decided by a wrong clock hears of that first."""
        answer = await store.commit(
            [swap("p:a", b"not there", b"x")],
            [add("n", 1, 0)],
            await time_of(store) + HOUR,
        )

        assert isinstance(answer, Stale)

    async def test_conflict_comes_before_ceiling(self, store: Store) -> None:
        """So a ceiling reached always speaks of a record that is as it was read."""
        answer = await commit(store, [swap("p:a", b"not there", b"x")], [add("n", 1, 0)])

        assert isinstance(answer, Conflict)

    async def test_a_ceiling_speaks_of_an_unchanged_record(self, store: Store) -> None:
        """With the record as expected, the ceiling is what is told, and the record stays."""
        await commit(store, [swap("p:a", None, b"A")])

        answer = await commit(store, [swap("p:a", b"A", b"x")], [add("n", 1, 0)])

        assert isinstance(answer, CeilingReached)
        assert answer.index == 0
        assert await record(store, "p:a") == b"A"

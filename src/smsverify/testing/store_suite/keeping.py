"""What a store promises of keeping, and of the gap between clocks, to the millisecond."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsverify.domain.periods import DAY, HOUR
from smsverify.ports.store import MAX_CLOCK_GAP, Stale, Written
from smsverify.testing.store_suite.commands import add, commit, counters, record, swap, time_of

if TYPE_CHECKING:
    from smsverify.domain.periods import Millis
    from smsverify.ports.store import Store
    from smsverify.testing.clock import ManualClock


async def write_others(store: Store, name: str) -> None:
    """Write twenty records elsewhere, so that whatever a commit clears away is cleared away."""
    for place in range(20):
        await commit(store, [swap(f"other:{name}:{place}", None, b"x")])


@pytest.mark.asyncio
class KeepingPart:
    """Needs ``store`` and ``clock``, a ManualClock that the store takes its time from."""

    async def test_the_store_tells_the_clocks_time(self, store: Store, clock: ManualClock) -> None:
        """The time is that of the store's clock at the moment of the answer, also set back."""
        assert await time_of(store) == clock.wall()
        clock.advance(0.001)
        assert await time_of(store) == clock.wall()
        clock.jump(-3_600)
        assert (await commit(store, [swap("p:a", None, b"A")])).now == clock.wall()

    @pytest.mark.parametrize("gap", [-MAX_CLOCK_GAP, MAX_CLOCK_GAP])
    async def test_two_seconds_are_near_enough(
        self, store: Store, clock: ManualClock, gap: Millis
    ) -> None:
        """A decision exactly two seconds off is still taken."""
        answer = await store.commit([swap("p:a", None, b"A")], [], clock.wall() + gap)

        assert isinstance(answer, Written)

    @pytest.mark.parametrize("gap", [-MAX_CLOCK_GAP - 1, MAX_CLOCK_GAP + 1])
    async def test_a_millisecond_more_is_too_far(
        self, store: Store, clock: ManualClock, gap: Millis
    ) -> None:
        """A decision more than two seconds off is stale."""
        answer = await store.commit([swap("p:a", None, b"A")], [], clock.wall() + gap)

        assert isinstance(answer, Stale)
        assert await record(store, "p:a") is None

    async def test_a_record_is_kept_as_long_as_was_asked(
        self, store: Store, clock: ManualClock
    ) -> None:
        """Up to the last millisecond of its keeping a record is there."""
        await commit(store, [swap("p:a", None, b"A", keep=HOUR)])
        clock.advance(3_599.999)
        await write_others(store, "before")

        assert await record(store, "p:a") == b"A"

    async def test_past_its_keeping_a_record_is_wholly_there_or_gone(
        self, store: Store, clock: ManualClock
    ) -> None:
        """What load gives is what a commit is compared with, whether it was forgotten or not."""
        await commit(store, [swap("p:a", None, b"A", keep=HOUR)])
        clock.advance(2 * 3_600)
        await write_others(store, "past")

        left = await record(store, "p:a")

        assert left in {None, b"A"}
        assert isinstance(await commit(store, [swap("p:a", left, b"B")]), Written)
        assert await record(store, "p:a") == b"B"

    async def test_a_later_write_prolongs_the_keeping(
        self, store: Store, clock: ManualClock
    ) -> None:
        """The keeping of the latest value counts, from the time it was written."""
        await commit(store, [swap("p:a", None, b"A", keep=HOUR)])
        clock.advance(1_800)
        await commit(store, [swap("p:a", b"A", b"B", keep=HOUR)])
        clock.advance(3_599)
        await write_others(store, "later")

        assert await record(store, "p:a") == b"B"

    @pytest.mark.parametrize("before", [None, HOUR])
    async def test_without_an_end_a_record_is_kept_for_ever(
        self, store: Store, clock: ManualClock, before: Millis | None
    ) -> None:
        """None is for ever, also for a record that had an end before."""
        await commit(store, [swap("p:a", None, b"A", keep=before)])
        await commit(store, [swap("p:a", b"A", b"B", keep=None)])
        clock.advance(400 * 86_400)
        await write_others(store, "year")

        assert await record(store, "p:a") == b"B"

    async def test_counters_are_kept_until_their_time(
        self, store: Store, clock: ManualClock
    ) -> None:
        """Up to the last millisecond every counter of the group is there, and still counts."""
        end = clock.wall() + DAY
        await commit(store, adds=[add("n", 1, keep_until=end), add("m", 2, keep_until=end)])
        clock.advance(86_399.999)
        await write_others(store, "day")

        assert await counters(store) == {"n": 1, "m": 2}
        await commit(store, adds=[add("n", 1, keep_until=end)])
        assert await counters(store) == {"n": 2, "m": 2}

"""What a store promises to callers who come at the same time, go away, or come back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from smsverify.ports.store import CeilingReached, Conflict, Written
from smsverify.testing.store_suite.commands import add, commit, counters, record, swap, time_of

if TYPE_CHECKING:
    from smsverify.ports.store import CommitAnswer, Store


def of_kind(answers: list[CommitAnswer], kind: type) -> int:
    """Count the answers of a kind."""
    return sum(isinstance(answer, kind) for answer in answers)


@pytest.mark.asyncio
class ParallelPart:
    """Many callers of one store; needs the fixtures ``store`` and ``second_store``."""

    async def test_of_parallel_commits_to_one_record_one_wins(
        self, store: Store, second_store: Store
    ) -> None:
        """Of 200 that read the same, exactly one is written each round; the others see it."""
        current: bytes | None = None
        for turn in range(3):
            now = await time_of(store)
            answers = await asyncio.gather(
                *(
                    (store, second_store)[place % 2].commit(
                        [swap("p:a", current, b"%d by %d" % (turn, place))], [add("wins", 1)], now
                    )
                    for place in range(200)
                )
            )

            assert (of_kind(answers, Written), of_kind(answers, Conflict)) == (1, 199)
            current = await record(store, "p:a")
            winner = answers.index(next(one for one in answers if isinstance(one, Written)))
            assert current == b"%d by %d" % (turn, winner)
            assert all(one.records == (current,) for one in answers if isinstance(one, Conflict))
        assert await counters(store) == {"wins": 3}

    async def test_parallel_additions_stop_at_the_ceiling(
        self, store: Store, second_store: Store
    ) -> None:
        """Of 100 additions of 7 under a ceiling of 100, exactly 14 are written."""
        now = await time_of(store)
        answers = await asyncio.gather(
            *(
                (store, second_store)[place % 2].commit(
                    [swap(f"p:{place}", None, b"x")], [add("spent", 7, 100), add("sends", 1)], now
                )
                for place in range(100)
            )
        )

        assert (of_kind(answers, Written), of_kind(answers, CeilingReached)) == (14, 86)
        assert await counters(store) == {"spent": 98, "sends": 14}
        stored = (await store.load([f"p:{place}" for place in range(100)])).records
        assert [value is not None for value in stored] == [
            isinstance(answer, Written) for answer in answers
        ]

    async def test_parallel_commits_to_many_records_are_all_written(self, store: Store) -> None:
        """What does not meet does not get in each other's way, and no addition is lost."""
        now = await time_of(store)
        answers = await asyncio.gather(
            *(
                store.commit([swap(f"p:{place}", None, b"%d" % place)], [add("n", place)], now)
                for place in range(100)
            )
        )

        assert of_kind(answers, Written) == 100
        assert await counters(store) == {"n": sum(range(100))}
        loaded = await asyncio.gather(*(record(store, f"p:{place}") for place in range(100)))
        assert loaded == [b"%d" % place for place in range(100)]

    async def test_a_cancelled_caller_leaves_all_or_nothing(self, store: Store) -> None:
        """Whenever the caller goes away, its commit is whole or not there, and others go on."""
        for turns in range(12):
            commands = [swap(f"p:{turns}", None, b"x")], [add(f"n{turns}", 1)]
            task = asyncio.ensure_future(store.commit(*commands, await time_of(store)))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

            probe = [swap(f"p:after{turns}", None, b"y")]
            assert isinstance(await commit(store, probe, [add("after", 1)]), Written)

        # Each later commit of the same caller came after the cancelled one had its chance.
        sums = await counters(store)
        for turns in range(12):
            written = await record(store, f"p:{turns}") is not None
            assert sums.get(f"n{turns}", 0) == int(written)
        assert sums["after"] == 12

    async def test_cancelled_loads_leave_the_store_usable(self, store: Store) -> None:
        """A crowd of callers that goes away takes nothing with it."""
        await commit(store, [swap("p:a", None, b"A")])
        for turns in range(4):
            tasks = [asyncio.ensure_future(store.load(("p:a",))) for _ in range(50)]
            for _ in range(turns):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        answers = await asyncio.gather(*(record(store, "p:a") for _ in range(50)))
        assert answers == [b"A"] * 50

    async def test_closed_it_can_be_used_again(self, store: Store) -> None:
        """Closing gives back what is held, twice too; what was written stays while it is kept."""
        await commit(store, [swap("p:a", None, b"A")], [add("n", 1)])

        await store.close()
        await store.close()

        assert await record(store, "p:a") == b"A"
        assert isinstance(await commit(store, [swap("p:a", b"A", b"B")], [add("n", 1)]), Written)
        assert await counters(store) == {"n": 2}

    async def test_it_may_be_closed_before_it_was_used(self, store: Store) -> None:
        """Closing an idle store is no mistake."""
        await store.close()

        assert await record(store, "p:a") is None

    async def test_it_serves_other_event_loops(self, store: Store) -> None:
        """Loops that come and go in other threads use the same object beside this one."""

        async def write(place: int) -> CommitAnswer:
            return await commit(store, [swap(f"p:{place}", None, b"x")], [add("n", 1)])

        def use(place: int) -> CommitAnswer:
            return asyncio.run(write(place))

        answers = await asyncio.gather(
            write(0), *(asyncio.to_thread(use, place) for place in range(1, 5)), write(5)
        )
        answers += [await asyncio.to_thread(use, 6), await write(7)]

        assert of_kind(answers, Written) == 8
        assert await counters(store) == {"n": 8}

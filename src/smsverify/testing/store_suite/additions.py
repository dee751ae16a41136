"""What a store promises of counters: exact sums, ceilings that hold, no sum below zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsverify.ports.store import CeilingReached, Written
from smsverify.testing.store_suite.commands import add, commit, counters, record, swap
from smsverify.testing.store_suite.records import ODD_TEXTS

if TYPE_CHECKING:
    from smsverify.domain.counters import Add
    from smsverify.ports.store import Store

LARGEST = 2**53 - 1
"""The largest sum that every store must keep exactly: 9,007 million dollars in micro-dollars."""


@pytest.mark.asyncio
class AdditionsPart:
    """Counters, alone and beside records; needs the fixtures ``store`` and ``second_store``."""

    async def test_a_group_that_was_never_written_is_empty(self, store: Store) -> None:
        """A missing group loads as no counters."""
        assert await counters(store, "day:never") == {}

    async def test_additions_add_up(self, store: Store, second_store: Store) -> None:
        """A missing counter is 0, and what is added shows for every object."""
        assert isinstance(await commit(store, adds=[add("n", 5)]), Written)
        assert isinstance(await commit(second_store, adds=[add("n", 7)]), Written)

        assert await counters(store) == {"n": 12}
        assert await counters(second_store) == {"n": 12}

    async def test_load_answers_in_the_order_of_the_question(self, store: Store) -> None:
        """Each group has its own place beside the records, missing and repeated ones too."""
        await commit(store, [swap("p:a", None, b"A")], [add("n", 1, key="x"), add("m", 2, key="y")])

        loaded = await store.load(("p:a",), ("y", "none", "x", "y"))

        assert loaded.records == (b"A",)
        assert loaded.counters == ({"m": 2}, {}, {"n": 1}, {"m": 2})

    async def test_counters_are_integers(self, store: Store) -> None:
        """A counter never comes back as text, as truth value or as a fraction."""
        await commit(store, adds=[add("n", 1)])

        assert type((await counters(store))["n"]) is int

    async def test_a_ceiling_may_be_met(self, store: Store) -> None:
        """A sum equal to the ceiling is allowed."""
        assert isinstance(await commit(store, adds=[add("n", 10, 10)]), Written)
        assert await counters(store) == {"n": 10}

    @pytest.mark.parametrize("before", [0, 1, 9, 10])
    async def test_a_ceiling_is_not_passed(self, store: Store, before: int) -> None:
        """A sum above the ceiling is refused, and nothing of the commit is written."""
        await commit(store, adds=[add("n", before), add("other", 1)])

        answer = await commit(
            store,
            [swap("p:a", None, b"x")],
            [add("other", 1), add("n", 11 - before, 10), add("new", 1)],
        )

        assert isinstance(answer, CeilingReached)
        assert answer.index == 1
        assert await record(store, "p:a") is None
        assert (await counters(store)).get("n", 0) == before
        assert (await counters(store))["other"] == 1
        assert "new" not in await counters(store)

    async def test_the_first_addition_over_its_ceiling_is_named(self, store: Store) -> None:
        """Of several the first in the caller's order counts, from 0, over all additions."""
        await commit(store, adds=[add("n", 10), add("m", 10)])

        answer = await commit(
            store, adds=[add("free", 1), add("m", 0, 10), add("n", 1, 10), add("m", 1, 10)]
        )

        assert isinstance(answer, CeilingReached)
        assert answer.index == 2

    async def test_a_ceiling_below_what_is_there_refuses(self, store: Store) -> None:
        """A ceiling that was lowered since refuses even to add nothing."""
        await commit(store, adds=[add("n", 10)])

        assert isinstance(await commit(store, adds=[add("n", 0, 9)]), CeilingReached)

    async def test_nothing_can_be_added_under_a_ceiling_below_zero(self, store: Store) -> None:
        """A ceiling below zero is one that a missing counter passes."""
        assert isinstance(await commit(store, adds=[add("n", 0, -1)]), CeilingReached)

    async def test_adding_nothing_only_asks(self, store: Store) -> None:
        """An addition of zero looks at its ceiling, and changes no sum."""
        assert isinstance(await commit(store, adds=[add("n", 0, 10), add("m", 0)]), Written)
        assert not any((await counters(store)).values())

        await commit(store, adds=[add("n", 10)])
        assert isinstance(await commit(store, adds=[add("n", 0, 10)]), Written)
        assert (await counters(store))["n"] == 10

    async def test_without_a_ceiling_there_is_none(self, store: Store) -> None:
        """None means that no sum is too high."""
        assert isinstance(await commit(store, adds=[add("n", 10**12)]), Written)
        assert isinstance(await commit(store, adds=[add("n", 10**12)]), Written)
        assert await counters(store) == {"n": 2 * 10**12}

    async def test_a_negative_addition_returns_money(self, store: Store) -> None:
        """What is taken off is off, and may be added again under the ceiling."""
        await commit(store, adds=[add("n", 10, 10)])

        assert isinstance(await commit(store, adds=[add("n", -4)]), Written)
        assert await counters(store) == {"n": 6}
        assert isinstance(await commit(store, adds=[add("n", 4, 10)]), Written)
        assert isinstance(await commit(store, adds=[add("n", 1, 10)]), CeilingReached)

    async def test_a_sum_stops_at_zero(self, store: Store) -> None:
        """A counter never goes below zero, and goes on from there."""
        await commit(store, adds=[add("n", 3)])

        assert isinstance(await commit(store, adds=[add("n", -5)]), Written)
        assert (await counters(store)).get("n", 0) == 0
        await commit(store, adds=[add("n", 2)])
        assert await counters(store) == {"n": 2}

    async def test_a_negative_addition_never_creates_a_counter(self, store: Store) -> None:
        """Money that returns to a day that was forgotten leaves no trace."""
        await commit(store, adds=[add("other", 1)])

        answer = await commit(store, adds=[add("n", -5), add("n", -5, key="day:forgotten")])

        assert isinstance(answer, Written)
        assert await counters(store) == {"other": 1}
        assert await counters(store, "day:forgotten") == {}

    @pytest.mark.parametrize(
        ("before", "adds", "after"),
        [
            (0, [add("n", 3, 10), add("n", 4, 10)], {"n": 7}),
            (0, [add("n", 3, 10), add("n", 7, 10)], {"n": 10}),
            (0, [add("n", 3, 10), add("n", 8, 10)], 1),
            (0, [add("n", 8, 10), add("n", 3, 10), add("n", 1, 10)], 1),
            (3, [add("n", -5), add("n", 4)], {"n": 4}),
            (3, [add("n", 4), add("n", -5)], {"n": 2}),
            (0, [add("n", -5), add("n", 4)], {"n": 4}),
            (0, [add("n", 4), add("n", -5), add("n", 1)], {"n": 1}),
            (9, [add("n", -5), add("n", 6, 10)], {"n": 10}),
            (9, [add("n", 2, 10), add("n", -5)], 0),
            (0, [add("n", 1, 1), add("n", 0, 0)], 1),
        ],
    )
    async def test_additions_to_one_counter_follow_each_other(
        self, store: Store, before: int, adds: list[Add], after: dict[str, int] | int
    ) -> None:
        """In one commit each is checked and added on top of those before it."""
        await commit(store, adds=[add("n", before)])

        answer = await commit(store, adds=adds)

        if isinstance(after, int):
            assert isinstance(answer, CeilingReached)
            assert answer.index == after
            assert (await counters(store)).get("n", 0) == before
        else:
            assert isinstance(answer, Written)
            assert await counters(store) == after

    async def test_groups_and_fields_are_apart(self, store: Store) -> None:
        """The same field in two groups, and two names that run together alike, are different."""
        await commit(
            store,
            adds=[
                add("spent", 1, key="day:1"),
                add("spent", 2, key="day:2"),
                add("1spent", 3, key="day:"),
                add("", 4, key="day:1spent"),
            ],
        )

        loaded = await store.load((), ("day:1", "day:2", "day:", "day:1spent"))

        assert loaded.counters == ({"spent": 1}, {"spent": 2}, {"1spent": 3}, {"": 4})

    async def test_names_come_back_as_they_were(self, store: Store) -> None:
        """No two different fields or groups meet, however alike they look."""
        for place, name in enumerate(ODD_TEXTS, start=1):
            await commit(store, adds=[add(name, place), add("n", place, key=f"group:{name}")])

        assert await counters(store) == {name: n for n, name in enumerate(ODD_TEXTS, start=1)}
        groups = await store.load((), tuple(f"group:{name}" for name in ODD_TEXTS))
        assert groups.counters == tuple({"n": n} for n, _ in enumerate(ODD_TEXTS, start=1))

    async def test_large_sums_are_exact(self, store: Store) -> None:
        """Sums are integers to the last digit, up to 2**53 - 1."""
        assert isinstance(await commit(store, adds=[add("n", LARGEST - 1, LARGEST)]), Written)
        assert await counters(store) == {"n": LARGEST - 1}
        assert isinstance(await commit(store, adds=[add("n", 1, LARGEST)]), Written)
        assert await counters(store) == {"n": LARGEST}
        assert isinstance(await commit(store, adds=[add("n", 1, LARGEST)]), CeilingReached)
        assert isinstance(await commit(store, adds=[add("n", 2 - LARGEST)]), Written)
        assert await counters(store) == {"n": 2}

    async def test_a_record_and_a_group_of_one_name_do_not_meet_by_chance(
        self, store: Store
    ) -> None:
        """Records and counters whose names share a beginning stay apart."""
        await commit(store, [swap("day:1", None, b"R")], [add("n", 1, key="day:10")])

        loaded = await store.load(("day:1", "day"), ("day:10",))

        assert loaded.records == (b"R", None)
        assert loaded.counters == ({"n": 1},)

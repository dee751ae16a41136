"""What a store promises of records: exact bytes, one winner, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsverify.ports.store import Conflict, Written
from smsverify.testing.store_suite.commands import add, commit, counters, record, swap

if TYPE_CHECKING:
    from smsverify.ports.store import Store

ODD_TEXTS = (
    "plain",
    "p:Q2hlY2stbWU_-",
    "client:2001:db8::/64:2026-11-22T13",
    "with space and\ttab",
    "line\nbreak\r\n",
    "nul\x00inside",
    "{braces}{two}",
    "percent%s%(x)s ? * [a-z] \\ ' \" ; --",
    "über-日本-\U0001f4f1",
    "e\u0301 is not \u00e9",
    "\u00e9 is not e\u0301",
    "UPPER",
    "upper",
    "trailing ",
    "trailing",
    "k" * 500,
)
"""Keys and fields that a careless quoting, folding, trimming or cutting would change."""

ODD_BYTES = (
    b"",
    b"\x00",
    b"\x00\x00",
    bytes(range(256)),
    b"\r\n$-1\r\n",
    "grüße 日本".encode(),
    b"\xff\xfe\xc3\x28",
    b"12345",
    b"1e3",
    b"nil",
    bytes(64 * 1024),
    bytes(range(256)) * 256,
)
"""Values that a store might take for text, for a number, for nothing, or cut."""


@pytest.mark.asyncio
class RecordsPart:
    """Records alone; needs the fixtures ``store`` and ``second_store``."""

    async def test_a_record_that_was_never_written_is_none(self, store: Store) -> None:
        """A missing record loads as None."""
        assert await record(store, "p:nobody") is None

    async def test_a_new_record_is_stored(self, store: Store, second_store: Store) -> None:
        """A value put in the place of nothing is there afterwards, for every object."""
        answer = await commit(store, [swap("p:a", None, b"first")])

        assert isinstance(answer, Written)
        assert await record(store, "p:a") == b"first"
        assert await record(second_store, "p:a") == b"first"

    async def test_a_record_is_replaced(self, store: Store, second_store: Store) -> None:
        """A value put in the place of the one that was read takes its place."""
        await commit(store, [swap("p:a", None, b"first")])

        answer = await commit(second_store, [swap("p:a", b"first", b"second")])

        assert isinstance(answer, Written)
        assert await record(store, "p:a") == b"second"

    async def test_a_record_may_be_replaced_by_its_own_bytes(self, store: Store) -> None:
        """A swap of equal bytes is written like any other."""
        await commit(store, [swap("p:a", None, b"same")])

        assert isinstance(await commit(store, [swap("p:a", b"same", b"same")]), Written)
        assert await record(store, "p:a") == b"same"

    async def test_a_record_is_deleted(self, store: Store) -> None:
        """With nothing to put in its place, a record is gone, and may come anew."""
        await commit(store, [swap("p:a", None, b"first")])

        assert isinstance(await commit(store, [swap("p:a", b"first", None)]), Written)
        assert await record(store, "p:a") is None
        assert isinstance(await commit(store, [swap("p:a", None, b"anew")]), Written)
        assert await record(store, "p:a") == b"anew"

    async def test_deleting_nothing_is_written(self, store: Store) -> None:
        """Nothing in the place of nothing changes nothing, and is no conflict."""
        assert isinstance(await commit(store, [swap("p:a", None, None)]), Written)
        assert await record(store, "p:a") is None

    async def test_load_answers_in_the_order_of_the_question(self, store: Store) -> None:
        """Each key has its own place in the answer, missing and repeated ones too."""
        await commit(store, [swap("p:a", None, b"A"), swap("p:b", None, b"B")])

        loaded = await store.load(("p:b", "p:none", "p:a", "p:b"))

        assert loaded.records == (b"B", None, b"A", b"B")

    async def test_load_changes_nothing(self, store: Store) -> None:
        """Loading twice gives the same, and creates nothing."""
        await commit(store, [swap("p:a", None, b"A")])

        first = await store.load(("p:a", "p:b"), ("day",))
        second = await store.load(("p:a", "p:b"), ("day",))

        assert (first.records, first.counters) == ((b"A", None), ({},))
        assert (second.records, second.counters) == (first.records, first.counters)

    @pytest.mark.parametrize("value", ODD_BYTES, ids=lambda value: f"{value[:8]!r}x{len(value)}")
    async def test_bytes_come_back_as_they_were(self, store: Store, value: bytes) -> None:
        """Any bytes are stored, loaded, compared, and handed back in a conflict, unchanged."""
        await commit(store, [swap("p:a", None, value)])

        assert await record(store, "p:a") == value
        conflict = await commit(store, [swap("p:a", value + b"x", b"other")])
        assert isinstance(conflict, Conflict)
        assert conflict.records == (value,)
        assert isinstance(await commit(store, [swap("p:a", value, b"new" + value)]), Written)
        assert await record(store, "p:a") == b"new" + value

    async def test_keys_come_back_as_they_were(self, store: Store) -> None:
        """No two different keys meet, however alike they look."""
        swaps = [swap(key, None, b"%d" % place) for place, key in enumerate(ODD_TEXTS)]
        assert isinstance(await commit(store, swaps), Written)

        loaded = await store.load(ODD_TEXTS)

        assert loaded.records == tuple(b"%d" % place for place in range(len(ODD_TEXTS)))

    @pytest.mark.parametrize(
        ("stored", "expected"),
        [
            (b"stored", None),
            (None, b"stored"),
            (None, b""),
            (b"", None),
            (b"stored", b"store"),
            (b"stored", b"stored "),
            (b"stored", b"Stored"),
            (b"stored", b"stored\x00"),
            (b"stored\x00", b"stored"),
            (b"stored\x00a", b"stored\x00b"),
            (b"1", b"1.0"),
            (b"01", b"1"),
        ],
    )
    async def test_only_equal_bytes_are_equal(
        self, store: Store, stored: bytes | None, expected: bytes | None
    ) -> None:
        """A record that is not byte for byte what was read is a conflict, and stays."""
        if stored is not None:
            await commit(store, [swap("p:a", None, stored)])

        answer = await commit(store, [swap("p:a", expected, b"mine")])

        assert isinstance(answer, Conflict)
        assert answer.records == (stored,)
        assert await record(store, "p:a") == stored

    async def test_a_conflict_brings_what_is_at_every_swapped_key(self, store: Store) -> None:
        """The answer holds all records of the question, those as expected too, in its order."""
        await commit(store, [swap("p:a", None, b"A"), swap("p:b", None, b"B")])

        answer = await commit(
            store,
            [swap("p:b", b"B", b"x"), swap("p:none", None, b"x"), swap("p:a", b"old", b"x")],
        )

        assert isinstance(answer, Conflict)
        assert answer.records == (b"B", None, b"A")

    async def test_a_conflict_undoes_everything(self, store: Store) -> None:
        """One record that is not as expected keeps all other swaps and additions from being."""
        await commit(store, [swap("p:a", None, b"A"), swap("p:b", None, b"B")], [add("n", 1)])

        answer = await commit(
            store,
            [
                swap("p:a", b"A", b"x"),
                swap("p:new", None, b"x"),
                swap("p:b", b"not B", b"x"),
            ],
            [add("n", 1), add("other", 1)],
        )

        assert isinstance(answer, Conflict)
        assert (await store.load(("p:a", "p:new", "p:b"))).records == (b"A", None, b"B")
        assert await counters(store) == {"n": 1}

    async def test_a_commit_writes_all_of_it(self, store: Store) -> None:
        """Records that come, change and go, and counters of two groups, in one commit."""
        await commit(store, [swap("p:a", None, b"A"), swap("p:b", None, b"B")], [add("n", 1)])

        answer = await commit(
            store,
            [swap("p:a", b"A", b"A2"), swap("p:b", b"B", None), swap("p:c", None, b"C")],
            [add("n", 2), add("m", 3), add("n", 4, key="client")],
        )

        assert isinstance(answer, Written)
        assert (await store.load(("p:a", "p:b", "p:c"))).records == (b"A2", None, b"C")
        assert await counters(store) == {"n": 3, "m": 3}
        assert await counters(store, "client") == {"n": 4}

    async def test_a_repeated_commit_is_a_conflict_with_the_callers_own_bytes(
        self, store: Store
    ) -> None:
        """Who repeats a commit after a lost reply finds what the first one wrote, once."""
        swaps, adds = [swap("p:a", None, b"mine")], [add("n", 1)]
        await commit(store, swaps, adds)

        answer = await commit(store, swaps, adds)

        assert isinstance(answer, Conflict)
        assert answer.records == (b"mine",)
        assert await counters(store) == {"n": 1}

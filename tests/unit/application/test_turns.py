"""Turns at a key: one after the other, separately for each key and event loop, kept by nobody."""

from __future__ import annotations

import asyncio
import gc

from smsverify.application.turns import Turns

KEY = "p:someone"


async def test_the_first_does_not_wait_and_knows_it() -> None:
    """Whoever finds nobody before him has seen all that there is."""
    async with Turns().take(KEY) as waited:
        assert not waited


async def test_turns_are_given_in_order_and_to_one_at_a_time() -> None:
    """Those who come later wait until the others are through, and are told that they waited."""
    turns = Turns()
    told: list[tuple[int, bool]] = []
    inside = 0

    async def one(number: int) -> None:
        nonlocal inside
        async with turns.take(KEY) as waited:
            inside += 1
            assert inside == 1
            told.append((number, waited))
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(one(number) for number in range(5)))

    assert told == [(0, False), (1, True), (2, True), (3, True), (4, True)]


async def test_keys_do_not_wait_for_one_another() -> None:
    """Another phone's crowd is none of ours."""
    turns = Turns()

    async with turns.take(KEY), turns.take("p:another") as waited:
        assert not waited


def test_event_loops_do_not_wait_for_one_another() -> None:
    """A lock of one event loop is of no use in another, so each has its own order."""
    turns = Turns()

    async def hold_and_run_another() -> bool:
        async def other() -> bool:
            async with turns.take(KEY) as waited:
                return waited

        async with turns.take(KEY):
            return await asyncio.to_thread(lambda: asyncio.run(other()))

    assert asyncio.run(hold_and_run_another()) is False


async def test_who_gives_up_leaves_the_turn_to_the_next() -> None:
    """A caller that is cancelled while it waits, or in its turn, holds nobody up."""
    turns = Turns()
    order: list[str] = []

    async def one(name: str, seconds: float) -> None:
        async with turns.take(KEY):
            order.append(name)
            await asyncio.sleep(seconds)

    first, second, third = (
        asyncio.create_task(one(name, seconds))
        for name, seconds in (("first", 60), ("second", 60), ("third", 0))
    )
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await asyncio.wait_for(third, 1)

    assert order == ["first", "third"]


async def test_nothing_is_kept_of_a_key_that_nobody_wants() -> None:
    """A million phones leave no million locks."""
    turns = Turns()

    async with turns.take(KEY):
        assert len(turns._locks) == 1

    gc.collect()
    assert len(turns._locks) == 0

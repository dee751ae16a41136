"""Turns at a key: one after the other, separately for each key and event loop, kept by nobody."""

from __future__ import annotations

import asyncio
import gc

from smsverify.application.turns import PATIENCE_SECONDS, Turns
from tests.unit.virtual_time import run_virtually

KEY = "p:someone"


async def test_turns_are_given_in_order_and_to_one_at_a_time() -> None:
    """Those who come later wait until the others are through."""
    turns = Turns()
    order: list[int] = []
    inside = 0

    async def one(number: int) -> None:
        nonlocal inside
        async with turns.take(KEY):
            inside += 1
            assert inside == 1
            order.append(number)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(one(number) for number in range(5)))

    assert order == [0, 1, 2, 3, 4]


def test_keys_do_not_wait_for_one_another() -> None:
    """Another phone's crowd is none of ours."""

    async def take_both() -> None:
        turns = Turns()
        async with turns.take(KEY), turns.take("p:another"):
            pass

    assert run_virtually(take_both())[1] == 0.0


async def test_event_loops_do_not_wait_for_one_another() -> None:
    """A lock of one event loop is of no use in another, so each has its own order."""
    turns = Turns()

    async def other() -> str:
        async with turns.take(KEY):
            return "through"

    async with turns.take(KEY):
        assert await asyncio.to_thread(lambda: run_virtually(other())) == ("through", 0.0)
        assert len(turns._locks) == 1


def test_who_gives_up_leaves_the_turn_to_the_next() -> None:
    """A caller that is cancelled while it waits, or in its turn, holds nobody up."""
    order: list[str] = []

    async def one(turns: Turns, name: str, seconds: float) -> None:
        async with turns.take(KEY):
            order.append(name)
            await asyncio.sleep(seconds)

    async def give_up() -> None:
        turns = Turns()
        first, second, third = (
            asyncio.create_task(one(turns, name, seconds))
            for name, seconds in (("first", 60), ("second", 60), ("third", 0))
        )
        await asyncio.sleep(0)
        second.cancel()
        first.cancel()
        await third

    assert run_virtually(give_up())[1] == 0.0
    assert order == ["first", "third"]


def test_nobody_waits_long_for_one_who_is_stuck() -> None:
    """After half a second the next one goes without a turn; the turn stays with who has it."""

    async def stand_behind_one_who_is_stuck() -> tuple[float, float]:
        turns = Turns()
        now = asyncio.get_running_loop().time
        async with turns.take(KEY):
            async with turns.take(KEY):
                first = now()
            async with turns.take(KEY):
                return first, now()

    (first, second), _ = run_virtually(stand_behind_one_who_is_stuck())

    assert (first, second) == (PATIENCE_SECONDS, 2 * PATIENCE_SECONDS)


async def test_nothing_is_kept_of_a_key_that_nobody_wants() -> None:
    """A million phones leave no million locks."""
    turns = Turns()

    async with turns.take(KEY):
        assert len(turns._locks) == 1

    gc.collect()
    assert len(turns._locks) == 0

"""Clocks for tests move when told to, and not otherwise."""

from __future__ import annotations

import asyncio

import pytest

from smsverify.testing.clock import NOON, HostOffset, ManualClock


def test_time_stands_still() -> None:
    """Reading a clock does not move it."""
    clock = ManualClock()

    assert [clock.wall(), clock.wall()] == [NOON, NOON]
    assert [clock.monotonic(), clock.monotonic()] == [0.0, 0.0]


def test_it_starts_when_told() -> None:
    """The start is the first time of day."""
    assert ManualClock(start=1_000).wall() == 1_000


def test_advancing_moves_both_readings() -> None:
    """Time that passes shows in milliseconds and in seconds."""
    clock = ManualClock()

    clock.advance(1.5)
    clock.advance(0.000_4)
    clock.advance(0.000_6)

    assert clock.wall() == NOON + 1_501
    assert clock.monotonic() == 1.501


def test_time_does_not_pass_backwards() -> None:
    """To go back is to set the clock, which is another thing."""
    with pytest.raises(ValueError, match="jump"):
        ManualClock().advance(-1)


def test_a_jump_moves_the_time_of_day_alone() -> None:
    """An operator who sets the clock, either way, makes no time pass."""
    clock = ManualClock()

    clock.jump(-3_600)

    assert (clock.wall(), clock.monotonic()) == (NOON - 3_600_000, 0.0)
    clock.jump(7_200)
    assert (clock.wall(), clock.monotonic()) == (NOON + 3_600_000, 0.0)


async def test_sleeping_takes_no_time_and_moves_the_clock() -> None:
    """Who sleeps wakes at once, at the end of the nap."""
    clock = ManualClock()

    await clock.sleep(3_600)
    await clock.sleep(0)
    await clock.sleep(-1)

    assert (clock.wall(), clock.monotonic()) == (NOON + 3_600_000, 3_600.0)


async def test_naps_side_by_side_overlap() -> None:
    """Two who sleep at the same time sleep the same time, and the shorter wakes first."""
    clock = ManualClock()
    woken: list[tuple[str, float]] = []

    async def nap(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic()))

    await asyncio.gather(nap("long", 10), nap("short", 1), nap("middle", 5), nap("long too", 10))

    assert woken == [("short", 1.0), ("middle", 5.0), ("long", 10.0), ("long too", 10.0)]


async def test_a_cancelled_sleeper_holds_nobody_up() -> None:
    """Others go on sleeping past the end of a nap that was broken off."""
    clock = ManualClock()
    broken = asyncio.ensure_future(clock.sleep(1))
    other = asyncio.ensure_future(clock.sleep(5))
    await asyncio.sleep(0)

    broken.cancel()
    await asyncio.gather(broken, other, return_exceptions=True)

    assert broken.cancelled()
    assert clock.monotonic() == 5.0


async def test_a_host_may_be_off_while_its_seconds_are_right() -> None:
    """A host's wrong time of day keeps its distance; time passes for it as for all."""
    clock = ManualClock()
    behind = HostOffset(clock, -3_600)

    await behind.sleep(2)

    assert behind.wall() == clock.wall() - 3_600_000
    assert behind.monotonic() == clock.monotonic() == 2.0

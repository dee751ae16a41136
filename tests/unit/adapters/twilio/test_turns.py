"""Taking turns, in each event loop by itself."""

from __future__ import annotations

import asyncio

from smsverify.adapters.twilio.turns import turns


async def test_so_many_at_a_time() -> None:
    """No more than the width are inside at once, and all get their turn."""
    gate, inside, most = turns(3), 0, 0

    async def work() -> None:
        nonlocal inside, most
        async with gate.get():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(work() for _ in range(20)))

    assert (most, inside) == (3, 0)


def test_each_loop_has_its_own() -> None:
    """A turn that a loop took with it to its end is nobody else's loss."""
    gate = turns(1)

    async def take() -> bool:
        await gate.get().acquire()
        return True

    assert asyncio.run(take())
    assert asyncio.run(take())

"""A hold stops one call, and tells who came and who went."""

from __future__ import annotations

import asyncio

import pytest

from smsverify.testing.hold import Hold


async def test_a_call_stops_until_it_is_released() -> None:
    """Arrival can be waited for, and nothing goes on before the release."""
    hold = Hold()
    stopped = asyncio.ensure_future(hold.stop())

    await hold.arrival()
    assert not stopped.done()
    hold.release()
    await stopped

    assert not hold.cancelled


async def test_who_goes_away_is_noted() -> None:
    """A call that is cancelled while it stands here is cancelled, and the hold knows."""
    hold = Hold()
    stopped = asyncio.ensure_future(hold.stop())
    await hold.arrival()

    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped

    assert hold.cancelled

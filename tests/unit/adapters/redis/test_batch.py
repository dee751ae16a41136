"""Commands that travel together: everybody who waits gets an answer, once."""

from __future__ import annotations

import asyncio

from smsverify.adapters.redis.batch import Batch, Command
from smsverify.adapters.redis.trouble import NotSent


async def test_all_who_wait_get_the_reply() -> None:
    """Those who left are passed over."""
    loop = asyncio.get_running_loop()
    first, left, late = (loop.create_future() for _ in range(3))
    command = Command(b"x", first)
    command.waiting += [left, late]
    left.cancel()

    command.answer("reply")

    assert (await first, await late) == ("reply", "reply")
    assert left.cancelled()


def test_a_command_that_nobody_waits_for_is_answered_all_the_same() -> None:
    """As ASKING is: its reply must be read, and is nobody's."""
    command = Command(b"x")

    command.answer("reply")

    assert command.waiting == []


async def test_the_rest_is_answered_with_the_trouble() -> None:
    """As a value, so that nothing is logged for those who are gone."""
    loop = asyncio.get_running_loop()
    batch = Batch(1.0)
    done, waiting = loop.create_future(), loop.create_future()
    batch.commands += [Command(b"a", done), Command(b"b", waiting)]
    batch.commands.popleft().answer("reply")
    trouble = NotSent(None, None, 1.0)

    batch.answer_rest(trouble)

    assert await done == "reply"
    assert await waiting is trouble
    assert not batch.commands

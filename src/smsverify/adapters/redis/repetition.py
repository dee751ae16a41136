"""Trying again after trouble: only what may be tried again, and only while there is time."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from redis.exceptions import AskError, MovedError, NoScriptError

from smsverify.adapters.redis.deployment import Address
from smsverify.adapters.redis.pipeline import ANSWER_SECONDS
from smsverify.adapters.redis.scripts import LOAD
from smsverify.adapters.redis.trouble import (
    SAID_BY_NO_PRIMARY,
    Refused,
    Trouble,
    error_word,
    is_worth_repeating,
    store_error,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Final

    from smsverify.adapters.redis.pipeline import Pipeline
    from smsverify.adapters.redis.scripts import Argument, Script
    from smsverify.ports.clock import Clock

FIRST_PAUSE_SECONDS: Final = 0.01
"""The first pause, at most; each further one may be twice as long."""
LONGEST_PAUSE_SECONDS: Final = 0.2
"""Short beside the time that there is, so that a server that comes back is noticed."""


class Repetition:
    """One call of a script whose first try met trouble."""

    def __init__(
        self,
        pipeline: Callable[[], Pipeline],
        clock: Clock,
        script: Script,
        keys: Sequence[str],
        arguments: Sequence[Argument],
    ) -> None:
        self._pipeline = pipeline
        self._clock = clock
        self._script = script
        self._keys = keys
        self._arguments = arguments
        self._tries = 0

    async def after(self, trouble: Trouble, *, also_if_executed: bool) -> Any:
        """
        Return the reply of a further try; raise a StoreError when none may be made or time is up.

        Args:
            trouble: what became of the first try.
            also_if_executed: whether a second execution does no harm.
        """
        deadline = trouble.deadline
        # The store's own clock ends it as well: in tests time may pass there alone.
        end = self._clock.monotonic() + ANSWER_SECONDS
        now = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout_at(deadline):
                while (
                    is_worth_repeating(trouble, also_if_executed=also_if_executed)
                    and now() < deadline
                    and self._clock.monotonic() < end
                ):
                    reply = await self._try_again(trouble)
                    if not isinstance(reply, Trouble):
                        return reply
                    trouble = reply
        except TimeoutError:
            pass
        raise store_error(trouble)

    async def _try_again(self, trouble: Trouble) -> Any:
        cause = trouble.__cause__
        if self._tries or not isinstance(cause, AskError | NoScriptError):
            await self._pause(trouble)
        self._tries += 1
        # Asked for each time: the store may have been closed meanwhile.
        pipeline = self._pipeline()
        if isinstance(cause, MovedError):
            pipeline.pool.primary.moved_to(_address(cause, trouble))
        elif isinstance(cause, AskError):
            # It may not know the script, and would not be asked again for that.
            packed = self._script.call_in_full(self._keys, self._arguments)
            return await pipeline.submit_to(_address(cause, trouble), packed)
        elif trouble.address is not None and error_word(cause) in SAID_BY_NO_PRIMARY:
            pipeline.pool.distrust(trouble.address)
        call = self._script.call_in_full if isinstance(cause, NoScriptError) else self._script.call
        packed = call(self._keys, self._arguments)
        return await pipeline.submit(packed, is_read=self._script is LOAD)

    async def _pause(self, trouble: Trouble) -> None:
        """Wait a random while, not at all after a connection that broke for the first time."""
        if not self._tries and not isinstance(trouble, Refused):
            return
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**self._tries)
        await self._clock.sleep(random.uniform(0, longest))  # noqa: S311 - it guards nothing


def _address(error: AskError, trouble: Trouble) -> Address:
    """Return where a node sends us; one that knows no host means its own."""
    host = error.host or (trouble.address.host if trouble.address else "")
    return Address(host, error.port)

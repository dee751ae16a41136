"""
Refused credentials stop the calls, so that a thousand sends make a handful of them.

Nobody knows whether the credentials are good before Twilio took them once, so until then only a
few calls are under way at a time. A refusal stops all calls for a minute; after it the few are
tried again. Who waits for a turn looks again when it comes: what was queued when the refusal came
is not called any more.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from smsverify.adapters.twilio.turns import turns
from smsverify.domain.delivery import FailureReason, Rejected, Uncertain
from smsverify.domain.events import ProviderRefusesCredentials

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from smsverify.domain.delivery import GatewayAnswer
    from smsverify.ports.clock import Clock
    from smsverify.ports.events import EventSink

PAUSE_SECONDS: Final = 60.0
"""Long enough to be cheap (a call or two a minute), short enough to notice a mended key soon."""
TRIALS: Final = 2
"""Calls at a time, per event loop, while the credentials are unproven."""
LANES: Final = 64
"""
Calls at a time, per event loop, otherwise. Twilio takes about a hundred at once from an account
and throttles the rest (https://www.twilio.com/docs/api/errors/20429); at a third of a second each,
these are some two hundred messages a second.
"""
REFUSED_CODE: Final = 20003

_WITHOUT_PROOF: Final = frozenset({FailureReason.THROTTLED, FailureReason.NOT_CONNECTED})
"""Refusals that come before anyone looks at the credentials."""


class CredentialsBreaker:
    """Lets calls through, a few at a time, or none; one object serves all event loops."""

    def __init__(self, *, clock: Clock, events: EventSink) -> None:
        self._clock = clock
        self._events = events
        self._lanes = turns(LANES)
        self._trials = turns(TRIALS)
        self._proven = False
        self._paused_until: float | None = None
        self._refusals = 0

    async def guard(
        self, call: Callable[[], Awaitable[GatewayAnswer]], seconds: float
    ) -> GatewayAnswer:
        """
        Make a call if the credentials may be good; wait for a turn at most ``seconds``.

        What was not called is refused for certain.
        """
        turn = asyncio.timeout(seconds)
        try:
            async with turn, self._turn():
                turn.reschedule(None)  # the call has its own time
                return await self._watch(call)
        except TimeoutError:
            return Rejected(FailureReason.NOT_CONNECTED)

    def status(self) -> dict[str, object]:
        """Return what a person wants to know: plain values, fit for statistics."""
        left = self._pause_left()
        state = "refused" if left else "accepted" if self._proven else "unproven"
        return {
            "credentials": state,
            "credentials_refused": self._refusals,
            "next_try_in_seconds": round(left, 1),
        }

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None, None]:
        async with self._lanes.get():
            if self._proven:
                yield
                return
            trials = self._trials.get()
            await trials.acquire()
            try:
                if not self._proven:
                    yield
                    return
            finally:
                trials.release()
            # Another's trial went well meanwhile, so this call needs no turn of its own; mypy knows
            # nothing of others that run while this one waits.
            yield  # type: ignore[unreachable]

    async def _watch(self, call: Callable[[], Awaitable[GatewayAnswer]]) -> GatewayAnswer:
        if self._pause_left():
            return Rejected(FailureReason.CREDENTIALS_REFUSED, REFUSED_CODE)
        began_in = self._refusals
        answer = await call()
        if began_in == self._refusals:  # else it was under way at a refusal and is old news
            self._learn(answer)
        return answer

    def _learn(self, answer: GatewayAnswer) -> None:
        if isinstance(answer, Uncertain):
            return
        reason = answer.reason if isinstance(answer, Rejected) else None
        if reason is FailureReason.CREDENTIALS_REFUSED:
            self._refusals += 1
            self._proven = False
            self._paused_until = self._clock.monotonic() + PAUSE_SECONDS
            self._events.emit(ProviderRefusesCredentials(int(PAUSE_SECONDS * 1000)))
        elif reason not in _WITHOUT_PROOF:
            self._proven = True

    def _pause_left(self) -> float:
        if self._paused_until is None:
            return 0.0
        return max(0.0, self._paused_until - self._clock.monotonic())

"""What a store that does not answer in time is reported as, and how long it is waited for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from smsverify.adapters.memory.store import MemoryStore
from smsverify.application.send_order import SendOrder
from smsverify.application.silence import silence_of
from smsverify.domain.delivery import FailureReason, Rejected
from smsverify.errors import StoreUnavailable
from smsverify.testing import ManualClock, WrappedStore
from tests.unit.kit import OTHER_PHONE, SENDERS, build, number
from tests.unit.virtual_time import LoopClock, run_virtually

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsverify.domain.counters import Add
    from smsverify.domain.periods import Millis
    from smsverify.ports.store import Loaded, Swap


def test_the_error_says_how_long_and_what_to_do() -> None:
    """It names the store and the seconds, tells the reader what to look at, and has its code."""
    store = MemoryStore(ManualClock())

    error = silence_of(store)

    assert str(error) == (
        "The store (memory) did not answer within 2 seconds. "
        "Check that it runs and can be reached, then try again."
    )
    assert error.code is store.unavailable_code


class FallsSilent(WrappedStore):
    """
    A store that stops answering.

    Attributes:
        answers: how many calls it still answers, None for all.
        silent_since: by the event loop's clock, None before anybody met the silence.
    """

    answers: int | None = None
    silent_since: float | None = None

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """Answer, or wait for ever."""
        await self._answer()
        return await super().load(records, counters)

    async def commit(self, swaps: Sequence[Swap], adds: Sequence[Add], at: Millis) -> Any:
        """Answer, or wait for ever."""
        await self._answer()
        return await super().commit(swaps, adds, at)

    async def _answer(self) -> None:
        if self.answers is None:
            return
        self.answers -= 1
        if self.answers < 0:
            loop = asyncio.get_running_loop()
            self.silent_since = self.silent_since or loop.time()
            await loop.create_future()


def order(phone: str) -> SendOrder:
    """Return a plain order."""
    return SendOrder(number(phone), "verify", lambda code: f"Your code: {code}", 1)


async def send_into_silence(answers: int) -> tuple[bool, float | None, int]:
    """
    Send where a sender has carried what it may and the provider does not know the other.

    Returns whether the caller was told that the store is away, how long after it fell silent, and
    how often that was published.
    """
    kit = build(FallsSilent, clock=LoopClock(), senders=SENDERS, sender_daily_allowance=1)
    assert isinstance(kit.store, FallsSilent)
    await kit.container.send()(order(OTHER_PHONE))
    await asyncio.sleep(6)
    kit.gateway.answer_next(Rejected(FailureReason.SENDER_UNUSABLE, 21606))
    kit.store.answers = answers
    try:
        await kit.container.send()(order("+15551234567"))
        away = False
    except StoreUnavailable:
        away = True
    since = kit.store.silent_since
    waited = None if since is None else asyncio.get_running_loop().time() - since
    return away, waited, kit.events.names.count("sms.store.failed")


@pytest.mark.parametrize(
    ("answers", "away", "waited"),
    [
        pytest.param(0, True, 2.0, id="look at the pool"),
        pytest.param(1, True, 2.0, id="rest of who carried enough, looked at"),
        pytest.param(2, True, 2.0, id="rest of who carried enough, written"),
        pytest.param(3, True, 2.0, id="pool after the rest"),
        pytest.param(4, True, 2.0, id="admission"),
        pytest.param(5, False, 2.0, id="settlement"),
        pytest.param(6, False, 2.0, id="rest of who is not known"),
        pytest.param(7, False, None, id="never"),
    ],
)
def test_silence_is_waited_for_once(answers: int, away: bool, waited: float | None) -> None:
    """Wherever a send meets it, the caller hears in two seconds, and whoever watches once."""
    (told, seconds, published), _ = run_virtually(send_into_silence(answers))

    assert told is away
    assert published == (0 if waited is None else 1)
    assert seconds == (None if waited is None else pytest.approx(waited))

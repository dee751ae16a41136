"""
The one loop that every write goes through: load, decide, commit, and again if others were first.

The rule decides on what was read; the commit stands only if that is still there, byte for byte. So
a decision never rests on something that changed meanwhile, and a retry after a lost reply finds
what the first try wrote. The loop ends by deadline: running out of time is "try again", never a
refusal by a rule.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from smsverify.application.silence import silence_of
from smsverify.application.turns import Turns
from smsverify.domain.events import StoreFailed
from smsverify.errors import StoreContended, StoreError
from smsverify.ports.store import (
    STORE_SECONDS,
    CeilingReached,
    Conflict,
    Stale,
    Swap,
    Written,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from smsverify.application.refusal_counts import RefusalCounts
    from smsverify.application.store_clock import StoreClock
    from smsverify.domain.counters import Add
    from smsverify.domain.decisions import Decision
    from smsverify.domain.events import Event
    from smsverify.domain.periods import Millis
    from smsverify.ports.clock import Clock
    from smsverify.ports.codec import Codec
    from smsverify.ports.entropy import Entropy
    from smsverify.ports.events import EventSink
    from smsverify.ports.store import CommitAnswer, Store

R = TypeVar("R")
V_co = TypeVar("V_co", covariant=True)

PAUSE_SECONDS: Final = 0.002
"""The first pause after a lost race, at most; each further one may be twice as long."""
LONGEST_PAUSE_SECONDS: Final = 0.05


class Decide(Protocol[R, V_co]):
    """A rule with everything bound but the record and the time."""

    def __call__(self, record: R | None, now: Millis) -> Decision[R, V_co]:
        """Decide on what is stored now."""
        ...


class Belief(Generic[R]):
    """
    What a caller believes is stored under a key; each run brings it up to date.

    A right belief saves the load: nothing for a phone never seen, or what this very caller has just
    written. A wrong one costs the round trip that it should have saved and changes nothing else.
    """

    def __init__(self, *, known: bool = False) -> None:
        """Begin with "nothing is stored" if that is ``known``, else with a load."""
        self.known = known
        self.data: bytes | None = None
        self.record: R | None = None

    def learn(self, data: bytes | None, record: R | None) -> None:
        """Take what is stored now."""
        self.known = True
        self.data = data
        self.record = record


class _Progress:
    """What one run of the loop has met: decides what its timeout means."""

    def __init__(self) -> None:
        self.lost_races = 0
        self.looked = False


class CommitLoop(Generic[R]):
    """
    Runs decisions over records of one kind; one object serves all calls, loops and threads.

    ``keeping`` says how long a record is to be kept, in milliseconds, None for ever; a decision for
    ``empty`` deletes the record.
    """

    def __init__(
        self,
        *,
        store: Store,
        codec: Codec[R],
        clock: Clock,
        store_clock: StoreClock,
        entropy: Entropy,
        refusals: RefusalCounts,
        events: EventSink,
        keeping: Callable[[R, Millis], Millis | None],
        empty: R,
    ) -> None:
        self._store = store
        self._codec = codec
        self._clock = clock
        self._store_clock = store_clock
        self._entropy = entropy
        self._refusals = refusals
        self._events = events
        self._keeping = keeping
        self._empty = empty
        self._turns = Turns()

    async def run(
        self, key: str, decide: Decide[R, V_co], *, belief: Belief[R] | None = None
    ) -> V_co:
        """
        Return the verdict that stands.

        Without a belief the record is loaded first. Raises a
        :class:`~smsverify.errors.StoreError` within two seconds when the store can't be used; what
        was under way then may or may not have been executed.
        """
        progress = _Progress()
        try:
            async with asyncio.timeout(STORE_SECONDS):
                decision = await self._decide_until_it_stands(key, decide, progress, belief)
        except TimeoutError as error:
            raise self.failed(self._out_of_time(progress)) from error
        except StoreError as error:
            raise self.failed(error) from error.__cause__
        for event in decision.events:
            self._publish(event)
        return decision.verdict

    async def read(self, key: str) -> tuple[R | None, Millis]:
        """Return a record and the store's time; raises as :meth:`run` does."""
        try:
            async with asyncio.timeout(STORE_SECONDS):
                current, now = await self._load(key)
        except TimeoutError as error:
            raise self.failed(self._out_of_time(_Progress())) from error
        return (None if current is None else self._codec.decode(current)), now

    async def _decide_until_it_stands(
        self,
        key: str,
        decide: Decide[R, V_co],
        progress: _Progress,
        belief: Belief[R] | None,
    ) -> Decision[R, V_co]:
        belief = belief or Belief()
        decision = await self._try(key, decide, progress, belief)
        if decision is None:
            async with self._turns.take(key) as waited:
                belief.known = belief.known and not waited
                while (decision := await self._try(key, decide, progress, belief)) is None:
                    await self._pause(progress)
        return decision

    async def _try(
        self, key: str, decide: Decide[R, V_co], progress: _Progress, belief: Belief[R]
    ) -> Decision[R, V_co] | None:
        """Decide once, and commit; None when others were first, and the belief is mended then."""
        decision, now = await self._decide(key, decide, progress, belief)
        if decision.record is None:
            return decision
        answer = await self._commit(key, belief, decision.record, decision.adds, now)
        match answer:
            case Written():
                return decision
            case CeilingReached():
                return decision.at_ceiling[answer.index]
            case Conflict() | Stale():
                self._learn(belief, answer.records[0])
                progress.looked = True
                progress.lost_races += 1
                return None

    async def _decide(
        self, key: str, decide: Decide[R, V_co], progress: _Progress, belief: Belief[R]
    ) -> tuple[Decision[R, V_co], Millis]:
        """
        Decide on the belief, or on what is stored if there is none.

        No commit tells whether the belief behind a verdict that writes nothing is right, so such a
        verdict is given only on what this run has seen.
        """
        now = self._store_clock.now()
        if now is not None and belief.known:
            decision = decide(belief.record, now)
            if decision.record is not None or progress.looked:
                return decision, now
        data, now = await self._load(key)
        self._learn(belief, data)
        progress.looked = True
        return decide(belief.record, now), now

    def _learn(self, belief: Belief[R], data: bytes | None) -> None:
        belief.learn(data, None if data is None else self._codec.decode(data))

    async def _load(self, key: str) -> tuple[bytes | None, Millis]:
        now = self._store_clock.now()
        due = () if now is None else self._refusals.take_due(now)
        if due and now is not None:
            loaded, _ = await asyncio.gather(self._store.load((key,)), self._send_once(due, now))
        else:
            loaded = await self._store.load((key,))
        self._store_clock.hear(loaded.now)
        return loaded.records[0], loaded.now

    async def send_counts(self, fallback: Millis) -> None:
        """Send the refusals' counts now; ``fallback`` is the time if the store's is not known."""
        now = self._store_clock.now() or fallback
        waiting = self._refusals.take_all(now)
        if waiting:
            await self._send_once(waiting, now)

    async def _send_once(self, adds: tuple[Add, ...], now: Millis) -> None:
        """Whatever becomes of the counts, nobody waits for them and nobody repeats them."""
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(STORE_SECONDS):
                await self._store.commit((), adds, now)

    async def _commit(
        self, key: str, belief: Belief[R], record: R, adds: tuple[Add, ...], now: Millis
    ) -> CommitAnswer:
        new = None if record is self._empty else self._codec.encode(record)
        swap = Swap(key, belief.data, new, self._keeping(record, now))
        due = self._refusals.take_due(now)
        answer = await self._store.commit((swap,), adds + due, now)
        self._store_clock.hear(answer.now)
        if isinstance(answer, Written):
            belief.learn(new, None if new is None else record)
        elif due:
            self._refusals.put_back(due)
        return answer

    async def _pause(self, progress: _Progress) -> None:
        """Let other processes finish: for a random while, longer with each race that is lost."""
        longest = min(LONGEST_PAUSE_SECONDS, PAUSE_SECONDS * 2 ** (progress.lost_races - 2))
        await self._clock.sleep(longest * self._entropy.token(1)[0] / 255)

    def _out_of_time(self, progress: _Progress) -> StoreError:
        if progress.lost_races:
            return StoreContended(
                "Others wrote to this phone's record until the time was up. Try again."
            )
        return silence_of(self._store)

    def _publish(self, event: Event) -> None:
        # The port forbids sinks to raise; one that does must not undo what was written.
        with contextlib.suppress(Exception):
            self._events.emit(event)

    def failed(self, error: StoreError) -> StoreError:
        """Publish that the store failed a call, and return the error to be raised."""
        self._publish(StoreFailed(error.code, str(error)))
        return error

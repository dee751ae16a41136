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

from smsverify.application.beliefs import Belief, Beliefs
from smsverify.application.silence import silence_of
from smsverify.application.time_limit import TimeLimit
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
    from smsverify.ports.store import Store

R = TypeVar("R")
V_co = TypeVar("V_co", covariant=True)

PAUSE_SECONDS: Final = 0.002
"""The first pause after a lost race, at most; each further one may be twice as long."""
LONGEST_PAUSE_SECONDS: Final = 0.05
COUNTS_SECONDS: Final = 0.25
"""How long a call may wait for counts of refusals that go beside its load; usually not at all."""


_WHATEVER_IS_RAISED: Final = contextlib.suppress(Exception)


class Decide(Protocol[R, V_co]):
    """A rule with everything bound but the record and the time."""

    def __call__(self, record: R | None, now: Millis) -> Decision[R, V_co]:
        """Decide on what is stored now."""
        ...


class _Run(Generic[R, V_co]):
    """
    One run of the loop.

    Attributes:
        key: the record's.
        decide: the rule.
        is_likely_new: whether a key never met is taken for empty.
        seen: what this run has looked at itself, None before it has.
        seen_at: the store's time of that look.
        lost_races: how often others were first; the pauses grow with it.
        asking: whether the store owes an answer, which decides what a timeout means: a commit may
            have been executed then or not.
    """

    __slots__ = (
        "asking",
        "decide",
        "is_likely_new",
        "key",
        "lost_races",
        "seen",
        "seen_at",
    )

    def __init__(self, key: str, decide: Decide[R, V_co], *, is_likely_new: bool) -> None:
        self.key = key
        self.decide = decide
        self.is_likely_new = is_likely_new
        self.seen: Belief[R] | None = None
        self.seen_at: Millis | None = None
        self.lost_races = 0
        self.asking = False


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
        self._beliefs: Beliefs[R] = Beliefs()
        self._limit = TimeLimit(STORE_SECONDS)

    async def run(self, key: str, decide: Decide[R, V_co], *, is_likely_new: bool = False) -> V_co:
        """
        Return the verdict that stands.

        What this process saw last under the key saves the load; ``is_likely_new`` saves it for a
        key that it never met, too. Raises a :class:`~smsverify.errors.StoreError` within two
        seconds when the store can't be used; what was under way then may or may not have been
        executed.
        """
        run = _Run(key, decide, is_likely_new=is_likely_new)
        try:
            with self._limit.start():
                decision = await self._try(run) or await self._take_turns(run)
        except TimeoutError as error:
            # Who waits for no answer of the store waits for others: a turn, or the end of a pause.
            raise self.failed(self._out_of_time(contended=not run.asking)) from error
        except StoreError as error:
            raise self.failed(error) from error.__cause__
        for event in decision.events:
            self._publish(event)
        return decision.verdict

    async def read(self, key: str) -> tuple[R | None, Millis]:
        """Return a record and the store's time; raises as :meth:`run` does."""
        try:
            with self._limit.start():
                belief, now = await self._load(key)
        except TimeoutError as error:
            raise self.failed(self._out_of_time(contended=False)) from error
        except StoreError as error:
            raise self.failed(error) from error.__cause__
        return belief.record, now

    async def _take_turns(self, run: _Run[R, V_co]) -> Decision[R, V_co]:
        """Go on after the first lost race, one of this process at a time."""
        async with self._turns.take(run.key):
            while True:
                decision = await self._try(run)
                if decision is not None:
                    return decision
                await self._pause(run.lost_races)

    async def _try(self, run: _Run[R, V_co]) -> Decision[R, V_co] | None:
        """Decide once, and commit if that is needed; None when others were first."""
        belief = self._beliefs.get(run.key, or_nothing=run.is_likely_new)
        # What was seen goes with the time when it was.
        now = run.seen_at if belief is run.seen else self._store_clock.now()
        if now is None or belief is None:
            belief, now = await self._look(run)
        decision = run.decide(belief.record, now)
        if decision.record is None and belief is not run.seen:
            # No commit will tell whether the belief is right, so the verdict waits for a look.
            belief, now = await self._look(run)
            decision = run.decide(belief.record, now)
        if decision.record is None:
            self._beliefs.set(run.key, None)
            return decision
        new, keep = self._bytes_of(decision.record, now)
        due = self._refusals.take_due(now)
        swap = Swap(run.key, belief.data, new.data, keep)
        run.asking = True
        answer = await self._store.commit((swap,), decision.adds + due, now)
        run.asking = False
        self._store_clock.hear(answer.now)
        if isinstance(answer, Written):
            self._beliefs.set(run.key, new)
            return decision
        self._refusals.put_back(due)
        return self._not_written(run, decision, answer)

    def _bytes_of(self, record: R, now: Millis) -> tuple[Belief[R], Millis | None]:
        """Return what is to be stored, and for how long."""
        if record is self._empty:
            return Belief(), None
        return Belief(self._codec.encode(record), record), self._keeping(record, now)

    def _not_written(
        self,
        run: _Run[R, V_co],
        decision: Decision[R, V_co],
        answer: CeilingReached | Conflict | Stale,
    ) -> Decision[R, V_co] | None:
        """Return what is decided at a ceiling; None when others were first, who are looked at."""
        if isinstance(answer, CeilingReached):
            return decision.at_ceiling(answer.index)
        run.seen, run.seen_at = self._read(answer.records[0]), answer.now
        self._beliefs.set(run.key, run.seen)
        run.lost_races += 1
        return None

    async def _look(self, run: _Run[R, V_co]) -> tuple[Belief[R], Millis]:
        run.asking = True
        run.seen, run.seen_at = seen, now = await self._load(run.key)
        run.asking = False
        return seen, now

    def _read(self, data: bytes | None) -> Belief[R]:
        return Belief(data, None if data is None else self._codec.decode(data))

    async def _load(self, key: str) -> tuple[Belief[R], Millis]:
        now = self._store_clock.now()
        due = () if now is None else self._refusals.take_due(now)
        if due and now is not None:
            loaded, _ = await asyncio.gather(
                self._store.load((key,)), self._send_once(due, now, within=COUNTS_SECONDS)
            )
        else:
            loaded = await self._store.load((key,))
        self._store_clock.hear(loaded.now)
        return self._read(loaded.records[0]), loaded.now

    async def send_counts(self, fallback: Millis) -> None:
        """Send the refusals' counts now; ``fallback`` is the time if the store's is not known."""
        now = self._store_clock.now() or fallback
        waiting = self._refusals.take_all(now)
        if waiting:
            await self._send_once(waiting, now, within=STORE_SECONDS)

    async def _send_once(self, adds: tuple[Add, ...], now: Millis, *, within: float) -> None:
        """Wait so many seconds for the counts; whatever becomes of them, nobody repeats them."""
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(within):
                await self._store.commit((), adds, now)

    async def _pause(self, lost_races: int) -> None:
        """Let other processes finish: for a random while, longer with each race that is lost."""
        longest = min(LONGEST_PAUSE_SECONDS, PAUSE_SECONDS * 2 ** (lost_races - 2))
        await self._clock.sleep(longest * self._entropy.token(1)[0] / 255)

    def _out_of_time(self, *, contended: bool) -> StoreError:
        if contended:
            return StoreContended(
                "Others wrote to this phone's record until the time was up. Try again."
            )
        return silence_of(self._store)

    def _publish(self, event: Event) -> None:
        # The port forbids sinks to raise; one that does must not undo what was written.
        with _WHATEVER_IS_RAISED:
            self._events.emit(event)

    def failed(self, error: StoreError) -> StoreError:
        """Publish that the store failed a call, and return the error to be raised."""
        self._publish(StoreFailed(error.code, str(error)))
        return error

"""The loop: load, decide, commit; a lost race decides again, and time ends it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import attrs
import pytest

from smsverify.adapters.memory.store import MemoryStore
from smsverify.application.commit_loop import Belief, CommitLoop
from smsverify.application.refusal_counts import RefusalCounts
from smsverify.application.store_clock import StoreClock
from smsverify.domain.counters import Add, day_key
from smsverify.domain.decisions import Decision
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.events import Event, StoreFailed
from smsverify.domain.periods import Millis
from smsverify.errors import StoreContended, StoreDataInvalid, StoreUnavailable
from smsverify.ports.store import Loaded, Store, Swap
from smsverify.testing import (
    CountsCalls,
    FailsAt,
    HostOffset,
    LosesRaces,
    LosesReplies,
    Loss,
    ManualClock,
    WrappedStore,
)
from smsverify.testing.clock import NOON
from tests.unit.kit import Recorder
from tests.unit.virtual_time import LoopClock, run_virtually

KEY = "p:someone"
LIMIT = ErrorCode.RATE_LIMIT_EXCEEDED


class TextCodec:
    """Records are texts; what is no UTF-8 is garbage."""

    def encode(self, record: str) -> bytes:
        """Return the text's bytes."""
        return record.encode()

    def decode(self, data: bytes) -> str:
        """Return the text."""
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise StoreDataInvalid("This is no text.") from error


class FullPause:
    """Entropy that always asks for the longest pause."""

    def token(self, size: int) -> bytes:
        """Return ones."""
        return b"\xff" * size


@attrs.frozen
class Told(Event):
    """A fact of these tests."""

    text: str = ""


@attrs.frozen
class Bench:
    """A loop over texts, and what it works with."""

    loop: CommitLoop[str]
    store: Store
    clock: Any
    refusals: RefusalCounts
    events: Recorder
    store_clock: StoreClock

    async def put(self, value: bytes) -> None:
        """Store a record behind the loop's back."""
        found = (await self.store.load((KEY,))).records[0]
        await self.store.commit((Swap(KEY, found, value, None),), (), self.clock.wall())

    async def stored(self) -> bytes | None:
        """Return the record as it is stored."""
        return (await self.store.load((KEY,))).records[0]

    async def counted(self, field: str) -> int:
        """Return one of the day's counters."""
        loaded = await self.store.load((), (day_key(self.clock.wall()),))
        return loaded.counters[0].get(field, 0)


def bench(
    wrap: Callable[[Store], Store] = lambda store: store, clock: Any = None, host: Any = None
) -> Bench:
    """Build a loop over a store in memory; ``host`` is this host's clock where it differs."""
    clock = clock or ManualClock()
    store = wrap(MemoryStore(clock))
    host = host or clock
    refusals, events, store_clock = RefusalCounts(host), Recorder(), StoreClock(host)
    loop = CommitLoop(
        store=store,
        codec=TextCodec(),
        clock=host,
        store_clock=store_clock,
        entropy=FullPause(),
        refusals=refusals,
        events=events,
        keeping=lambda record, now: None,
        empty="",
    )
    return Bench(loop, store, clock, refusals, events, store_clock)


def append(letter: str) -> Any:
    """Return a rule that puts a letter behind the record."""

    def decide(record: str | None, now: Millis) -> Decision[str, str]:
        text = (record or "") + letter
        return Decision(text, text, events=(Told(text),))

    return decide


def look(record: str | None, now: Millis) -> Decision[str, tuple[str | None, Millis]]:
    """Return what was read, and write nothing."""
    return Decision((record, now))


async def test_a_decision_is_written_and_told() -> None:
    """What the rule decides is stored, returned, and published once it stands."""
    one = bench()

    assert await one.loop.run(KEY, append("a")) == "a"
    assert await one.loop.run(KEY, append("b")) == "ab"

    assert await one.stored() == b"ab"
    assert one.events.events == [Told("a"), Told("ab")]


async def test_a_decision_without_a_record_writes_nothing() -> None:
    """A refusal sends no commit, and its events are published."""
    one = bench(CountsCalls)

    verdict = await one.loop.run(KEY, lambda record, now: Decision("no", events=(Told("no"),)))

    assert verdict == "no"
    assert isinstance(one.store, CountsCalls)
    assert (one.store.loads, one.store.answers) == (1, [])
    assert one.events.events == [Told("no")]


async def test_the_empty_record_is_deleted() -> None:
    """A decision for the empty record leaves no key."""
    one = bench()
    await one.put(b"something")

    await one.loop.run(KEY, lambda record, now: Decision("gone", ""))

    assert await one.stored() is None


async def test_the_keeping_goes_along() -> None:
    """A record is kept for as long as the loop was told records are kept."""
    swaps: list[Swap] = []

    class Watched(WrappedStore):
        async def commit(self, given: Sequence[Swap], adds: Sequence[Add], at: Millis) -> Any:
            swaps.extend(given)
            return await super().commit(given, adds, at)

    one = bench(Watched)
    one.loop._keeping = lambda record, now: len(record) * 1000 + now

    await one.loop.run(KEY, append("abc"))

    assert [swap.keep for swap in swaps] == [3000 + NOON]


# ── round trips ───────────────────────────────────────────────────────────────────────────────


async def test_a_number_never_seen_needs_no_load() -> None:
    """With the time known, a first write commits against nothing."""
    one = bench(CountsCalls)
    one.store_clock.hear(NOON)

    assert await one.loop.run(KEY, append("a"), belief=Belief(known=True)) == "a"

    assert isinstance(one.store, CountsCalls)
    assert (one.store.loads, len(one.store.answers)) == (0, 1)


async def test_without_a_time_it_asks_first() -> None:
    """A host that has heard no time never commits blind."""
    one = bench(CountsCalls)

    await one.loop.run(KEY, append("a"), belief=Belief(known=True))

    assert isinstance(one.store, CountsCalls)
    assert one.store.loads == 1


async def test_an_old_time_is_asked_again() -> None:
    """A time that was heard more than ten seconds ago is no time."""
    one = bench(CountsCalls)
    one.store_clock.hear(NOON)
    one.clock.advance(10.001)

    await one.loop.run(KEY, append("a"), belief=Belief(known=True))

    assert isinstance(one.store, CountsCalls)
    assert one.store.loads == 1


async def test_a_conflict_brings_the_record_along() -> None:
    """A blind commit on a record that is there decides again on it, without a load."""
    one = bench(CountsCalls)
    await one.put(b"x")
    one.store_clock.hear(NOON)
    assert isinstance(one.store, CountsCalls)
    one.store.loads = 0
    one.store.answers.clear()

    assert await one.loop.run(KEY, append("a"), belief=Belief(known=True)) == "xa"

    assert (one.store.loads, len(one.store.answers)) == (0, 2)
    assert one.events.events == [Told("xa")]


async def test_a_verdict_that_writes_nothing_is_not_given_on_a_belief() -> None:
    """No commit would tell that the belief is wrong: a refusal rests on what is stored."""
    one = bench()
    await one.put(b"something")
    one.store_clock.hear(NOON)

    assert await one.loop.run(KEY, look, belief=Belief(known=True)) == ("something", NOON)


async def test_what_this_caller_wrote_needs_no_load() -> None:
    """A second run on the same belief commits on what the first one wrote."""
    one = bench(CountsCalls)
    belief: Belief[str] = Belief()

    await one.loop.run(KEY, append("a"), belief=belief)
    await one.loop.run(KEY, append("b"), belief=belief)

    assert isinstance(one.store, CountsCalls)
    assert (one.store.loads, len(one.store.answers)) == (1, 2)
    assert await one.stored() == b"ab"


async def test_another_writer_in_between_is_seen() -> None:
    """A belief that became wrong costs a conflict, and the decision rests on what is there."""
    one = bench(CountsCalls)
    belief: Belief[str] = Belief()
    await one.loop.run(KEY, append("a"), belief=belief)
    await one.put(b"xyz")

    assert await one.loop.run(KEY, append("b"), belief=belief) == "xyzb"
    assert (belief.data, belief.record) == (b"xyzb", "xyzb")


# ── races and clocks ──────────────────────────────────────────────────────────────────────────


async def test_a_lost_race_decides_on_what_the_winner_wrote() -> None:
    """Another writer between load and commit is seen; only the decision that stands is told."""
    memory: list[Bench] = []
    letters = iter("xyz")

    async def interlope() -> None:
        await memory[0].put(((await memory[0].stored()) or b"") + next(letters).encode())

    one = bench(lambda store: LosesRaces(store, interlope, 3))
    memory.append(one)

    assert await one.loop.run(KEY, append("a")) == "xyza"
    assert one.events.events == [Told("xyza")]


@pytest.mark.parametrize("seconds", [3600, -3600, 2.001, -2.001])
async def test_a_host_with_a_wrong_clock_takes_the_stores_time(seconds: float) -> None:
    """A commit decided by a clock that is off is Stale: the rule decides again by the store's."""
    clock = ManualClock()
    one = bench(CountsCalls, clock, HostOffset(clock, seconds))
    one.store_clock.hear(HostOffset(clock, seconds).wall())
    times: list[Millis] = []

    def decide(record: str | None, now: Millis) -> Decision[str, str]:
        times.append(now)
        return Decision("written", "a")

    assert await one.loop.run(KEY, decide, belief=Belief(known=True)) == "written"

    assert times == [NOON + round(seconds * 1000), NOON]
    assert one.store_clock.now() == NOON
    assert await one.stored() == b"a"


async def test_pauses_grow_from_nothing_to_a_bound() -> None:
    """The first lost race is tried again at once; each later pause doubles, up to 50 ms."""
    naps: list[float] = []

    class Watching(ManualClock):
        async def sleep(self, seconds: float) -> None:
            naps.append(seconds)

    memory: list[Bench] = []
    counter = itertools.count()

    async def interlope() -> None:
        await memory[0].put(str(next(counter)).encode())

    one = bench(lambda store: LosesRaces(store, interlope, 8), Watching())
    memory.append(one)

    await one.loop.run(KEY, append("a"))

    assert naps == [0.002, 0.004, 0.008, 0.016, 0.032, 0.05, 0.05]


def test_time_ends_a_race_that_is_always_lost() -> None:
    """After two seconds of lost races the answer is "contended", and the log hears of it."""
    counter = itertools.count()
    memory: list[Bench] = []

    async def interlope() -> None:
        await memory[0].put(str(next(counter)).encode())

    async def race() -> Bench:
        one = bench(lambda store: LosesRaces(store, interlope, 10**9), LoopClock())
        memory.append(one)
        with pytest.raises(StoreContended):
            await one.loop.run(KEY, append("a"))
        return one

    one, waited = run_virtually(race())

    assert waited == pytest.approx(2.0, abs=0.06)
    assert [type(event) for event in one.events.events] == [StoreFailed]


class Hangs(WrappedStore):
    """A store that never answers."""

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """Wait for ever."""
        await asyncio.sleep(1e9)
        return await super().load(records, counters)

    async def commit(self, swaps: Sequence[Swap], adds: Sequence[Add], at: Millis) -> Any:
        """Wait for ever."""
        await asyncio.sleep(1e9)
        return await super().commit(swaps, adds, at)

    @property
    def unavailable_code(self) -> ErrorCode:
        """A code of its own."""
        return ErrorCode.REDIS_UNAVAILABLE


@pytest.mark.parametrize("method", ["run", "read", "blind"])
def test_a_silent_store_is_given_two_seconds(method: str) -> None:
    """A store that does not answer is "unavailable" after two seconds, under its own code."""

    async def ask() -> tuple[StoreUnavailable, Bench]:
        one = bench(Hangs, LoopClock())
        if method == "blind":
            one.store_clock.hear(NOON)
        calls: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
            "read": lambda: one.loop.read(KEY),
            "run": lambda: one.loop.run(KEY, append("a")),
            "blind": lambda: one.loop.run(KEY, append("a"), belief=Belief(known=True)),
        }
        with pytest.raises(StoreUnavailable) as raised:
            await calls[method]()
        return raised.value, one

    (error, one), waited = run_virtually(ask())

    assert waited == 2.0
    assert error.code is ErrorCode.REDIS_UNAVAILABLE
    assert one.events.events == [StoreFailed(ErrorCode.REDIS_UNAVAILABLE, str(error))]


# ── ceilings ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("full", [0, 1])
async def test_a_ceiling_gives_the_decision_that_was_kept_for_it(full: int) -> None:
    """Of several ceilings, the one that is reached names the refusal; nothing is written."""
    one = bench()
    refusals: tuple[Decision[str, str], ...] = tuple(
        Decision(f"over {n}", events=(Told(f"over {n}"),)) for n in (0, 1)
    )

    def decide(record: str | None, now: Millis) -> Decision[str, str]:
        adds = [Add("day:x", f"field{n}", 5, 4 if n == full else 5, now) for n in (0, 1)]
        return Decision("in", "a", tuple(adds), refusals, (Told("in"),))

    assert await one.loop.run(KEY, decide) == f"over {full}"

    assert await one.stored() is None
    assert (await one.store.load((), ("day:x",))).counters == ({},)
    assert one.events.events == [Told(f"over {full}")]


# ── trouble ───────────────────────────────────────────────────────────────────────────────────


async def test_an_outage_passes_through_and_is_told() -> None:
    """What the store raises reaches the caller as it is, with one event."""
    one = bench(lambda store: FailsAt(store, {1}))

    with pytest.raises(StoreUnavailable) as raised:
        await one.loop.run(KEY, append("a"))

    assert one.events.events == [StoreFailed(ErrorCode.STORE_UNAVAILABLE, str(raised.value))]


async def test_garbage_is_not_overwritten() -> None:
    """Bytes that are no record fail closed and stay as they are."""
    one = bench()
    await one.put(b"\xff\xfe")

    with pytest.raises(StoreDataInvalid):
        await one.loop.run(KEY, append("a"))
    with pytest.raises(StoreDataInvalid):
        await one.loop.run(KEY, append("a"), belief=Belief(known=True))

    assert await one.stored() == b"\xff\xfe"


async def test_read_gives_record_and_time() -> None:
    """Reading returns the decoded record, or None, and the store's time."""
    one = bench()
    assert await one.loop.read(KEY) == (None, NOON)
    await one.put(b"text")

    assert await one.loop.read(KEY) == ("text", NOON)


# ── counts of refusals ────────────────────────────────────────────────────────────────────────


async def test_counts_wait_five_seconds_then_go_with_a_commit() -> None:
    """Refusals are counted in memory and travel with the first write after five seconds."""
    one = bench(CountsCalls)
    one.refusals.count_send(LIMIT)
    await one.loop.run(KEY, append("a"))
    assert await one.counted(f"refused_send.{LIMIT}") == 0

    one.clock.advance(5)
    one.store_clock.hear(one.clock.wall())
    assert isinstance(one.store, CountsCalls)
    one.store.answers.clear()
    await one.loop.run("p:new", append("b"), belief=Belief(known=True))

    assert await one.counted(f"refused_send.{LIMIT}") == 1
    assert len(one.store.answers) == 1
    assert one.refusals.waiting() == {}


async def test_counts_go_beside_a_load() -> None:
    """Under attack nothing is written but refusals: their counts go beside a load."""
    one = bench(CountsCalls)
    await one.loop.run(KEY, look)
    one.refusals.count_check(LIMIT)
    one.clock.advance(5)

    await one.loop.run(KEY, look)

    assert await one.counted(f"refused_check.{LIMIT}") == 1
    assert isinstance(one.store, CountsCalls)
    assert len(one.store.answers) == 1


async def test_counts_that_a_lost_race_did_not_write_are_counted_once() -> None:
    """A commit that was not written puts its counts back; a later one brings them, once."""
    memory: list[Bench] = []

    async def interlope() -> None:
        await memory[0].put(b"x")

    one = bench(lambda store: LosesRaces(store, interlope))
    memory.append(one)
    one.refusals.count_send(LIMIT)
    one.clock.advance(5)
    one.store_clock.hear(one.clock.wall())

    await one.loop.run(KEY, append("a"), belief=Belief(known=True))
    assert one.refusals.waiting() == {f"refused_send.{LIMIT}": 1}
    one.clock.advance(5)
    await one.loop.run(KEY, append("a"))

    assert await one.counted(f"refused_send.{LIMIT}") == 1


async def test_counts_of_a_lost_reply_are_not_sent_again() -> None:
    """Whether they were written nobody knows; counting twice would be worse than not at all."""
    one = bench(lambda store: LosesReplies(store, [Loss.RAISED]))
    one.refusals.count_send(LIMIT)
    one.clock.advance(5)
    one.store_clock.hear(one.clock.wall())

    with pytest.raises(StoreUnavailable):
        await one.loop.run(KEY, append("a"), belief=Belief(known=True))
    one.clock.advance(5)
    await one.loop.run(KEY, append("a"))

    assert await one.counted(f"refused_send.{LIMIT}") == 1
    assert one.refusals.waiting() == {}


async def test_counts_can_be_sent_at_once() -> None:
    """At close what waits is sent without waiting for five seconds, by the time that is given."""
    one = bench()
    one.refusals.count_send(LIMIT)

    await one.loop.send_counts(one.clock.wall())
    await one.loop.send_counts(one.clock.wall())

    assert await one.counted(f"refused_send.{LIMIT}") == 1


async def test_nothing_is_sent_where_nothing_waits() -> None:
    """Closing an idle verifier touches no store."""
    one = bench(CountsCalls)

    await one.loop.send_counts(NOON)

    assert isinstance(one.store, CountsCalls)
    assert one.store.answers == []


def test_counts_hold_nobody_up() -> None:
    """A store that is gone or silent costs the counts, raises nowhere, and takes two seconds."""

    async def send(wrap: Callable[[Store], Store]) -> None:
        one = bench(wrap, LoopClock())
        one.refusals.count_send(LIMIT)
        await one.loop.send_counts(NOON)

    assert run_virtually(send(Hangs))[1] == 2.0
    assert run_virtually(send(lambda store: FailsAt(store, {0})))[1] == 0.0


async def test_a_sink_that_raises_undoes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken event sink changes neither what was written nor what the caller hears."""
    one = bench()

    def fail(_: Event) -> None:
        raise RuntimeError("the sink is broken")

    monkeypatch.setattr(one.events, "emit", fail)

    assert await one.loop.run(KEY, append("a")) == "a"
    assert (await one.loop.read(KEY))[0] == "a"

"""The loop: decide on what was seen last, commit; a lost race decides again, time ends it."""

from __future__ import annotations

import asyncio
import collections
import itertools
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsverify.adapters.memory.store import MemoryStore
from smsverify.application import beliefs
from smsverify.application.commit_loop import CommitLoop
from smsverify.application.refusal_counts import RefusalCounts
from smsverify.application.store_clock import StoreClock
from smsverify.domain.counters import Add, day_key
from smsverify.domain.decisions import Decision
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.events import Event, StoreFailed
from smsverify.domain.periods import Millis
from smsverify.errors import StoreContended, StoreDataInvalid, StoreError, StoreUnavailable
from smsverify.ports.store import Conflict, Loaded, Store, Swap, Written
from smsverify.testing import (
    CountsCalls,
    FailsAt,
    Hold,
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
    """
    A process with a loop over texts, and what it works with.

    Attributes:
        memory: the store inside of ``store``, where other processes write as well.
    """

    loop: CommitLoop[str]
    store: Store
    memory: MemoryStore
    clock: Any
    refusals: RefusalCounts
    events: Recorder
    store_clock: StoreClock

    async def put(self, value: bytes | None, keep: Millis | None = None) -> None:
        """Store or delete a record as another process does."""
        swap = Swap(KEY, await self.stored(), value, keep)
        answer = await self.memory.commit((swap,), (), self.clock.wall())
        assert isinstance(answer, Written)

    async def stored(self) -> bytes | None:
        """Return the record as it is stored."""
        return (await self.memory.load((KEY,))).records[0]

    async def counted(self, field: str) -> int:
        """Return one of the day's counters."""
        loaded = await self.memory.load((), (day_key(self.clock.wall()),))
        return loaded.counters[0].get(field, 0)

    def calls(self) -> tuple[int, int]:
        """Return how many loads and commits there were since this was last asked."""
        assert isinstance(self.store, CountsCalls)
        counted = (self.store.loads, len(self.store.answers))
        self.store.loads = 0
        self.store.answers.clear()
        return counted


def bench(
    wrap: Callable[[Store], Store] = lambda store: store,
    clock: Any = None,
    host: Any = None,
    memory: MemoryStore | None = None,
) -> Bench:
    """
    Build a loop over a store in memory.

    ``host`` is this host's clock where it differs, ``memory`` a store that others use too.
    """
    clock = clock or ManualClock()
    memory = memory or MemoryStore(clock)
    store = wrap(memory)
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
    return Bench(loop, store, memory, clock, refusals, events, store_clock)


def append(letter: str) -> Any:
    """Return a rule that puts a letter behind the record."""

    def decide(record: str | None, now: Millis) -> Decision[str, str]:
        text = (record or "") + letter
        return Decision(text, text, events=(Told(text),))

    return decide


def look(record: str | None, now: Millis) -> Decision[str, tuple[str | None, Millis]]:
    """Return what was read, and write nothing."""
    return Decision((record, now))


def clear(record: str | None, now: Millis) -> Decision[str, str]:
    """Write the empty record."""
    return Decision("gone", "")


class UpTo:
    """
    A rule that puts a letter behind the record, and refuses one that is long enough.

    Attributes:
        asked: the records that it was asked about.
    """

    def __init__(self, most: int, letter: str = "a") -> None:
        self.asked: list[str | None] = []
        self._most = most
        self._append = append(letter)

    def __call__(self, record: str | None, now: Millis) -> Decision[str, str]:
        """Decide."""
        self.asked.append(record)
        if len(record or "") >= self._most:
            return Decision(f"full: {record}", events=(Told(f"full: {record}"),))
        decision: Decision[str, str] = self._append(record, now)
        return decision


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
    assert one.calls() == (1, 0)
    assert one.events.events == [Told("no")]


async def test_the_empty_record_is_deleted() -> None:
    """A decision for the empty record leaves no key."""
    one = bench()
    await one.put(b"something")

    await one.loop.run(KEY, clear)

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


# ── what is seen last is believed ─────────────────────────────────────────────────────────────


async def test_a_number_never_seen_needs_no_load() -> None:
    """With the time known, a first write to what is likely new commits against nothing."""
    one = bench(CountsCalls)
    one.store_clock.hear(NOON)

    assert await one.loop.run(KEY, append("a"), is_likely_new=True) == "a"

    assert one.calls() == (0, 1)


async def test_a_key_never_met_is_looked_at() -> None:
    """Who doesn't say that a key is likely new has it loaded first."""
    one = bench(CountsCalls)
    one.store_clock.hear(NOON)
    await one.put(b"x")

    assert await one.loop.run(KEY, append("a")) == "xa"

    assert one.calls() == (1, 1)


async def test_without_a_time_it_asks_first() -> None:
    """A host that has heard no time never commits blind."""
    one = bench(CountsCalls)

    await one.loop.run(KEY, append("a"), is_likely_new=True)

    assert one.calls() == (1, 1)


async def test_an_old_time_is_asked_again() -> None:
    """A time that was heard more than ten seconds ago is no time."""
    one = bench(CountsCalls)
    one.store_clock.hear(NOON)
    one.clock.advance(10.001)

    await one.loop.run(KEY, append("a"), is_likely_new=True)

    assert one.calls() == (1, 1)


async def test_what_is_loaded_for_the_time_is_what_counts() -> None:
    """Where the time has to be asked for, the record that comes with it replaces the belief."""
    one = bench(CountsCalls)
    await one.loop.run(KEY, append("a"))
    await one.put(b"xyz")
    one.clock.advance(10.001)
    one.calls()

    assert await one.loop.run(KEY, append("b")) == "xyzb"

    assert one.calls() == (1, 1)


async def test_a_conflict_brings_the_record_along() -> None:
    """A blind commit on a record that is there decides again on it, without a load."""
    one = bench(CountsCalls)
    await one.put(b"x")
    one.store_clock.hear(NOON)

    assert await one.loop.run(KEY, append("a"), is_likely_new=True) == "xa"

    assert one.calls() == (0, 2)
    assert one.events.events == [Told("xa")]


@pytest.mark.parametrize("is_likely_new", [True, False])
async def test_what_this_process_wrote_needs_no_load(is_likely_new: bool) -> None:
    """Each run commits on what the one before it wrote, also if that was a deletion."""
    one = bench(CountsCalls)
    assert await one.loop.run(KEY, append("a")) == "a"
    assert one.calls() == (1, 1)

    assert await one.loop.run(KEY, append("b"), is_likely_new=is_likely_new) == "ab"
    await one.loop.run(KEY, clear, is_likely_new=is_likely_new)
    rule = UpTo(1, "c")
    assert await one.loop.run(KEY, rule, is_likely_new=is_likely_new) == "c"

    assert one.calls() == (0, 3)
    assert await one.stored() == b"c"
    assert rule.asked == [None]


async def test_keys_are_believed_separately() -> None:
    """What was written to one phone says nothing of another."""
    one = bench(CountsCalls)
    await one.loop.run("p:another", append("a"))
    await one.put(b"x")
    one.calls()

    assert await one.loop.run(KEY, append("b")) == "xb"
    assert await one.loop.run("p:another", append("c")) == "ac"

    assert one.calls() == (1, 2)


@pytest.mark.parametrize("found", [b"xyz", b"", None], ids=["written", "emptied", "deleted"])
async def test_another_writer_in_between_is_seen(found: bytes | None) -> None:
    """A belief that became wrong costs one conflict, and the decision rests on what is there."""
    one = bench(CountsCalls)
    await one.loop.run(KEY, append("a"))
    await one.put(found)
    one.calls()
    there = "" if found is None else found.decode()

    assert await one.loop.run(KEY, append("b")) == there + "b"
    assert one.calls() == (0, 2)
    assert await one.loop.run(KEY, append("c")) == there + "bc"

    assert one.calls() == (0, 1)
    assert one.events.events == [Told("a"), Told(there + "b"), Told(there + "bc")]


async def test_a_record_that_was_forgotten_is_not_brought_back() -> None:
    """After its keeping the store has nothing, and so does the next decision."""
    one = bench(CountsCalls)
    one.loop._keeping = lambda record, now: 4_000
    await one.loop.run(KEY, append("a"))
    one.clock.advance(4)
    await one.loop.run("p:another", append("x"))  # with which the store deletes what is over
    assert await one.stored() is None
    one.calls()

    assert await one.loop.run(KEY, append("b")) == "b"

    assert one.calls() == (0, 2)
    assert await one.stored() == b"b"


async def test_what_a_lost_reply_left_is_seen() -> None:
    """A commit whose reply is lost may stand: the next run finds it with its conflict."""
    one = bench(lambda store: CountsCalls(LosesReplies(store, [Loss.NONE, Loss.RAISED])))
    await one.loop.run(KEY, append("a"))
    with pytest.raises(StoreUnavailable):
        await one.loop.run(KEY, append("b"))
    one.calls()

    assert await one.loop.run(KEY, append("c")) == "abc"

    assert one.calls() == (0, 2)


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many phones are written to and refused, few are remembered."""
    monkeypatch.setattr(beliefs, "REMEMBERED", 8)
    one = bench()

    for number in range(40):
        await one.loop.run(f"p:{number}", append("a"), is_likely_new=True)
        await one.loop.run(f"p:{number % 20} refused", look, is_likely_new=True)
        assert len(one.loop._beliefs._by_key) <= 8

    assert await one.loop.run("p:0", append("b"), is_likely_new=True) == "ab"


# ── verdicts that write nothing ───────────────────────────────────────────────────────────────


async def test_a_verdict_that_writes_nothing_is_not_given_on_a_belief() -> None:
    """No commit would tell that the belief is wrong: a refusal rests on what is stored now."""
    one = bench(CountsCalls)
    await one.put(b"something")
    one.store_clock.hear(NOON - 1_000)

    assert await one.loop.run(KEY, look, is_likely_new=True) == ("something", NOON)

    assert one.calls() == (1, 0)


async def test_a_refusal_on_a_belief_that_became_wrong_is_none() -> None:
    """Another process made room: the look that a refusal needs shows it, and nobody is refused."""
    one, rule = bench(CountsCalls), UpTo(2)
    await one.loop.run(KEY, append("xy"))
    await one.put(b"z")
    one.calls()

    assert await one.loop.run(KEY, rule) == "za"

    assert one.calls() == (1, 1)
    assert rule.asked == ["xy", "z"]
    assert one.events.events == [Told("xy"), Told("za")]
    assert await one.stored() == b"za"


async def test_a_refusal_that_only_the_store_knows_is_one() -> None:
    """Another process filled it: the conflict shows it, and no look is needed beside."""
    one, rule = bench(CountsCalls), UpTo(2)
    await one.loop.run(KEY, append("x"))
    await one.put(b"xyz")
    one.calls()

    assert await one.loop.run(KEY, rule) == "full: xyz"

    assert one.calls() == (0, 1)
    assert rule.asked == ["x", "xyz"]
    assert one.events.events == [Told("x"), Told("full: xyz")]
    assert await one.stored() == b"xyz"


@pytest.mark.parametrize("is_likely_new", [True, False])
async def test_a_refusal_after_a_refusal_is_one_load_and_one_decision(is_likely_new: bool) -> None:
    """Only the first decides on a belief in vain; then the look comes first, on and on."""
    one, rule = bench(CountsCalls), UpTo(2)
    await one.loop.run(KEY, append("xy"))
    one.calls()

    assert await one.loop.run(KEY, rule, is_likely_new=is_likely_new) == "full: xy"
    assert one.calls() == (1, 0)
    assert rule.asked == ["xy", "xy"]
    rule.asked.clear()
    for _ in range(3):
        assert await one.loop.run(KEY, rule, is_likely_new=is_likely_new) == "full: xy"

    assert one.calls() == (3, 0)
    assert rule.asked == ["xy"] * 3


@pytest.mark.parametrize("is_likely_new", [True, False])
async def test_after_a_refusal_the_look_comes_first(is_likely_new: bool) -> None:
    """Nothing is believed of a key that was refused, nor that it is new, until it is written."""
    one = bench(CountsCalls)
    await one.put(b"x")
    await one.loop.run(KEY, look, is_likely_new=is_likely_new)
    one.calls()

    assert await one.loop.run(KEY, append("a"), is_likely_new=is_likely_new) == "xa"
    assert one.calls() == (1, 1)
    assert await one.loop.run(KEY, append("b"), is_likely_new=is_likely_new) == "xab"

    assert one.calls() == (0, 1)


async def test_a_repeated_commit_knows_its_own_record_without_a_look() -> None:
    """The adapter gave the commit again: its conflict is this run's own look at what it wrote."""
    one = bench(lambda store: CountsCalls(LosesReplies(store, [Loss.REPEATED])))
    one.store_clock.hear(NOON)

    def once(record: str | None, now: Millis) -> Decision[str, str]:
        return Decision("mine" if record else "written", None if record else "a")

    assert await one.loop.run(KEY, once, is_likely_new=True) == "mine"

    assert one.calls() == (0, 1)


# ── however it comes about ────────────────────────────────────────────────────────────────────


@attrs.frozen
class Turn:
    """One call at one of three processes, some seconds after the one before."""

    process: int
    rule: str
    is_likely_new: bool
    seconds: float


TURNS = st.builds(
    Turn,
    st.integers(0, 2),
    st.sampled_from(["append", "up to 3", "clear", "look"]),
    st.booleans(),
    st.sampled_from([0.0, 0.0, 0.0, 4.0, 11.0]),
)


@given(st.lists(TURNS, max_size=20))
def test_no_belief_changes_a_verdict(turns: list[Turn]) -> None:
    """Whoever wrote in between, calls are told what a text in one's hand tells, in two commands."""

    async def play() -> None:
        clock = ManualClock()
        memory = MemoryStore(clock)
        processes = [bench(CountsCalls, clock, memory=memory) for _ in range(3)]
        text = ""
        for number, turn in enumerate(turns):
            clock.advance(turn.seconds)
            one, letter = processes[turn.process], chr(ord("a") + number)
            rules: dict[str, Any] = {
                "append": append(letter),
                "up to 3": UpTo(3, letter),
                "clear": clear,
                "look": look,
            }
            told = await one.loop.run(KEY, rules[turn.rule], is_likely_new=turn.is_likely_new)
            if turn.rule == "look":
                assert told == (text or None, clock.wall())
            elif turn.rule == "clear":
                text = ""
            elif turn.rule == "up to 3" and len(text) >= 3:
                assert told == f"full: {text}"
            else:
                text += letter
                assert told == text
            assert await one.stored() == (text.encode() or None)
            assert sum(one.calls()) <= 2

    asyncio.run(play())


@example([1, 1, 1, 1, 1, 1], 3)
@example([3, 3, 3], 9)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.integers(1, 12))
def test_a_crowd_is_told_what_became_of_it(crowds: list[int], most: int) -> None:
    """Of calls all at once in several processes each is written once, or refused what is full."""

    async def play() -> None:
        clock = ManualClock()
        memory = MemoryStore(clock)
        letters = (chr(ord("A") + number) for number in range(26))
        calls: dict[str, Coroutine[Any, Any, str]] = {}
        processes = [bench(CountsCalls, clock, memory=memory) for _ in crowds]
        for one, size in zip(processes, crowds, strict=True):
            for letter in itertools.islice(letters, size):
                calls[letter] = one.loop.run(KEY, UpTo(most, letter), is_likely_new=True)
        told = dict(zip(calls, await asyncio.gather(*calls.values()), strict=True))
        text = ((await memory.load((KEY,))).records[0] or b"").decode()

        assert len(text) == min(most, len(calls))
        written = {letter: verdict for letter, verdict in told.items() if letter in text}
        assert written == {text[end - 1]: text[:end] for end in range(1, len(text) + 1)}
        assert {told[letter] for letter in told if letter not in text} <= {f"full: {text}"}
        answers = [answer for one in processes for answer in one.store.answers]  # type: ignore[attr-defined]
        assert sum(isinstance(answer, Written) for answer in answers) == len(text)

    asyncio.run(play())


# ── a crowd in one process ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("first", ["known", "never met"])
async def test_a_crowd_of_one_process_needs_no_load(first: str) -> None:
    """All try at once, one wins; then each commits on what the one before it wrote, and wins."""
    one = bench(CountsCalls)
    one.store_clock.hear(NOON)
    if first == "known":
        await one.loop.run(KEY, clear)
        one.calls()

    runs = (one.loop.run(KEY, append("a"), is_likely_new=True) for _ in range(20))
    told = await asyncio.gather(*runs)

    assert sorted(told, key=len) == ["a" * count for count in range(1, 21)]
    assert isinstance(one.store, CountsCalls)
    assert sum(isinstance(answer, Written) for answer in one.store.answers) == 20
    assert sum(isinstance(answer, Conflict) for answer in one.store.answers) == 19
    assert one.calls() == (0, 39)


async def test_a_crowd_that_is_refused_looks_once_each_and_writes_nothing() -> None:
    """Those for whom nothing is left see that for themselves: no commit, no second decision."""
    one = bench(CountsCalls)
    one.store_clock.hear(NOON)
    rules = [UpTo(2) for _ in range(8)]

    told = await asyncio.gather(*(one.loop.run(KEY, rule, is_likely_new=True) for rule in rules))

    assert sorted(told) == ["a", "aa", *["full: aa"] * 6]
    # Eight try at once; one more wins in its turn. The third believes the second, and so decides
    # once more than the others, who know that there is nothing to believe.
    assert one.calls() == (6, 8 + 1)
    asked = sorted(len(rule.asked) for rule in rules)
    assert asked == [1, 2, 2, 2, 2, 2, 2, 3]


def test_a_crowd_does_not_hang_with_one_of_it() -> None:
    """One who hears nothing of the store ends alone; those behind him wait for half a second."""

    class HangsAt(WrappedStore):
        def __init__(self, store: Store) -> None:
            super().__init__(store)
            self.commits = itertools.count()

        async def commit(self, swaps: Sequence[Swap], adds: Sequence[Add], at: Millis) -> Any:
            if next(self.commits) == 7:
                await asyncio.sleep(1e9)
            return await super().commit(swaps, adds, at)

    async def one_of(one: Bench) -> tuple[str, float]:
        try:
            await one.loop.run(KEY, append("a"), is_likely_new=True)
        except StoreError:
            told = "failed"
        else:
            told = "written"
        return told, one.clock.monotonic()

    async def crowd() -> list[tuple[str, float]]:
        one = bench(HangsAt, LoopClock())
        one.store_clock.hear(NOON)
        return await asyncio.gather(*(one_of(one) for _ in range(6)))

    told = sorted(run_virtually(crowd())[0])

    assert [what for what, _ in told] == ["failed", *["written"] * 5]
    assert told[0][1] == 2.0
    assert max(at for _, at in told[1:]) < 0.6


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

    assert await one.loop.run(KEY, decide, is_likely_new=True) == "written"

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


async def test_what_was_seen_goes_with_the_time_when_it_was() -> None:
    """A decision after a pause is made by the time of the conflict that its record came with."""
    memory: list[Bench] = []
    letters = iter("xyz")

    async def interlope() -> None:
        await memory[0].put(next(letters).encode())

    one = bench(lambda store: LosesRaces(store, interlope, 3))
    memory.append(one)
    times: list[tuple[Millis, Millis]] = []

    def decide(record: str | None, now: Millis) -> Decision[str, str]:
        times.append((now - NOON, one.clock.wall() - NOON))
        return Decision("written", f"{record}!")

    await one.loop.run(KEY, decide)

    # Two and four milliseconds of pause lie between the last three.
    assert times == [(0, 0), (0, 0), (0, 2), (2, 6)]


def test_time_ends_a_race_that_is_always_lost() -> None:
    """After two seconds of lost races the answer is "contended", and the log hears of it."""
    counter = itertools.count()
    memory: list[Bench] = []

    async def interlope() -> None:
        await memory[0].put(str(next(counter)).encode())

    async def race() -> str:
        one = bench(lambda store: LosesRaces(store, interlope, 10**9), LoopClock())
        memory.append(one)
        with pytest.raises(StoreContended) as raised:
            await one.loop.run(KEY, append("a"))
        assert one.events.events == [StoreFailed(raised.value.code, str(raised.value))]
        return str(raised.value)

    told, waited = run_virtually(race())

    assert waited == pytest.approx(2.0, abs=0.06)
    assert told == "Others wrote to this phone's record until the time was up. Try again."


class LosesThenStands(WrappedStore):
    """A store where others are first once; then it writes, and its answer never comes."""

    raced = False

    async def commit(self, swaps: Sequence[Swap], adds: Sequence[Add], at: Millis) -> Any:
        """Lose, then write and stand."""
        if not self.raced:
            self.raced = True
            await self.store.commit((attrs.evolve(swaps[0], new=b"x"),), (), at)
            return await super().commit(swaps, adds, at)
        await super().commit(swaps, adds, at)
        return await asyncio.sleep(1e9)


def test_time_that_ends_while_a_commit_stands_is_no_contention() -> None:
    """Nobody knows whether it was written, so nobody is told that nothing was decided."""

    async def race() -> bytes | None:
        one = bench(LosesThenStands, LoopClock())
        with pytest.raises(StoreUnavailable):
            await one.loop.run(KEY, append("a"))
        return await one.stored()

    assert run_virtually(race()) == (b"xa", 2.0)


class LosesThenHangs(WrappedStore):
    """A store where others are first once, after which it answers no more loads."""

    raced = False

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """Wait for ever once a race was lost."""
        if self.raced:
            await asyncio.sleep(1e9)
        return await super().load(records, counters)

    async def commit(self, swaps: Sequence[Swap], adds: Sequence[Add], at: Millis) -> Any:
        """Lose."""
        self.raced = True
        await self.store.commit((attrs.evolve(swaps[0], new=b"x"),), (), at)
        return await super().commit(swaps, adds, at)


def test_a_store_that_falls_silent_after_a_lost_race_is_not_contended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who has to look and gets no answer waits for the store, and not for others."""

    async def race() -> None:
        one = bench(LosesThenHangs, LoopClock())
        kept = one.loop._beliefs
        await one.loop.read(KEY)
        kept.set(KEY, beliefs.Belief())
        # Another caller is refused after each lost race, and so this process forgets what it saw.
        monkeypatch.setattr(kept, "set", lambda key, _: beliefs.Beliefs.set(kept, key, None))
        with pytest.raises(StoreUnavailable):
            await one.loop.run(KEY, append("a"))

    assert run_virtually(race())[1] == 2.0


def test_one_lost_race_is_enough_to_be_contended() -> None:
    """Who lost a single race late, and waits for his turn when the time is up, knows of others."""

    class LosesLate(WrappedStore):
        async def commit(self, swaps: Sequence[Swap], adds: Sequence[Add], at: Millis) -> Any:
            await asyncio.sleep(1.75)
            await self.store.commit((Swap(KEY, None, b"x", None),), (), at)
            return await super().commit(swaps, adds, at)

    async def race() -> None:
        one = bench(LosesLate, LoopClock())
        async with one.loop._turns.take(KEY):
            with pytest.raises(StoreContended):
                await one.loop.run(KEY, append("a"))

    assert run_virtually(race())[1] == 2.0


def test_who_lost_a_race_keeps_no_other_key_waiting() -> None:
    """While a second try at one key is under way, a second try at another one goes through."""
    hold = Hold()

    class Crowded(WrappedStore):
        def __init__(self, store: Store) -> None:
            super().__init__(store)
            self.tries = collections.Counter[str]()

        async def commit(self, swaps: Sequence[Swap], adds: Sequence[Add], at: Millis) -> Any:
            (swap,) = swaps
            self.tries[swap.key] += 1
            if self.tries[swap.key] == 1:
                await self.store.commit((Swap(swap.key, None, b"x", None),), (), at)
            elif swap.key == KEY:
                await hold.stop()
            return await super().commit(swaps, adds, at)

    async def race_at_both() -> tuple[str, str]:
        one = bench(Crowded, LoopClock())
        task = asyncio.create_task(one.loop.run(KEY, append("a")))
        await hold.arrival()
        another = await one.loop.run("p:another", append("b"))
        hold.release()
        return another, await task

    assert run_virtually(race_at_both()) == (("xb", "xa"), 0.0)


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
            "blind": lambda: one.loop.run(KEY, append("a"), is_likely_new=True),
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
        return Decision("in", "a", tuple(adds), refusals.__getitem__, (Told("in"),))

    assert await one.loop.run(KEY, decide) == f"over {full}"

    assert await one.stored() is None
    assert (await one.store.load((), ("day:x",))).counters == ({},)
    assert one.events.events == [Told(f"over {full}")]


async def test_a_ceiling_is_reached_on_what_is_stored_only() -> None:
    """On a wrong belief the conflict comes before any ceiling, which is then of what is there."""
    one = bench(CountsCalls)
    await one.loop.run(KEY, append("a"))
    await one.put(b"xyz")
    one.calls()

    def decide(record: str | None, now: Millis) -> Decision[str, str]:
        full = Decision[str, str](f"over with {record}")
        return Decision("in", "new", (Add("day:x", "field", 5, 4, now),), lambda _: full)

    assert await one.loop.run(KEY, decide) == "over with xyz"
    assert one.calls() == (0, 2)
    assert await one.loop.run(KEY, append("b")) == "xyzb"

    assert one.calls() == (0, 1)


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
        await one.loop.run(KEY, append("a"), is_likely_new=True)

    assert await one.stored() == b"\xff\xfe"


@pytest.mark.parametrize("rule", [append("a"), UpTo(1)], ids=["writes", "refuses"])
async def test_garbage_in_the_place_of_what_is_believed_is_not_overwritten(rule: Any) -> None:
    """Nor does anybody go on with the record that was there before."""
    one = bench()
    await one.loop.run(KEY, append("x"))
    await one.put(b"\xff\xfe")

    for _ in range(2):
        with pytest.raises(StoreDataInvalid):
            await one.loop.run(KEY, rule)

    assert await one.stored() == b"\xff\xfe"


async def test_an_outage_of_a_read_is_told_too() -> None:
    """Reading raises as deciding does, with its event."""
    one = bench(lambda store: FailsAt(store, {0}))

    with pytest.raises(StoreUnavailable) as raised:
        await one.loop.read(KEY)

    assert one.events.events == [StoreFailed(ErrorCode.STORE_UNAVAILABLE, str(raised.value))]


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
    one.calls()
    await one.loop.run("p:new", append("b"), is_likely_new=True)

    assert await one.counted(f"refused_send.{LIMIT}") == 1
    assert one.calls() == (0, 1)
    assert one.refusals.waiting() == {}


async def test_counts_go_beside_a_load() -> None:
    """Under attack nothing is written but refusals: their counts go beside a load."""
    one = bench(CountsCalls)
    await one.loop.run(KEY, look)
    one.refusals.count_check(LIMIT)
    one.clock.advance(5)

    one.calls()

    await one.loop.run(KEY, look)

    assert await one.counted(f"refused_check.{LIMIT}") == 1
    assert one.calls() == (1, 1)


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

    await one.loop.run(KEY, append("a"), is_likely_new=True)
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
        await one.loop.run(KEY, append("a"), is_likely_new=True)
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


async def test_counts_wait_where_the_time_is_not_known() -> None:
    """A load of a host that has heard no time of the store takes no counts along."""
    one = bench(CountsCalls)
    one.refusals.count_send(LIMIT)
    one.clock.advance(60)

    await one.loop.read(KEY)

    assert one.refusals.waiting() == {f"refused_send.{LIMIT}": 1}
    assert isinstance(one.store, CountsCalls)
    assert one.store.answers == []


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


def test_counts_beside_a_load_hold_nobody_up() -> None:
    """A store that reads and can't write has the caller wait a quarter of a second longer."""

    class ReadsOnly(WrappedStore):
        async def commit(self, swaps: Sequence[Swap], adds: Sequence[Add], at: Millis) -> Any:
            await asyncio.sleep(1e9)
            return await super().commit(swaps, adds, at)

    async def read() -> tuple[str | None, Millis]:
        one = bench(ReadsOnly, LoopClock())
        one.store_clock.hear(NOON)
        one.refusals.count_send(LIMIT)
        await asyncio.sleep(5)
        return await one.loop.read(KEY)

    assert run_virtually(read()) == ((None, NOON + 5_000), 5.25)


async def test_a_sink_that_raises_undoes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken event sink changes neither what was written nor what the caller hears."""
    one = bench()

    def fail(_: Event) -> None:
        raise RuntimeError("the sink is broken")

    monkeypatch.setattr(one.events, "emit", fail)

    assert await one.loop.run(KEY, append("a")) == "a"
    assert (await one.loop.read(KEY))[0] == "a"

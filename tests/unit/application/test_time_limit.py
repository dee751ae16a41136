"""One time limit for many calls: to each it is what asyncio.timeout would be, for one timer."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import Context
from typing import Any, TypeAlias, TypeVar, TypeVarTuple, Unpack

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsverify.application.time_limit import TimeLimit
from tests.unit.virtual_time import VirtualLoop, run_virtually

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

SPAN = 2.0
FOR_EVER = 1e9


def now() -> float:
    """Return the loop's time."""
    return asyncio.get_running_loop().time()


def cancelling() -> int:
    """Return how many cancellations of the current task nobody has answered."""
    task = asyncio.current_task()
    assert task is not None
    return task.cancelling()


async def under(limit: TimeLimit, work: Awaitable[T]) -> T:
    """Do something under a limit."""
    with limit.start():
        return await work


async def hang(limit: TimeLimit) -> float:
    """Do nothing under a limit; return how long it took until that was a timeout."""
    begun = now()
    with pytest.raises(TimeoutError):
        await under(limit, asyncio.sleep(FOR_EVER))
    return now() - begun


async def telling(told: list[BaseException], work: Awaitable[T]) -> T:
    """Do something, and note what it is ended by."""
    try:
        return await work
    except BaseException as error:
        told.append(error)
        raise


async def persist() -> str:
    """Do nothing; when that is cancelled, take ten spans to come to an end all the same."""
    try:
        await asyncio.sleep(FOR_EVER)
    except asyncio.CancelledError:
        await asyncio.sleep(10 * SPAN)
    return "done"


# ── one call ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seconds", [0.0, SPAN - 0.001])
def test_who_is_in_time_is_left_alone(seconds: float) -> None:
    """A call that ends before its time is up meets nothing, then or later."""

    async def work() -> str:
        result = await under(TimeLimit(SPAN), asyncio.sleep(seconds, "done"))
        await asyncio.sleep(10 * SPAN)
        return result

    assert run_virtually(work())[0] == "done"


def test_when_the_time_is_up_it_is_a_timeout() -> None:
    """The call is cancelled, its caller gets TimeoutError, and the task is as it was before."""

    async def work() -> tuple[BaseException, int, float]:
        told: list[BaseException] = []
        with pytest.raises(TimeoutError) as raised:
            await under(TimeLimit(SPAN), telling(told, asyncio.sleep(FOR_EVER)))
        assert isinstance(told[0], asyncio.CancelledError)
        assert raised.value.__cause__ is told[0]
        return raised.value, cancelling(), now()

    (error, left, at), _ = run_virtually(work())

    assert type(error) is TimeoutError
    assert (left, at) == (0, SPAN)


def test_what_the_call_raises_passes() -> None:
    """An error of its own reaches the caller, also when the call raises it for want of time."""

    async def fail() -> None:
        raise LookupError

    async def fail_late() -> None:
        try:
            await asyncio.sleep(FOR_EVER)
        except asyncio.CancelledError:
            raise LookupError from None

    async def work() -> tuple[float, int]:
        for call in (fail, fail_late):
            with pytest.raises(LookupError):
                await under(TimeLimit(SPAN), call())
        return now(), cancelling()

    assert run_virtually(work())[0] == (SPAN, 0)


def test_a_call_that_does_not_mind_goes_on() -> None:
    """Who catches the cancellation has an answer after all, and is asked once only."""

    async def work() -> tuple[str, float, int]:
        return await under(TimeLimit(SPAN), persist()), now(), cancelling()

    assert run_virtually(work())[0] == ("done", 11 * SPAN, 0)


def test_a_limit_needs_a_task() -> None:
    """Where there is no task that could be cancelled, that is said at once."""

    async def work() -> BaseException:
        heard: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

        def begin() -> None:
            try:
                TimeLimit(SPAN).start().__enter__()
            except RuntimeError as error:
                heard.set_result(error)

        asyncio.get_running_loop().call_soon(begin)
        return await heard

    assert str(run_virtually(work())[0]) == "A time limit can only be set inside a task."


# ── cancelled by others ───────────────────────────────────────────────────────────────────────


def test_who_is_cancelled_by_others_is_cancelled() -> None:
    """A caller that goes away before the time is up gets no TimeoutError."""

    async def work() -> float:
        task = asyncio.ensure_future(hang(TimeLimit(SPAN)))
        await asyncio.sleep(SPAN / 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return now()

    assert run_virtually(work())[0] == SPAN / 2


@pytest.mark.parametrize("first", ["limit", "other"])
def test_a_cancellation_at_the_same_moment_is_not_swallowed(first: str) -> None:
    """When the time is up and somebody cancels before the task hears of it, cancelled it is."""

    async def work() -> tuple[list[str], float, int]:
        order: list[str] = []

        def cancel() -> None:
            order.append("limit" if task.cancelling() else "other")
            task.cancel()

        task = asyncio.ensure_future(hang(TimeLimit(SPAN)))
        if first == "limit":
            await asyncio.sleep(0)  # it begins, and so its timer is the first of the two
        asyncio.get_running_loop().call_at(SPAN, cancel)
        with pytest.raises(asyncio.CancelledError):
            await task
        return order, now(), task.cancelling()

    assert run_virtually(work())[0] == ([first], SPAN, 1)


def test_who_is_being_cancelled_already_has_a_limit_too() -> None:
    """A call that somebody makes while he is leaving ends with TimeoutError as any other."""

    async def leave() -> float:
        try:
            await asyncio.sleep(FOR_EVER)
        except asyncio.CancelledError:
            return await hang(TimeLimit(SPAN))
        raise AssertionError

    async def work() -> tuple[float, int]:
        task = asyncio.ensure_future(leave())
        await asyncio.sleep(1)
        task.cancel()
        return await task, task.cancelling()

    assert run_virtually(work())[0] == (SPAN, 1)


# ── several limits of one task ────────────────────────────────────────────────────────────────


def test_the_shorter_one_inside_ends_first_and_the_task_goes_on() -> None:
    """An inner timeout that is caught leaves the outer limit as it was."""

    async def inside(lasted: list[float]) -> None:
        limit = TimeLimit(SPAN)
        lasted += [await hang(limit), await hang(limit)]
        await asyncio.sleep(FOR_EVER)

    async def work() -> tuple[list[float], float]:
        lasted: list[float] = []
        with pytest.raises(TimeoutError):
            await under(TimeLimit(5), inside(lasted))
        return lasted, now()

    assert run_virtually(work())[0] == ([SPAN, SPAN], 5.0)


@pytest.mark.parametrize("inner", [SPAN, 5.0])
def test_a_limit_that_ends_no_later_outside_ends_both(inner: float) -> None:
    """The inner call is cancelled; the timeout is told by the outer one, once, and to the end."""

    async def work() -> tuple[list[str], float, int]:
        outer, told = TimeLimit(SPAN), list[BaseException]()
        within = outer if inner == SPAN else TimeLimit(inner)
        with pytest.raises(TimeoutError):
            await under(outer, telling(told, under(within, asyncio.sleep(FOR_EVER))))
        await asyncio.sleep(10)
        return [type(error).__name__ for error in told], now() - 10, cancelling()

    assert run_virtually(work())[0] == (["CancelledError"], SPAN, 0)


# ── many calls ────────────────────────────────────────────────────────────────────────────────


async def hang_after(delay: float, limit: TimeLimit) -> float:
    """Begin to hang after a while; return when it was ended."""
    await asyncio.sleep(delay)
    await hang(limit)
    return now()


def test_who_begins_later_ends_later() -> None:
    """Each call has the whole span, whenever it began."""
    delays = [0.0, 0.5, 0.5, 1.75, 1.9375, 2.0, 3.0, 9.0]

    async def work() -> list[float]:
        limit = TimeLimit(SPAN)
        return await asyncio.gather(*(hang_after(delay, limit) for delay in delays))

    assert run_virtually(work())[0] == [delay + SPAN for delay in delays]


def test_calls_that_ended_in_between_change_nothing() -> None:
    """The span of a call that hangs is neither cut nor prolonged by those that are answered."""
    delays = [0.125, 0.25, 3.0, 7.375]

    async def stream(limit: TimeLimit) -> str:
        for count in range(100):
            await under(limit, asyncio.sleep(0.0625 * (1 + count % 3)))
        return "all answered"

    async def work() -> list[object]:
        limit = TimeLimit(SPAN)
        hanging = (hang_after(delay, limit) for delay in delays)
        return list(await asyncio.gather(stream(limit), *hanging))

    assert run_virtually(work())[0] == ["all answered", *(delay + SPAN for delay in delays)]


def test_a_loop_that_was_held_up_ends_all_that_are_overdue() -> None:
    """When the loop comes back late, those whose time is up end together, and no other does."""

    async def work() -> list[float]:
        limit, loop = TimeLimit(SPAN), asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        delays = (0.0, 0.25, 0.5, 1.5)
        hanging = asyncio.gather(*(hang_after(delay, limit) for delay in delays))
        await asyncio.sleep(1.75)
        loop._impatient.skipped += 0.625  # somebody computes for so long
        return await hanging

    assert run_virtually(work())[0] == [2.375, 2.375, 2.5, 3.5]


def test_who_begins_while_one_lingers_whose_time_is_up_has_a_limit() -> None:
    """A call that takes long to end after its time leaves no other without a limit."""

    async def work() -> tuple[float, str]:
        limit = TimeLimit(SPAN)
        lingering = asyncio.ensure_future(under(limit, persist()))
        await asyncio.sleep(2 * SPAN)
        return await hang(limit), await lingering

    assert run_virtually(work())[0] == (SPAN, "done")


def test_spans_have_nothing_to_do_with_each_other() -> None:
    """A call of a shorter span that begins later ends before one of a longer span."""

    async def work() -> list[float]:
        return list(await asyncio.gather(hang(TimeLimit(10)), hang(TimeLimit(SPAN))))

    assert run_virtually(work())[0] == [10.0, SPAN]


# ── several event loops ───────────────────────────────────────────────────────────────────────


async def test_another_event_loop_has_its_own_time() -> None:
    """Calls of a loop in another thread are ended by that loop's clock, and only they."""
    limit = TimeLimit(3600)

    async def run_another() -> float:
        return await asyncio.to_thread(lambda: run_virtually(hang(limit))[0])

    lasted = await under(limit, run_another())

    assert lasted == 3600
    assert await under(limit, asyncio.sleep(0, "still works")) == "still works"


def test_many_loops_in_many_threads_share_one_object() -> None:
    """Threads that begin and end calls at once don't get into one another's way."""
    limit = TimeLimit(SPAN)

    async def one(number: int) -> float:
        for _ in range(number % 7):
            await under(limit, asyncio.sleep(0.25))
        return await hang(limit)

    async def many() -> list[float]:
        return await asyncio.gather(*(one(number) for number in range(50)))

    with ThreadPoolExecutor(8) as threads:
        lasted = list(threads.map(lambda _: run_virtually(many())[0], range(40)))

    assert lasted == [[SPAN] * 50] * 40


def test_a_loop_may_be_run_again() -> None:
    """What a loop's first run left behind does not disturb the second."""
    limit = TimeLimit(SPAN)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(under(limit, asyncio.sleep(1)))
        assert runner.run(hang(limit)) == SPAN
        assert runner.run(hang(limit)) == SPAN


# ── what it costs ─────────────────────────────────────────────────────────────────────────────


class Timers(VirtualLoop):
    """A loop that keeps the timers which the library sets, and not asyncio for its naps."""

    def __init__(self) -> None:
        super().__init__()
        self.handles: list[asyncio.TimerHandle] = []

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Set a timer, and keep it if it is ours."""
        handle = super().call_at(when, callback, *args, context=context)
        if callback.__module__.startswith("smsverify."):
            self.handles.append(handle)
        return handle

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(not one.cancelled() and one.when() > self.time() for one in self.handles)


def run_watched(work: Callable[[Timers], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine function that is told of the loop's timers."""
    with asyncio.Runner(loop_factory=Timers) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, Timers)
        return runner.run(work(loop))


def test_calls_at_once_share_a_timer() -> None:
    """A thousand calls that are answered in time set one timer between them."""

    async def work(loop: Timers) -> tuple[int, int]:
        limit = TimeLimit(SPAN)
        calls = asyncio.gather(*(under(limit, asyncio.sleep(1)) for _ in range(1000)))
        await asyncio.sleep(0.5)
        waiting = loop.waiting
        await calls
        return waiting, len(loop.handles)

    assert run_watched(work) == (1, 1)


def test_calls_share_a_timer_though_another_loop_called_in_between() -> None:
    """What is known of a loop's calls stays known while other loops use the same limit."""
    limit = TimeLimit(SPAN)

    async def begin() -> asyncio.Task[float]:
        task = asyncio.ensure_future(hang(limit))
        await asyncio.sleep(0.5)
        return task

    async def end(*hanging: asyncio.Task[float]) -> list[float]:
        return await asyncio.gather(*hanging)

    with (
        asyncio.Runner(loop_factory=Timers) as one,
        asyncio.Runner(loop_factory=Timers) as another,
    ):
        loop = one.get_loop()
        assert isinstance(loop, Timers)
        first = one.run(begin())
        another.run(under(limit, asyncio.sleep(0)))
        second = one.run(begin())
        assert (loop.waiting, len(loop.handles)) == (1, 1)
        assert one.run(end(first, second)) == [SPAN, SPAN]


def test_calls_without_end_set_a_timer_a_span() -> None:
    """Where there is always a call under way, the timer is set again when it is due, no sooner."""

    async def stream(limit: TimeLimit, delay: float) -> None:
        await asyncio.sleep(delay)
        for _ in range(800):
            await under(limit, asyncio.sleep(0.125))

    async def work(loop: Timers) -> tuple[int, float]:
        limit = TimeLimit(SPAN)
        await asyncio.gather(stream(limit, 0.0), stream(limit, 0.0625))
        return len(loop.handles), now()

    timers, seconds = run_watched(work)

    # The next one is set for a call that began an eighth of a second earlier at most.
    assert timers <= 1 + seconds / (SPAN - 0.125)


@pytest.mark.parametrize("end", ["in time", "time up", "cancelled"])
def test_no_timer_is_left_when_the_last_call_has_ended(end: str) -> None:
    """However calls end, nothing waits in the loop after them."""

    async def work(loop: Timers) -> tuple[int, int]:
        limit, seconds = TimeLimit(SPAN), 1.0 if end == "in time" else FOR_EVER
        calls = [
            asyncio.ensure_future(under(limit, asyncio.sleep(seconds, "done"))) for _ in range(3)
        ]
        await asyncio.sleep(0.5)
        during = loop.waiting
        if end == "cancelled":
            for one in calls:
                one.cancel()
        told = await asyncio.gather(*calls, return_exceptions=True)
        expected = {"in time": str, "time up": TimeoutError, "cancelled": asyncio.CancelledError}
        assert {type(one) for one in told} == {expected[end]}
        return during, loop.waiting

    assert run_watched(work) == (1, 0)


def test_nothing_is_kept_of_a_call_that_ended() -> None:
    """Its task may be forgotten at once, though another call is still under way."""

    async def call(limit: TimeLimit, seen: weakref.WeakSet[asyncio.Task[Any]]) -> None:
        task = asyncio.current_task()
        assert task is not None
        seen.add(task)
        await under(limit, asyncio.sleep(0))

    async def call_thrice(limit: TimeLimit) -> int:
        seen: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
        for _ in range(3):
            await asyncio.ensure_future(call(limit, seen))
        await asyncio.sleep(0)  # the loop itself lets go of the last one
        gc.collect()
        return len(seen)

    async def work() -> int:
        limit = TimeLimit(SPAN)
        return await under(limit, call_thrice(limit))

    assert run_virtually(work())[0] == 0


def known_to(limit: TimeLimit) -> int:
    """Return how many calls of this loop are remembered."""
    return len(limit.start()._watch._began)


def test_what_is_known_of_ended_calls_does_not_grow() -> None:
    """What began with a call under way is known at most as long as that call is."""

    async def work() -> tuple[int, int]:
        limit = TimeLimit(SPAN)
        hanging = asyncio.ensure_future(hang(limit))
        following = asyncio.ensure_future(hang_after(1, limit))
        for _ in range(30):
            await under(limit, asyncio.sleep(0.0625))
        await hanging
        await under(limit, asyncio.sleep(0))
        while_another_hangs = known_to(limit)
        await following
        return while_another_hangs, known_to(limit)

    while_another_hangs, at_the_end = run_virtually(work())[0]

    # Those that began in its first 0.875 seconds are behind it, and of the earlier ones none.
    assert while_another_hangs <= 2 + 0.875 / 0.0625
    assert at_the_end == 0


def test_what_is_known_of_a_stream_of_calls_does_not_grow() -> None:
    """Where there is always a call under way, those that it outlives are forgotten."""

    async def stream(limit: TimeLimit, delay: float, known: list[int]) -> None:
        await asyncio.sleep(delay)
        for _ in range(100):
            await under(limit, asyncio.sleep(0.125))
            known.append(known_to(limit))

    async def work() -> list[int]:
        limit, known = TimeLimit(SPAN), list[int]()
        await asyncio.gather(stream(limit, 0.0, known), stream(limit, 0.0625, known))
        return known

    known = run_virtually(work())[0]

    assert max(known) <= 3
    assert known[-1] == 0


def test_nothing_is_kept_of_loops_that_ended() -> None:
    """A program that runs one event loop after the other doesn't collect them all."""
    limit, loops = TimeLimit(SPAN), list[weakref.ref[asyncio.AbstractEventLoop]]()

    async def call() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await under(limit, asyncio.sleep(0))

    for _ in range(10):
        run_virtually(call())
    gc.collect()

    # The latest one may be remembered until there is another.
    assert [one() for one in loops[:-1]] == [None] * 9


# ── the same as asyncio.timeout ───────────────────────────────────────────────────────────────


@attrs.frozen
class Nap:
    """Wait."""

    seconds: int


@attrs.frozen
class Limited:
    """Do something within a span, and catch the timeout, or don't."""

    seconds: int
    body: Program
    catches: bool


@attrs.frozen
class Stubborn:
    """Do something, and go on if that is cancelled."""

    body: Program


@attrs.frozen
class Fail:
    """Raise an error of one's own."""


@attrs.frozen
class Leave:
    """Cancel oneself."""


Program: TypeAlias = "tuple[Nap | Limited | Stubborn | Fail | Leave, ...]"


@attrs.frozen
class Part:
    """
    What one task does.

    Attributes:
        program: its steps.
        cancelled_at: when somebody else cancels it.
    """

    program: Program
    cancelled_at: tuple[int, ...] = ()


Met: TypeAlias = tuple[str, float, int]
"""What a task met, when, and how many cancellations were not answered then."""


class Play:
    """
    Plays parts, a task for each, and notes what they meet.

    The tasks are a little apart, since nobody promises an order to those that wake at one moment.

    Args:
        limited: gives a limit of so many seconds.
    """

    def __init__(self, limited: Callable[[int], AbstractAsyncContextManager[object]]) -> None:
        self._limited = limited

    async def play(self, parts: list[Part]) -> list[tuple[list[Met], bool]]:
        """Play all; return what each met, in its order, and whether it was cancelled."""
        met: list[list[Met]] = []
        tasks: list[asyncio.Task[None]] = []
        for part in parts:
            met.append([])
            tasks.append(asyncio.ensure_future(self._one(part.program, met[-1])))
            for at in part.cancelled_at:
                asyncio.get_running_loop().call_later(at, tasks[-1].cancel)
            await asyncio.sleep(0.125)
        await asyncio.wait(tasks)
        return [(one, task.cancelled()) for one, task in zip(met, tasks, strict=True)]

    async def _one(self, program: Program, met: list[Met]) -> None:
        try:
            await self._steps(program, met)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is compared
            met.append((type(error).__name__, now(), cancelling()))

    async def _steps(self, program: Program, met: list[Met]) -> None:
        for step in program:
            match step:
                case Nap(seconds):
                    await asyncio.sleep(seconds)
                case Limited(seconds, body, catches):
                    try:
                        async with self._limited(seconds):
                            await self._steps(body, met)
                    except TimeoutError:
                        met.append(("timeout", now(), cancelling()))
                        if not catches:
                            raise
                case Stubborn(body):
                    try:
                        await self._steps(body, met)
                    except asyncio.CancelledError:
                        met.append(("went on", now(), cancelling()))
                case Fail():
                    raise LookupError
                case Leave():
                    task = asyncio.current_task()
                    assert task is not None
                    task.cancel()
            met.append((type(step).__name__, now(), cancelling()))


def limits_of_ours() -> Callable[[int], AbstractAsyncContextManager[object]]:
    """Return what gives our limits: one object for each span, as in the library."""
    objects: dict[int, TimeLimit] = {}

    @asynccontextmanager
    async def limited(seconds: int) -> AsyncIterator[None]:
        with objects.setdefault(seconds, TimeLimit(seconds)).start():
            yield

    return limited


def programs_of(inner: st.SearchStrategy[Program]) -> st.SearchStrategy[Any]:
    """Return steps around others."""
    return st.one_of(
        st.builds(Limited, st.integers(1, 4), inner, st.booleans()), st.builds(Stubborn, inner)
    )


# Small whole numbers, so that ends, naps and cancellations often fall on the same moment.
STEPS = st.recursive(
    st.one_of(st.builds(Nap, st.integers(0, 4)), st.just(Leave()), st.just(Fail())),
    lambda step: programs_of(st.lists(step, max_size=4).map(tuple)),
    max_leaves=8,
)
PARTS = st.builds(
    Part,
    st.lists(STEPS, max_size=4).map(tuple),
    st.lists(st.integers(0, 8), max_size=2).map(tuple),
)


@example([Part((Limited(2, (Nap(2),), True), Nap(1)))])
@example([Part((Limited(2, (Limited(2, (Nap(3),), True), Nap(3)), True), Nap(1)))])
@example([Part((Limited(2, (Nap(9),), True), Nap(1)), (2,)), Part((Limited(2, (Nap(9),), True),))])
@example([Part((Limited(2, (Stubborn((Nap(9),)), Nap(3), Leave(), Nap(1)), True), Nap(1)))])
@example([Part((Stubborn((Leave(), Nap(1))), Limited(2, (Nap(3),), True), Nap(1)))])
@example([Part((Limited(2, (Stubborn((Nap(9),)),), True), Nap(1)))])
@example([Part((Limited(2, (Stubborn((Nap(9),)), Fail()), True), Nap(1)))])
@given(st.lists(PARTS, min_size=1, max_size=4))
def test_to_a_call_it_is_what_asyncio_timeout_is(parts: list[Part]) -> None:
    """Whatever tasks do under limits, they meet the same as with asyncio's, at the same times."""
    ours = run_virtually(Play(limits_of_ours()).play(parts))
    theirs = run_virtually(Play(asyncio.timeout).play(parts))

    assert ours == theirs

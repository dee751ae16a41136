"""A search for any order of commands in which a store answers other than the store in memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from smsverify.adapters.memory.store import MemoryStore
from smsverify.domain.counters import Add
from smsverify.domain.periods import DAY, HOUR, MINUTE
from smsverify.ports.store import MAX_CLOCK_GAP, Loaded, Swap
from smsverify.testing.clock import ManualClock
from smsverify.testing.extra import missing_extra
from smsverify.testing.store_suite.commands import FAR_FUTURE

try:
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
except ImportError as error:
    raise missing_extra(error) from error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from smsverify.domain.periods import Millis
    from smsverify.ports.store import Store

MakeStore: TypeAlias = "Callable[[ManualClock], Store]"
"""Builds an empty store that takes its time from the clock."""

Changes: TypeAlias = dict[str, "tuple[bytes | None, Millis | None]"]
"""By key: the new value, and how long to keep it."""

_RECORDS: Final = ("p:a", "p:b", "p:c")
_GROUPS: Final = ("day:1", "day:2")
_FIELDS: Final = ("spent", "sends")
_TEN_DAYS: Final = 10 * DAY
"""No clock here gets that far, so what is kept for so long is compared, and nothing expires."""

# Few values: then a wrong guess is sometimes right, and an earlier value comes back.
_values = st.sampled_from([b"", b"1", b"two", b"\x00\xff\r\n"]) | st.binary(max_size=300)
_changes = st.dictionaries(
    st.sampled_from(_RECORDS),
    st.tuples(st.none() | _values | _values, st.sampled_from([None, _TEN_DAYS])),
    max_size=3,
)
_guesses = st.fixed_dictionaries({key: st.none() | _values for key in _RECORDS})
_adds = st.lists(
    st.builds(
        Add,
        st.sampled_from(_GROUPS),
        st.sampled_from(_FIELDS),
        st.integers(-5, 10) | st.sampled_from([0, 2**53 - 1]),
        st.none() | st.integers(-1, 40) | st.just(2**53 - 1),
        st.just(FAR_FUTURE),
    ),
    max_size=4,
)
_gaps = st.sampled_from(
    [
        sign * gap
        for gap in (0, 1, MAX_CLOCK_GAP, MAX_CLOCK_GAP + 1, MINUTE, HOUR)
        for sign in (1, -1)
    ]
)


class StoreMachine(RuleBasedStateMachine):
    """Gives each command to both stores; build it with :func:`compare_with_memory`."""

    make_store: MakeStore

    def __init__(self) -> None:
        super().__init__()
        self._clock = ManualClock()
        self._runner = asyncio.Runner()
        self._model = MemoryStore(self._clock)
        self._store = type(self).make_store(self._clock)
        self._earlier: dict[str, bytes | None] = {}
        self._last: tuple[list[Swap], list[Add], Millis] = ([], [], self._clock.wall())

    @rule(changes=_changes, adds=_adds)
    def commit(self, changes: Changes, adds: list[Add]) -> None:
        """Commit on what is there, now."""
        self._commit(self._stored(), changes, adds, 0)

    @rule(changes=_changes, adds=_adds, gap=_gaps)
    def commit_by_another_clock(self, changes: Changes, adds: list[Add], gap: Millis) -> None:
        """Commit on what is there, by a clock that may be too far off."""
        self._commit(self._stored(), changes, adds, gap)

    @rule(changes=_changes, adds=_adds, guesses=st.none() | _guesses)
    def commit_blindly(
        self, changes: Changes, adds: list[Add], guesses: dict[str, bytes | None] | None
    ) -> None:
        """Commit on what was there before the last commit, or on a guess."""
        self._commit(self._earlier if guesses is None else guesses, changes, adds, 0)

    @rule()
    def commit_again(self) -> None:
        """Repeat the last commit, as after a lost reply."""
        self._commit_on_both()

    @rule(
        records=st.lists(st.sampled_from([*_RECORDS, "p:none"]), max_size=4),
        groups=st.lists(st.sampled_from([*_GROUPS, "day:none"]), max_size=4),
    )
    def load(self, records: list[str], groups: list[str]) -> None:
        """Load any of what is there, in any order."""
        self._compare(
            lambda store: store.load(records, groups),
        )

    @rule(
        passed=st.sampled_from([0.001, 1, 2.001, 3_600]), jump=st.sampled_from([0, 0, -3_600, 60])
    )
    def pass_time(self, passed: float, jump: float) -> None:
        """Let time pass, and sometimes set the clock."""
        self._clock.advance(passed)
        self._clock.jump(jump)

    @rule()
    def close(self) -> None:
        """Close the store; it is used again."""
        self._run(self._store.close())

    @invariant()
    def same_contents(self) -> None:
        """Both hold the same at all times."""
        self._compare(lambda store: store.load(_RECORDS, _GROUPS))

    def teardown(self) -> None:
        """Give back what was opened."""
        self._run(self._store.close())
        self._runner.close()

    def _stored(self) -> dict[str, bytes | None]:
        return dict(zip(_RECORDS, self._run(self._model.load(_RECORDS)).records, strict=True))

    def _commit(
        self, read: dict[str, bytes | None], changes: Changes, adds: list[Add], gap: Millis
    ) -> None:
        swaps = [Swap(key, read.get(key), *change) for key, change in changes.items()]
        self._earlier = self._stored()
        self._last = (swaps, adds, self._clock.wall() + gap)
        self._commit_on_both()

    def _commit_on_both(self) -> None:
        self._compare(lambda store: store.commit(*self._last))

    def _compare(self, command: Callable[[Store], Awaitable[object]]) -> None:
        wanted, got = self._outcome(command(self._model)), self._outcome(command(self._store))
        assert got == wanted, f"{self._store.name} answers {got}, memory {wanted}"

    def _outcome(self, command: Awaitable[object]) -> object:
        """Return the answer, or the type of what was raised."""
        try:
            answer = self._run(command)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is compared
            return type(error)
        if isinstance(answer, Loaded):
            # A counter of zero says no more than a missing one.
            return (
                answer.now,
                answer.records,
                [
                    {field: sum_ for field, sum_ in group.items() if sum_}
                    for group in answer.counters
                ],
            )
        return answer

    def _run(self, command: Awaitable[Any]) -> Any:
        async def wait() -> Any:
            return await command

        return self._runner.run(wait())


def compare_with_memory(make_store: MakeStore) -> type[StoreMachine]:
    """
    Return a machine that gives the same commands to a store and to the one in memory.

    ``compare_with_memory(make).TestCase`` is collected by pytest;
    ``hypothesis.stateful.run_state_machine_as_test(compare_with_memory(make))`` runs it inside a
    test that has what ``make`` needs. ``make`` is called for each run and gives an empty store.
    """
    return type("CompareWithMemory", (StoreMachine,), {"make_store": staticmethod(make_store)})

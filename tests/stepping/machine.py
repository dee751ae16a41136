"""
A search for any order of events in which the real parts do what the model does not allow.

Each run is one deployment of three hosts over one store, one host's clock an hour ahead, another's
an hour behind. Its rules let people and programs do what they may do, and the world what it can do
to them; the model judges each step. In the end all that is under way ends well, and everybody who
holds a living code types it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from smsverify.ports.store import Written
from tests.model.numbers import DAY, SECOND, Numbers
from tests.stepping.host import PURPOSES
from tests.stepping.stage import Stage
from tests.stepping.wire import Loading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from smsverify.testing import ManualClock
    from tests.stepping.op import Op
    from tests.stepping.provider import ProviderCall
    from tests.stepping.storage import Storage
    from tests.stepping.wire import StoreCall

    T = TypeVar("T")

HOSTS: Final = {"right": 0.0, "ahead": 3600.0, "behind": -3600.0}
PHONES: Final = ("+15551234567", "+15551234568", "+447400123456", "+4915112345678")
SENDERS: Final = frozenset({"+17205550100", "+17205550101"})
PRICES: Final = {"US": 10_000, "GB": 3_000, "DE": 12_000}

ROOMY: Final = Numbers(prices=PRICES, senders=SENDERS)
TIGHT: Final = Numbers(
    prices=PRICES, senders=SENDERS, sends_per_hour=3, sends_per_day=5, wrong_per_10_minutes=2,
    wrong_per_day=4, client_sends=3, client_wrong=2, budget=60_000, country_budgets={"DE": 25_000},
)  # fmt: skip
SHORT_LIVED: Final = Numbers(prices=PRICES, senders=SENDERS, life=60 * SECOND, budget=120_000)

MANY_WORDS: Final = 5
"""Enough of STOP and START for one run: too much of it and nothing else happens."""

ROTATIONS: Final = (("first",), ("second", "first"), ("third", "second", "first"))

_any = st.integers(0, 1_000)
"""Chooses among what there is at that moment."""
_hosts = st.sampled_from(list(HOSTS))
_phones = st.sampled_from([*[PHONES[0]] * 5, *PHONES])
_purposes = st.sampled_from([*[PURPOSES[0]] * 4, *PURPOSES])
_keys = st.sampled_from([None, None, None, "one", "two"])
_clients = st.sampled_from([None, None, None, "192.0.2.1", "a device"])
_paths = st.just(()) | st.lists(
    st.sampled_from(["pass", "pass", "repeat", "lose", "drop", "cancel", "stand", "wait", "stall"]),
    max_size=4,
)
"""What becomes of a request's first commands; afterwards all goes well."""
_fates = st.sampled_from(
    [
        *["accept"] * 5, "take", "doubt", "doubt taken", "hang", "break down", "cancel",
        "cancel early",
        "throttled", "invalid_recipient", "opted_out", "unroutable",
    ]
)  # fmt: skip
_typed = st.sampled_from(["right", "right", "right", "other", "wrong", "wrong"])
_pauses = st.sampled_from([0.001, 0.5, 1.0, 1.9, 2.1, 4.1, 9.0, 15.1])
_parts_of_a_life = st.sampled_from([0.1, 0.45, 0.5, 0.55, 0.9, 1.0])


class VerificationMachine(RuleBasedStateMachine):
    """Drives a stage; build it with :func:`machine_over`."""

    make_storage: Callable[[ManualClock], Storage]

    @initialize(numbers=st.sampled_from([ROOMY, TIGHT, SHORT_LIVED]))
    def open(self, numbers: Numbers) -> None:
        """Start three hosts over an empty store."""
        self.stage = Stage(type(self).make_storage, numbers, HOSTS)
        self.words: list[tuple[str, str, bool]] = []
        self.rotated = dict.fromkeys(HOSTS, 0)

    # ── what people and programs do ───────────────────────────────────────────────────────────

    @rule(
        host=_hosts, phone=_phones, purpose=_purposes, key=_keys, client=_clients, path=_paths,
        fate=_fates,
    )  # fmt: skip
    def send(
        self, host: str, phone: str, purpose: str, key: str | None, client: str | None,
        path: Sequence[str], fate: str,
    ) -> None:  # fmt: skip
        """Ask for a code; the provider does this or that with it."""
        op = self.stage.send(host, phone, purpose=purpose, key=key, client=client)
        if self._walk(op, path):
            self._run_to_provider(op)
            self._provide(op, fate)

    @rule(
        host=_hosts, phone=_phones, purpose=_purposes, key=_keys, client=_clients, path=_paths,
        typed=_typed, pick=_any, anywhere=st.sampled_from([False, False, False, True]),
    )  # fmt: skip
    def check(
        self, host: str, phone: str, purpose: str, key: str | None, client: str | None,
        path: Sequence[str], typed: str, pick: int, anywhere: bool,
    ) -> None:  # fmt: skip
        """Type a code that some text showed, for this purpose or another, or a wrong one."""
        if not anywhere:
            phone, purpose = self._somebody_who_waits(host, phone, purpose, pick)
        digits = self._digits(phone, purpose, typed, pick)
        op = self.stage.check(host, phone, digits, purpose=purpose, key=key, client=client)
        if self._walk(op, path):
            op.finish()

    @rule(
        phone=_phones, key=_keys, client=_clients, pick=_any, together=st.booleans(),
        kinds=st.lists(
            st.sampled_from(["send", "send", "fail", "right", "wrong", "wrong", "pause"]),
            min_size=2, max_size=6,
        ),
    )  # fmt: skip
    def story(
        self, phone: str, key: str | None, client: str | None, pick: int, together: bool,
        kinds: Sequence[str],
    ) -> None:  # fmt: skip
        """Ask and answer for one phone: one after the other, or all read first and write then."""
        ops = []
        for place, kind in enumerate(kinds):
            host = _pick(list(HOSTS), pick + place)
            if kind == "pause":
                self.stage.advance(0.3 if together else self.stage.model.numbers.life / 2_500)
            elif kind in {"send", "fail"}:
                ops.append(self.stage.send(host, phone, key=key, client=client))
            else:
                digits = self._digits(phone, PURPOSES[0], kind, pick)
                ops.append(self.stage.check(host, phone, digits, key=key, client=client))
            if together and ops and self.stage.waiting(ops[-1].request) is not None:
                ops[-1].execute()
            elif not together and ops:
                self._end(ops[-1], kind)
        for op in sorted(ops, key=lambda op: op.request.number * (pick + 1) % 7):
            self._end(op, kinds[0])

    def _end(self, op: Op, kind: str) -> None:
        if kind == "fail" and op.request.kind == "send":
            self._run_to_provider(op)
            self._provide(op, "throttled")
        op.finish()

    @precondition(lambda self: self._taken())
    @rule(
        host=_hosts, pick=_any, state=st.sampled_from(["sent", "undelivered", "delivered"]),
        reason=st.sampled_from([None, "unreachable", "filtered", "blocked"]), path=_paths,
        foreign=st.sampled_from([False, False, False, True]),
    )  # fmt: skip
    def receipt(
        self, host: str, pick: int, state: str, reason: str | None, path: Sequence[str],
        foreign: bool,
    ) -> None:  # fmt: skip
        """Report on a message that the provider took, at any time and any number of times."""
        about = _pick(self._taken(), pick)
        more = {"message_id": "SM" + "f" * 32} if foreign else {}
        op = self.stage.receipt(
            host, about, state, reason if state == "undelivered" else None, **more
        )
        if self._walk(op, path):
            op.finish()

    @precondition(lambda self: len(self.words) < MANY_WORDS)
    @rule(
        host=_hosts, phone=st.sampled_from(PHONES), path=_paths, pick=_any,
        what=st.sampled_from(["stop", "start", "start", "order", "again", "again"]),
    )  # fmt: skip
    def say(self, host: str, phone: str, path: Sequence[str], pick: int, what: str) -> None:
        """Say STOP or START, as a person or as an operator; or deliver one of them once more."""
        stop, message_id = what == "stop", f"SM{len(self.words):032x}"
        if what == "again" and self.words:
            phone, message_id, stop = _pick(self.words, pick)
        self.words.append((phone, message_id, stop))
        named = None if what == "order" else message_id
        op = self.stage.opt_out(host, phone, stop=stop, message_id=named)
        if self._walk(op, path):
            op.finish()

    # ── what the world does ───────────────────────────────────────────────────────────────────

    @precondition(lambda self: self._waiting())
    @rule(pick=_any, path=st.lists(st.sampled_from(["pass", "repeat", "lose"]), min_size=1))
    def travel(self, pick: int, path: Sequence[str]) -> None:
        """Let commands that somebody waits for travel on, or get lost."""
        request = _pick(self._waiting(), pick).request
        self._walk(next(op for op in self.stage.ops if op.request is request), path)

    @precondition(lambda self: self.stage.adrift())
    @rule(pick=_any, lost=st.sampled_from([False, False, True]))
    def arrive_late(self, pick: int, lost: bool) -> None:
        """Let a command arrive that nobody waits for any more; or it never does."""
        call = _pick(self.stage.adrift(), pick)
        if lost:
            self.stage.drop(call)
        else:
            self.stage.execute(call)

    @precondition(lambda self: self._at_provider())
    @rule(pick=_any, fate=_fates)
    def provide(self, pick: int, fate: str) -> None:
        """Let the provider answer, or take the message and say nothing yet."""
        sms = _pick(self._at_provider(), pick)
        op = next(op for op in self.stage.ops if op.request is sms.request)
        self._provide(op, fate, finish=False)

    @precondition(lambda self: self._under_way())
    @rule(pick=_any, cancelled=st.booleans())
    def finish(self, pick: int, cancelled: bool) -> None:
        """Let one request come to its end without a fault, or its caller go away first."""
        op = _pick(self._under_way(), pick)
        if cancelled:
            self.stage.cancel(op)
        else:
            op.finish()

    @rule(host=_hosts, crash=st.booleans())
    def restart(self, host: str, crash: bool) -> None:
        """Kill a process and start another; or start one with a new code secret before the old."""
        if crash:
            self.stage.crash(host)
            return
        self.rotated[host] = min(self.rotated[host] + 1, len(ROTATIONS) - 1)
        secrets = ROTATIONS[self.rotated[host]]
        self.stage.start(host, seconds_ahead=HOSTS[host], secrets=secrets)

    # ── time ──────────────────────────────────────────────────────────────────────────────────

    @rule(seconds=_pauses)
    def advance(self, seconds: float) -> None:
        """Let a little time pass."""
        self.stage.advance(seconds)

    @rule(part=_parts_of_a_life, more=st.sampled_from([-0.5, -0.001, 0.0, 0.001, 1.0]))
    def grow_old(self, part: float, more: float) -> None:
        """Let a part of a code's life pass, and a little more or less."""
        self.stage.advance(self.stage.model.numbers.life / 1_000 * part + more)

    @rule(
        what=st.sampled_from(["hour", "day", "evening", "evening", "ahead", "back", "back"]),
        seconds=st.sampled_from([0.5, 1.5, 6.0, 60.0, 3_600.0]),
    )
    def leap(self, what: str, seconds: float) -> None:
        """
        Let much time pass, or until shortly before midnight; or set the store's clock.

        Ahead, it ages everything, also what a retry under way would know itself by; so then it is
        set while no answer is on its way. Back, only where no answer could be right two ways.
        """
        now = self.stage.clock.wall()
        if what in {"hour", "day"}:
            self.stage.advance(3_601.0 if what == "hour" else 86_401.0)
        elif what == "evening":
            self.stage.advance(max(0, (DAY - now % DAY) / SECOND - seconds))
        elif what == "ahead":
            if not any(isinstance(one.answer, Written) for one in self._waiting()):
                self.stage.jump(seconds)
        elif self.stage.model.may_go_back(now, round(seconds * 1_000)):
            self.stage.jump(-seconds)

    @precondition(lambda self: self._answered_calls())
    @rule(pick=_any, seconds=st.sampled_from([1.0, 3.0, 4.5, 16.0, 601.0]))
    def stall(self, pick: int, seconds: float) -> None:
        """Let a process stand still before it reads an answer that has come."""
        self.stage.stall(_pick(self._answered_calls(), pick), seconds)

    # ── what holds at all times, and in the end ───────────────────────────────────────────────

    @invariant()
    def counters_agree(self) -> None:
        """Hold the counters against what happened."""
        if hasattr(self, "stage"):
            self.stage.look()
            self.stage.compare()

    def teardown(self) -> None:
        """Let all end well, and let everybody in who holds a living code."""
        if not hasattr(self, "stage"):
            return
        try:
            if sys.exc_info()[0] is None:
                self._end_well()
        finally:
            self.stage.close()

    def _end_well(self) -> None:
        for op in self._under_way():
            op.finish()
        for call in self.stage.adrift():
            self.stage.execute(call)
        self.stage.start("last", secrets=ROTATIONS[-1])
        for phone in PHONES:
            for purpose in PURPOSES:
                self._let_in(phone, purpose)
        self.stage.compare()
        self.stage.search()

    def _let_in(self, phone: str, purpose: str) -> None:
        """Type a living code: whoever holds it gets in, unless a window is full (I13)."""
        held = self.stage.model.delivered(phone, purpose, self.stage.clock.wall())
        if held and held[-1].digits is not None:
            told = self.stage.check("last", phone, held[-1].digits, purpose=purpose).finish()
            assert told.success or told.code == "TOO_MANY_ATTEMPTS", f"I13: {phone} is locked out"

    # ── helps ─────────────────────────────────────────────────────────────────────────────────

    def _under_way(self) -> list[Op]:
        return [op for op in self.stage.ops if not op.task.done() and not op.host.dead]

    def _waiting(self) -> list[StoreCall]:
        return [call for call in self.stage.travelling if call.steered and call.waits]

    def _answered_calls(self) -> list[StoreCall]:
        return [call for call in self._waiting() if call.answer is not None]

    def _at_provider(self) -> list[ProviderCall]:
        return [sms for sms in self.stage.messages if sms.waits]

    def _taken(self) -> list[ProviderCall]:
        return [sms for sms in self.stage.messages if sms.taken]

    def _walk(self, op: Op, path: Sequence[str]) -> bool:
        """Lead a request along a path; return whether it may go on by itself afterwards."""
        for how in path:
            if how == "wait":
                return False
            if how == "cancel":
                self.stage.cancel(op)
                continue
            call = self._next_commit(op) if how != "pass" else self.stage.waiting(op.request)
            if call is None:
                return True
            self._travel(call, how)
            if how == "stand":
                return False
        return True

    def _next_commit(self, op: Op) -> StoreCall | None:
        """Let its loads go well, up to its next commit."""
        call = self.stage.waiting(op.request)
        while call is not None and isinstance(call.command, Loading):
            if call.answer is None:
                self.stage.execute(call)
            self.stage.deliver(call)
            call = self.stage.waiting(op.request)
        return call

    def _travel(self, call: StoreCall, how: str) -> None:
        if how == "drop" and call.answer is None:
            self.stage.lose(call)
            return
        if call.answer is None:
            self.stage.execute(call)
        if how == "repeat" and isinstance(call.answer, Written):
            self.stage.repeat(call)
        if how == "lose":
            self.stage.lose(call)
        elif how == "stall":
            self.stage.stall(call, 4.5)
        elif how != "stand":
            self.stage.deliver(call)

    def _run_to_provider(self, op: Op) -> None:
        for _ in range(50):
            if op.task.done() or any(sms.request is op.request for sms in self._at_provider()):
                return
            self.stage.help_on(op)

    def _provide(self, op: Op, fate: str, *, finish: bool = True) -> None:
        """Let the provider do something with a message, if it came so far."""
        if op.task.done():
            return
        sms = op.sms
        if fate == "take":
            sms.take()
        if fate in {"hang", "take"}:
            return
        if fate in {"cancel", "cancel early"}:
            sms.begun = sms.taken or fate == "cancel"
            self.stage.cancel(op)
        elif fate == "accept":
            sms.accept()
        elif fate in {"doubt", "doubt taken"} or sms.taken:
            sms.doubt(taken=fate == "doubt taken")
        elif fate == "break down":
            sms.break_down()
        else:
            sms.reject(fate)
        self.stage.settle()
        if finish:
            op.finish()

    def _somebody_who_waits(
        self, host: str, phone: str, purpose: str, pick: int
    ) -> tuple[str, str]:
        """Return who holds a living code; if nobody does, somebody asks for one."""
        now, model = self.stage.clock.wall(), self.stage.model
        waiting = [
            (one, what) for one in PHONES for what in PURPOSES if model.delivered(one, what, now)
        ]
        if waiting:
            return _pick(waiting, pick)
        self.stage.send(host, phone, purpose=purpose).finish()
        return phone, purpose

    def _digits(self, phone: str, purpose: str, typed: str, pick: int) -> str:
        known = self.stage.model.texts(phone)
        mine = [digits for what, digits in known if what == purpose]
        if typed == "right" and mine:
            return mine[-1]
        if typed == "other" and known:
            return _pick([digits for _, digits in known], pick)
        shown = {digits for _, digits in known}
        return next(guess for guess in _guesses(pick) if guess not in shown)


def _guesses(pick: int) -> list[str]:
    return [f"{(pick + offset) % 1_000_000:06d}" for offset in range(100)]


def _pick(things: Sequence[T], pick: int) -> T:
    return things[pick % len(things)]


def machine_over(make_storage: Callable[[ManualClock], Storage]) -> type[VerificationMachine]:
    """Return a machine whose hosts keep their records there; called for each run."""
    return type("Machine", (VerificationMachine,), {"make_storage": staticmethod(make_storage)})

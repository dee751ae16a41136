"""The stage: hosts over one store, with every command between them in the test's hands."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
from typing import TYPE_CHECKING, Any, TypeVar

from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.ports.store import CeilingReached, Written
from smsverify.testing import ManualClock
from tests.model.numbers import Numbers
from tests.model.verification_model import Broken, Heard, Model, Request
from tests.stepping.figures import stored_figures
from tests.stepping.host import SECRETS, Host
from tests.stepping.loop import StandingLoop
from tests.stepping.op import Op
from tests.stepping.provider import ProviderCall
from tests.stepping.telling import told_by
from tests.stepping.wire import SERVED, Committing, StoreCall

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from smsverify.ports.store import CommitAnswer, Loaded
    from tests.stepping.storage import Storage

T = TypeVar("T")


class Stage:
    """
    Hosts over one store; the model watches.

    Args:
        make_storage: makes the place where all hosts keep their records.
        numbers: what the deployment is held to.
        hosts: their names, and how many seconds their clocks are ahead.

    Attributes:
        clock: the store's time, and how fast it passes for everybody.
        model: what judges each step.
        said: all that was told to anybody, to be searched for what must not be.
        travelling: the commands that were asked and not answered yet.
        messages: what the provider was asked to send.
        ops: every request, in its order.
        latest: the latest time that the store's clock ever showed.
    """

    def __init__(
        self,
        make_storage: Callable[[ManualClock], Storage],
        numbers: Numbers,
        hosts: Mapping[str, float] | None = None,
    ) -> None:
        self.clock = ManualClock()
        self.loop = StandingLoop(self.clock)
        self.model = Model(numbers)
        self.said: list[str] = []
        self.travelling: list[StoreCall] = []
        self.messages: list[ProviderCall] = []
        self.ops: list[Op] = []
        self.closing = False
        self.latest = self.clock.wall()
        self.clients: set[str] = set()
        self._broken: list[Broken] = []
        self._counter = itertools.count(1)
        self._seeds = itertools.count(1)
        self.storage = make_storage(self.clock)
        self.reader = self.storage.open()
        self.hosts: dict[str, Host] = {}
        for name, ahead in (hosts or {"here": 0.0}).items():
            self.start(name, seconds_ahead=ahead)

    # ── hosts ─────────────────────────────────────────────────────────────────────────────────

    def start(
        self, name: str, *, seconds_ahead: float = 0.0, secrets: tuple[str, ...] = ("first",)
    ) -> Host:
        """Start a process, or one that takes the place of another of that name."""
        host = Host(
            self, name, self.storage.open(),
            seconds_ahead=seconds_ahead, secrets=secrets, seed=next(self._seeds),
        )  # fmt: skip
        self.hosts[name] = host
        return host

    def crash(self, name: str) -> None:
        """Kill a process; what it had asked for may still be executed. Another takes its place."""
        old = self.hosts[name]
        old.dead = True
        for op in self.ops:
            if op.host is old and not op.task.done():
                op.request.troubled = True
        self.start(name, seconds_ahead=old.seconds_ahead, secrets=old.secrets)

    # ── requests ──────────────────────────────────────────────────────────────────────────────

    def send(self, host: str, phone: str, **about: Any) -> Op:
        """Ask for a code; it stands at its first command when this returns."""
        number = self._number(phone)
        amount = self.model.numbers.prices[number.region]
        request = self._request("send", host, number, amount=amount, **about)
        send = self.hosts[host].verifier.send_verification_sms
        return self._begin(
            request,
            send(
                phone, "MyApp", purpose=request.purpose, client_id=request.client,
                idempotency_key=request.key,
            ),
        )  # fmt: skip

    def check(self, host: str, phone: str, typed: str, **about: Any) -> Op:
        """Type a code; it stands at its first command when this returns."""
        request = self._request("check", host, self._number(phone), typed=typed, **about)
        check = self.hosts[host].verifier.verify_code
        return self._begin(
            request,
            check(
                phone, typed, purpose=request.purpose, client_id=request.client,
                idempotency_key=request.key,
            ),
        )  # fmt: skip

    def receipt(
        self, host: str, about: ProviderCall, state: str, reason: str | None = None, **more: Any
    ) -> Op:
        """Deliver a receipt for a message."""
        number = about.message.to
        message_id = more.pop("message_id", about.message_id)
        request = self._request(
            "receipt", host, number,
            about=about.request.number, state=state, reason=reason, message_id=message_id,
        )  # fmt: skip
        take = self.hosts[host].container.take_receipt()
        return self._begin(
            request,
            take(
                about.message.record, about.message.attempt, DeliveryState(state), message_id,
                FailureReason(reason) if reason else None,
            ),
        )  # fmt: skip

    def opt_out(self, host: str, phone: str, *, stop: bool, message_id: str | None) -> Op:
        """Deliver a STOP or a START."""
        number = self._number(phone)
        request = self._request("opt_out", host, number, opt_out=stop, message_id=message_id)
        note = self.hosts[host].container.note_opt_out()
        return self._begin(request, note(number, opt_out=stop, message_id=message_id))

    def _number(self, phone: str) -> PhoneNumber:
        number = parse_phone(phone)
        assert isinstance(number, PhoneNumber)
        return number

    def _request(self, kind: str, host: str, number: PhoneNumber, **about: Any) -> Request:
        request = Request(
            next(self._counter), kind, host, number.e164, number.region,
            secrets=self.hosts[host].secrets, begun_at=self.clock.monotonic(), **about,
        )  # fmt: skip
        if request.client is not None:
            self.clients.add(request.client)
        return request

    def _begin(self, request: Request, work: Coroutine[Any, Any, object]) -> Op:
        context = contextvars.copy_context()
        context.run(SERVED.set, request)
        task = self.loop.create_task(work, context=context)
        op = Op(self, self.hosts[request.host], request, task)
        task.add_done_callback(lambda _: self._answered(op))
        self.ops.append(op)
        self.settle()
        return op

    def _answered(self, op: Op) -> None:
        if self.closing or op.host.dead:
            # Nobody is told any more; looked at, so that asyncio does not say that nobody did.
            _ = op.task.cancelled() or op.task.exception()
            return
        told = told_by(op.task)
        self.said.append(repr(told))
        if not op.task.cancelled():
            said = op.task.exception() or op.task.result()
            self.said.append(f"{said!r} {said}")
        self.watch(self.model.answered, op.request, told)
        self.watch(self.model.done, op.request, self.clock.monotonic())

    # ── the wire ──────────────────────────────────────────────────────────────────────────────

    def asked(self, call: StoreCall) -> None:
        """Take a command on its way."""
        self.travelling.append(call)
        request = call.request
        if request is None or not call.steered or not isinstance(call.command, Committing):
            return
        if request.kind == "send" and not request.decided:
            request.asked_at = self.clock.monotonic()

    def waiting(self, request: Request) -> StoreCall | None:
        """Return the command that a request's worker waits for."""
        for call in self.travelling:
            if call.request is request and call.steered and call.waits:
                return call
        return None

    def execute(self, call: StoreCall) -> None:
        """Let the store do what it was asked; nobody hears of it yet."""
        answer = self.loop.run_until_complete(call.execute(call.host.store.store))
        call.answer = answer
        request = call.request
        if request is None or not call.steered:
            return
        command = call.command
        if isinstance(command, Committing):
            if isinstance(answer, Written):
                self.watch(self.model.wrote, request, command.decided_at, answer.now)
            elif isinstance(answer, CeilingReached):
                call.refusal = self.watch(self.model.at_ceiling, request, command.decided_at)
        call.phone = self.model.view(request)
        if not call.waits:
            self.travelling.remove(call)
        self.look()

    def deliver(self, call: StoreCall, *, drain: bool = True) -> None:
        """Let the worker hear the answer."""
        answer, request = call.answer, call.request
        assert answer is not None, "first it has to be executed"
        if call.waits:
            if request is not None and call.steered and call.phone is not None:
                what = {Written: "written", CeilingReached: "ceiling"}.get(type(answer), "record")
                heard = Heard(what, answer.now, call.phone, call.refusal)
                self.watch(self.model.hear, request, heard, self.clock.monotonic())
            call.reply.set_result(answer)
        self.travelling.remove(call)
        if drain:
            self.settle()

    def repeat(self, call: StoreCall) -> None:
        """Lose the reply of an executed commit, and give it again, as an adapter may."""
        assert isinstance(call.command, Committing)
        assert call.request is not None
        call.request.repeated = True
        self.execute(call)

    def echo(self, call: StoreCall) -> Loaded | CommitAnswer:
        """Execute a command that was already answered once more, as one that was given twice."""
        call.left = True
        self.travelling.append(call)
        self.execute(call)
        assert call.answer is not None
        return call.answer

    def lose(self, call: StoreCall) -> None:
        """Tell the worker of an outage; what was not executed yet may be, later on."""
        if call.request is not None:
            call.request.troubled = True
        call.fail(self.reader.unavailable_code)
        if call.answer is not None:
            self.travelling.remove(call)
        self.settle()

    def drop(self, call: StoreCall) -> None:
        """Lose a command that nobody waits for on its way: it will never be executed."""
        self.travelling.remove(call)

    def adrift(self) -> list[StoreCall]:
        """Return the commits that nobody waits for and that may still be executed."""
        return [
            call
            for call in self.travelling
            if call.steered
            and not call.waits
            and call.answer is None
            and isinstance(call.command, Committing)
        ]

    def cancel(self, op: Op) -> None:
        """Let a caller go away; told so a second time, it does not wait for the work to end."""
        if not op.task.done():
            op.request.troubled = op.request.troubled or op.request.cancelled
            op.request.cancelled = True
            op.request.cancelled_at = self.clock.monotonic()
            op.task.cancel()
            self.settle()

    # ── time ──────────────────────────────────────────────────────────────────────────────────

    def advance(self, seconds: float) -> None:
        """Let time pass for everybody."""
        self.clock.advance(seconds)
        self.latest = max(self.latest, self.clock.wall())
        self.settle()

    def stall(self, call: StoreCall, seconds: float) -> None:
        """Let a process stand still just before it reads an answer that has come."""
        self.clock.advance(seconds)
        self.latest = max(self.latest, self.clock.wall())
        self.deliver(call)

    def jump(self, seconds: float) -> None:
        """Set the store's clock."""
        self.clock.jump(seconds)
        self.latest = max(self.latest, self.clock.wall())

    # ── going on ──────────────────────────────────────────────────────────────────────────────

    def settle(self) -> None:
        """Let everybody do what they can, until all wait for something that is steered."""
        while True:
            self.loop.drain()
            simple = [one for one in self.travelling if not one.steered]
            if not simple:
                break
            for call in simple:
                self.execute(call)
                self.deliver(call, drain=False)
        self.look()

    def help_on(self, op: Op) -> None:
        """Let the next thing go well that a request waits for."""
        self.settle()
        call = self.waiting(op.request)
        at_provider = [sms for sms in self.messages if sms.request is op.request and sms.waits]
        if call is not None:
            if call.answer is None:
                self.execute(call)
            self.deliver(call)
        elif at_provider:
            at_provider[0].accept()
            self.settle()
        elif not op.task.done():
            self.advance(0.5)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let a call that concerns no phone, of which nothing is steered, come to its end."""
        task = self.loop.create_task(work)
        self.settle()
        assert task.done(), "it waits for something that is steered"
        return task.result()

    def watch(self, tell: Callable[..., Any], *what: Any) -> Any:
        """Tell the model; what it finds is raised by the next look, not inside the worker."""
        try:
            return tell(*what)
        except Broken as broken:
            self._broken.append(broken)
            return None

    def look(self) -> None:
        """Raise what the model found."""
        if self._broken:
            raise self._broken[0]

    def compare(self) -> None:
        """Hold the counters against the model."""
        self.model.compare(stored_figures(self))
        self.look()

    def search(self) -> None:
        """Look for numbers, codes and secrets in all that was told (I10)."""
        secret = [*SECRETS.values(), *(phone[1:] for phone in self.model.phones)]
        for _, attempt in self.model.ledger.sends:
            secret += [attempt.text.digits] if attempt.text.digits else []
        said = "\n".join(self.said).encode() + b"\n".join(self.storage.contents())
        for one in secret:
            assert one.encode() not in said, "I10: a number, a code or a secret was told or kept"

    def close(self) -> None:
        """End all tasks, give back everything."""
        self.closing = True
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.drain()
        for store in [self.reader, *(host.store.store for host in self.hosts.values())]:
            self.loop.run_until_complete(store.close())
        self.storage.close()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

"""Sending: admitted and charged first, then the provider, then the settlement; torn by nothing."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import pytest

from smsverify.application.send_order import Handed, SendAnswer, SendOrder
from smsverify.domain.code import derive_code
from smsverify.domain.counters import Add
from smsverify.domain.decisions import Approved, Refused, SentBefore
from smsverify.domain.delivery import (
    Accepted,
    DeliveryState,
    FailureReason,
    Rejected,
    Uncertain,
)
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.periods import Millis
from smsverify.domain.record import Attempt
from smsverify.errors import StoreContended, StoreDataInvalid, StoreError, StoreUnavailable
from smsverify.ports.gateway import NotBegun
from smsverify.ports.store import Store, Swap
from smsverify.testing import (
    CountsCalls,
    FailsAt,
    LosesReplies,
    Loss,
    ManualClock,
    ScriptedEntropy,
    ScriptedGateway,
    StopsAt,
    WrappedStore,
    last_code,
)
from tests.unit.kit import OTHER_PHONE, SENDERS, Kit, build, number
from tests.unit.virtual_time import LoopClock, run_virtually

CENT = 10_000
ADMISSION, SETTLEMENT = 1, 2
"""Which calls of the store a first send's commits are, after the look at the pool."""
REJECTED = Rejected(FailureReason.UNROUTABLE, 21612)


def order(**changes: Any) -> SendOrder:
    """Return a plain order."""
    plain = SendOrder(number(), "verify", lambda code: f"Your code: {code}", 1)
    return attrs.evolve(plain, **changes)


async def only_attempt(kit: Kit) -> Attempt:
    """Return the one attempt of the phone's record."""
    record = await kit.record()
    assert record is not None
    (attempt,) = record.attempts
    return attempt


async def approve_only_code(kit: Kit) -> None:
    """Have the code of the only attempt approved at another process."""
    attempt = await only_attempt(kit)
    assert attempt.carries is not None
    code = derive_code(kit.container.code_keys(), number(), "verify", attempt.carries)
    assert code is not None
    other = build(lambda _: kit.store.store, clock=kit.clock)  # type: ignore[attr-defined]
    other.container.entropy.override(ScriptedEntropy(2))
    assert await other.container.check()(number(), "verify", code) == Approved()


def is_handed(answer: SendAnswer, expected: object) -> bool:
    """Say whether the gateway's answer is the expected one."""
    return isinstance(answer, Handed) and answer.answer == expected


# ── the plain way ─────────────────────────────────────────────────────────────────────────────


async def test_a_taken_message_is_sent_and_charged() -> None:
    """The attempt ends SENT with the provider's id; count and charge stand."""
    kit = build()

    answer = await kit.container.send()(order())

    assert is_handed(answer, Accepted("SM" + f"{1:032x}"))
    attempt = await only_attempt(kit)
    assert (attempt.state, attempt.message_id) == (DeliveryState.SENT, "SM" + f"{1:032x}")
    record = await kit.record()
    assert record is not None
    assert len(record.stamp) == 8
    day = await kit.day()
    assert (day["spent"], day["sends.US"], day["accepted"]) == (CENT, 1, 1)
    assert kit.events.names == ["sms.send.admitted", "sms.send.settled"]


async def test_the_gateway_gets_all_that_it_needs() -> None:
    """Recipient, text with the code, sender, the life that is left, and what receipts name."""
    kit = build()

    await kit.container.send()(order())
    kit.clock.advance(200.4)  # type: ignore[attr-defined]
    await kit.container.send()(order())

    first, second = kit.gateway.messages
    record = await kit.record()
    assert record is not None
    assert (first.to, first.sender, first.valid_for) == (number(), SENDERS[0], 600)
    assert first.record == kit.container.keys().phone(number())
    assert [first.attempt, second.attempt] == [one.id for one in record.attempts]
    assert second.text == first.text
    assert first.text.startswith("Your code: ")
    assert second.valid_for == 399  # whole seconds, never more than is left


async def test_a_message_costs_what_its_country_costs() -> None:
    """The price is asked for, and charged, by the recipient's country."""
    from smsverify.domain.cost import Tariff

    class Prices:
        async def tariff(self, country: str) -> Tariff:
            return Tariff({country: 4 * CENT if country == "GB" else 8 * CENT, "any": 9 * CENT})

    kit = build()
    kit.container.prices.override(Prices())

    await kit.container.send()(order(phone=number("+447400123456"), segments=2))

    day = await kit.day()
    assert (day["sends.GB"], day["spent.GB"]) == (1, 8 * CENT)


async def test_a_client_is_held_to_its_limit() -> None:
    """What one client asked for is refused to it, and to no other."""
    kit = build(client_send_limit_per_hour=1)
    send = kit.container.send()
    await send(order(client="one"))

    refused = await send(order(client="one", phone=number(OTHER_PHONE)))

    assert isinstance(refused, Refused)
    assert isinstance(await send(order(client="two", phone=number(OTHER_PHONE))), Handed)


async def test_who_names_no_client_is_held_to_no_clients_limit() -> None:
    """Orders that name none have no client in common."""
    kit = build(client_send_limit_per_hour=1)

    for phone in (number(), number(OTHER_PHONE)):
        assert isinstance(await kit.container.send()(order(phone=phone)), Handed)


@pytest.mark.parametrize(
    ("answer", "state", "spent", "field"),
    [
        (REJECTED, DeliveryState.FAILED, 0, "failed"),
        (Uncertain(500), DeliveryState.UNKNOWN, CENT, "unknown"),
    ],
)
async def test_an_answer_is_settled(
    answer: Any, state: DeliveryState, spent: int, field: str
) -> None:
    """Refused for certain gives the money back; what nobody knows stays charged."""
    kit = build()
    kit.gateway.answer_next(answer)

    assert is_handed(await kit.container.send()(order()), answer)

    assert (await only_attempt(kit)).state is state
    day = await kit.day()
    assert (day["spent"], day["spent.US"], day[field], day["sends.US"]) == (spent, spent, 1, 1)


async def test_a_refusal_is_counted_here_and_writes_nothing() -> None:
    """A full window refuses: no call, no commit, one more in the counts that wait."""
    kit = build(CountsCalls, rate_limit_per_hour=1)
    await kit.container.send()(order())
    assert isinstance(kit.store, CountsCalls)
    kit.store.answers.clear()

    answer = await kit.container.send()(order())

    assert isinstance(answer, Refused)
    assert answer.code is ErrorCode.RATE_LIMIT_EXCEEDED
    assert kit.store.answers == []
    assert kit.container.refusals().waiting() == {"refused_send.RATE_LIMIT_EXCEEDED": 1}
    assert len(kit.gateway.messages) == 1


async def test_an_idempotency_key_gives_the_first_answer() -> None:
    """The same key sends nothing; another purpose or key does."""
    kit = build(purposes="verify,login")
    send = kit.container.send()

    await send(order(idempotency_key="a"))
    again = await send(order(idempotency_key="a"))
    await send(order(idempotency_key="a", purpose="login"))
    await send(order(idempotency_key="b"))

    assert isinstance(again, SentBefore)
    assert len(kit.gateway.messages) == 3


async def spent(kit: Kit, answer: type = Handed, **changes: Any) -> tuple[int, list[str]]:
    """Send where the pool is known; return the loads, and how the commits were answered."""
    await kit.container.pool().look()
    assert isinstance(kit.store, CountsCalls)
    kit.store.loads = 0
    kit.store.answers.clear()
    assert isinstance(await kit.container.send()(order(**changes)), answer)
    return kit.store.loads, [type(answer).__name__ for answer in kit.store.answers]


def another(kit: Kit, number: int = 2, **settings: Any) -> Kit:
    """Return another process over the same store; its entropy is another one, too."""
    assert isinstance(kit.store, CountsCalls)
    other = build(lambda _: CountsCalls(kit.store.store), clock=kit.clock, **settings)
    other.container.entropy.override(ScriptedEntropy(number))
    return other


async def test_a_send_is_two_commits() -> None:
    """Neither to a phone never met nor to one that this process wrote last is anything loaded."""
    kit = build(CountsCalls)

    costs = [await spent(kit) for _ in range(3)]

    assert costs == [(0, ["Written", "Written"])] * 3


async def test_a_phone_that_another_process_wrote_costs_one_commit_more() -> None:
    """The conflict brings its record along: once when it is not known, once when it changed."""
    kit = build(CountsCalls)
    other = another(kit)
    await spent(other)

    assert await spent(kit) == (0, ["Conflict", "Written", "Written"])
    assert await spent(kit) == (0, ["Written", "Written"])
    await spent(other)
    assert await spent(kit) == (0, ["Conflict", "Written", "Written"])

    record = await kit.record()
    assert record is not None
    assert len(record.attempts) == 5


async def test_a_send_that_wrote_nothing_makes_the_next_one_look_first() -> None:
    """Nothing is believed of the phone then: each refusal is one load, and a send one more."""
    kit = build(CountsCalls, rate_limit_per_hour=3)
    await spent(kit, idempotency_key="mine")

    assert await spent(kit, SentBefore, idempotency_key="mine") == (1, [])
    assert await spent(kit) == (1, ["Written", "Written"])
    assert await spent(kit) == (0, ["Written", "Written"])
    for _ in range(3):
        assert await spent(kit, Refused) == (1, [])


async def test_a_key_that_another_process_used_sends_nothing_again() -> None:
    """Whether this process believes an older record or none, the conflict shows it the key."""
    kit = build(CountsCalls)
    other, third = another(kit, 2), another(kit, 3)
    await spent(kit)
    await spent(other, idempotency_key="mine")

    assert await spent(kit, SentBefore, idempotency_key="mine") == (0, ["Conflict"])
    assert await spent(third, SentBefore, idempotency_key="mine") == (0, ["Conflict"])

    record = await kit.record()
    assert record is not None
    assert len(record.attempts) == 2


async def test_a_window_that_another_process_filled_is_full() -> None:
    """What this process believes of the window is no ground for a send."""
    kit = build(CountsCalls, rate_limit_per_hour=2)
    other = another(kit, rate_limit_per_hour=2)
    await spent(kit)
    await spent(other)

    assert await spent(kit, Refused) == (0, ["Conflict"])

    assert len(kit.gateway.messages) + len(other.gateway.messages) == 2


async def test_a_sender_that_is_not_ours_rests() -> None:
    """A number that the provider does not know is left alone; the next send takes the other."""
    kit = build(senders=SENDERS)
    kit.gateway.answer_next(Rejected(FailureReason.SENDER_UNUSABLE, 21606))

    await kit.container.send()(order())
    await kit.container.send()(order())

    first, second = kit.gateway.messages
    assert first.sender != second.sender
    assert list((await kit.container.pool().look()).rests) == [first.sender.id]


@pytest.mark.parametrize("error", [StoreContended("others"), StoreDataInvalid("garbage")])
async def test_a_sender_that_is_not_ours_rests_though_the_answer_was_not_written(
    error: StoreError,
) -> None:
    """What hinders a write to one phone's record says nothing about the pool's."""

    class RefusesSettlement(WrappedStore):
        commits = 0

        async def commit(self, swaps: Sequence[Swap], adds: Sequence[Add], at: Millis) -> Any:
            self.commits += 1
            if self.commits == 2:
                raise error
            return await super().commit(swaps, adds, at)

    kit = build(RefusesSettlement, senders=SENDERS)
    kit.gateway.answer_next(Rejected(FailureReason.SENDER_UNUSABLE, 21606))

    await kit.container.send()(order())

    (message,) = kit.gateway.messages
    assert list((await kit.container.pool().look()).rests) == [message.sender.id]


async def test_of_a_rejection_for_another_reason_no_sender_rests() -> None:
    """A recipient's fault is no fault of the sender."""
    kit = build(senders=SENDERS)
    kit.gateway.answer_next(Rejected(FailureReason.INVALID_RECIPIENT, 21211))

    await kit.container.send()(order())

    assert not (await kit.container.pool().look(fresh=True)).rests


def test_an_order_shows_neither_key_nor_text() -> None:
    """What a log of tasks or a traceback could print of an order tells nothing."""
    shown = repr(order(idempotency_key="a-key-of-the-caller"))

    assert "a-key-of-the-caller" not in shown
    assert "render" not in shown
    assert "5551234567" not in shown


# ── time ──────────────────────────────────────────────────────────────────────────────────────


def test_a_silent_gateway_is_given_ten_seconds() -> None:
    """After ten seconds nobody knows: UNKNOWN, charged."""

    class Silent(ScriptedGateway):
        async def send(self, message: Any, within: float) -> Any:
            assert within == 10.0
            await asyncio.sleep(1e9)

    async def send() -> tuple[SendAnswer, Kit]:
        kit = build(clock=LoopClock())
        kit.container.gateway.override(Silent())
        answer = await kit.container.send()(order())
        assert (await only_attempt(kit)).state is DeliveryState.UNKNOWN
        assert (await kit.day())["spent"] == CENT
        return answer, kit

    (answer, _), waited = run_virtually(send())

    assert is_handed(answer, Uncertain())
    assert waited == 10.0


@pytest.mark.parametrize(("stall", "calls"), [(4.0, 1), (4.001, 0)])
async def test_a_stall_past_the_lease_makes_no_call(stall: float, calls: int) -> None:
    """With less than 11 of the 15 seconds left nothing is sent, and the money goes back."""
    clock = ManualClock()

    class Stalls(FailsAt):
        async def commit(self, *args: Any) -> Any:
            answer = await super().commit(*args)
            if not self.calls:
                clock.advance(stall)
            self.calls += 1
            return answer

    kit = build(Stalls, clock=clock)
    await kit.container.pool().look()
    assert isinstance(kit.store, FailsAt)
    kit.store.calls = -1  # the admission's commit brings it to 0

    answer = await kit.container.send()(order())

    # What the stall took is taken off the code's ten minutes, too.
    assert [one.valid_for for one in kit.gateway.messages] == [596] * calls
    if not calls:
        assert is_handed(answer, Rejected(FailureReason.LEASE_SPENT))
        assert (await only_attempt(kit)).state is DeliveryState.FAILED
        assert (await kit.day())["spent"] == 0


# ── faults ────────────────────────────────────────────────────────────────────────────────────


async def test_a_lost_settlement_keeps_the_gateways_answer() -> None:
    """The caller hears what the provider said; the attempt reads as UNKNOWN and stays charged."""
    kit = build(functools.partial(FailsAt, which=(SETTLEMENT,)))

    answer = await kit.container.send()(order())

    assert is_handed(answer, Accepted("SM" + f"{1:032x}"))
    assert isinstance(kit.store, FailsAt)
    assert kit.store.calls == SETTLEMENT + 1
    assert (await only_attempt(kit)).state is DeliveryState.SENDING
    assert (await kit.day())["spent"] == CENT


async def test_a_lost_admission_sends_nothing() -> None:
    """When nobody knows whether it was admitted, nothing goes out."""
    kit = build(LosesReplies)

    with pytest.raises(StoreUnavailable):
        await kit.container.send()(order())

    assert kit.gateway.messages == []


async def test_an_admission_that_is_repeated_is_one() -> None:
    """The commit executes, its reply is lost, the adapter repeats it: one message, one charge."""
    kit = build(functools.partial(LosesReplies, plan=[Loss.REPEATED]))

    assert is_handed(await kit.container.send()(order()), Accepted("SM" + f"{1:032x}"))

    assert len(kit.gateway.messages) == 1
    day = await kit.day()
    assert (day["spent"], day["sends.US"]) == (CENT, 1)


async def test_an_approval_in_between_overtakes_the_send() -> None:
    """Admitted, reply lost, and a code approved meanwhile: nothing is sent, the money goes back."""
    kits: list[Kit] = []

    async def approve() -> None:
        await approve_only_code(kits[0])

    kit = build(functools.partial(LosesReplies, plan=[Loss.REPEATED], between=approve))
    kits.append(kit)

    answer = await kit.container.send()(order())

    assert isinstance(answer, SentBefore)
    assert answer.attempt.state is DeliveryState.FAILED
    assert answer.attempt.reason is FailureReason.OVERTAKEN
    assert kit.gateway.messages == []
    attempt = await only_attempt(kit)
    assert (attempt.state, attempt.reason) == (DeliveryState.FAILED, FailureReason.OVERTAKEN)
    assert (await kit.day())["spent"] == 0


# ── callers that go away ──────────────────────────────────────────────────────────────────────


def stopping(which: int, *, executed: bool) -> Callable[[Store], StopsAt]:
    """Return what puts a store that stops around another."""
    return functools.partial(StopsAt, which=which, executed=executed)


@pytest.mark.parametrize("executed", [False, True])
async def test_cancelled_during_admission_sends_nothing(executed: bool) -> None:
    """The caller goes while the admission is under way: FAILED, and no call is made."""
    kit = build(stopping(ADMISSION, executed=executed))
    task = asyncio.create_task(kit.container.send()(order()))
    assert isinstance(kit.store, StopsAt)
    await kit.store.hold.arrival()

    task.cancel()
    kit.store.hold.release()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert kit.gateway.messages == []
    attempt = await only_attempt(kit)
    assert (attempt.state, attempt.reason) == (DeliveryState.FAILED, FailureReason.CANCELLED)
    assert (await kit.day())["spent"] == 0


async def test_cancelled_during_the_call_nobody_knows() -> None:
    """The caller goes while the provider has the message: UNKNOWN, charged, and its code works."""
    kit = build()
    hold = kit.gateway.hold()
    task = asyncio.create_task(kit.container.send()(order()))
    await hold.arrival()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert hold.cancelled
    assert (await only_attempt(kit)).state is DeliveryState.UNKNOWN
    assert (await kit.day())["spent"] == CENT
    code = last_code(kit.gateway, number()).encode()
    verdict = await kit.container.check()(number(), "verify", code)
    assert type(verdict).__name__ == "Approved"


async def test_cancelled_before_the_call_began_nothing_is_charged() -> None:
    """The gateway knows that it handed nothing over: FAILED, and the money goes back."""

    class Begins(ScriptedGateway):
        async def send(self, message: Any, within: float) -> Any:
            try:
                return await super().send(message, within)
            except asyncio.CancelledError:
                raise NotBegun from None

    kit, gateway = build(), Begins()
    kit.container.gateway.override(gateway)
    hold = gateway.hold(taken=False)
    task = asyncio.create_task(kit.container.send()(order()))
    await hold.arrival()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    attempt = await only_attempt(kit)
    assert (attempt.state, attempt.reason) == (DeliveryState.FAILED, FailureReason.CANCELLED)
    assert (await kit.day())["spent"] == 0


async def test_cancelled_while_settling_the_settlement_stands() -> None:
    """The caller goes after the provider answered: the answer is written all the same."""
    kit = build(stopping(SETTLEMENT, executed=False))
    task = asyncio.create_task(kit.container.send()(order()))
    assert isinstance(kit.store, StopsAt)
    await kit.store.hold.arrival()
    assert len(kit.gateway.messages) == 1

    task.cancel()
    kit.store.hold.release()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (await only_attempt(kit)).state is DeliveryState.SENT


async def test_a_refused_send_that_nobody_waits_for_raises_nowhere() -> None:
    """A caller that went away leaves no exception that nobody fetched."""
    import gc

    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    async def leave() -> None:
        kit = build(stopping(ADMISSION, executed=False))
        task = asyncio.create_task(kit.container.send()(order()))
        assert isinstance(kit.store, StopsAt)
        await kit.store.hold.arrival()

        async def fail(*_: object) -> Any:
            raise StoreUnavailable("gone")

        kit.store.store.commit = fail  # type: ignore[assignment,method-assign]
        task.cancel()
        kit.store.hold.release()
        await asyncio.wait({task})
        assert task.cancelled()

    await leave()
    # An exception that nobody fetched is told of when its task is thrown away.
    gc.collect()
    assert complaints == []


class Slows(WrappedStore):
    """A store whose commits take longer from a chosen one on."""

    def __init__(self, store: Store, which: int, seconds: float) -> None:
        super().__init__(store)
        self.commits = 0
        self._which = which
        self._seconds = seconds

    async def commit(self, *args: Any) -> Any:
        """Wait, and pass the commit on."""
        self.commits += 1
        if self.commits > self._which:
            await asyncio.sleep(self._seconds)
        return await super().commit(*args)


@pytest.mark.parametrize(("commits", "state"), [(0, DeliveryState.FAILED), (1, DeliveryState.SENT)])
def test_a_caller_that_goes_waits_two_seconds_at_most(commits: int, state: DeliveryState) -> None:
    """However long it takes to settle: the cancelled caller leaves, and the rest is done later."""

    async def leave() -> float:
        kit = build(functools.partial(Slows, which=commits, seconds=1.75), clock=LoopClock())
        await kit.container.pool().look()
        task = asyncio.create_task(kit.container.send()(order()))
        await asyncio.sleep(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        left = asyncio.get_running_loop().time()
        await asyncio.sleep(2.0)
        assert (await only_attempt(kit)).state is state
        return left

    # To admit and to settle take three and a half seconds, a settlement alone less than two.
    assert run_virtually(leave())[0] == (3.0 if commits == 0 else 2.75)


def test_a_caller_that_goes_before_anything_was_asked_goes_at_once() -> None:
    """Where nothing can have been admitted, nothing is written, and nobody is waited for."""

    class SlowPrices:
        async def tariff(self, country: str) -> Any:
            await asyncio.sleep(60)

    async def leave() -> float:
        kit = build(clock=LoopClock())
        kit.container.prices.override(SlowPrices())
        task = asyncio.create_task(kit.container.send()(order()))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        left = asyncio.get_running_loop().time()
        await asyncio.sleep(120)
        assert await kit.record() is None
        assert kit.gateway.messages == []
        return left

    assert run_virtually(leave())[0] == 1.0


async def test_cancelled_while_it_is_refused_writes_nothing() -> None:
    """The caller goes while the store is asked; what then turns out to be refused stays so."""
    kit = build(stopping(SETTLEMENT + 1, executed=True), rate_limit_per_hour=1)
    await kit.container.send()(order())
    task = asyncio.create_task(kit.container.send()(order()))
    assert isinstance(kit.store, StopsAt)
    await kit.store.hold.arrival()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (await only_attempt(kit)).state is DeliveryState.SENT
    assert (await kit.day())["sends.US"] == 1


async def test_cancelled_while_the_key_is_found_changes_nothing() -> None:
    """The caller goes while an earlier send of the same key is found: it was sent, and stays so."""
    kit = build(lambda store: StopsAt(CountsCalls(store), SETTLEMENT + 1, executed=True))
    await kit.container.send()(order(idempotency_key="mine"))
    assert isinstance(kit.store, StopsAt)
    assert isinstance(kit.store.store, CountsCalls)
    kit.store.store.loads = 0
    kit.store.store.answers.clear()
    task = asyncio.create_task(kit.container.send()(order(idempotency_key="mine")))
    await kit.store.hold.arrival()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    # It was found, and found again; there is nothing to settle.
    assert (kit.store.store.loads, kit.store.store.answers) == (2, [])
    assert (await only_attempt(kit)).state is DeliveryState.SENT
    assert (await kit.day())["spent"] == CENT


async def test_cancelled_during_admission_and_overtaken() -> None:
    """Admitted, and the code approved before the caller went: FAILED, and the money goes back."""
    kit = build(stopping(ADMISSION, executed=True))
    task = asyncio.create_task(kit.container.send()(order()))
    assert isinstance(kit.store, StopsAt)
    await kit.store.hold.arrival()
    await approve_only_code(kit)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    attempt = await only_attempt(kit)
    assert (attempt.state, attempt.reason) == (DeliveryState.FAILED, FailureReason.OVERTAKEN)
    assert (await kit.day())["spent"] == 0
    assert kit.gateway.messages == []


async def test_a_caller_that_goes_when_all_is_over_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The caller goes when the answer is written and only a sender is still put to rest."""
    kit = build(FailsAt, senders=SENDERS)
    kit.gateway.answer_next(Rejected(FailureReason.SENDER_UNUSABLE, 21606))
    resting = asyncio.Event()

    async def note_unusable(_: object) -> None:
        resting.set()
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(kit.container.pool(), "note_unusable", note_unusable)
    task = asyncio.create_task(kit.container.send()(order()))
    await resting.wait()
    assert isinstance(kit.store, FailsAt)
    calls = kit.store.calls

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert kit.store.calls == calls
    attempt = await only_attempt(kit)
    assert (attempt.state, attempt.reason) == (DeliveryState.FAILED, FailureReason.SENDER_UNUSABLE)
    assert (await kit.day())["failed"] == 1


class BeginsNothing(ScriptedGateway):
    """A provider that can't be reached, and knows it."""

    async def send(self, message: Any, within: float) -> Any:
        """Wait for ever; when that is cancelled, nothing was handed over."""
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError as stop:
            raise NotBegun from stop


def test_a_call_that_has_not_begun_when_its_time_is_up_is_no_doubt() -> None:
    """After ten seconds without a connection it is FAILED, and the money goes back."""

    async def send() -> SendAnswer:
        kit = build(clock=LoopClock())
        kit.container.gateway.override(BeginsNothing())
        answer = await kit.container.send()(order())
        assert (await only_attempt(kit)).state is DeliveryState.FAILED
        assert (await kit.day())["spent"] == 0
        return answer

    answer, waited = run_virtually(send())

    assert is_handed(answer, Rejected(FailureReason.NOT_CONNECTED))
    assert waited == 10.0


@pytest.mark.parametrize("begins", [True, False])
def test_a_caller_that_goes_at_the_moment_when_the_time_is_up_goes(begins: bool) -> None:
    """Whatever the call came to, the cancellation is not swallowed, and the attempt is settled."""

    async def leave() -> Attempt:
        kit = build(clock=LoopClock())
        if begins:
            kit.gateway.hold()
        else:
            kit.container.gateway.override(BeginsNothing())
        task = asyncio.create_task(kit.container.send()(order()))
        asyncio.get_running_loop().call_at(10.0, task.cancel)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.get_running_loop().time() == 10.0
        return await only_attempt(kit)

    attempt = run_virtually(leave())[0]

    assert attempt.state is (DeliveryState.UNKNOWN if begins else DeliveryState.FAILED)


async def test_a_gateway_that_breaks_its_promise() -> None:
    """An exception reaches the caller; the attempt reads as UNKNOWN later, and stays charged."""
    kit = build()
    kit.gateway.answer_next(LookupError("a bug"))

    with pytest.raises(LookupError, match="a bug"):
        await kit.container.send()(order(idempotency_key="k"))

    kit.clock.advance(16)  # type: ignore[attr-defined]
    again = await kit.container.send()(order(idempotency_key="k"))
    assert isinstance(again, SentBefore)
    assert again.attempt.state is DeliveryState.UNKNOWN
    assert (await kit.day())["spent"] == CENT


def test_a_store_that_is_silent_is_given_two_seconds_in_all() -> None:
    """The look at the pool and the admission share the two seconds that a caller waits."""
    from tests.unit.application.test_commit_loop import Hangs

    async def send() -> None:
        kit = build(Hangs, clock=LoopClock())
        with pytest.raises(StoreUnavailable):
            await kit.container.send()(order())

    assert run_virtually(send())[1] == 2.0

"""
Sending a code: admit, call, settle.

Admission charges and counts the attempt in one commit; only then is the gateway called, and only
while the attempt's lease lasts; its answer is written in a second commit. A worker that dies in
between leaves an attempt that reads as UNKNOWN and stays charged. Each send runs in a task of its
own, so that a caller that goes away can't tear it apart between two of these steps.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from smsverify.application.commit_loop import Belief
from smsverify.domain.admission import SendRequest, admit_send
from smsverify.domain.code import issue_code
from smsverify.domain.decisions import Admitted, Refused, SentBefore
from smsverify.domain.delivery import (
    DeliveryState,
    FailureReason,
    GatewayAnswer,
    Rejected,
    Uncertain,
)
from smsverify.domain.settlement import Settlement, settle
from smsverify.errors import StoreError
from smsverify.ports.gateway import NotBegun, OutgoingSms
from smsverify.ports.store import STORE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsverify.application.commit_loop import CommitLoop
    from smsverify.application.keys import Keys
    from smsverify.application.recent_phones import RecentPhones
    from smsverify.application.refusal_counts import RefusalCounts
    from smsverify.application.sender_pool import SenderPool
    from smsverify.domain.code import CodeKeys
    from smsverify.domain.decisions import PhoneDecision
    from smsverify.domain.periods import Millis
    from smsverify.domain.phone import PhoneNumber
    from smsverify.domain.policy import Policy
    from smsverify.domain.record import PhoneRecord
    from smsverify.ports.clock import Clock
    from smsverify.ports.entropy import Entropy
    from smsverify.ports.gateway import Gateway
    from smsverify.ports.prices import PriceSource

CALL_SECONDS: Final = 10.0
"""How long the gateway may take, repeats included."""


@attrs.frozen
class SendOrder:
    """
    What a caller wants sent.

    Attributes:
        phone: the recipient, already allowed by country and type.
        purpose: one of the declared purposes.
        render: gives the text for a code; its count of segments is the same for every code.
        segments: that count.
        idempotency_key: the caller's own name for this send.
        client: what stands for the caller's client in counters.
    """

    phone: PhoneNumber
    purpose: str
    render: Callable[[str], str] = attrs.field(repr=False)
    segments: int
    idempotency_key: str | None = attrs.field(default=None, repr=False)
    client: str | None = None


@attrs.frozen
class Handed:
    """
    The gateway was asked, or would have been.

    Attributes:
        admitted: what was charged for it.
        answer: what the gateway said.
    """

    admitted: Admitted
    answer: GatewayAnswer


SendAnswer: TypeAlias = Handed | SentBefore | Refused


class _Caller:
    """Whether the caller of one send still waits, and whether the gateway has been called."""

    def __init__(self) -> None:
        self.gone = False
        self.calling = False


def _hear_out(worker: asyncio.Future[SendAnswer]) -> None:
    """Take what a worker ended with."""
    if not worker.cancelled():
        worker.exception()


class SendVerification:
    """Sends one code; one object serves all calls, loops and threads."""

    def __init__(
        self,
        *,
        loop: CommitLoop[PhoneRecord],
        gateway: Gateway,
        prices: PriceSource,
        pool: SenderPool,
        policy: Policy,
        keys: Keys,
        code_keys: CodeKeys,
        clock: Clock,
        entropy: Entropy,
        refusals: RefusalCounts,
        recent: RecentPhones,
    ) -> None:
        self._loop = loop
        self._gateway = gateway
        self._prices = prices
        self._pool = pool
        self._policy = policy
        self._keys = keys
        self._code_keys = code_keys
        self._clock = clock
        self._entropy = entropy
        self._refusals = refusals
        self._recent = recent

    async def __call__(self, order: SendOrder) -> SendAnswer:
        """
        Admit, call and settle; return what became of it.

        Raises a :class:`~smsverify.errors.StoreError` when admission could not be decided; nothing
        was sent then. A caller that is cancelled waits until the attempt is settled, two seconds at
        most, and then goes.
        """
        caller = _Caller()
        worker = asyncio.ensure_future(self._work(order, caller))
        try:
            return await asyncio.shield(worker)
        except asyncio.CancelledError:
            caller.gone = True
            if caller.calling:
                worker.cancel()
            # Whatever becomes of it, nobody is left to be told, and asyncio shall not complain.
            worker.add_done_callback(_hear_out)
            await asyncio.wait({worker}, timeout=STORE_SECONDS)
            raise

    async def _work(self, order: SendOrder, caller: _Caller) -> SendAnswer:
        request = await self._request(order)
        began = self._clock.monotonic()
        belief: Belief[PhoneRecord] = Belief(known=request.record_key not in self._recent)
        verdict = await self._admit(request, belief)
        if isinstance(verdict, Refused):
            self._refusals.count_send(verdict.code)
            return verdict
        if isinstance(verdict, SentBefore):
            if verdict.attempt.id == request.attempt_id:
                overtaken = Rejected(FailureReason.OVERTAKEN)
                await self._settle(request, overtaken, belief)
                failed = DeliveryState.FAILED
                return SentBefore(
                    attrs.evolve(verdict.attempt, state=failed, reason=overtaken.reason)
                )
            return verdict
        answer = await self._call(order, request, verdict, caller, began)
        await self._settle(request, answer, belief)
        if isinstance(answer, Rejected) and answer.reason is FailureReason.SENDER_UNUSABLE:
            await self._pool.note_unusable(verdict.sender)
        return Handed(verdict, answer)

    async def _request(self, order: SendOrder) -> SendRequest:
        country = order.phone.region
        tariff = await self._prices.tariff(country)
        pool = await self._pool.look_to_send()
        token = self._entropy.token(24)
        return SendRequest(
            attempt_id=token[:8],
            verification_id=token[8:],
            phone=order.phone,
            record_key=self._keys.phone(order.phone),
            purpose=order.purpose,
            amount=tariff.estimate(country, order.segments),
            keys=self._code_keys,
            roster=pool.roster,
            home=pool.home,
            key_hash=self._keys.idempotency(order.idempotency_key),
            client=order.client,
        )

    async def _admit(
        self, request: SendRequest, belief: Belief[PhoneRecord]
    ) -> Admitted | SentBefore | Refused:
        def decide(
            record: PhoneRecord | None, now: Millis
        ) -> PhoneDecision[Admitted | SentBefore | Refused]:
            return admit_send(record, request, now, self._policy)

        verdict = await self._loop.run(request.record_key, decide, belief=belief)
        self._recent.add(request.record_key)
        return verdict

    async def _call(
        self,
        order: SendOrder,
        request: SendRequest,
        admitted: Admitted,
        caller: _Caller,
        began: float,
    ) -> GatewayAnswer:
        if caller.gone:
            return Rejected(FailureReason.CANCELLED)
        elapsed = int((self._clock.monotonic() - began) * 1000)
        if self._policy.lease - elapsed < self._policy.call_needs:
            return Rejected(FailureReason.LEASE_SPENT)
        message = self._message(order, request, admitted, elapsed)
        caller.calling = True
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await self._gateway.send(message, CALL_SECONDS)
        except NotBegun:
            return Rejected(FailureReason.CANCELLED)
        except (TimeoutError, asyncio.CancelledError):
            return Uncertain()
        finally:
            caller.calling = False

    def _message(
        self, order: SendOrder, request: SendRequest, admitted: Admitted, elapsed: Millis
    ) -> OutgoingSms:
        verification = admitted.verification
        code = issue_code(self._code_keys, order.phone, order.purpose, verification)
        left = verification.started_at + self._policy.code_life - admitted.attempt.at - elapsed
        return OutgoingSms(
            to=order.phone,
            text=order.render(code),
            sender=admitted.sender,
            valid_for=max(1, left // 1000),
            record=request.record_key,
            attempt=request.attempt_id,
        )

    async def _settle(
        self, request: SendRequest, answer: GatewayAnswer, belief: Belief[PhoneRecord]
    ) -> None:
        """Write the answer; if that fails, the attempt reads as UNKNOWN and stays charged."""
        settlement = Settlement(self._entropy.token(8), request.attempt_id, request.phone, answer)

        def decide(record: PhoneRecord | None, now: Millis) -> PhoneDecision[object]:
            return settle(record, settlement, now, self._policy)

        with contextlib.suppress(StoreError):
            await self._loop.run(request.record_key, decide, belief=belief)

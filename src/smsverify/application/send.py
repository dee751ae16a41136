"""
Sending a code: admit, call, settle.

Admission charges and counts the attempt in one commit; only then is the gateway called, and only
while the attempt's lease lasts; its answer is written in a second commit. A worker that dies in
between leaves an attempt that reads as UNKNOWN and stays charged. When the caller goes away in
between, a task of its own finds out how far the attempt came, and settles it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import attrs

from smsverify.application.send_order import Handed
from smsverify.application.time_limit import TimeLimit
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
from smsverify.errors import StoreContended, StoreDataInvalid, StoreError
from smsverify.ports.gateway import NotBegun, OutgoingSms
from smsverify.ports.store import STORE_SECONDS

if TYPE_CHECKING:
    from smsverify.application.commit_loop import CommitLoop
    from smsverify.application.keys import Keys
    from smsverify.application.refusal_counts import RefusalCounts
    from smsverify.application.send_order import SendAnswer, SendOrder
    from smsverify.application.sender_pool import SenderPool
    from smsverify.domain.code import CodeKeys
    from smsverify.domain.decisions import PhoneDecision
    from smsverify.domain.periods import Millis
    from smsverify.domain.policy import Policy
    from smsverify.domain.record import PhoneRecord
    from smsverify.ports.clock import Clock
    from smsverify.ports.entropy import Entropy
    from smsverify.ports.gateway import Gateway
    from smsverify.ports.prices import PriceSource

CALL_SECONDS: Final = 10.0
"""How long the gateway may take, repeats included."""


class _Progress:
    """
    How far a send has come, for whoever has to end it when its caller goes away.

    Attributes:
        request: what was asked to be admitted, None before.
        settlement: what is to be written of the attempt, None before it is known.
    """

    __slots__ = ("request", "settlement")

    def __init__(self) -> None:
        self.request: SendRequest | None = None
        self.settlement: Settlement | None = None


def _is_unusable(answer: GatewayAnswer) -> bool:
    """Say whether the provider does not take the sender for ours."""
    return isinstance(answer, Rejected) and answer.reason is FailureReason.SENDER_UNUSABLE


def _hear_out(ending: asyncio.Future[None]) -> None:
    """Take what an ending came to: whatever it was, nobody is left to be told."""
    if not ending.cancelled():
        ending.exception()


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
        self._limit = TimeLimit(CALL_SECONDS)

    async def __call__(self, order: SendOrder) -> SendAnswer:
        """
        Admit, call and settle; return what became of it.

        Raises a :class:`~smsverify.errors.StoreError` when admission could not be decided; nothing
        was sent then. A caller that is cancelled waits until the attempt is settled, two seconds at
        most, and then goes.
        """
        progress = _Progress()
        try:
            return await self._run(order, progress)
        except asyncio.CancelledError:
            if progress.request is not None:
                ending = asyncio.ensure_future(self._end(progress.request, progress.settlement))
                ending.add_done_callback(_hear_out)
                await asyncio.wait({ending}, timeout=STORE_SECONDS)
            raise

    async def _run(self, order: SendOrder, progress: _Progress) -> SendAnswer:
        request = await self._request(order)
        began = self._clock.monotonic()
        progress.request = request
        verdict = await self._admit(request)
        if isinstance(verdict, Admitted):
            answer = await self._call(order, request, verdict, began, progress)
            store_answers = await self._settle(request, answer, progress)
            progress.request = None
            # A store that is away would be waited for a second time.
            if store_answers and _is_unusable(answer):
                await self._pool.note_unusable(verdict.sender)
            return Handed(verdict, answer)
        if isinstance(verdict, SentBefore) and verdict.attempt.id == request.attempt_id:
            return await self._overtaken(request, verdict, progress)
        progress.request = None
        if isinstance(verdict, Refused):
            self._refusals.count_send(verdict.code)
        return verdict

    async def _overtaken(
        self, request: SendRequest, verdict: SentBefore, progress: _Progress
    ) -> SentBefore:
        """A code of the phone was approved after the admission, whose reply was lost: no call."""
        overtaken = Rejected(FailureReason.OVERTAKEN)
        await self._settle(request, overtaken, progress)
        progress.request = None
        failed = DeliveryState.FAILED
        return SentBefore(attrs.evolve(verdict.attempt, state=failed, reason=overtaken.reason))

    async def _end(self, request: SendRequest, settlement: Settlement | None) -> None:
        """
        End a send whose caller went away.

        Without a settlement it is not known whether the attempt was admitted. Asked again, the
        admission tells; if it only comes about now, that of before can't any more.
        """
        if settlement is None:
            verdict = await self._admit(request)
            if isinstance(verdict, Refused) or verdict.attempt.id != request.attempt_id:
                return
            overtaken = isinstance(verdict, SentBefore)
            reason = FailureReason.OVERTAKEN if overtaken else FailureReason.CANCELLED
            settlement = self._settlement(request, Rejected(reason))
        await self._write(request, settlement)

    async def _request(self, order: SendOrder) -> SendRequest:
        country = order.phone.region
        tariff = await self._prices.tariff(country)
        pool = await self._pool.look_to_write()
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

    async def _admit(self, request: SendRequest) -> Admitted | SentBefore | Refused:
        def decide(
            record: PhoneRecord | None, now: Millis
        ) -> PhoneDecision[Admitted | SentBefore | Refused]:
            return admit_send(record, request, now, self._policy)

        return await self._loop.run(request.record_key, decide, is_likely_new=True)

    async def _call(
        self,
        order: SendOrder,
        request: SendRequest,
        admitted: Admitted,
        began: float,
        progress: _Progress,
    ) -> GatewayAnswer:
        elapsed = int((self._clock.monotonic() - began) * 1000)
        if self._policy.lease - elapsed < self._policy.call_needs:
            return Rejected(FailureReason.LEASE_SPENT)
        message = self._message(order, request, admitted, elapsed)
        limit = self._limit.start()
        try:
            with limit:
                return await self._gateway.send(message, CALL_SECONDS)
        except TimeoutError:
            return Uncertain()
        except asyncio.CancelledError as error:
            begun = not isinstance(error, NotBegun)
            if limit.expired and not begun:
                return Rejected(FailureReason.NOT_CONNECTED)
            answer = Uncertain() if begun else Rejected(FailureReason.CANCELLED)
            progress.settlement = self._settlement(request, answer)
            raise

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

    def _settlement(self, request: SendRequest, answer: GatewayAnswer) -> Settlement:
        return Settlement(self._entropy.token(8), request.attempt_id, request.phone, answer)

    async def _settle(
        self, request: SendRequest, answer: GatewayAnswer, progress: _Progress
    ) -> bool:
        progress.settlement = self._settlement(request, answer)
        return await self._write(request, progress.settlement)

    async def _write(self, request: SendRequest, settlement: Settlement) -> bool:
        """
        Write the answer; where that fails, the attempt reads as UNKNOWN and stays charged.

        Returns whether the store answers, be it that the write is refused.
        """

        def decide(record: PhoneRecord | None, now: Millis) -> PhoneDecision[object]:
            return settle(record, settlement, now, self._policy)

        try:
            await self._loop.run(request.record_key, decide)
        except (StoreContended, StoreDataInvalid):
            return True
        except StoreError:
            return False
        return True

"""Taking in what the provider reports: delivery receipts, and people's STOP and START."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.domain.delivery import FailureReason
from smsverify.domain.opt_out import OptOutRequest, note_opt_out
from smsverify.domain.settlement import Receipt, take_receipt

if TYPE_CHECKING:
    from smsverify.application.commit_loop import CommitLoop
    from smsverify.application.keys import Keys
    from smsverify.application.sender_pool import SenderPool
    from smsverify.domain.decisions import Noted, PhoneDecision, Settled
    from smsverify.domain.delivery import DeliveryState
    from smsverify.domain.periods import Millis
    from smsverify.domain.phone import PhoneNumber
    from smsverify.domain.policy import Policy
    from smsverify.domain.record import PhoneRecord
    from smsverify.ports.entropy import Entropy


class TakeReceipt:
    """Raises the state of the attempt that a receipt names."""

    def __init__(
        self,
        *,
        loop: CommitLoop[PhoneRecord],
        pool: SenderPool,
        policy: Policy,
        entropy: Entropy,
    ) -> None:
        self._loop = loop
        self._pool = pool
        self._policy = policy
        self._entropy = entropy

    async def __call__(
        self,
        record_key: str,
        attempt_id: bytes,
        state: DeliveryState,
        message_id: str,
        reason: FailureReason | None = None,
        provider_code: int | None = None,
    ) -> Settled:
        """
        Return the attempt as it stands; one that is no longer kept changes nothing.

        Raises a :class:`~smsverify.errors.StoreError` when it could not be written: the provider is
        then to be asked to report again.
        """
        operation = self._entropy.token(8)
        receipt = Receipt(
            operation, attempt_id, record_key, state, message_id, reason, provider_code
        )

        def decide(record: PhoneRecord | None, now: Millis) -> PhoneDecision[Settled]:
            return take_receipt(record, receipt, now, self._policy)

        settled = await self._loop.run(record_key, decide)
        if settled.changed and settled.attempt and reason is FailureReason.FILTERED:
            await self._pool.note_filtered(settled.attempt.sender)
        return settled


class NoteOptOut:
    """Writes that a person wants no more messages, or wants them again."""

    def __init__(
        self, *, loop: CommitLoop[PhoneRecord], policy: Policy, keys: Keys, entropy: Entropy
    ) -> None:
        self._loop = loop
        self._policy = policy
        self._keys = keys
        self._entropy = entropy

    async def __call__(
        self, phone: PhoneNumber, *, opt_out: bool, message_id: str | None, by: str = "person"
    ) -> Noted:
        """
        Return whether it changed anything; ``message_id`` is None for an operator's order.

        Raises a :class:`~smsverify.errors.StoreError` when it could not be written: the provider is
        then to be asked to deliver it again.
        """
        message_hash = None if message_id is None else self._keys.message(message_id)
        request = OptOutRequest(self._entropy.token(8), opt_out, message_hash, by)

        def decide(record: PhoneRecord | None, now: Millis) -> PhoneDecision[Noted]:
            return note_opt_out(record, request, now, self._policy)

        return await self._loop.run(self._keys.phone(phone), decide)

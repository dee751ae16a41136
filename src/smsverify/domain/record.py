"""
What is kept of one phone: its record, the parts of it, and how long they are kept.

A record is a frozen value. It holds no number and no code. Every rule reads times through
:func:`~smsverify.domain.periods.settle_time`, and every part that is past its keeping is read as
if it were not there, so a record that a store forgot to delete decides like no record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from smsverify.domain.delivery import DeliveryState, FailureReason

if TYPE_CHECKING:
    from typing import Final

    from smsverify.domain.periods import Millis


@attrs.frozen
class Verification:
    """
    A code's identity.

    Attributes:
        id: 16 random bytes that the code is derived from; empty once it is so long over by age that
            housekeeping dropped them.
        key_id: which secret issued it; empty likewise.
        started_at: when its first attempt was admitted; its life runs from here.
    """

    id: bytes = attrs.field(repr=False)
    key_id: bytes = attrs.field(repr=False)
    started_at: Millis


@attrs.frozen
class Attempt:
    """
    One send that was admitted; kept 24 hours.

    Attributes:
        id: 8 random bytes, fresh for each call.
        purpose: what the code is for.
        carries: the verification whose code it carried; None once a code of this phone and purpose
            was approved.
        at: when it was admitted; the day it is charged to follows from it.
        state: the highest fact seen.
        state_at: when that was seen.
        sender: the short name of the sender (see :class:`~smsverify.domain.senders.Sender`).
        amount: micro-dollars charged.
        reason: why it failed or was not delivered.
        provider_code: the provider's number for that.
        message_id: the provider's id of the message.
        key_hash: 16 bytes that stand for the caller's idempotency key.
    """

    id: bytes
    purpose: str
    carries: Verification | None
    at: Millis
    state: DeliveryState
    state_at: Millis
    sender: bytes
    amount: int
    reason: FailureReason | None = None
    provider_code: int | None = None
    message_id: str | None = None
    key_hash: bytes | None = attrs.field(default=None, repr=False)

    def carrying(self, verification: Verification | None) -> Attempt:
        """Return this attempt with another verification, or none."""
        return Attempt(
            self.id,
            self.purpose,
            verification,
            self.at,
            self.state,
            self.state_at,
            self.sender,
            self.amount,
            self.reason,
            self.provider_code,
            self.message_id,
            self.key_hash,
        )

    def seen(
        self,
        state: DeliveryState,
        now: Millis,
        *,
        reason: FailureReason | None = None,
        provider_code: int | None = None,
        message_id: str | None = None,
    ) -> Attempt:
        """Return this attempt in another state, seen now; a message id that is known stays."""
        return Attempt(
            self.id,
            self.purpose,
            self.carries,
            self.at,
            state,
            now,
            self.sender,
            self.amount,
            reason,
            provider_code,
            message_id or self.message_id,
            self.key_hash,
        )


@attrs.frozen
class WrongAnswers:
    """
    The counted wrong answers of one purpose.

    Attributes:
        purpose: what the code was for.
        times: when each was counted, in the order of counting.
    """

    purpose: str
    times: tuple[Millis, ...]


@attrs.frozen
class Operation:
    """
    A counted wrong answer's identity, kept 10 s: so that a retry after a lost reply is not counted.

    Attributes:
        id: 8 random bytes, fresh for each call.
        at: when it was decided.
        attempts_left: what it answered.
    """

    id: bytes
    at: Millis
    attempts_left: int


@attrs.frozen
class Approval:
    """
    An accepted code, kept until its life would have ended.

    Attributes:
        operation: the id of the call that consumed it.
        purpose: what it was for.
        verification: what it was derived from.
        key_hash: 16 bytes that stand for the caller's idempotency key.
    """

    operation: bytes
    purpose: str
    verification: Verification
    key_hash: bytes | None = attrs.field(default=None, repr=False)


@attrs.frozen
class PhoneRecord:
    """
    All that is kept of one phone.

    Attributes:
        stamp: 8 random bytes of the operation that wrote it: no value's bytes ever come twice.
        attempts: the sends of the last 24 hours, in the order of admission.
        wrong: the counted wrong answers, a purpose each.
        operations: the latest counted wrong answers' identities.
        approvals: the accepted codes whose life has not ended.
        opted_out_at: when the person said STOP, None when they did not or came back.
        message_hashes: the last 16 opt-out and opt-in messages, oldest first.
    """

    stamp: bytes = b""
    attempts: tuple[Attempt, ...] = ()
    wrong: tuple[WrongAnswers, ...] = ()
    operations: tuple[Operation, ...] = ()
    approvals: tuple[Approval, ...] = ()
    opted_out_at: Millis | None = None
    message_hashes: tuple[bytes, ...] = ()

    def with_attempts(self, stamp: bytes, attempts: tuple[Attempt, ...]) -> PhoneRecord:
        """Return this record with other attempts, as a new operation writes it."""
        # Spelled out, since this is the hot path: attrs.evolve takes ten times as long.
        return PhoneRecord(
            stamp,
            attempts,
            self.wrong,
            self.operations,
            self.approvals,
            self.opted_out_at,
            self.message_hashes,
        )

    def attempt(self, attempt_id: bytes) -> Attempt | None:
        """Return the attempt with this id, or None."""
        for attempt in self.attempts:
            if attempt.id == attempt_id:
                return attempt
        return None

    def wrong_times(self, purpose: str) -> tuple[Millis, ...]:
        """Return when this purpose's wrong answers were counted."""
        for entry in self.wrong:
            if entry.purpose == purpose:
                return entry.times
        return ()


EMPTY: Final = PhoneRecord()
"""What no record means."""


def replace_attempt(record: PhoneRecord, changed: Attempt) -> tuple[Attempt, ...]:
    """Return the record's attempts with one of them replaced by its new version."""
    return tuple([changed if one.id == changed.id else one for one in record.attempts])

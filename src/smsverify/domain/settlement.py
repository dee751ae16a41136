"""
Settling an attempt: with the gateway's answer, and with delivery receipts.

The worker that admitted an attempt settles it once. Only it can say FAILED, and only while no
higher fact is on record; then the money goes back, in the same commit, to the day and the country
that were charged, and can't go back twice. Receipts raise the state and touch no money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from smsverify.domain import counters
from smsverify.domain.decisions import Decision, PhoneDecision, Settled
from smsverify.domain.delivery import (
    RANK,
    Accepted,
    DeliveryState,
    FailureReason,
    GatewayAnswer,
    Rejected,
    Uncertain,
    raises,
)
from smsverify.domain.events import OptOutChanged, ReceiptTaken, SendSettled
from smsverify.domain.pool import add_filtered
from smsverify.domain.record import EMPTY, Attempt, PhoneRecord, replace_attempt
from smsverify.domain.verification import age_record, kept

if TYPE_CHECKING:
    from smsverify.domain.events import Event
    from smsverify.domain.periods import Millis
    from smsverify.domain.phone import PhoneNumber
    from smsverify.domain.policy import Policy

STATE_COUNTERS = {
    DeliveryState.UNKNOWN: counters.UNKNOWN,
    DeliveryState.UNDELIVERED: counters.UNDELIVERED,
    DeliveryState.DELIVERED: counters.DELIVERED,
}


@attrs.frozen
class Settlement:
    """
    What a worker has to say of its attempt.

    Attributes:
        operation: 8 random bytes, fresh for each settling.
        attempt_id: which attempt.
        phone: the recipient, for the country that was charged and for the event.
        answer: what the gateway said.
    """

    operation: bytes
    attempt_id: bytes
    phone: PhoneNumber
    answer: GatewayAnswer


@attrs.frozen
class Receipt:
    """
    What the provider reports of a message after it took it.

    Attributes:
        operation: 8 random bytes, fresh for each delivery of the report.
        attempt_id: which attempt.
        recipient: a stable name of the phone that is not its number: its record's key.
        state: SENT, UNDELIVERED or DELIVERED.
        message_id: the provider's id of the message.
        reason: why it was not delivered.
        provider_code: the provider's number for that.
    """

    operation: bytes
    attempt_id: bytes
    recipient: str
    state: DeliveryState
    message_id: str
    reason: FailureReason | None = None
    provider_code: int | None = None


def settle(
    record: PhoneRecord | None, settlement: Settlement, now: Millis, policy: Policy
) -> PhoneDecision[Settled]:
    """Write the gateway's answer to the attempt, unless a higher fact is already there."""
    attempt = (record or EMPTY).attempt(settlement.attempt_id)
    if record is None or attempt is None:
        return Decision(Settled(None, changed=False))
    match settlement.answer:
        case Accepted(message_id):
            return _accept(record, attempt, message_id, settlement, now, policy)
        case Rejected():
            return _fail(record, attempt, settlement.answer, settlement, now, policy)
        case Uncertain(provider_code):
            return _doubt(record, attempt, provider_code, settlement, now, policy)


def _accept(
    record: PhoneRecord,
    attempt: Attempt,
    message_id: str,
    settlement: Settlement,
    now: Millis,
    policy: Policy,
) -> PhoneDecision[Settled]:
    if not raises(DeliveryState.SENT, attempt.state):
        return Decision(Settled(attempt, changed=False))
    sent = attempt.seen(DeliveryState.SENT, now, message_id=message_id)
    adds = (counters.add_to_day(now, counters.ACCEPTED),)
    return _write(record, sent, settlement, adds, now, policy)


def _fail(
    record: PhoneRecord,
    attempt: Attempt,
    answer: Rejected,
    settlement: Settlement,
    now: Millis,
    policy: Policy,
) -> PhoneDecision[Settled]:
    if attempt.state not in (DeliveryState.SENDING, DeliveryState.UNKNOWN):
        return Decision(Settled(attempt, changed=False))
    failed = attempt.seen(
        DeliveryState.FAILED, now, reason=answer.reason, provider_code=answer.provider_code
    )
    spent_here = counters.of_country(counters.SPENT, settlement.phone.region)
    adds = (
        counters.add_to_day(attempt.at, counters.SPENT, -attempt.amount),
        counters.add_to_day(attempt.at, spent_here, -attempt.amount),
        counters.add_to_day(now, counters.FAILED),
    )
    said_stop = answer.reason is FailureReason.OPTED_OUT and record.opted_out_at is None
    if said_stop:
        record = attrs.evolve(record, opted_out_at=now)
    decision = _write(record, failed, settlement, adds, now, policy)
    if not said_stop:
        return decision
    event = OptOutChanged(opted_out=True, by="provider")
    return attrs.evolve(decision, events=(*decision.events, event))


def _doubt(
    record: PhoneRecord,
    attempt: Attempt,
    provider_code: int | None,
    settlement: Settlement,
    now: Millis,
    policy: Policy,
) -> PhoneDecision[Settled]:
    if not raises(DeliveryState.UNKNOWN, attempt.state):
        return Decision(Settled(attempt, changed=False))
    doubtful = attempt.seen(DeliveryState.UNKNOWN, now, provider_code=provider_code)
    adds = (counters.add_to_day(now, counters.UNKNOWN),)
    return _write(record, doubtful, settlement, adds, now, policy)


def _write(
    record: PhoneRecord,
    attempt: Attempt,
    settlement: Settlement,
    adds: tuple[counters.Add, ...],
    now: Millis,
    policy: Policy,
) -> PhoneDecision[Settled]:
    event = SendSettled(
        settlement.phone,
        attempt.purpose,
        attempt.state,
        attempt.message_id,
        attempt.reason,
        attempt.provider_code,
        attempt.amount if attempt.state is DeliveryState.FAILED else 0,
    )
    written = _with_attempt(record, attempt, settlement.operation, now, policy)
    return Decision(Settled(attempt, changed=True), written, adds, events=(event,))


def take_receipt(
    record: PhoneRecord | None, receipt: Receipt, now: Millis, policy: Policy
) -> PhoneDecision[Settled]:
    """
    Raise an attempt's state to what a receipt says.

    A receipt that raises nothing writes nothing: a repeated or late one, one for an attempt that
    failed or is no longer kept, and one that names another message than the attempt's.
    """
    attempt = (record or EMPTY).attempt(receipt.attempt_id)
    if record is None or attempt is None or not kept(attempt.at, policy.attempt_keeping, now):
        return Decision(Settled(None, changed=False))
    foreign = attempt.message_id not in (None, receipt.message_id)
    if foreign or not raises(receipt.state, attempt.state):
        return Decision(Settled(attempt, changed=False))
    delivered = receipt.state is DeliveryState.DELIVERED
    raised = attempt.seen(
        receipt.state,
        now,
        message_id=receipt.message_id,
        reason=None if delivered else receipt.reason,
        provider_code=None if delivered else receipt.provider_code,
    )
    event: Event = ReceiptTaken(
        receipt.state, receipt.message_id, raised.reason, raised.provider_code
    )
    return Decision(
        Settled(raised, changed=True),
        _with_attempt(record, raised, receipt.operation, now, policy),
        _receipt_counts(attempt, receipt, now),
        events=(event,),
    )


def _receipt_counts(attempt: Attempt, receipt: Receipt, now: Millis) -> tuple[counters.Add, ...]:
    """
    Count the new fact, and that the provider took it if this is the first to say so.

    A filtered phone is noted for its sender, which rests when there are too many of them.
    """
    adds: list[counters.Add] = []
    if RANK[attempt.state] < RANK[DeliveryState.SENT]:
        adds.append(counters.add_to_day(now, counters.ACCEPTED))
    if receipt.state in STATE_COUNTERS:
        adds.append(counters.add_to_day(now, STATE_COUNTERS[receipt.state]))
    if receipt.reason is FailureReason.FILTERED:
        adds.append(add_filtered(attempt.sender, receipt.recipient, now))
    return tuple(adds)


def _with_attempt(
    record: PhoneRecord, attempt: Attempt, operation: bytes, now: Millis, policy: Policy
) -> PhoneRecord:
    changed = record.with_attempts(operation, replace_attempt(record, attempt))
    return age_record(changed, now, policy)

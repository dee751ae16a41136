"""
What an operator may change of one phone: end its waiting times, opt it in, forget it.

Each order has a reason and is told as an event of its own, also when it found nothing to change.
No order touches money: what was sent stays paid for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from smsverify.domain.decisions import Decision, PhoneDecision
from smsverify.domain.delivery import DeliveryState
from smsverify.domain.events import Audited
from smsverify.domain.opt_out import OptOutRequest, note_opt_out
from smsverify.domain.record import EMPTY, Attempt, PhoneRecord
from smsverify.domain.verification import age_record, kept, live_verifications

if TYPE_CHECKING:
    from typing import Final

    from smsverify.domain.decisions import Noted
    from smsverify.domain.periods import Millis
    from smsverify.domain.phone import PhoneNumber
    from smsverify.domain.policy import Policy

MAX_REASON_LENGTH: Final = 200
"""Characters of a reason: a sentence and the number of a ticket."""


def check_reason(text: str) -> str:
    """
    Return a reason without the spaces around it.

    Raises ValueError when it is empty, longer than :data:`MAX_REASON_LENGTH` or holds a control
    character, which could forge a line of the audit trail.
    """
    reason = text.strip()
    if not reason:
        raise ValueError("Say why: a reason must not be empty.")
    if len(reason) > MAX_REASON_LENGTH or not reason.isprintable():
        raise ValueError(
            f"A reason is one line of at most {MAX_REASON_LENGTH} characters that can be printed."
        )
    return reason


@attrs.frozen
class Order:
    """
    Who is meant, and why.

    Attributes:
        operation: 8 random bytes, fresh for each call.
        phone: the number; events show it masked.
        reason: why, as :func:`check_reason` returns it.
    """

    operation: bytes
    phone: PhoneNumber
    reason: str

    def audited(self, action: str) -> Audited:
        """Return the event that tells of this order."""
        return Audited(self.phone, action, self.reason)


@attrs.frozen
class Unlocked:
    """
    Waiting times were ended.

    Attributes:
        wrong_answers: how many counted wrong answers were taken back, of all purposes.
        sends: how many sends are counted no longer.
        sends_still_counted: how many still are, since their code lives or they are under way.
    """

    wrong_answers: int
    sends: int
    sends_still_counted: int


@attrs.frozen
class Forgotten:
    """
    What was kept of a phone was removed.

    Attributes:
        sends: how many sends.
        wrong_answers: how many counted wrong answers.
        approvals: how many used codes.
        opt_out: whether an opt-out was removed.
        opt_out_stays: whether an opt-out is still kept.
        messages: how many hashes of opt-out and opt-in messages were removed.
        messages_stay: how many are still kept.
    """

    sends: int
    wrong_answers: int
    approvals: int
    opt_out: bool
    opt_out_stays: bool
    messages: int
    messages_stay: int

    @property
    def changed(self) -> bool:
        """Whether anything was there to remove."""
        counts = (self.sends, self.wrong_answers, self.approvals, self.messages)
        return self.opt_out or any(counts)


def unlock(
    record: PhoneRecord | None, order: Order, now: Millis, policy: Policy
) -> PhoneDecision[Unlocked]:
    """
    Take back the wrong answers, and the sends from the windows that limit them.

    A code that lives goes on living, so one send of each stays counted; so does a send under way,
    which its worker has yet to settle. A receipt, or a repeated idempotency key, of a send that is
    counted no longer finds nothing any more.
    """
    known = age_record(record or EMPTY, now, policy)
    needed = _needed_attempts(known, now, policy)
    unlocked = Unlocked(_count_wrong(known), len(known.attempts) - len(needed), len(needed))
    events = (order.audited("unlock"),)
    if record is None or not (unlocked.wrong_answers or unlocked.sends):
        return Decision(unlocked, events=events)
    changed = attrs.evolve(known, stamp=order.operation, attempts=needed, wrong=())
    return Decision(unlocked, changed, events=events)


def opt_in(
    record: PhoneRecord | None, order: Order, now: Millis, policy: Policy
) -> PhoneDecision[Noted]:
    """Take back a STOP; the hashes of earlier messages stay, so a replayed one changes nothing."""
    wish = OptOutRequest(order.operation, opt_out=False, by="operator")
    decision = note_opt_out(record, wish, now, policy)
    return attrs.evolve(decision, events=(*decision.events, order.audited("opt-in")))


def forget(
    record: PhoneRecord | None,
    order: Order,
    now: Millis,
    policy: Policy,
    *,
    with_opt_out: bool = False,
) -> PhoneDecision[Forgotten]:
    """
    Remove all that is kept of a phone, except an opt-out and its message hashes, unless asked to.

    Codes that live die with it, all limits begin anew, and a send under way can't return its money
    any more if it fails.
    """
    known = age_record(record or EMPTY, now, policy)
    stays = PhoneRecord(
        stamp=order.operation,
        opted_out_at=None if with_opt_out else known.opted_out_at,
        message_hashes=() if with_opt_out else known.message_hashes,
    )
    nothing_stays = stays.opted_out_at is None and not stays.message_hashes
    opted_out = known.opted_out_at is not None
    forgotten = Forgotten(
        sends=len(known.attempts),
        wrong_answers=_count_wrong(known),
        approvals=len(known.approvals),
        opt_out=opted_out and stays.opted_out_at is None,
        opt_out_stays=stays.opted_out_at is not None,
        messages=len(known.message_hashes) - len(stays.message_hashes),
        messages_stay=len(stays.message_hashes),
    )
    action = "forget with opt-out" if with_opt_out else "forget"
    events = (order.audited(action),)
    if record is None or not (forgotten.changed or nothing_stays):
        return Decision(forgotten, events=events)
    return Decision(forgotten, EMPTY if nothing_stays else stays, events=events)


def _count_wrong(record: PhoneRecord) -> int:
    return sum(len(one.times) for one in record.wrong)


def _needed_attempts(record: PhoneRecord, now: Millis, policy: Policy) -> tuple[Attempt, ...]:
    """Return the sends under way, and the latest one of each code that lives."""
    needed = {one.id for one in record.attempts if _under_way(one, now, policy)}
    for purpose in {one.purpose for one in record.attempts}:
        for verification in live_verifications(record, purpose, now, policy):
            carriers = [
                one
                for one in record.attempts
                if one.carries == verification
                and one.purpose == purpose
                and one.state is not DeliveryState.FAILED
            ]
            needed.add(carriers[-1].id)
    return tuple(one for one in record.attempts if one.id in needed)


def _under_way(attempt: Attempt, now: Millis, policy: Policy) -> bool:
    """Say whether a worker may still settle it: it may be slower than its lease by two seconds."""
    return attempt.state is DeliveryState.SENDING and kept(attempt.at, 2 * policy.lease, now)

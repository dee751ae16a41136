"""
Which codes of a phone live, and how a record ages.

A code dies by age, by approval, or when every attempt that carried it failed for certain; nothing
else kills it. Liveness is read from the attempts and never written, so no fault between two writes
can lock out a person who holds a delivered code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.domain.delivery import DeliveryState
from smsverify.domain.periods import CLOCK_SLACK, Millis, settle_time
from smsverify.domain.rate_limit import prune
from smsverify.domain.record import (
    EMPTY,
    Approval,
    Attempt,
    Operation,
    PhoneRecord,
    Verification,
    WrongAnswers,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsverify.domain.policy import Policy


def in_life(verification: Verification, now: Millis, policy: Policy) -> bool:
    """Say whether a code's age allows it; a start well ahead of now means it is over."""
    age = now - verification.started_at
    return -CLOCK_SLACK <= age < policy.code_life and verification.id != b""


def live_verifications(
    record: PhoneRecord, purpose: str, now: Millis, policy: Policy
) -> list[Verification]:
    """Return the verifications whose codes are accepted now, oldest first."""
    live: list[Verification] = []
    for attempt in record.attempts:
        carried = attempt.carries
        if (
            attempt.purpose == purpose
            and attempt.state is not DeliveryState.FAILED
            and carried is not None
            and carried not in live
            and in_life(carried, now, policy)
        ):
            live.append(carried)
    return live


def ended_by_age(record: PhoneRecord, purpose: str, now: Millis, policy: Policy) -> bool:
    """Say whether the latest verification of a purpose ended by age, within what is kept."""
    mine = [
        attempt
        for attempt in record.attempts
        if attempt.purpose == purpose and kept(attempt.at, policy.attempt_keeping, now)
    ]
    if not mine:
        return False
    latest = mine[-1].carries
    return latest is not None and any(
        attempt.carries == latest and attempt.state is not DeliveryState.FAILED for attempt in mine
    )


def kept(at: Millis, keeping: Millis, now: Millis) -> bool:
    """Say whether something of that time is still to be looked at."""
    return now - settle_time(at, now) < keeping


def state_now(attempt: Attempt, now: Millis, policy: Policy) -> DeliveryState:
    """Return an attempt's state as it reads now: past its lease, SENDING means UNKNOWN."""
    if attempt.state is DeliveryState.SENDING and not kept(attempt.at, policy.lease, now):
        return DeliveryState.UNKNOWN
    return attempt.state


def age_record(record: PhoneRecord, now: Millis, policy: Policy) -> PhoneRecord:
    """
    Drop what is past its keeping; called before each write.

    Of a verification twice its life old only the start stays: no rule could revive it.
    """
    if record is EMPTY:
        return record
    attempts = _age_attempts(record.attempts, now, policy)
    if attempts == record.attempts and not (record.wrong or record.operations or record.approvals):
        return record
    return PhoneRecord(
        record.stamp,
        attempts,
        _age_wrong(record.wrong, now, policy) if record.wrong else (),
        _age_operations(record.operations, now, policy) if record.operations else (),
        _age_approvals(record.approvals, now, policy) if record.approvals else (),
        record.opted_out_at,
        record.message_hashes,
    )


def _age_attempts(
    attempts: tuple[Attempt, ...], now: Millis, policy: Policy
) -> tuple[Attempt, ...]:
    long_over = 2 * policy.code_life
    aged: list[Attempt] = []
    for attempt in attempts:
        if not kept(attempt.at, policy.attempt_keeping, now):
            continue
        carried = attempt.carries
        if carried is not None and carried.id and now - carried.started_at >= long_over:
            start_only = Verification(b"", b"", carried.started_at)
            aged.append(attempt.carrying(start_only))
        else:
            aged.append(attempt)
    return tuple(aged)


def _age_wrong(
    wrong: Sequence[WrongAnswers], now: Millis, policy: Policy
) -> tuple[WrongAnswers, ...]:
    longest = max(limit.span for limit in policy.wrong_answers)
    aged = (WrongAnswers(one.purpose, prune(one.times, longest, now)) for one in wrong)
    return tuple(one for one in aged if one.times)


def _age_operations(
    operations: Sequence[Operation], now: Millis, policy: Policy
) -> tuple[Operation, ...]:
    return tuple(one for one in operations if kept(one.at, policy.operation_keeping, now))


def _age_approvals(
    approvals: Sequence[Approval], now: Millis, policy: Policy
) -> tuple[Approval, ...]:
    keeping = approval_keeping(policy)
    return tuple(one for one in approvals if kept(one.verification.started_at, keeping, now))


def approval_keeping(policy: Policy) -> Millis:
    """
    Return how long after its code's start an approval is kept.

    Until the code's life ends, for callers that ask again; and as long as any operation after that,
    since a code that was accepted in its last moment has a retry under way too.
    """
    return policy.code_life + policy.operation_keeping


def keeping_of(record: PhoneRecord, now: Millis, *, policy: Policy) -> Millis | None:
    """
    Return how long a record must be kept from now, or None for always.

    A record that holds an opt-out, or the hash of a message that changed one, never expires. Times
    are taken as recorded, also those ahead of a clock that went back: what lies an hour ahead
    fills its window until an hour later, and must not be forgotten before.
    """
    if record.opted_out_at is not None or record.message_hashes:
        return None
    ends = [one.at + policy.attempt_keeping for one in record.attempts]
    if record.wrong:
        longest = max(limit.span for limit in policy.wrong_answers)
        ends += [time + longest for one in record.wrong for time in one.times]
    if record.operations:
        ends += [one.at + policy.operation_keeping for one in record.operations]
    if record.approvals:
        keeping = approval_keeping(policy)
        ends += [one.verification.started_at + keeping for one in record.approvals]
    return max(ends, default=now + 1) - now

"""
Checking what a person typed: one decision over the phone's record.

The answer is compared with every code that lives for the phone and purpose, at most two. A right
one uses all of them up, in one commit, so of any number of parallel right answers exactly one is
approved. A wrong one is counted, per phone and purpose, in windows that no resend, new code,
restart or other process resets; only success does.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import attrs

from smsverify.domain import counters
from smsverify.domain import policy as names
from smsverify.domain.code import CodeKeys, derive_code, same_code
from smsverify.domain.decisions import Approved, Decision, PhoneDecision, Refused, Wrong
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.events import AnswerWrong, CheckRefused, CodeApproved
from smsverify.domain.periods import Millis, end_of_hour
from smsverify.domain.rate_limit import find_full_window, places_left
from smsverify.domain.record import (
    EMPTY,
    Approval,
    Operation,
    PhoneRecord,
    Verification,
    WrongAnswers,
)
from smsverify.domain.verification import age_record, ended_by_age, in_life, live_verifications

if TYPE_CHECKING:
    from smsverify.domain.phone import PhoneNumber
    from smsverify.domain.policy import Policy


@attrs.frozen
class CheckRequest:
    """
    One call of "check", as the rules see it.

    Attributes:
        operation: 8 random bytes, fresh for each call; a retry of the same call keeps them.
        phone: the number that the person claims.
        purpose: what the code is for.
        typed: what was typed, already known to have a code's form.
        keys: the code secrets in force.
        key_hash: stands for the caller's idempotency key.
        client: stands for the caller's client, None when none was given.
    """

    operation: bytes
    phone: PhoneNumber
    purpose: str
    typed: bytes = attrs.field(repr=False)
    keys: CodeKeys
    key_hash: bytes | None = None
    client: str | None = None


def check_code(
    record: PhoneRecord | None, request: CheckRequest, now: Millis, policy: Policy
) -> PhoneDecision[Approved | Wrong | Refused]:
    """Decide on an answer; ``record`` is None for a phone of which nothing is kept."""
    known = record or EMPTY
    repeated = _find_repeated(known, request, now, policy)
    if repeated is not None:
        return Decision(repeated)
    live = live_verifications(known, request.purpose, now, policy)
    matching = _find_matching(live, request)
    if not live:
        return _refuse(request, _nothing_pending(known, request, now, policy))
    full = find_full_window(known.wrong_times(request.purpose), policy.wrong_answers, now)
    if full is not None:
        refusal = Refused(ErrorCode.TOO_MANY_ATTEMPTS, full.rule, full.retry_after, 0)
        return _refuse(request, refusal)
    if matching is None:
        return _count_wrong(known, request, now, policy)
    return _approve(known, request, matching, now, policy)


def _find_repeated(
    record: PhoneRecord, request: CheckRequest, now: Millis, policy: Policy
) -> Approved | Wrong | None:
    for operation in record.operations:
        if operation.id == request.operation:
            return Wrong(operation.attempts_left)
    for approval in record.approvals:
        if approval.operation == request.operation:
            return Approved()
        if _same_caller(approval, request) and in_life(approval.verification, now, policy):
            code = derive_code(request.keys, request.phone, request.purpose, approval.verification)
            if same_code(request.typed, code):
                return Approved(again=True)
    return None


def _same_caller(approval: Approval, request: CheckRequest) -> bool:
    return (
        request.key_hash is not None
        and approval.key_hash == request.key_hash
        and approval.purpose == request.purpose
    )


def _find_matching(live: list[Verification], request: CheckRequest) -> Verification | None:
    """Compare with every live code, and with none at all if none lives: always the same work."""
    if not live:
        same_code(request.typed, None)
    matching: Verification | None = None
    for one in live:
        if same_code(request.typed, derive_code(request.keys, request.phone, request.purpose, one)):
            matching = one
    return matching


def _nothing_pending(
    record: PhoneRecord, request: CheckRequest, now: Millis, policy: Policy
) -> Refused:
    if ended_by_age(record, request.purpose, now, policy):
        return Refused(ErrorCode.CODE_EXPIRED)
    return Refused(ErrorCode.NO_PENDING_VERIFICATION)


def _refuse(request: CheckRequest, refusal: Refused) -> PhoneDecision[Refused]:
    event = CheckRefused(
        request.phone, request.purpose, refusal.code, refusal.rule, refusal.retry_after
    )
    return Decision(refusal, events=(event,))


def _count_wrong(
    record: PhoneRecord, request: CheckRequest, now: Millis, policy: Policy
) -> PhoneDecision[Wrong | Refused]:
    times = (*record.wrong_times(request.purpose), now)
    left = places_left(times, policy.wrong_answers, now)
    others = tuple(one for one in record.wrong if one.purpose != request.purpose)
    changed = PhoneRecord(
        request.operation,
        record.attempts,
        (*others, WrongAnswers(request.purpose, times)),
        (*record.operations, Operation(request.operation, now, left)),
        record.approvals,
        record.opted_out_at,
        record.message_hashes,
    )
    charge = _client_charge(request, 1, policy.client_wrong, now)
    return Decision(
        Wrong(left),
        age_record(changed, now, policy),
        (*charge, counters.add_to_day(now, counters.WRONG)),
        partial(_over_client_limit, request, now),
        (AnswerWrong(request.phone, request.purpose, left),),
    )


def _approve(
    record: PhoneRecord,
    request: CheckRequest,
    verification: Verification,
    now: Millis,
    policy: Policy,
) -> PhoneDecision[Approved | Refused]:
    approval = Approval(request.operation, request.purpose, verification, request.key_hash)
    attempts = [
        one.carrying(None) if one.purpose == request.purpose else one for one in record.attempts
    ]
    changed = PhoneRecord(
        request.operation,
        tuple(attempts),
        tuple([one for one in record.wrong if one.purpose != request.purpose]),
        record.operations,
        (*record.approvals, approval),
        record.opted_out_at,
        record.message_hashes,
    )
    # Adding nothing under a ceiling of one less asks whether one more would still fit: a client
    # at its limit is refused the right code too, or it could go on guessing.
    charge = _client_charge(request, 0, policy.client_wrong - 1, now)
    approved = counters.of_country(counters.APPROVED, request.phone.region)
    return Decision(
        Approved(),
        age_record(changed, now, policy),
        (*charge, counters.add_to_day(now, approved)),
        partial(_over_client_limit, request, now),
        (CodeApproved(request.phone, request.purpose),),
    )


def _client_charge(
    request: CheckRequest, amount: int, ceiling: int, now: Millis
) -> tuple[counters.Add, ...]:
    if request.client is None:
        return ()
    add = counters.add_to_client(request.client, now, counters.CLIENT_WRONG, amount, ceiling)
    return (add,)


def _over_client_limit(request: CheckRequest, now: Millis, _number: int) -> PhoneDecision[Refused]:
    wait = end_of_hour(now) - now
    rule = names.CLIENT_WRONG_PER_HOUR
    return _refuse(request, Refused(ErrorCode.TOO_MANY_ATTEMPTS, rule, wait, 0))

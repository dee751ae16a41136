"""
Admitting a send: one decision over the phone's record, one commit with every charge.

All that a send must be allowed by is looked at here, in the order that the refusals are given:
the same call seen before, opt-out, windows, a sender; then, in the commit, the client's count and
the ceilings of the day and the country. What is admitted is counted and charged before anyone is
called, so no crash and no parallel request can send without paying.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import attrs

from smsverify.domain import counters
from smsverify.domain import policy as names
from smsverify.domain.code import CodeKeys
from smsverify.domain.cost import country_ceiling
from smsverify.domain.decisions import Admitted, Decision, PhoneDecision, Refused, SentBefore
from smsverify.domain.delivery import SENDER_TO_BLAME, DeliveryState
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.events import SendAdmitted, SendRefused
from smsverify.domain.periods import Millis, end_of_day, end_of_hour, settle_time
from smsverify.domain.rate_limit import find_full_window
from smsverify.domain.record import EMPTY, Attempt, PhoneRecord, Verification
from smsverify.domain.senders import Roster, Sender, choose_sender
from smsverify.domain.verification import age_record, kept, live_verifications, state_now

if TYPE_CHECKING:
    from smsverify.domain.phone import PhoneNumber
    from smsverify.domain.policy import Policy


@attrs.frozen
class SendRequest:
    """
    One call of "send", as the rules see it.

    Attributes:
        attempt_id: 8 random bytes, fresh for each call; a retry of the same call keeps them.
        verification_id: 16 random bytes, used if a new code is due.
        phone: the recipient.
        record_key: a stable name of the phone that is not its number.
        purpose: what the code is for.
        amount: the estimate in micro-dollars.
        keys: the code secrets in force.
        roster: the senders that may be chosen.
        home: the countries of all the operator's senders, resting or not.
        key_hash: stands for the caller's idempotency key.
        client: stands for the caller's client, None when none was given.
    """

    attempt_id: bytes
    verification_id: bytes
    phone: PhoneNumber
    record_key: str
    purpose: str
    amount: int
    keys: CodeKeys
    roster: Roster
    home: frozenset[str]
    key_hash: bytes | None = None
    client: str | None = None


def admit_send(
    record: PhoneRecord | None, request: SendRequest, now: Millis, policy: Policy
) -> PhoneDecision[Admitted | SentBefore | Refused]:
    """Decide on a send; ``record`` is None for a phone of which nothing is kept."""
    known = record or EMPTY
    repeated = _find_repeated(known, request, now, policy)
    if repeated is not None:
        return Decision(repeated)
    refusal = _find_refusal(known, now, policy)
    if refusal is not None:
        return _refuse(request, refusal)
    sender = choose_sender(
        request.roster,
        request.record_key,
        request.phone.region,
        _failed_senders(known, now, policy),
    )
    if sender is None:
        return _refuse(request, Refused(ErrorCode.NO_SENDER_AVAILABLE))
    return _admit(known, request, sender, now, policy)


def _find_repeated(
    record: PhoneRecord, request: SendRequest, now: Millis, policy: Policy
) -> Admitted | SentBefore | Refused | None:
    own = record.attempt(request.attempt_id)
    if own is not None:
        return _own_attempt(own, request)
    if request.key_hash is None:
        return None
    for attempt in record.attempts:
        if (
            attempt.key_hash == request.key_hash
            and attempt.purpose == request.purpose
            and kept(attempt.at, policy.idempotency_keeping, now)
        ):
            return _earlier_answer(attempt, now, policy)
    return None


def _own_attempt(attempt: Attempt, request: SendRequest) -> Admitted | SentBefore:
    carried = attempt.carries
    for sender in request.roster.senders:
        if sender.id == attempt.sender and carried is not None:
            return Admitted(attempt, carried, sender, carried.id != request.verification_id)
    return SentBefore(attempt)


def _earlier_answer(attempt: Attempt, now: Millis, policy: Policy) -> SentBefore | Refused:
    state = state_now(attempt, now, policy)
    if state is DeliveryState.SENDING:
        wait = settle_time(attempt.at, now) + policy.lease - now
        return Refused(ErrorCode.SEND_IN_PROGRESS, retry_after=wait)
    return SentBefore(attrs.evolve(attempt, state=state))


def _find_refusal(record: PhoneRecord, now: Millis, policy: Policy) -> Refused | None:
    if record.opted_out_at is not None:
        return Refused(ErrorCode.RECIPIENT_OPTED_OUT)
    full = find_full_window([one.at for one in record.attempts], policy.sends, now)
    if full is not None:
        return Refused(ErrorCode.RATE_LIMIT_EXCEEDED, full.rule, full.retry_after)
    return None


def _failed_senders(record: PhoneRecord, now: Millis, policy: Policy) -> frozenset[bytes]:
    if not record.attempts:
        return frozenset()
    over = (DeliveryState.FAILED, DeliveryState.UNDELIVERED)
    return frozenset(
        one.sender
        for one in record.attempts
        if one.state in over
        and one.reason in SENDER_TO_BLAME
        and kept(one.at, policy.attempt_keeping, now)
    )


def _refuse(request: SendRequest, refusal: Refused) -> PhoneDecision[Refused]:
    event = SendRefused(
        request.phone, request.purpose, refusal.code, refusal.rule, refusal.retry_after
    )
    return Decision(refusal, events=(event,))


def _admit(
    record: PhoneRecord, request: SendRequest, sender: Sender, now: Millis, policy: Policy
) -> PhoneDecision[Admitted | Refused]:
    verification, repeats = _choose_verification(record, request, now, policy)
    attempt = Attempt(
        id=request.attempt_id,
        purpose=request.purpose,
        carries=verification,
        at=now,
        state=DeliveryState.SENDING,
        state_at=now,
        sender=sender.id,
        amount=request.amount,
        key_hash=request.key_hash,
    )
    aged = age_record(record, now, policy)
    adds, rules = _charges(request, sender, now, policy)
    return Decision(
        Admitted(attempt, verification, sender, repeats),
        aged.with_attempts(request.attempt_id, (*aged.attempts, attempt)),
        adds,
        partial(_at_ceiling, request, rules, now),
        (SendAdmitted(request.phone, request.purpose, sender, request.amount, repeats),),
    )


def _choose_verification(
    record: PhoneRecord, request: SendRequest, now: Millis, policy: Policy
) -> tuple[Verification, bool]:
    for one in reversed(live_verifications(record, request.purpose, now, policy)):
        half_left = 2 * (now - one.started_at) <= policy.code_life
        if half_left and request.keys.find(one.key_id) is not None:
            return one, True
    return Verification(request.verification_id, request.keys.issuing.id, now), False


def _charges(
    request: SendRequest, sender: Sender, now: Millis, policy: Policy
) -> tuple[tuple[counters.Add, ...], tuple[str, ...]]:
    """Return what is added with the attempt, and the rules of those that have a ceiling."""
    country = request.phone.region
    own = country_ceiling(policy, country, request.home)
    spent_here = counters.of_country(counters.SPENT, country)
    adds = (
        counters.add_to_day(now, counters.SPENT, request.amount, policy.daily_ceiling),
        counters.add_to_day(now, spent_here, request.amount, own),
        counters.add_to_day(now, counters.of_country(counters.SENDS, country)),
        counters.add_to_day(now, counters.of_sender(sender.id)),
    )
    rules = (names.DAILY_COST,) if own is None else (names.DAILY_COST, names.COUNTRY_COST)
    if request.client is None:
        return adds, rules
    of_client = counters.add_to_client(
        request.client, now, counters.CLIENT_SENDS, 1, policy.client_sends
    )
    return (of_client, *adds), (names.CLIENT_SENDS_PER_HOUR, *rules)


def _at_ceiling(
    request: SendRequest, rules: tuple[str, ...], now: Millis, number: int
) -> PhoneDecision[Refused]:
    """Refuse for the charge of this number, which would pass its ceiling."""
    rule = rules[number]
    if rule == names.CLIENT_SENDS_PER_HOUR:
        wait = end_of_hour(now) - now
        return _refuse(request, Refused(ErrorCode.RATE_LIMIT_EXCEEDED, rule, wait))
    wait = end_of_day(now) - now
    return _refuse(request, Refused(ErrorCode.DAILY_COST_LIMIT_EXCEEDED, rule, wait))

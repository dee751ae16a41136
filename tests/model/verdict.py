"""What the model expects of a request, given what is stored and the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.model import numbers as n
from tests.model.numbers import Limit, Numbers
from tests.model.phone import FACTS, Attempt, Phone, Verification
from tests.model.request import Request


@dataclass(frozen=True)
class Verdict:
    """
    What has to become of a request.

    Attributes:
        what: ``admit``, ``own`` (was admitted before its reply got lost), ``overtaken``, ``again``
            (an earlier call with the same key), ``refused``, ``wrong``, ``approve``, ``nothing``
            or ``write``.
        codes: the error codes that are right.
        rules: the limits that may be named.
        wait: milliseconds until it is worth asking again.
        left: wrong answers that may still be given.
        attempt: the earlier one.
        verification: the one whose code was right, or is to be carried.
        repeats: whether that one was carried before.
    """

    what: str
    codes: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    wait: int | None = None
    left: int | None = None
    attempt: Attempt | None = None
    verification: Verification | None = None
    repeats: bool = False


def refused(
    *codes: str, rules: Sequence[str] = (), wait: int | None = None, left: int | None = None
) -> Verdict:
    """Return a refusal."""
    return Verdict("refused", frozenset(codes), frozenset(rules), wait, left)


# ── time ──────────────────────────────────────────────────────────────────────────────────────


def read_time(recorded: int, now: int) -> int:
    """Return a recorded time; one far ahead says that the clock went back, and counts as now."""
    return now if recorded - now > n.CLOCK_WENT_BACK else recorded


def age(recorded: int, now: int) -> int:
    """Return how old something is."""
    return now - read_time(recorded, now)


def full_windows(times: Sequence[int], limits: Sequence[Limit], now: int) -> Verdict | None:
    """Say how long until every window has a place, and which ones hold out longest."""
    held = [read_time(time, now) for time in times]

    def full(moment: int) -> list[str]:
        return [
            rule
            for rule, count, span in limits
            if sum(1 for time in held if moment - time < span) >= count
        ]

    if not full(now):
        return None
    moments = sorted({time + span for time in held for _, _, span in limits})
    free = next(moment for moment in moments if moment > now and not full(moment))
    return refused("", rules=full(free - 1), wait=free - now)


def places(times: Sequence[int], limits: Sequence[Limit], now: int) -> int:
    """Return how many more entries fit before some window is full."""
    held = [read_time(time, now) for time in times]
    more = 0
    while all(
        sum(1 for time in [*held, *[now] * more] if now - time < span) < count
        for _, count, span in limits
    ):
        more += 1
    return more


# ── codes ─────────────────────────────────────────────────────────────────────────────────────


def lives(verification: Verification, now: int, numbers: Numbers) -> bool:
    """Say whether a code is young enough; one from far ahead of now is over."""
    ahead = verification.started - now
    return ahead <= n.CLOCK_WENT_BACK and -ahead < numbers.life


def living(phone: Phone, purpose: str, now: int, numbers: Numbers) -> list[Verification]:
    """Return what lives: by age, unapproved, and not failed for certain on every way it went."""
    found: list[Verification] = []
    for attempt in phone.attempts:
        code = attempt.carries
        if attempt.purpose != purpose or attempt.state == "failed" or code is None:
            continue
        if lives(code, now, numbers) and code not in found:
            found.append(code)
    return found


def to_carry(phone: Phone, request: Request, now: int, numbers: Numbers) -> Verification | None:
    """Return the living code that a send repeats: half of its life must remain."""
    for code in reversed(living(phone, request.purpose, now, numbers)):
        if (now - code.started) * 2 <= numbers.life and code.secret in request.secrets:
            return code
    return None


# ── sends ─────────────────────────────────────────────────────────────────────────────────────


def judge_send(phone: Phone, request: Request, now: int, numbers: Numbers) -> Verdict:
    """Say what a send must come to, the ceilings left aside."""
    own = phone.attempt_of(request.number)
    if own is not None:
        return Verdict("own" if own.carries is not None else "overtaken", attempt=own)
    earlier = _earlier(phone, request, now)
    if earlier is not None:
        return earlier
    if phone.opted_out:
        return refused("RECIPIENT_OPTED_OUT")
    full = full_windows([one.at for one in phone.attempts], numbers.sends, now)
    if full is not None:
        return refused("RATE_LIMIT_EXCEEDED", rules=sorted(full.rules), wait=full.wait)
    if numbers.senders <= blamed(phone, now):
        return refused("NO_SENDER_AVAILABLE")
    carried = to_carry(phone, request, now, numbers)
    return Verdict("admit", verification=carried, repeats=carried is not None)


def _earlier(phone: Phone, request: Request, now: int) -> Verdict | None:
    for one in phone.attempts:
        same = one.key == request.key and one.purpose == request.purpose
        if request.key is None or not same or age(one.at, now) >= n.KEY_KEPT:
            continue
        if one.state == "sending" and age(one.at, now) < n.LEASE:
            return refused("SEND_IN_PROGRESS", wait=n.LEASE - age(one.at, now))
        return Verdict("again", attempt=one)
    return None


def blamed(phone: Phone, now: int) -> frozenset[str]:
    """Return the senders that failed for this phone within 24 hours."""
    return frozenset(
        one.sender
        for one in phone.attempts
        if one.sender is not None
        and one.state in {"failed", "undelivered"}
        and one.reason in {"unroutable", "sender_unusable", "filtered"}
        and age(one.at, now) < n.ATTEMPTS_KEPT
    )


# ── checks ────────────────────────────────────────────────────────────────────────────────────


def judge_check(phone: Phone, request: Request, now: int, numbers: Numbers) -> Verdict:
    """Say what a check must come to, the client's limit left aside."""
    if request.number in phone.answers:
        return Verdict("wrong", left=phone.answers[request.number])
    if _approved_before(phone, request, now, numbers):
        return Verdict("again")
    alive = living(phone, request.purpose, now, numbers)
    if not alive:
        return _none_lives(phone, request.purpose, now, numbers)
    times = phone.wrong.get(request.purpose, [])
    full = full_windows(times, numbers.wrong, now)
    if full is not None:
        return refused("TOO_MANY_ATTEMPTS", rules=sorted(full.rules), wait=full.wait, left=0)
    for code in alive:
        if code.digits == request.typed and code.secret in request.secrets:
            return Verdict("approve", verification=code)
    return Verdict("wrong", left=places([*times, now], numbers.wrong, now))


def _approved_before(phone: Phone, request: Request, now: int, numbers: Numbers) -> bool:
    for approval in phone.approvals:
        if approval.request == request.number:
            return True
        if (
            request.key is not None
            and approval.key == request.key
            and approval.purpose == request.purpose
            and approval.digits == request.typed
            and approval.verification.secret in request.secrets
            and lives(approval.verification, now, numbers)
        ):
            return True
    return False


def _none_lives(phone: Phone, purpose: str, now: int, numbers: Numbers) -> Verdict:
    """
    Tell "it ended by age, unapproved, within 24 hours" from all else.

    An attempt is kept 24 hours from its admission, so in the last minutes, between that and 24
    hours after its code's end, either answer may come.
    """
    mine = [one for one in phone.attempts if one.purpose == purpose]
    latest = mine[-1].carries if mine else None
    if latest is None or all(one.state == "failed" for one in mine if one.carries is latest):
        return refused("NO_PENDING_VERIFICATION")
    if age(mine[-1].at, now) < n.ATTEMPTS_KEPT:
        sure = any(
            one.carries is latest and one.state != "failed" and age(one.at, now) < n.ATTEMPTS_KEPT
            for one in mine
        )
        return refused("CODE_EXPIRED", *([] if sure else ["NO_PENDING_VERIFICATION"]))
    if age(latest.started, now) >= n.ATTEMPTS_KEPT + numbers.life:
        return refused("NO_PENDING_VERIFICATION")
    return refused("CODE_EXPIRED", "NO_PENDING_VERIFICATION")


# ── receipts, opt-outs ────────────────────────────────────────────────────────────────────────


def judge_receipt(phone: Phone, request: Request, now: int) -> Verdict:
    """Say whether a receipt raises the state of its attempt."""
    attempt = phone.attempt_of(request.about)
    if attempt is None or age(attempt.at, now) >= n.ATTEMPTS_KEPT:
        return Verdict("nothing")
    if attempt.message_id not in {None, request.message_id}:
        return Verdict("nothing")
    return Verdict("write" if is_higher(request.state, attempt.state) else "nothing")


def is_higher(new: str, known: str) -> bool:
    """Say whether one state is a higher fact than another; "failed" is beside the order."""
    if "failed" in {new, known}:
        return False
    return FACTS.index(new) > FACTS.index(known)


def judge_opt_out(phone: Phone, request: Request) -> Verdict:
    """Say whether a STOP or START is written: a message once, an operator's if it changes."""
    if request.message_id is None:
        return Verdict("nothing" if phone.opted_out is request.opt_out else "write")
    return Verdict("nothing" if request.message_id in phone.seen else "write")

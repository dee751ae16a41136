"""What a caller was told, and whether that is what had to be told."""

from __future__ import annotations

from dataclasses import dataclass

from tests.model import numbers as n
from tests.model.numbers import Numbers
from tests.model.phone import Attempt
from tests.model.request import Request
from tests.model.verdict import Verdict, judge_check, judge_opt_out, judge_receipt, judge_send

STORE_FAILED = frozenset({"STORE_UNAVAILABLE", "REDIS_UNAVAILABLE", "STORE_CONTENDED"})
"""Nobody knows whether it was done."""

CODES_OF_FAILURE = {
    "opted_out": "RECIPIENT_OPTED_OUT",
    "invalid_recipient": "INVALID_PHONE_FORMAT",
    "lease_spent": "STORE_CONTENDED",
    "overtaken": "STORE_CONTENDED",
}
"""Failures for certain with a code of their own; all others are the provider's."""


class Broken(AssertionError):
    """Something happened that the protocol does not allow."""


@dataclass(frozen=True)
class Told:
    """
    What a caller was told.

    Attributes:
        how: ``result``, ``cancelled``, or ``raised`` (by a gateway that breaks its port's word).
        changed: of a receipt, a STOP or START: whether it changed anything.
    """

    how: str = "result"
    success: bool = False
    code: str | None = None
    rule: str | None = None
    retry_after: int | None = None
    left: int | None = None
    message_id: str | None = None
    may_have_arrived: bool = False
    cost: float | None = None
    resent: bool = False
    changed: bool | None = None

    @property
    def unsure(self) -> bool:
        """Whether the caller knows that nobody knows."""
        return self.how != "result" or self.code in STORE_FAILED


def check_told(request: Request, attempt: Attempt | None, told: Told, numbers: Numbers) -> None:
    """Raise Broken if the caller had to be told something else; ``attempt`` is a send's own."""
    if told.how == "cancelled":
        _demand(request.cancelled, "was cancelled by nobody", request, told)
        return
    if told.how == "raised":
        _demand(request.calls == 1, "raised without a call", request, told)
        return
    if told.code in STORE_FAILED and not request.decided and request.troubled:
        return
    if request.kind == "send":
        _check_send(request, attempt, told, numbers)
    elif request.kind == "check":
        _check_check(request, told, numbers)
    else:
        _check_note(request, told)


def _check_send(request: Request, attempt: Attempt | None, told: Told, numbers: Numbers) -> None:
    if request.decided and attempt is not None:
        _check_own(request, attempt, told)
        return
    verdict = _verdict(request, numbers)
    _demand(not request.writes, f"I11: was refused and wrote: {verdict}", request, told)
    if verdict.what == "again" and verdict.attempt is not None:
        _check_earlier(request, verdict.attempt, told)
        return
    _check_refusal(request, verdict, told)


def _check_own(request: Request, attempt: Attempt, told: Told) -> None:
    """Look at the answer to a send that was admitted: it is the provider's, settled or not."""
    if not request.calls:
        own = request.own()
        overtaken = own is not None and own.carries is None
        stalled = request.waited() > (n.LEASE - n.CALL_NEEDS) / n.SECOND
        _demand(overtaken or stalled, "was admitted and not sent", request, told)
        _demand(told.code == "STORE_CONTENDED", "has to be asked again", request, told)
        return
    said, detail = request.answer or ("uncertain", None)
    _demand(told.success is (said == "accepted"), f"the provider {said}", request, told)
    _demand(told.may_have_arrived is (said == "uncertain"), f"the provider {said}", request, told)
    if said == "rejected":
        _demand(told.code == _code_of(detail), f"it was {detail}", request, told)
        return
    _demand(told.cost == attempt.amount / 1_000_000, "cost something else", request, told)
    if said == "accepted":
        _demand(told.message_id == detail, f"its id is {detail}", request, told)
        _demand(told.resent is attempt.repeats, "repeats a code or not", request, told)
    else:
        _demand(told.code == "TWILIO_API_ERROR", "the provider is unsure", request, told)


def _check_earlier(request: Request, attempt: Attempt, told: Told) -> None:
    """Look at the answer to a send that was asked for before: it is what is known of that one."""
    if attempt.state == "failed":
        _demand(told.code == _code_of(attempt.reason), "the first one failed", request, told)
        _demand(not told.may_have_arrived, "the first one failed", request, told)
    elif attempt.state in {"sending", "unknown"}:
        right = told.code == "TWILIO_API_ERROR" and told.may_have_arrived
        _demand(right, "nobody knows of the first one", request, told)
    else:
        right = told.success and told.message_id == attempt.message_id
        _demand(right, f"I7: the first one is {attempt.state}", request, told)


def _check_check(request: Request, told: Told, numbers: Numbers) -> None:
    written = request.writes[-1] if request.writes else None
    if written == "approved":
        _demand(told.success, "I12: consumed a code", request, told)
        return
    if request.heard is not None and request.heard.what == "written":
        _demand(told.code == "INCORRECT_CODE", f"it was {written}", request, told)
        return
    verdict = _verdict(request, numbers)
    if verdict.what == "again":
        _demand(told.success, "was approved before", request, told)
        return
    if verdict.what == "wrong" and written == "wrong":
        _demand(told.code == "INCORRECT_CODE", "was counted", request, told)
        _demand(told.left == verdict.left, f"{verdict.left} are left", request, told)
        return
    _demand(written is None, f"I11: was refused and wrote: {verdict}", request, told)
    _check_refusal(request, verdict, told)


def _check_refusal(request: Request, verdict: Verdict, told: Told) -> None:
    _demand(verdict.what == "refused", f"had to be: {verdict}", request, told)
    _demand(not told.success and told.code in verdict.codes, f"had to be: {verdict}", request, told)
    named = told.rule in verdict.rules if verdict.rules else told.rule is None
    _demand(named, f"had to name one of {sorted(verdict.rules)}", request, told)
    wait = None if verdict.wait is None else -(-verdict.wait // n.SECOND)
    _demand(told.retry_after == wait, f"had to wait {wait} s", request, told)
    _demand(told.left == verdict.left, f"{verdict.left} are left", request, told)


def _check_note(request: Request, told: Told) -> None:
    """Look at the answer to a receipt, a STOP or START: whether it changed anything."""
    heard = request.heard
    if heard is None or told.changed is None:
        raise Broken(f"Answered without asking the store: {request}")
    if heard.what == "written":
        changed = request.writes[-1] != "seen"
        _demand(told.changed is changed, f"changed: {changed}", request, told)
        return
    verdict = (
        judge_receipt(heard.phone, request, heard.now)
        if request.kind == "receipt"
        else judge_opt_out(heard.phone, request)
    )
    _demand(verdict.what == "nothing", "I9: had to be written", request, told)
    _demand(not told.changed or request.repeated, "changed nothing", request, told)


def _verdict(request: Request, numbers: Numbers) -> Verdict:
    """Return what the worker had to decide on what it heard last."""
    heard = request.heard
    if heard is None:
        raise Broken(f"Answered without asking the store: {request}")
    if heard.refusal is not None:
        return heard.refusal
    judge = judge_send if request.kind == "send" else judge_check
    return judge(heard.phone, request, heard.now, numbers)


def _code_of(reason: str | None) -> str:
    return CODES_OF_FAILURE.get(reason or "", "TWILIO_API_ERROR")


def _demand(holds: bool, what: str, request: Request, told: Told) -> None:
    if not holds:
        raise Broken(f"{what}: {request} was told {told}")

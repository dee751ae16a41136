"""From verdicts to results: which sentence and which figures a caller gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.application.send_order import Handed, SendAnswer
from smsverify.domain.cost import dollars
from smsverify.domain.decisions import Approved, Refused, SentBefore, Wrong
from smsverify.domain.delivery import Accepted, DeliveryState, Rejected, Uncertain, code_of
from smsverify.domain.error_code import ErrorCode
from smsverify.facade.results import CheckResult, SendResult
from smsverify.facade.wording import (
    REASONS,
    SENTENCES,
    UNKNOWN_SENTENCE,
    public_check_sentence,
    public_send_sentence,
)

if TYPE_CHECKING:
    from smsverify.domain.delivery import FailureReason
    from smsverify.domain.periods import Millis
    from smsverify.domain.policy import Policy
    from smsverify.domain.record import Attempt


def seconds(span: Millis | None) -> int | None:
    """Return milliseconds as whole seconds, rounded up: never tell anybody to come too early."""
    return None if span is None else -(-span // 1000)


def refused_send(
    code: ErrorCode,
    error: str | None = None,
    *,
    retry_after: Millis | None = None,
    rule: str | None = None,
) -> SendResult:
    """Return the result of a send that a rule, a setting or an outage refused."""
    return SendResult(
        success=False,
        error_code=code,
        error=error or SENTENCES[code].format(rule=rule),
        public_error=public_send_sentence(code),
        retry_after=seconds(retry_after),
        rule=rule,
    )


def refused_check(
    code: ErrorCode, *, error: str | None = None, refusal: Refused | None = None
) -> CheckResult:
    """Return the result of a check that did not approve."""
    rule = refusal.rule if refusal else None
    return CheckResult(
        success=False,
        error_code=code,
        error=error or SENTENCES[code].format(rule=rule),
        public_error=public_check_sentence(code),
        retry_after=seconds(refusal.retry_after) if refusal else None,
        attempts_left=refusal.attempts_left if refusal else None,
        rule=rule,
    )


def send_result(answer: SendAnswer, segments: int, policy: Policy) -> SendResult:
    """Return what a caller of send gets."""
    match answer:
        case Refused(code, rule, retry_after):
            return refused_send(code, retry_after=retry_after, rule=rule)
        case SentBefore(attempt):
            return _sent_before(attempt)
        case Handed():
            return _handed(answer, segments, policy)


def _handed(handed: Handed, segments: int, policy: Policy) -> SendResult:
    attempt, verification = handed.admitted.attempt, handed.admitted.verification
    expires_in = (verification.started_at + policy.code_life - attempt.at) // 1000
    match handed.answer:
        case Accepted(message_id):
            return SendResult(
                success=True,
                message_id=message_id,
                expires_in=expires_in,
                cost=dollars(attempt.amount),
                segments=segments,
                resent=handed.admitted.repeats,
            )
        case Rejected(reason, provider_code):
            return _failed(reason, provider_code)
        case Uncertain(provider_code):
            return _unknown(provider_code, attempt, expires_in)


def _sent_before(attempt: Attempt) -> SendResult:
    if attempt.state is DeliveryState.FAILED:
        return _failed(attempt.reason, attempt.provider_code)
    if attempt.state in (DeliveryState.UNKNOWN, DeliveryState.SENDING):
        return _unknown(attempt.provider_code, attempt, None)
    return SendResult(success=True, message_id=attempt.message_id, cost=dollars(attempt.amount))


def _failed(reason: FailureReason | None, provider_code: int | None) -> SendResult:
    code = code_of(reason)
    sentence = REASONS.get(reason) if reason else None
    return SendResult(
        success=False,
        error_code=code,
        error=sentence or SENTENCES[code],
        public_error=public_send_sentence(code),
        provider_code=provider_code,
    )


def _unknown(provider_code: int | None, attempt: Attempt, expires_in: int | None) -> SendResult:
    return SendResult(
        success=False,
        error_code=ErrorCode.TWILIO_API_ERROR,
        error=UNKNOWN_SENTENCE,
        public_error=public_send_sentence(ErrorCode.TWILIO_API_ERROR),
        provider_code=provider_code,
        may_have_arrived=True,
        expires_in=expires_in,
        cost=dollars(attempt.amount),
    )


def check_result(verdict: Approved | Wrong | Refused) -> CheckResult:
    """Return what a caller of check gets."""
    match verdict:
        case Approved():
            return CheckResult(success=True)
        case Wrong(attempts_left):
            return CheckResult(
                success=False,
                error_code=ErrorCode.INCORRECT_CODE,
                error=SENTENCES[ErrorCode.INCORRECT_CODE],
                public_error=public_check_sentence(ErrorCode.INCORRECT_CODE),
                attempts_left=attempts_left,
            )
        case Refused(code):
            return refused_check(code, refusal=verdict)

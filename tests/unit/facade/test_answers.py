"""From verdicts to results: success, code, sentence, waiting time, money."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from smsverify.application.send_order import Handed
from smsverify.domain.decisions import Admitted, Approved, Refused, SentBefore, Wrong
from smsverify.domain.delivery import (
    Accepted,
    DeliveryState,
    FailureReason,
    Rejected,
    Uncertain,
)
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.policy import STANDARD
from smsverify.domain.record import Attempt, Verification
from smsverify.domain.senders import Sender
from smsverify.facade.answers import (
    check_result,
    refused_check,
    refused_send,
    seconds,
    send_result,
)
from smsverify.facade.results import CheckResult, SendResult
from smsverify.facade.wording import REASONS, SENTENCES, UNKNOWN_SENTENCE

NOON = 1_795_348_800_000
MESSAGE_ID = "SM" + "a" * 32
VERIFICATION = Verification(b"v" * 16, b"key1", NOON - 100_000)
ATTEMPT = Attempt(
    id=b"attempt1",
    purpose="verify",
    carries=VERIFICATION,
    at=NOON,
    state=DeliveryState.SENDING,
    state_at=NOON,
    sender=b"sender",
    amount=16_600,
)
ADMITTED = Admitted(ATTEMPT, VERIFICATION, Sender("+17205550100"), repeats=True)


def handed(answer: Any) -> SendResult:
    """Return the result of a send that the gateway answered."""
    return send_result(Handed(ADMITTED, answer), 2, STANDARD)


def before(**changes: Any) -> SendResult:
    """Return the result of a send that repeats an earlier one."""
    return send_result(SentBefore(attrs.evolve(ATTEMPT, **changes)), 2, STANDARD)


@pytest.mark.parametrize(
    ("span", "expected"), [(None, None), (0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2)]
)
def test_seconds_are_rounded_up(span: int | None, expected: int | None) -> None:
    """Nobody is told to come back too early."""
    assert seconds(span) == expected


def test_a_taken_message() -> None:
    """Id, charge in dollars, segments, what is left of the code's life, and that it repeats."""
    assert handed(Accepted(MESSAGE_ID)) == SendResult(
        success=True,
        message_id=MESSAGE_ID,
        expires_in=500,
        cost=0.0166,
        segments=2,
        resent=True,
    )


def test_a_message_of_which_nobody_knows() -> None:
    """No success; it may have arrived, the charge stays, and the code may be waited for."""
    result = handed(Uncertain(500))

    assert not result.success
    assert result.error_code is ErrorCode.TWILIO_API_ERROR
    assert result.may_have_arrived
    assert (result.provider_code, result.expires_in, result.cost) == (500, 500, 0.0166)
    assert result.error == UNKNOWN_SENTENCE
    assert result.message_id is None


@pytest.mark.parametrize("reason", FailureReason)
def test_a_refused_message(reason: FailureReason) -> None:
    """Each reason has its code and sentence, the provider's number, and no charge."""
    sharper = {
        FailureReason.INVALID_RECIPIENT: ErrorCode.INVALID_PHONE_FORMAT,
        FailureReason.OPTED_OUT: ErrorCode.RECIPIENT_OPTED_OUT,
        FailureReason.LEASE_SPENT: ErrorCode.STORE_CONTENDED,
        FailureReason.OVERTAKEN: ErrorCode.STORE_CONTENDED,
    }
    code = sharper.get(reason, ErrorCode.TWILIO_API_ERROR)

    result = handed(Rejected(reason, 12345))

    assert (result.success, result.may_have_arrived, result.cost) == (False, False, None)
    assert result.error_code is code
    assert result.provider_code == 12345
    assert result.error == REASONS.get(reason, SENTENCES[code])
    assert result.public_error


# ── the same key again ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (DeliveryState.SENT, None),
        (DeliveryState.DELIVERED, None),
        *((DeliveryState.UNDELIVERED, reason) for reason in FailureReason),
    ],
)
def test_a_taken_message_stays_taken(state: DeliveryState, reason: FailureReason | None) -> None:
    """The first answer was success: whatever a receipt says of delivery, so is the second."""
    result = before(state=state, reason=reason, message_id=MESSAGE_ID, provider_code=30004)

    assert result == SendResult(success=True, message_id=MESSAGE_ID, cost=0.0166)


@pytest.mark.parametrize("state", [DeliveryState.UNKNOWN, DeliveryState.SENDING])
def test_an_unknown_message_stays_unknown(state: DeliveryState) -> None:
    """What nobody knew the first time is not known the second time."""
    result = before(state=state)

    assert (result.success, result.may_have_arrived) == (False, True)
    assert result.error_code is ErrorCode.TWILIO_API_ERROR


@pytest.mark.parametrize("reason", [*FailureReason, None])
def test_a_failed_message_stays_failed(reason: FailureReason | None) -> None:
    """The second answer names code, sentence and number of the first."""
    result = before(state=DeliveryState.FAILED, reason=reason, provider_code=21612)

    if reason is not None:
        assert result == handed(Rejected(reason, 21612))
    assert not result.success
    assert not result.may_have_arrived


def test_an_overtaken_send_was_not_sent() -> None:
    """A send that an approval overtook is no send of which nobody knows."""
    result = before(state=DeliveryState.FAILED, reason=FailureReason.OVERTAKEN)

    assert not result.may_have_arrived
    assert result.error == REASONS[FailureReason.OVERTAKEN]


# ── refusals ──────────────────────────────────────────────────────────────────────────────────


def test_a_refused_send_tells_rule_and_waiting_time() -> None:
    """The sentence names the rule, and the seconds are rounded up."""
    refusal = Refused(ErrorCode.RATE_LIMIT_EXCEEDED, "sends_per_hour", 59_001)

    result = send_result(refusal, 1, STANDARD)

    assert (result.retry_after, result.rule) == (60, "sends_per_hour")
    assert result.error_code is ErrorCode.RATE_LIMIT_EXCEEDED
    assert "sends_per_hour" in (result.error or "")


@pytest.mark.parametrize("code", sorted(set(ErrorCode) - {ErrorCode.CREDENTIALS_MISSING}))
def test_every_code_makes_a_send_result(code: ErrorCode) -> None:
    """No code lacks a sentence, and none leaves a place unfilled that a send would reach."""
    if code is ErrorCode.INVALID_CODE_FORMAT:
        return
    result = refused_send(code)

    assert not result.success
    assert result.error_code is code
    assert result.error
    assert "{" not in result.error
    assert result.public_error


def test_right_and_wrong() -> None:
    """An approval has nothing to say; a wrong answer tells how many are left."""
    assert check_result(Approved()) == CheckResult(success=True)
    assert check_result(Approved(again=True)) == CheckResult(success=True)
    wrong = check_result(Wrong(3))
    assert (wrong.success, wrong.attempts_left) == (False, 3)
    assert wrong.error_code is ErrorCode.INCORRECT_CODE
    assert wrong.error
    assert wrong.public_error


def test_a_refused_check_tells_all_that_helps() -> None:
    """Rule, waiting time and what is left come along."""
    refusal = Refused(ErrorCode.TOO_MANY_ATTEMPTS, "wrong_answers_per_day", 1, 0)

    result = check_result(refusal)

    assert (result.retry_after, result.attempts_left) == (1, 0)
    assert result.rule == "wrong_answers_per_day"
    assert "wrong_answers_per_day" in (result.error or "")


def test_an_own_sentence_wins() -> None:
    """Where the caller knows better what happened, its sentence stands."""
    assert refused_check(ErrorCode.INVALID_PHONE_FORMAT, error="Look.").error == "Look."
    assert refused_send(ErrorCode.INVALID_PHONE_FORMAT, "Look.").error == "Look."

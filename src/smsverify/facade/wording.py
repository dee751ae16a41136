"""The sentences that go with the error codes: one for the developer, one fit for strangers."""

from __future__ import annotations

from typing import Final

from smsverify.domain.delivery import FailureReason
from smsverify.domain.error_code import ErrorCode

SENTENCES: Final = {
    ErrorCode.SMS_DISABLED: (
        "SMS is disabled: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be set to send, "
        "or SMS_SIMULATION_MODE=true to try it without sending."
    ),
    ErrorCode.CREDENTIALS_MISSING: (
        "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be set together: {missing} is not set."
    ),
    ErrorCode.INVALID_PHONE_FORMAT: (
        "This is not a number that can get messages. Ask for a mobile number with its calling code."
    ),
    ErrorCode.COUNTRY_NOT_ALLOWED: "Numbers of this country are not sent to.",
    ErrorCode.NUMBER_TYPE_NOT_ALLOWED: "Numbers of this kind are not sent to.",
    ErrorCode.RATE_LIMIT_EXCEEDED: (
        "The limit {rule} is reached. Ask again after the waiting time."
    ),
    ErrorCode.DAILY_COST_LIMIT_EXCEEDED: (
        "This message would pass the ceiling {rule} of the UTC day. Look at the statistics for an "
        "attack; raise SMS_DAILY_COST_LIMIT or SMS_COUNTRY_COST_LIMITS if the traffic is real."
    ),
    ErrorCode.RECIPIENT_OPTED_OUT: (
        "The person answered STOP to our messages. Only a START from that phone, or an operator "
        "(smsverify phone opt-in), takes that back."
    ),
    ErrorCode.NO_SENDER_AVAILABLE: (
        "No sender number is left for this message: all rest, none reaches the country, or each "
        "failed for this phone lately. See smsverify pool status."
    ),
    ErrorCode.SEND_IN_PROGRESS: (
        "The first send with this idempotency key is still under way. Ask again with the same key."
    ),
    ErrorCode.TWILIO_API_ERROR: "SMS sending failed: the provider did not take the message.",
    ErrorCode.INVALID_CODE_FORMAT: (
        "This cannot be a code: pass a str of exactly {digits} digits 0 to 9. Nothing was counted."
    ),
    ErrorCode.INCORRECT_CODE: "The code is wrong, and was counted as a wrong answer.",
    ErrorCode.CODE_EXPIRED: "The code's life is over. Send a new one.",
    ErrorCode.NO_PENDING_VERIFICATION: (
        "No code lives for this phone and purpose: none was sent, or it was used. Send one."
    ),
    ErrorCode.TOO_MANY_ATTEMPTS: (
        "The limit {rule} is reached: even the right code is refused until the waiting time is "
        "over. A resend does not shorten it."
    ),
    ErrorCode.REDIS_UNAVAILABLE: (
        "Redis connection failed. Check that the server at REDIS_URL runs and can be reached; "
        "take nothing for approved, and ask again."
    ),
    ErrorCode.STORE_UNAVAILABLE: (
        "The store did not answer. Check SMS_STORE and SMS_SQLITE_PATH; take nothing for approved, "
        "and ask again."
    ),
    ErrorCode.STORE_CONTENDED: (
        "Too many writers at once, or a stall of this process: nothing was decided. Try again."
    ),
    ErrorCode.STORE_DATA_INVALID: (
        "What lies in the store under this phone's key was not written by this release of "
        "smsverify. Check that no other program shares SMS_KEY_PREFIX; nothing was changed."
    ),
}
"""What happened and what to do, for the developer."""

_TRY_LATER: Final = "The message could not be sent. Please try again later."
_NOT_RIGHT: Final = "That code is not right or has expired. Check it, or ask for a new one."
_TOO_MANY: Final = "Too many attempts. Please wait a while and try again."
_NO_CHECK: Final = "The code could not be checked. Please try again."

PUBLIC_SEND: Final = {
    ErrorCode.INVALID_PHONE_FORMAT: "This is not a mobile number that we can send to.",
    ErrorCode.COUNTRY_NOT_ALLOWED: "We can't send messages to this number.",
    ErrorCode.NUMBER_TYPE_NOT_ALLOWED: "We can't send messages to this number.",
    ErrorCode.RECIPIENT_OPTED_OUT: "This number does not accept our messages.",
    ErrorCode.RATE_LIMIT_EXCEEDED: "Too many messages. Please wait a while and try again.",
    ErrorCode.SEND_IN_PROGRESS: "The message is on its way.",
}
"""What a stranger may read of a send; every other code says only that it did not work."""

PUBLIC_CHECK: Final = {
    ErrorCode.INVALID_CODE_FORMAT: _NOT_RIGHT,
    ErrorCode.INVALID_PHONE_FORMAT: _NOT_RIGHT,
    ErrorCode.INCORRECT_CODE: _NOT_RIGHT,
    ErrorCode.CODE_EXPIRED: _NOT_RIGHT,
    ErrorCode.NO_PENDING_VERIFICATION: _NOT_RIGHT,
    ErrorCode.TOO_MANY_ATTEMPTS: _TOO_MANY,
}
"""What a stranger may read of a check: wrong, expired and unknown look the same."""

REASONS: Final = {
    FailureReason.CREDENTIALS_REFUSED: (
        "SMS sending failed: Twilio refused the credentials. Check TWILIO_ACCOUNT_SID and "
        "TWILIO_AUTH_TOKEN with smsverify validate."
    ),
    FailureReason.THROTTLED: (
        "SMS sending failed: Twilio takes no more messages at this rate. Try again shortly."
    ),
    FailureReason.NOT_CONNECTED: (
        "SMS sending failed: Twilio could not be reached. Check the network and "
        "TWILIO_API_BASE_URL."
    ),
    FailureReason.UNROUTABLE: "SMS sending failed: this sender has no route to this number.",
    FailureReason.COUNTRY_NOT_ENABLED: (
        "SMS sending failed: the country is not enabled in Twilio's geographic permissions."
    ),
    FailureReason.SENDER_UNUSABLE: (
        "SMS sending failed: the sender number is not ours or can't send SMS. Check "
        "TWILIO_PHONE_NUMBERS."
    ),
    FailureReason.TRIAL_ACCOUNT: (
        "SMS sending failed: a Twilio trial account sends to verified numbers only. Upgrade it."
    ),
    FailureReason.BAD_REQUEST: (
        "SMS sending failed: Twilio refused the request's form. Please report this as a bug."
    ),
    FailureReason.BLOCKED: "SMS sending failed: Twilio blocks this number, device or account.",
    FailureReason.CANCELLED: "The send was cancelled before the provider was called.",
    FailureReason.LEASE_SPENT: (
        "This process stalled between deciding and sending, so nothing was sent. Try again."
    ),
    FailureReason.OVERTAKEN: (
        "A code of this phone was approved meanwhile, so nothing was sent. Ask again if needed."
    ),
}
"""What to do for the reasons of a failed attempt that have more to say than their error code."""

UNKNOWN_SENTENCE: Final = (
    "The provider did not say whether it took the message. It may arrive, and its code works; "
    "the charge stays. Offer to send again rather than repeating it in code."
)


def public_send_sentence(code: ErrorCode) -> str:
    """Return what a stranger may read of a refused send."""
    return PUBLIC_SEND.get(code, _TRY_LATER)


def public_check_sentence(code: ErrorCode) -> str:
    """Return what a stranger may read of a refused check."""
    return PUBLIC_CHECK.get(code, _NO_CHECK)

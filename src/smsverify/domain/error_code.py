"""The names of everything that smsverify can refuse or fail to do."""

from __future__ import annotations

import enum


class ErrorCode(enum.StrEnum):
    """
    Why a result says ``success=False``: stable strings that a program may compare with.

    A refusal by a rule, an answer of the provider and an outage all have their name here; mistakes
    of the calling program are exceptions instead (see :mod:`smsverify.errors`).
    """

    SMS_DISABLED = "SMS_DISABLED"
    """No credentials are set, and simulation is off."""
    CREDENTIALS_MISSING = "CREDENTIALS_MISSING"
    """One of account SID and token is set and the other is not."""
    INVALID_PHONE_FORMAT = "INVALID_PHONE_FORMAT"
    """What was given is not a phone number that can exist."""
    COUNTRY_NOT_ALLOWED = "COUNTRY_NOT_ALLOWED"
    """The number's country is not on the allow-list, or is on the deny-list."""
    NUMBER_TYPE_NOT_ALLOWED = "NUMBER_TYPE_NOT_ALLOWED"
    """A landline, premium or other kind of number that codes are not sent to."""
    RATE_LIMIT_EXCEEDED = "RATE_LIMIT_EXCEEDED"
    """Too many messages to this phone, or asked for by this client; ``rule`` says which."""
    DAILY_COST_LIMIT_EXCEEDED = "DAILY_COST_LIMIT_EXCEEDED"
    """The day's money, or the country's share of it, is spent; ``rule`` says which."""
    RECIPIENT_OPTED_OUT = "RECIPIENT_OPTED_OUT"
    """The person answered STOP."""
    NO_SENDER_AVAILABLE = "NO_SENDER_AVAILABLE"
    """Every sender number rests, or none reaches the country."""
    SEND_IN_PROGRESS = "SEND_IN_PROGRESS"
    """The first send with this idempotency key is still under way."""
    TWILIO_API_ERROR = "TWILIO_API_ERROR"
    """The provider refused the message, or did not say what became of it."""
    INVALID_CODE_FORMAT = "INVALID_CODE_FORMAT"
    """What was typed cannot be a code: not exactly the right count of digits 0 to 9."""
    INCORRECT_CODE = "INCORRECT_CODE"
    """A code lives, and this is not it; counted."""
    CODE_EXPIRED = "CODE_EXPIRED"
    """The latest code of this phone and purpose ended by age within the last 24 hours."""
    NO_PENDING_VERIFICATION = "NO_PENDING_VERIFICATION"
    """No code lives for this phone and purpose."""
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"
    """Too many wrong answers; even the right code is refused until ``retry_after``."""
    REDIS_UNAVAILABLE = "REDIS_UNAVAILABLE"
    """Redis did not answer in time; nothing is known to have happened."""
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    """A store other than Redis did not answer in time."""
    STORE_CONTENDED = "STORE_CONTENDED"
    """Others wrote first until the time was up, or the lease ran out before the call."""
    STORE_DATA_INVALID = "STORE_DATA_INVALID"
    """Garbage, a wrong type or an unknown schema lies at a key of ours."""

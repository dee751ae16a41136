"""What the web examples share: accounts that wait for a phone, and HTTP statuses for results."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from smsverify import CheckResult, SendResult

OURS = {
    "SMS_DISABLED",
    "CREDENTIALS_MISSING",
    "TWILIO_API_ERROR",
    "NO_SENDER_AVAILABLE",
    "REDIS_UNAVAILABLE",
    "STORE_UNAVAILABLE",
    "STORE_CONTENDED",
    "STORE_DATA_INVALID",
}
"""Trouble of the service; every other error code is about what the caller asked for."""


@attrs.define
class Account:
    """Somebody who says that a phone is theirs."""

    phone: str
    active: bool = False


class Accounts:
    """A table of accounts; yours is in your database."""

    def __init__(self) -> None:
        self._rows: dict[str, Account] = {}

    def create(self, phone: str) -> str:
        """Add an account that waits for its phone, and return its id."""
        name = secrets.token_urlsafe(12)
        self._rows[name] = Account(phone)
        return name

    def get(self, name: str) -> Account | None:
        """Return an account, or None: the phone comes from here, never from a later request."""
        return self._rows.get(name)


def status_of(result: SendResult | CheckResult, good: int) -> int:
    """Return the HTTP status: ours to mend 503, wait 429, asked for wrongly 400."""
    if result.success:
        return good
    if result.error_code in OURS:
        return 503
    return 429 if result.retry_after is not None else 400


def headers_of(result: SendResult | CheckResult) -> dict[str, str]:
    """Return how long to wait, where that is known."""
    return {} if result.retry_after is None else {"Retry-After": str(result.retry_after)}

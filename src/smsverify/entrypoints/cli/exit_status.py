"""What a command tells the shell when it ends."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from smsverify.domain.error_code import ErrorCode

if TYPE_CHECKING:
    from smsverify.facade.results import CheckResult, SendResult


class ExitStatus(enum.IntEnum):
    """The four answers that a script can tell apart, and the shell's own for Ctrl-C."""

    DONE = 0
    """It was done: sent, approved, shown."""
    REFUSED = 1
    """A rule or the person's input said no; asking again at once gives the same."""
    USAGE = 2
    """The call or the settings make no sense; nothing was tried."""
    NOT_AVAILABLE = 3
    """Sending is off, or the store or the provider did not do its part."""
    INTERRUPTED = 130
    """Somebody pressed Ctrl-C, or the input ended where an answer was awaited."""


NOT_AVAILABLE: Final = frozenset(
    {
        ErrorCode.SMS_DISABLED,
        ErrorCode.CREDENTIALS_MISSING,
        ErrorCode.TWILIO_API_ERROR,
        ErrorCode.NO_SENDER_AVAILABLE,
        ErrorCode.REDIS_UNAVAILABLE,
        ErrorCode.STORE_UNAVAILABLE,
        ErrorCode.STORE_CONTENDED,
        ErrorCode.STORE_DATA_INVALID,
    }
)
"""The codes that are trouble of the service; every other one is a refusal."""


def status_of(result: SendResult | CheckResult) -> ExitStatus:
    """Return the exit status that goes with a result."""
    if result.success:
        return ExitStatus.DONE
    if result.error_code in NOT_AVAILABLE:
        return ExitStatus.NOT_AVAILABLE
    return ExitStatus.REFUSED

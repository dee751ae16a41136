"""What a verifier does with a message."""

from __future__ import annotations

import enum

__all__ = ["Mode"]


class Mode(enum.StrEnum):
    """Whether messages go out, are only played, or are not sent at all."""

    DISABLED = "disabled"
    """No account is configured: every send is refused with a sentence that says what to set."""
    SIMULATION = "simulation"
    """Everything happens but the message, which lands in memory; nothing costs money."""
    LIVE = "live"
    """Messages go out through Twilio and are paid for."""

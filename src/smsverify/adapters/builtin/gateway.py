"""The gateway of the disabled mode: a closed door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.domain.delivery import FailureReason, Rejected

if TYPE_CHECKING:
    from smsverify.domain.delivery import GatewayAnswer
    from smsverify.ports.gateway import OutgoingSms


class ClosedGateway:
    """
    Takes no message.

    The facade refuses before it would ask; whoever asks all the same learns that it was not sent.
    """

    name = "disabled"

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:  # noqa: ARG002
        """Reject the message."""
        return Rejected(FailureReason.CREDENTIALS_REFUSED)

    async def close(self) -> None:
        """Do nothing: nothing is open."""

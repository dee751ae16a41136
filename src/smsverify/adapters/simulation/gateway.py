"""
A provider that sends nothing: messages land in a list in memory.

It refuses the numbers that Twilio's test credentials refuse, with the same error codes, so that
every kind of failure can be seen without an account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.domain.delivery import Accepted, FailureReason, Rejected, Uncertain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from smsverify.domain.delivery import GatewayAnswer
    from smsverify.ports.clock import Clock
    from smsverify.ports.entropy import Entropy
    from smsverify.ports.gateway import OutgoingSms

INBOX_SIZE: Final = 1_000
"""How many messages the inbox keeps; older ones go first."""

MESSAGE_ID_BYTES: Final = 16

MAGIC_NUMBERS: Final[Mapping[str, Rejected]] = {
    "+15005550001": Rejected(FailureReason.INVALID_RECIPIENT, 21211),
    "+15005550002": Rejected(FailureReason.UNROUTABLE, 21612),
    "+15005550003": Rejected(FailureReason.COUNTRY_NOT_ENABLED, 21408),
    "+15005550004": Rejected(FailureReason.OPTED_OUT, 21610),
    "+15005550009": Rejected(FailureReason.INVALID_RECIPIENT, 21614),
}
"""
Recipients that are refused, and how.

Source: Twilio's guide to test credentials (docs/iam/test-credentials, "parameters for sending
SMS", To): invalid, cannot be routed to, no permission for the country, blocked by STOP, not a
number that takes SMS.
"""


class SimulationGateway:
    """
    Keeps messages instead of sending them; implements :class:`~smsverify.ports.gateway.Gateway`.

    Args:
        clock: what the latency is waited with.
        entropy: what message ids are made of.
        latency_seconds: how long a provider would take.

    Attributes:
        messages: what was taken, oldest first; the newest :data:`INBOX_SIZE` are kept. It holds
            texts with codes in them: it is for tests, demonstrations and local work.
    """

    name = "simulation"

    def __init__(self, clock: Clock, entropy: Entropy, latency_seconds: float = 0.0) -> None:
        self.messages: list[OutgoingSms] = []
        self._clock = clock
        self._entropy = entropy
        self._latency = latency_seconds

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        """
        Put one message into the inbox; take at most ``within`` seconds in all.

        A magic number is refused and leaves nothing. With a latency above ``within`` the message
        is in the inbox and the answer is Uncertain, as when a provider's reply gets lost; the same
        holds for the inbox when the call is cancelled while it waits.
        """
        refusal = MAGIC_NUMBERS.get(message.to.e164)
        if refusal is None:
            self._keep(message)
        if self._latency > 0:
            await self._clock.sleep(min(self._latency, within))
            if self._latency > within:
                return Uncertain()
        if refusal is not None:
            return refusal
        return Accepted("SM" + self._entropy.token(MESSAGE_ID_BYTES).hex())

    async def close(self) -> None:
        """Do nothing: there are no connections, and the inbox stays readable."""

    def _keep(self, message: OutgoingSms) -> None:
        self.messages.append(message)
        if len(self.messages) > INBOX_SIZE:
            del self.messages[0]

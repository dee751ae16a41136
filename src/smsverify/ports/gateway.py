"""The gateway: hands one message to a provider."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import attrs

if TYPE_CHECKING:
    from smsverify.domain.delivery import GatewayAnswer
    from smsverify.domain.phone import PhoneNumber
    from smsverify.domain.senders import Sender


@attrs.frozen
class OutgoingSms:
    """
    One message to one phone.

    Attributes:
        to: the recipient; shows itself masked only.
        text: the whole text, code included; never shown.
        sender: the number or Messaging Service that it goes out from.
        valid_for: seconds after which the provider should drop it unsent.
        record: the key of the phone's record, for the address that receipts come to.
        attempt: the attempt's id, for the same.
    """

    to: PhoneNumber
    text: str = attrs.field(repr=False)
    sender: Sender
    valid_for: int
    record: str
    attempt: bytes


class NotBegun(asyncio.CancelledError):
    """A send was cancelled before anything of it was handed over: it was not, and never will be."""


class Gateway(Protocol):
    """
    A provider of SMS.

    ``send`` returns and does not raise: whatever goes wrong is one of the three answers, and what
    is not known for certain is Uncertain. It may repeat a request on its own only when the former
    one is known not to have been processed. Cancelling it means that nobody knows, unless it raises
    :class:`NotBegun`. A repeated call is a second message: nothing here is idempotent.
    """

    @property
    def name(self) -> str:
        """The provider, for statistics and logs."""
        ...

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        """Hand over one message; take at most ``within`` seconds in all."""
        ...

    async def close(self) -> None:
        """Give back connections; the gateway can be used again afterwards."""
        ...


@runtime_checkable
class TellsStatus(Protocol):
    """A gateway that knows more of its provider than that it is there."""

    def status(self) -> dict[str, object]:
        """Return how it stands with the provider, as plain values; does no I/O."""
        ...

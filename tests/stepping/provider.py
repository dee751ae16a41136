"""The provider as its callers see it: it takes a message, or not, and answers, or not."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import attrs

from smsverify.domain.delivery import Accepted, FailureReason, Rejected, Uncertain
from smsverify.ports.gateway import NotBegun
from tests.stepping.wire import SERVED

if TYPE_CHECKING:
    from smsverify.domain.delivery import GatewayAnswer
    from smsverify.ports.gateway import OutgoingSms
    from tests.model.request import Request
    from tests.stepping.host import Host

_CODE = re.compile(r"\b\d{6}\b", re.ASCII)


class GatewayBroke(Exception):
    """Raised by a gateway that breaks its port's word."""


@attrs.define(eq=False)
class ProviderCall:
    """
    One message on its way.

    Attributes:
        taken: whether the provider has it: then it arrives, and receipts come.
        begun: whether anything of the request was written; without, it is known not to be taken.
        left: whether the worker waits no more.
    """

    host: Host
    request: Request
    message: OutgoingSms
    reply: asyncio.Future[GatewayAnswer]
    taken: bool = False
    begun: bool = True
    left: bool = False

    @property
    def waits(self) -> bool:
        """Whether somebody still waits for the answer."""
        return not self.left and not self.reply.done() and not self.host.dead

    @property
    def message_id(self) -> str:
        """The provider's id of the message, if it takes it."""
        return f"SM{self.request.number:032x}"

    def take(self) -> None:
        """Let the provider process the message; nobody hears of it yet."""
        self.taken = True

    def accept(self) -> None:
        """Take it and say so."""
        self.take()
        self.reply.set_result(Accepted(self.message_id))

    def reject(self, reason: str, provider_code: int | None = None) -> None:
        """Refuse it for certain; if it was taken all the same, the provider contradicts itself."""
        self.reply.set_result(Rejected(FailureReason(reason), provider_code))

    def doubt(self, *, taken: bool = False) -> None:
        """Say that nobody knows, whether it was taken or not."""
        self.taken = self.taken or taken
        self.reply.set_result(Uncertain())

    def break_down(self) -> None:
        """Raise, which a gateway must not."""
        self.reply.set_exception(GatewayBroke("Raised by the stage."))


class StepGateway:
    """One host's gateway: it only hands messages over to the stage."""

    name = "stage"

    def __init__(self, host: Host) -> None:
        self.host = host

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        """Tell the model of the call, and wait for the stage to answer."""
        await self.host.go_on()
        stage, request = self.host.stage, SERVED.get()
        digits = _CODE.findall(message.text)
        stage.watch(
            stage.model.called, request, digits[-1], message.sender.address, message.valid_for,
            stage.clock.monotonic(),
        )  # fmt: skip
        call = ProviderCall(self.host, request, message, asyncio.get_running_loop().create_future())
        stage.messages.append(call)
        try:
            answer = await call.reply
        except asyncio.CancelledError as stop:
            call.left = True
            if call.begun:
                raise
            stage.watch(stage.model.provider_said, request, "rejected", "cancelled")
            raise NotBegun from stop
        stage.watch(stage.model.provider_said, request, *_heard(answer))
        return answer

    async def close(self) -> None:
        """Do nothing: nothing is open."""


def _heard(answer: GatewayAnswer) -> tuple[str, str | None]:
    match answer:
        case Accepted(message_id):
            return "accepted", message_id
        case Rejected(reason):
            return "rejected", reason.value
        case Uncertain():
            return "uncertain", None

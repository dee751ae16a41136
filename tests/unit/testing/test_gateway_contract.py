# ruff: noqa: D102 - each class says what its one method does
"""The contract of a gateway is passed by one that keeps it, and by none that breaks it."""

from __future__ import annotations

import asyncio

import pytest

from smsverify.domain.delivery import Accepted, FailureReason, GatewayAnswer, Rejected
from smsverify.ports.gateway import Gateway, OutgoingSms
from smsverify.testing import gateway_contract
from smsverify.testing.gateway import ScriptedGateway, message_to
from smsverify.testing.gateway_contract import GatewayContract
from tests.unit.testing.contract_runner import failing_tests

REFUSED = "+15005550001"
TAKEN = message_to("+15551234567")


class Refusing(ScriptedGateway):
    """Keeps the contract, and refuses a number."""

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        if message.to.e164 == REFUSED:
            return Rejected(FailureReason.INVALID_RECIPIENT)
        return await super().send(message, within)


class TakesAnything(ScriptedGateway):
    """Accepts what its provider refuses."""


class RaisesRefusals(Refusing):
    """Raises what it should answer."""

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        answer = await super().send(message, within)
        if isinstance(answer, Rejected):
            raise TypeError(answer.reason)
        return answer


class SameIdTwice(Refusing):
    """Takes a second call for the first."""

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        answer = await super().send(message, within)
        return Accepted(f"SM{1:032x}") if isinstance(answer, Accepted) else answer


class OddId(Refusing):
    """Has message ids of its own form."""

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        answer = await super().send(message, within)
        return Accepted(answer.message_id[2:]) if isinstance(answer, Accepted) else answer


class ClosedForGood(Refusing):
    """Does not open again."""

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        if self.closed:
            raise RuntimeError
        return await super().send(message, within)


class DiesWithItsCaller(Refusing):
    """Is of no use once a caller went away."""

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        try:
            return await super().send(message, within)
        except asyncio.CancelledError:
            self.closed = 1
            self.answer_next(*[RuntimeError()] * 10)
            raise


class OneLoopOnly(Refusing):
    """Belongs to the loop that used it first."""

    loop: asyncio.AbstractEventLoop | None = None

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        self.loop = self.loop or asyncio.get_running_loop()
        if self.loop is not asyncio.get_running_loop():
            raise RuntimeError
        return await super().send(message, within)


class Shows(Refusing):
    """Shows what it sent last."""

    def __repr__(self) -> str:
        return f"Shows({[message.text for message in self.messages]})"


class Nameless(Refusing):
    """Has no name."""

    def __init__(self) -> None:
        super().__init__(name="")


class Stuck(ScriptedGateway):
    """Never answers."""

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        return await asyncio.Future()


class Raising(ScriptedGateway):
    """Raises its provider's trouble."""

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        raise OSError


def failing(make: type[Gateway], *broken: Gateway) -> set[str]:
    """Return the tests that a gateway fails."""

    def fixtures() -> dict[str, object]:
        return {
            "gateway": make(),
            "message": TAKEN,
            "refused_messages": [message_to(REFUSED)],
            "broken_gateways": broken,
        }

    return failing_tests(GatewayContract, fixtures)


def test_a_gateway_that_keeps_the_contract_passes() -> None:
    """The suite fails nobody without a reason."""
    refusing = ScriptedGateway([Rejected(FailureReason.NOT_CONNECTED)])

    assert failing(Refusing, refusing) == set()


@pytest.mark.parametrize(
    "broken",
    [
        TakesAnything,
        RaisesRefusals,
        SameIdTwice,
        OddId,
        ClosedForGood,
        DiesWithItsCaller,
        OneLoopOnly,
        Shows,
        Nameless,
    ],
)
def test_a_gateway_that_breaks_the_contract_fails(broken: type[Gateway]) -> None:
    """Each planted fault is seen."""
    assert failing(broken)


@pytest.mark.parametrize("broken", [Stuck, Raising, ScriptedGateway])
def test_trouble_that_is_no_answer_is_seen(
    broken: type[Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its provider away a gateway may not raise, hang, or claim that all is well."""
    monkeypatch.setattr(gateway_contract, "WITHIN", 0.01)

    assert failing(Refusing, broken()) == {"test_trouble_is_an_answer_in_time"}

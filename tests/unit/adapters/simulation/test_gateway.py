"""Simulation behaves like a provider: ids, latency, refusals; and keeps what it was handed."""

from __future__ import annotations

import asyncio
import re

import pytest

from smsverify.adapters.simulation.gateway import INBOX_SIZE, SimulationGateway
from smsverify.adapters.system.entropy import SystemEntropy
from smsverify.domain.delivery import Accepted, FailureReason, Rejected, Uncertain
from smsverify.domain.phone import LineType, PhoneNumber
from smsverify.ports.gateway import OutgoingSms
from smsverify.testing.clock import ManualClock
from smsverify.testing.entropy import ScriptedEntropy
from smsverify.testing.gateway_contract import GatewayContract
from tests.unit.domain.builders import PHONE, SENDER


def gateway(latency_seconds: float = 0.0, clock: ManualClock | None = None) -> SimulationGateway:
    """Build a gateway whose time only moves when somebody waits."""
    return SimulationGateway(clock or ManualClock(), SystemEntropy(), latency_seconds)


def message(to: PhoneNumber = PHONE, text: str = "Your code is 123456.") -> OutgoingSms:
    """Build a message."""
    return OutgoingSms(to, text, SENDER, 600, "p:key", b"attempt1")


def number(e164: str) -> PhoneNumber:
    """Build a phone number."""
    return PhoneNumber(e164, "US", LineType.UNKNOWN, is_valid=False)


async def test_message_is_kept_and_accepted() -> None:
    """A message lands in the inbox, and the answer has an id of the usual form."""
    simulation = gateway()
    answer = await simulation.send(message(), 10)

    assert isinstance(answer, Accepted)
    assert re.fullmatch(r"SM[0-9a-f]{32}", answer.message_id)
    assert [message()] == simulation.messages


async def test_each_message_has_an_id_of_its_own() -> None:
    """Two messages with the same text are two messages."""
    simulation = gateway()
    first, second = [await simulation.send(message(), 10) for _ in range(2)]

    assert first != second
    assert len(simulation.messages) == 2


@pytest.mark.parametrize(
    ("e164", "reason", "code"),
    [
        ("+15005550001", FailureReason.INVALID_RECIPIENT, 21211),
        ("+15005550002", FailureReason.UNROUTABLE, 21612),
        ("+15005550003", FailureReason.COUNTRY_NOT_ENABLED, 21408),
        ("+15005550004", FailureReason.OPTED_OUT, 21610),
        ("+15005550009", FailureReason.INVALID_RECIPIENT, 21614),
    ],
)
async def test_magic_numbers_are_refused(e164: str, reason: FailureReason, code: int) -> None:
    """Twilio's test recipients fail as they do there, and get nothing."""
    simulation = gateway()

    assert Rejected(reason, code) == await simulation.send(message(number(e164)), 10)
    assert simulation.messages == []


@pytest.mark.parametrize("e164", ["+15005550006", "+15005550005", "+15005550000"])
async def test_their_neighbours_get_messages(e164: str) -> None:
    """Only the numbers that stand for a failure fail."""
    assert isinstance(await gateway().send(message(number(e164)), 10), Accepted)


async def test_latency_is_waited_for() -> None:
    """A provider that takes a while takes that while, refusing too."""
    clock = ManualClock()
    before = clock.monotonic()
    slow = gateway(0.25, clock)
    await slow.send(message(), 10)
    await slow.send(message(number("+15005550001")), 10)

    assert clock.monotonic() - before == pytest.approx(0.5)


async def test_latency_beyond_the_time_given_is_uncertain() -> None:
    """Out of time nobody knows, though the message is there; no more than the time is taken."""
    clock = ManualClock()
    before = clock.monotonic()
    slow = gateway(30, clock)

    assert await slow.send(message(), 10) == Uncertain()
    assert clock.monotonic() - before == pytest.approx(10)
    assert len(slow.messages) == 1


async def test_cancelled_call_may_have_sent() -> None:
    """A caller that goes away while it waits leaves the message behind, as with a provider."""

    class Stuck(ManualClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    slow = gateway(1, Stuck())
    task = asyncio.create_task(slow.send(message(), 10))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert len(slow.messages) == 1


async def test_inbox_keeps_the_newest() -> None:
    """The inbox does not grow without end; the oldest messages go first."""
    simulation = gateway()
    for count in range(INBOX_SIZE + 5):
        await simulation.send(message(text=str(count)), 10)

    texts = [one.text for one in simulation.messages]
    assert texts == [str(count) for count in range(5, INBOX_SIZE + 5)]


async def test_closed_gateway_can_be_used_again() -> None:
    """Closing keeps the inbox readable, and the next message is taken."""
    simulation = gateway()
    await simulation.send(message(), 10)
    await simulation.close()
    await simulation.send(message(), 10)

    assert len(simulation.messages) == 2
    assert simulation.name == "simulation"


async def test_inbox_shows_no_code_and_no_number() -> None:
    """Printing the inbox gives nothing away."""
    simulation = gateway()
    await simulation.send(message(), 10)

    assert "123456" not in repr(simulation.messages)
    assert PHONE.e164 not in repr(simulation.messages)


class TestContract(GatewayContract):
    """The simulation is a gateway like any other."""

    @pytest.fixture
    def gateway(self) -> SimulationGateway:
        """Return a gateway that takes everything but the magic numbers."""
        return SimulationGateway(ManualClock(), ScriptedEntropy())

    @pytest.fixture
    def broken_gateways(self) -> list[SimulationGateway]:
        """Return a gateway that is too slow for its time."""
        return [SimulationGateway(ManualClock(), ScriptedEntropy(), 60.0)]

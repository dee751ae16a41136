"""The scripted provider answers as told, and the code in its messages can be read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs
import pytest

from smsverify.adapters.simulation.gateway import SimulationGateway
from smsverify.domain.delivery import Accepted, FailureReason, Rejected, Uncertain
from smsverify.domain.languages import TEXTS
from smsverify.domain.message import message_template, render
from smsverify.domain.phone import PhoneNumber
from smsverify.testing.clock import ManualClock
from smsverify.testing.entropy import ScriptedEntropy
from smsverify.testing.gateway import ScriptedGateway, last_code, message_to
from smsverify.testing.gateway_contract import GatewayContract

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsverify.ports.gateway import Gateway, OutgoingSms

PHONE = "+15551234567"
REFUSED = Rejected(FailureReason.UNROUTABLE, 21612)


class TestScriptedGateway(GatewayContract):
    """The double is a gateway like any other."""

    @pytest.fixture
    def gateway(self) -> ScriptedGateway:
        """Return a gateway that takes everything."""
        return ScriptedGateway()

    @pytest.fixture
    def broken_gateways(self) -> Sequence[Gateway]:
        """Return gateways whose provider refuses, or says nothing."""
        return [ScriptedGateway([REFUSED]), ScriptedGateway([Uncertain()])]


async def test_it_answers_from_its_script_then_takes_everything() -> None:
    """Each send gets the next answer; a script may grow; ids differ."""
    gateway = ScriptedGateway([REFUSED])
    gateway.answer_next(Uncertain(500), OSError("gone"))
    message = message_to(PHONE)

    assert await gateway.send(message, 10) == REFUSED
    assert await gateway.send(message, 10) == Uncertain(500)
    with pytest.raises(OSError, match="gone"):
        await gateway.send(message, 10)
    first, second = await gateway.send(message, 10), await gateway.send(message, 10)
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert first != second
    assert gateway.messages == [message] * 5


async def test_a_held_send_stops_until_it_is_released() -> None:
    """A test can look around while the provider has the message and has not answered."""
    gateway = ScriptedGateway()
    hold = gateway.hold()
    sending = asyncio.ensure_future(gateway.send(message_to(PHONE), 10))
    other = message_to("+15551230000")

    await hold.arrival()
    await gateway.send(other, 10)

    assert [message.to.e164 for message in gateway.messages] == [PHONE, other.to.e164]
    assert not sending.done()
    hold.release()
    assert isinstance(await sending, Accepted)
    assert not hold.cancelled


@pytest.mark.parametrize("taken", [True, False])
async def test_a_held_send_can_be_cancelled(*, taken: bool) -> None:
    """Cancelled before the request began, nothing was handed over; later, it was."""
    gateway = ScriptedGateway()
    hold = gateway.hold(taken=taken)
    sending = asyncio.ensure_future(gateway.send(message_to(PHONE), 10))
    await hold.arrival()

    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert hold.cancelled
    assert len(gateway.messages) == int(taken)


async def test_a_hold_released_early_does_not_stop() -> None:
    """The order of release and arrival does not matter."""
    gateway = ScriptedGateway()
    gateway.hold().release()

    assert isinstance(await gateway.send(message_to(PHONE), 10), Accepted)


async def test_closing_is_noted() -> None:
    """A test can see that its gateway was given back."""
    gateway = ScriptedGateway()

    await gateway.close()

    assert gateway.closed == 1


@attrs.frozen
class Sender:
    """Something that sends through a gateway, as a verifier does."""

    gateway: object


async def handed(*messages: OutgoingSms) -> ScriptedGateway:
    """Return a gateway that was handed these."""
    gateway = ScriptedGateway()
    for message in messages:
        await gateway.send(message, 10)
    return gateway


async def test_the_last_code_of_a_phone_is_read() -> None:
    """Of several messages the last to that phone counts, however its number is spelled."""
    gateway = await handed(
        message_to(PHONE, "App: your code is 111111."),
        message_to(PHONE, "App: your code is 222222."),
        message_to("+15551230000", "App: your code is 333333."),
    )

    assert last_code(gateway, PHONE) == "222222"
    assert last_code(Sender(gateway), "+1 (555) 123-4567") == "222222"
    assert last_code(gateway, message_to("+15551230000").to) == "333333"


async def test_simulations_inbox_is_read_too() -> None:
    """Messages of the simulation are found the same way."""
    gateway = SimulationGateway(ManualClock(), ScriptedEntropy())
    await gateway.send(message_to(PHONE, "App: your code is 424242."), 10)

    assert last_code(Sender(gateway), PHONE) == "424242"


@pytest.mark.parametrize("tag", sorted(TEXTS))
@pytest.mark.parametrize("code", ["012345", "0123456789"])
async def test_the_code_is_found_in_every_language(tag: str, code: str) -> None:
    """Each built-in text gives back the code that it was filled with."""
    text = render(message_template(TEXTS[tag]), "MyApp 24", code)

    assert last_code(await handed(message_to(PHONE, text)), PHONE) == code


@pytest.mark.parametrize("app", ["MyApp", "Bank 1234567", "007007"])
async def test_the_hosts_line_tells_the_code(app: str) -> None:
    """With an origin-bound line no other number is mistaken for the code."""
    template = message_template("{app}: {code}", "example.com", "a123456/b+7")

    gateway = await handed(message_to(PHONE, render(template, app, "654321")))

    assert last_code(gateway, PHONE) == "654321"


async def test_an_apps_hash_is_not_the_code() -> None:
    """Digits inside the Android hash are none of the code's."""
    template = message_template("{app}: {code}", None, "12345678+/x")

    gateway = await handed(message_to(PHONE, render(template, "MyApp", "654321")))

    assert last_code(gateway, PHONE) == "654321"


async def test_what_cannot_be_told_is_not_guessed() -> None:
    """Two numbers that could be the code, or none, are an error that says so."""
    doubtful = await handed(message_to(PHONE, "Bank 1234567: your code is 654321."))
    without = await handed(message_to(PHONE, "Hello, 12345!"))

    with pytest.raises(ValueError, match="app name"):
        last_code(doubtful, PHONE)
    with pytest.raises(LookupError, match="no code"):
        last_code(without, PHONE)


async def test_who_was_sent_nothing_has_no_code() -> None:
    """A phone without a message, and what is no phone, are told apart without the whole number."""
    gateway = ScriptedGateway()

    with pytest.raises(LookupError, match=r"No message .* \+1555\*\*\*4567"):
        last_code(gateway, PHONE)
    with pytest.raises(LookupError, match="digits"):
        last_code(gateway, "not a phone")
    with pytest.raises(TypeError, match="ScriptedGateway"):
        last_code(Sender(object()), PHONE)


def test_a_message_needs_a_number() -> None:
    """What is no phone number is a mistake in the test that asks for it."""
    assert isinstance(message_to(PHONE).to, PhoneNumber)
    with pytest.raises(TypeError, match="calling code"):
        message_to("12")

"""
Tests of your own service: the real verifier, with adapters of the test's choice.

Nothing is patched. ``create_verifier`` takes adapters by name; what is left out comes from the
settings. Run them: ``pytest examples/test_signup.py``
"""

from __future__ import annotations

import pytest

from smsverify import Settings, SmsVerifier, create_verifier
from smsverify.adapters.memory.store import MemoryStore
from smsverify.container import Container
from smsverify.domain.delivery import FailureReason, Rejected, Uncertain
from smsverify.settings import StoreKind
from smsverify.testing import FailsAt, ManualClock, ScriptedGateway, last_code

PHONE = "+15551234567"


@pytest.fixture
def clock() -> ManualClock:
    """Give a clock that moves when it is told to."""
    return ManualClock()


@pytest.fixture
def gateway() -> ScriptedGateway:
    """Give a provider that takes everything, unless it is told otherwise."""
    return ScriptedGateway()


@pytest.fixture
def verifier(gateway: ScriptedGateway, clock: ManualClock) -> SmsVerifier:
    """Give a verifier that forgets everything at the end of the test."""
    settings = Settings(simulation_mode=True, store=StoreKind.MEMORY)
    return create_verifier(settings, gateway=gateway, clock=clock)


async def test_the_code_that_was_sent_is_right(verifier: SmsVerifier) -> None:
    """Read the code as the phone's owner would."""
    await verifier.send_verification_sms(PHONE, "MyApp")

    assert (await verifier.verify_code(PHONE, last_code(verifier, PHONE))).success


async def test_a_code_ends_after_ten_minutes(verifier: SmsVerifier, clock: ManualClock) -> None:
    """Move the clock instead of waiting."""
    await verifier.send_verification_sms(PHONE, "MyApp")
    clock.advance(601)

    late = await verifier.verify_code(PHONE, last_code(verifier, PHONE))

    assert late.error_code == "CODE_EXPIRED"


async def test_the_provider_says_no(verifier: SmsVerifier, gateway: ScriptedGateway) -> None:
    """Script what the provider answers."""
    gateway.answer_next(Rejected(FailureReason.OPTED_OUT, 21610), Uncertain())

    refused = await verifier.send_verification_sms(PHONE, "MyApp")
    unknown = await verifier.send_verification_sms("+15551230000", "MyApp")

    assert refused.error_code == "RECIPIENT_OPTED_OUT"
    assert unknown.may_have_arrived


async def test_the_store_is_away(clock: ManualClock) -> None:
    """Put a store in the way that fails at the calls you name."""
    settings = Settings(simulation_mode=True)
    store = FailsAt(MemoryStore(clock), range(100))
    verifier = create_verifier(settings, store=store, clock=clock)

    result = await verifier.verify_code(PHONE, "123456")

    assert result.error_code == "STORE_UNAVAILABLE"


async def test_through_the_container(clock: ManualClock) -> None:
    """What your application builds by the container is overridden the same way."""
    container = Container(settings=Settings(simulation_mode=True, store=StoreKind.MEMORY))
    gateway = ScriptedGateway()
    container.gateway.override(gateway)
    container.clock.override(clock)

    await container.verifier().send_verification_sms(PHONE, "MyApp")

    assert len(gateway.messages) == 1

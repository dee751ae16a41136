"""What a test of the Twilio adapter is put together from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import attrs

from smsverify.adapters.twilio.breaker import CredentialsBreaker
from smsverify.adapters.twilio.client import Credentials, TwilioApi
from smsverify.adapters.twilio.gateway import TwilioGateway
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.domain.senders import Sender
from smsverify.ports.gateway import OutgoingSms
from smsverify.testing import ManualClock

if TYPE_CHECKING:
    from smsverify.adapters.twilio.callback import CallbackAddresses
    from smsverify.domain.events import Event
    from smsverify.ports.clock import Clock
    from tests.integration.twilio_server.account import Account

NUMBER = "+13035550123"
CODE = "9182736450"
"""Long: no run of other digits in a log is taken for it by chance."""
TEXT = f"MyApp: {CODE} is your code."
SENDER = Sender("+17205550100", "US", "720")


class Chances:
    """Randomness of the operating system."""

    def token(self, size: int) -> bytes:
        """Return fresh random bytes."""
        return os.urandom(size)


@attrs.define
class Events:
    """Keeps events."""

    kept: list[Event] = attrs.field(factory=list)

    def emit(self, event: Event) -> None:
        """Keep one."""
        self.kept.append(event)


@attrs.frozen
class Setup:
    """
    A gateway and what it was made from.

    Attributes:
        clock: pauses between tries take no time on it.
        events: what the gateway told.
    """

    gateway: TwilioGateway
    api: TwilioApi
    clock: Clock
    events: Events


def token_of(account: Account) -> Credentials:
    """Return the credentials of an account's own token."""
    return Credentials(account.sid, account.sid, account.token)


def set_up(
    credentials: Credentials,
    base_url: str | None,
    *,
    callbacks: CallbackAddresses | None = None,
    clock: Clock | None = None,
) -> Setup:
    """Return a gateway to ``base_url``."""
    used, events = clock or ManualClock(), Events()
    api = TwilioApi(credentials, base_url)
    breaker = CredentialsBreaker(clock=used, events=events)
    gateway = TwilioGateway(
        api, breaker=breaker, clock=used, entropy=Chances(), callbacks=callbacks
    )
    return Setup(gateway, api, used, events)


def recipient(number: str = NUMBER) -> PhoneNumber:
    """Return a phone."""
    phone = parse_phone(number)
    assert isinstance(phone, PhoneNumber)
    return phone


def sms(*, to: str = NUMBER, sender: Sender = SENDER, valid_for: int = 600) -> OutgoingSms:
    """Return a message."""
    return OutgoingSms(
        to=recipient(to),
        text=TEXT,
        sender=sender,
        valid_for=valid_for,
        record="p:abcDEF123_-abcDEF123_-",
        attempt=bytes(range(8)),
    )

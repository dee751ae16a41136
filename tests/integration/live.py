"""A verifier in live mode with a local Twilio behind it, and what its store says of a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from smsverify import Settings
from smsverify.container import Container
from smsverify.domain.counters import day_key
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.testing import ManualClock
from tests.integration.twilio_server.account import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsverify.domain.record import Attempt, PhoneRecord
    from smsverify.ports.clock import Clock
    from smsverify.ports.store import Store
    from smsverify.ports.webhooks import WebhookAnswer
    from smsverify.verifier import SmsVerifier
    from tests.integration.twilio_server.server import LocalTwilio
    from tests.integration.twilio_server.webhooks import WebhookRequest

PHONE = "+13035550123"
SENDER, OTHER_SENDER = "+17205550100", "+14155550101"
BASE = "https://sms.example.com/base"
SECRET = "webhook-secret-of-at-least-32-characters"
PRICE = 8_300
"""Micro-dollars a segment to the USA, as the local Twilio's dearest carrier has it."""


def settings_for(twilio: LocalTwilio, **changes: Any) -> dict[str, Any]:
    """Return settings of live mode for a local Twilio, one sender and a store in memory."""
    return {
        "twilio_account_sid": twilio.account.sid,
        "twilio_auth_token": twilio.account.token,
        "twilio_api_base_url": twilio.base_url,
        "twilio_phone_numbers": SENDER,
        "public_base_url": BASE,
        "webhook_secret": SECRET,
        "store": "memory",
        **changes,
    }


@attrs.frozen
class Live:
    """
    A verifier in live mode.

    Attributes:
        twilio: what it sends through.
        container: what it was built by; a test may override its parts before the first use.
        clock: stands still until it is told to move, unless the store brings its own time.
    """

    twilio: LocalTwilio
    container: Container
    clock: Clock

    @property
    def verifier(self) -> SmsVerifier:
        """The facade."""
        return self.container.verifier()

    @property
    def store(self) -> Store:
        """What it keeps its records in."""
        store: Store = self.container.store()
        return store

    async def send(self, phone: str = PHONE, **more: Any) -> Any:
        """Send a code."""
        return await self.verifier.send_verification_sms(phone, "MyApp", **more)

    async def check(self, code: str, phone: str = PHONE) -> Any:
        """Check a code."""
        return await self.verifier.verify_code(phone, code)

    @property
    def messages(self) -> list[Message]:
        """What Twilio has made, oldest first."""
        return list(self.twilio.account.messages.values())

    def code(self) -> str:
        """Return the code in the text that was handed over last, taken or not."""
        found = re.search(r"\b\d{6}\b", self.twilio.sends[-1].form["Body"])
        assert found is not None
        return found[0]

    async def record(self, phone: str = PHONE) -> PhoneRecord | None:
        """Return what is stored of a phone."""
        number = parse_phone(phone)
        assert isinstance(number, PhoneNumber)
        loaded = await self.store.load((self.container.keys().phone(number),))
        data = loaded.records[0]
        return None if data is None else self.container.codec().decode(data)

    async def attempt(self, phone: str = PHONE) -> Attempt:
        """Return the phone's last attempt."""
        record = await self.record(phone)
        assert record is not None
        return record.attempts[-1]

    async def day(self) -> Mapping[str, int]:
        """Return the counters of today."""
        now = (await self.store.load(())).now
        return (await self.store.load((), (day_key(now),))).counters[0]

    async def spent(self, country: str = "US") -> tuple[int, int]:
        """Return what stands charged today, in all and for a country."""
        day = await self.day()
        return day.get("spent", 0), day.get(f"spent.{country}", 0)

    async def deliver(self, request: WebhookRequest) -> WebhookAnswer:
        """Hand a request of Twilio's to the verifier."""
        return await self.verifier.handle_webhook(
            "POST", request.path_and_query, request.headers, request.body
        )

    async def receive(self, status: str, code: int | None = None, **more: Any) -> WebhookAnswer:
        """Hand the verifier a receipt for the latest message."""
        receipt = self.twilio.webhooks.receipt(self.messages[-1], status, code, **more)
        return await self.deliver(receipt)

    async def hear(self, body: str, phone: str = PHONE) -> WebhookAnswer:
        """Hand the verifier a message that somebody sent to us."""
        url = f"{BASE}/webhooks/twilio/inbound"
        return await self.deliver(self.twilio.webhooks.inbound(url, phone, SENDER, body))


def live_with(twilio: LocalTwilio, *, clock: Clock | None = None, **settings: Any) -> Live:
    """Return a verifier in live mode; with a store in memory its clock stands still."""
    used = clock or ManualClock()
    container = Container(settings=Settings(**settings_for(twilio, **settings)))
    container.clock.override(used)
    return Live(twilio, container, used)

"""Sending one real message: the only scenario that costs."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Final

import attrs
import click

from smsverify.domain.delivery import DeliveryState
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.entrypoints.selftest.playground import APP_NAME
from smsverify.entrypoints.selftest.scenario import NotAsExpected, Scenario, Skipped
from smsverify.entrypoints.terminal.output import duration, money
from smsverify.errors import ErrorCode, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smsverify.domain.record import Attempt
    from smsverify.entrypoints.selftest.configured import Deployment

RECEIPT_SECONDS: Final = 60.0
"""How long a receipt is waited for: most come within a few seconds."""
LOOK_SECONDS: Final = 0.5
TRIES: Final = 3
_ENDS: Final = frozenset({DeliveryState.DELIVERED, DeliveryState.UNDELIVERED})


@attrs.define
class RealSms:
    """
    One real message to the phone of the settings.

    Attributes:
        say: shows a sentence while something goes on.
        ask: asks the person for the code; None where there is no terminal.
        receipt_seconds: how long a receipt is waited for.
        message_id: the provider's id of the message, empty before it was sent.
    """

    say: Callable[[str], None]
    ask: Callable[[str], str] | None = None
    receipt_seconds: float = RECEIPT_SECONDS
    message_id: str = ""

    def scenarios(self) -> Iterator[Scenario[Deployment]]:
        """Give the scenarios, each building on the one before it."""
        yield Scenario("Real SMS", self.send)
        yield Scenario("Receipt", self.wait_for_receipt)
        yield Scenario("Code", self.check)

    async def send(self, here: Deployment) -> str:
        """Send the message."""
        result = await here.verifier.send_verification_sms(_phone(here).e164, APP_NAME)
        if not result.success:
            raise NotAsExpected(f"{result.error_code}: {result.error}")
        self.message_id = result.message_id or ""
        return f"{self.message_id}, {money(result.cost or 0)}"

    async def wait_for_receipt(self, here: Deployment) -> str:
        """Show each state of the message that receipts raise it to."""
        if not self.message_id:
            raise Skipped("nothing was sent")
        if here.situation.settings.public_base_url is None:
            raise Skipped("no receipts are asked for: SMS_PUBLIC_BASE_URL is not set")
        seen: DeliveryState | None = None
        try:
            async with asyncio.timeout(self.receipt_seconds):
                while seen not in _ENDS:
                    attempt = await self._attempt(here)
                    if attempt is not None and attempt.state is not seen:
                        seen = attempt.state
                        self.say(f"Receipt: the message is {seen.value}.")
                    if seen not in _ENDS:
                        await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            last = "unknown" if seen is None else seen.value
            raise NotAsExpected(
                f"no receipt within {duration(round(self.receipt_seconds))}, the message is {last}:"
                " is smsverify serve-webhooks reached at SMS_PUBLIC_BASE_URL?"
            ) from None
        if seen is DeliveryState.UNDELIVERED:
            raise NotAsExpected("Twilio reports that the message was not delivered")
        return "the message is delivered"

    async def check(self, here: Deployment) -> str:
        """Ask the person for the code, and check it."""
        if not self.message_id:
            raise Skipped("nothing was sent")
        if self.ask is None:
            raise Skipped("there is no terminal to ask for it")
        result = None
        for _ in range(TRIES):
            typed = self.ask("Type the code that the phone got")
            result = await here.verifier.verify_code(_phone(here).e164, typed.strip())
            if result.success:
                return "approved"
            if result.error_code not in {ErrorCode.INCORRECT_CODE, ErrorCode.INVALID_CODE_FORMAT}:
                break
            self.say(result.public_error or "")
        raise NotAsExpected(f"{result.error_code}: {result.error}" if result else "no answer")

    async def _attempt(self, here: Deployment) -> Attempt | None:
        """Return the send as it is in the store, where another process puts the receipts."""
        key = here.container.keys().phone(_phone(here))
        try:
            found = (await here.container.store().load((key,))).records[0]
        except StoreError:
            return None  # it may be back with the next look
        if found is None:
            return None
        attempts = here.container.codec().decode(found).attempts
        return next((one for one in attempts if one.message_id == self.message_id), None)


def ask_on_terminal() -> Callable[[str], str] | None:
    """Return what asks a person, if one sits there."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    return _ask


def _ask(question: str) -> str:
    # Not in a thread, which nobody could stop, and with Ctrl-C taken back from the event loop,
    # which would keep the first one for itself.
    of_loop = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return str(click.prompt(question, type=str))
    finally:
        signal.signal(signal.SIGINT, of_loop)


def _phone(here: Deployment) -> PhoneNumber:
    number = parse_phone(here.situation.settings.test_phone_number or "")
    if not isinstance(number, PhoneNumber):
        raise NotAsExpected(number.message)
    return number

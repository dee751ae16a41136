"""smsverify itself: simulation gateway, real server, awaited or through the synchronous face."""

from __future__ import annotations

import re
from decimal import Decimal

from benchmarks.sides.side import (
    VICTIM,
    TaskOperation,
    ThreadOperation,
    guess_of,
    phone_of,
)
from smsverify import Settings, SmsVerifier, create_verifier
from smsverify.adapters.simulation.gateway import SimulationGateway
from smsverify.adapters.system.clock import SystemClock
from smsverify.adapters.system.entropy import SystemEntropy
from smsverify.domain.delivery import GatewayAnswer
from smsverify.ports.gateway import OutgoingSms
from smsverify.sync import SyncSmsVerifier

_CODE = re.compile(r"\d{6}")
_BUDGET = Decimal(1_000_000)
"""Dollars a day, the most that settings take: no measurement is to meet the ceiling."""


class _Inbox(SimulationGateway):
    """The simulation gateway, with the last code at hand for the person who reads it."""

    def __init__(self) -> None:
        super().__init__(SystemClock(), SystemEntropy())
        self.codes: dict[str, str] = {}

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        """Keep the code too."""
        found = _CODE.search(message.text)
        assert found is not None
        self.codes[message.to.e164] = found[0]
        return await super().send(message, within)


def build(url: str) -> tuple[SmsVerifier, _Inbox]:
    """Build a verifier in simulation over a server, and the inbox of its phones."""
    inbox = _Inbox()
    settings = Settings(simulation_mode=True, redis_url=url, daily_cost_limit=_BUDGET)
    return create_verifier(settings, gateway=inbox), inbox


class Ours:
    """The verifier as a service with an event loop uses it."""

    threaded = False

    def __init__(self, url: str) -> None:
        self._verifier, self._inbox = build(url)
        self.operations: dict[str, TaskOperation] = {
            "round": self._round,
            "round_for_a_client": self._round_for_a_client,
            "first_guess": self._first_guess,
            "guess": self._guess,
            "first_resend": self._first_resend,
            "resend": self._resend,
        }

    async def prepare(self, operation: str) -> None:
        """Send a code to the phone whose code will be guessed; the rest needs nothing."""
        if operation.endswith("guess"):
            assert (await self._verifier.send_verification_sms(VICTIM, "MyApp")).success

    async def close(self) -> None:
        """Close the connections."""
        await self._verifier.close()

    async def _round(self, number: int) -> None:
        await self._send_and_check(phone_of(number), None)

    async def _round_for_a_client(self, number: int) -> None:
        await self._send_and_check(phone_of(number), f"device {number}")

    async def _send_and_check(self, phone: str, client: str | None) -> None:
        sent = await self._verifier.send_verification_sms(phone, "MyApp", client_id=client)
        assert sent.success, sent
        code = self._inbox.codes.pop(phone)
        checked = await self._verifier.verify_code(phone, code, client_id=client)
        assert checked.success, checked

    async def _guess(self, number: int) -> None:
        result = await self._verifier.verify_code(VICTIM, guess_of(number))
        assert result.error_code == "TOO_MANY_ATTEMPTS", result

    async def _first_guess(self, number: int) -> None:
        result = await self._verifier.verify_code(VICTIM, guess_of(number))
        assert result.error_code in {"INCORRECT_CODE", "TOO_MANY_ATTEMPTS"}, result

    async def _resend(self, _number: int) -> None:
        result = await self._verifier.send_verification_sms(VICTIM, "MyApp")
        assert result.error_code == "RATE_LIMIT_EXCEEDED", result

    async def _first_resend(self, _number: int) -> None:
        result = await self._verifier.send_verification_sms(VICTIM, "MyApp")
        assert result.error_code in {None, "RATE_LIMIT_EXCEEDED"}, result


class OursSynchronous:
    """The same from threads, as Django, Flask and scripts use it."""

    threaded = True

    def __init__(self, url: str) -> None:
        verifier, self._inbox = build(url)
        self._verifier = SyncSmsVerifier(verifier)
        self.operations: dict[str, ThreadOperation] = {"round": self._round}

    async def prepare(self, operation: str) -> None:
        """Nothing is needed."""

    async def close(self) -> None:
        """The background loop and its connections end with the process."""

    def _round(self, number: int) -> None:
        phone = phone_of(number)
        sent = self._verifier.send_verification_sms(phone, "MyApp")
        assert sent.success, sent
        checked = self._verifier.verify_code(phone, self._inbox.codes.pop(phone))
        assert checked.success, checked

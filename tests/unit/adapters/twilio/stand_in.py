"""A stand-in for the SDK's client, where no server is wanted: answers what a test says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from smsverify.adapters.twilio.sessions import Exchange

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class StandIn:
    """
    Takes the place of :class:`~smsverify.adapters.twilio.client.TwilioApi`.

    Args:
        answer: gives what Twilio says, or raises it; it is handed what was asked for.

    Attributes:
        asked: what was asked for, in order: a country, or ``"numbers"``.
        exchange: what is known of every request; a test sets its status.
    """

    def __init__(self, answer: Callable[[str], Awaitable[Any]]) -> None:
        self.asked: list[str] = []
        self.exchange = Exchange(begun=True, status=200)
        self._answer = answer

    def call(self, seconds: float) -> Any:
        """Return one call."""
        assert seconds <= 5
        countries = SimpleNamespace(countries=self._country)
        client = SimpleNamespace(
            incoming_phone_numbers=SimpleNamespace(list_async=self._numbers),
            pricing=SimpleNamespace(v1=SimpleNamespace(messaging=countries)),
        )
        return SimpleNamespace(client=client, exchange=self.exchange)

    async def _numbers(self, page_size: int) -> Any:
        assert page_size == 1000
        self.asked.append("numbers")
        return await self._answer("numbers")

    def _country(self, country: str) -> Any:
        async def fetch_async() -> Any:
            self.asked.append(country)
            return await self._answer(country)

        return SimpleNamespace(fetch_async=fetch_async)

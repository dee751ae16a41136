"""A verifier in memory, where time passes as told: how records come about in days, in moments."""

from __future__ import annotations

import itertools

from benchmarks.sides.side import wrong_guess
from smsverify.adapters.memory.store import MemoryStore
from smsverify.adapters.system.clock import SystemClock
from smsverify.container import Container
from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.domain.events import Event
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.settings import Settings, StoreKind
from smsverify.testing import ManualClock, last_code

PHONE = "+15551234567"

_UNREACHABLE = 30003
"""Twilio's number for a phone that can't be reached; all that it has for messages are as long."""


def clock_of_today() -> ManualClock:
    """Give a clock that stands at this moment: how long a time is in a record depends on it."""
    return ManualClock(start=SystemClock().wall())


class _Deaf:
    """Takes events, and tells nobody."""

    def emit(self, event: Event) -> None:
        """Take one event."""


class Playground:
    """
    One verifier with a store and a clock of its own.

    Attributes:
        clock: Moves when told to.
    """

    def __init__(
        self,
        *,
        purposes: tuple[str, ...] = ("verify",),
        clock: ManualClock | None = None,
        store: MemoryStore | None = None,
    ) -> None:
        self.clock = clock or clock_of_today()
        settings = Settings(simulation_mode=True, store=StoreKind.MEMORY, purposes=purposes)
        self._container = Container(settings=settings)
        self._container.clock.override(self.clock)
        self._container.events.override(_Deaf())
        self._container.store.override(store or MemoryStore(self.clock, "bench:"))
        self._verifier = self._container.verifier()
        self._messages = itertools.count()

    async def round(self, phone: str = PHONE, *, after: float = 0.0) -> None:
        """Send a code and give it back after so many seconds."""
        sent = await self._verifier.send_verification_sms(phone, "MyApp")
        assert sent.success, sent
        self.clock.advance(after)
        checked = await self._verifier.verify_code(phone, last_code(self._verifier, phone))
        assert checked.success, checked

    async def send(self, key: str, purpose: str) -> str:
        """Send a code under an idempotency key; give the message's id."""
        sent = await self._verifier.send_verification_sms(
            PHONE, "MyApp", idempotency_key=key, purpose=purpose
        )
        assert sent.success, sent
        assert sent.message_id is not None
        return sent.message_id

    async def guess_wrong(self, purpose: str) -> None:
        """Give an answer that is wrong, and counted."""
        guess = wrong_guess(last_code(self._verifier, PHONE))
        result = await self._verifier.verify_code(PHONE, guess, purpose=purpose)
        assert result.error_code == "INCORRECT_CODE", result

    async def report_undelivered(self, message_id: str) -> None:
        """Let the provider say of the last message that it will not arrive, and why."""
        key = self._container.keys().phone(_parsed(PHONE))
        record, _ = await self._container.loop().read(key)
        assert record is not None
        take = self._container.take_receipt()
        undelivered, reason = DeliveryState.UNDELIVERED, FailureReason.UNREACHABLE
        attempt = record.attempts[-1].id
        assert (await take(key, attempt, undelivered, message_id, reason, _UNREACHABLE)).changed

    async def say(self, *, stop: bool) -> None:
        """Let the person say STOP or START."""
        message_id = f"SM{next(self._messages):032x}"
        note = self._container.note_opt_out()
        assert (await note(_parsed(PHONE), opt_out=stop, message_id=message_id)).changed

    async def stored(self) -> bytes:
        """Give the bytes of the phone's record."""
        key = self._container.keys().phone(_parsed(PHONE))
        loaded = await self._container.store().load((key,))
        data: bytes | None = loaded.records[0]
        assert data is not None
        return data


def _parsed(phone: str) -> PhoneNumber:
    number = parse_phone(phone)
    assert isinstance(number, PhoneNumber)
    return number

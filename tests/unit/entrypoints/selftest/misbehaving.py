"""Verifiers that misbehave, each in one way, for the self-test to notice."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Self

import attrs

from smsverify import CheckResult, SendResult, create_verifier
from smsverify.settings import Settings, StoreKind
from smsverify.testing.clock import ManualClock
from smsverify.testing.gateway import ScriptedGateway

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsverify import SmsVerifier

APPROVED = CheckResult(success=True)


class Misbehaving:
    """
    Stands before a verifier and passes everything on; those below change one thing each.

    Attributes:
        verifier: the one behind it.
        clock: the clock that it was given.
    """

    def __init__(self, verifier: SmsVerifier, clock: ManualClock) -> None:
        self.verifier = verifier
        self.clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.verifier, name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.verifier.close()

    async def send_verification_sms(self, phone: str, app: str, **options: Any) -> SendResult:
        """Pass the send on."""
        return await self.verifier.send_verification_sms(phone, app, **options)

    async def verify_code(self, phone: str, code: str, **options: Any) -> CheckResult:
        """Pass the check on."""
        return await self.verifier.verify_code(phone, code, **options)


class ApprovesAnything(Misbehaving):
    """Takes every code for the right one."""

    async def verify_code(self, phone: str, code: str, **options: Any) -> CheckResult:
        """Approve."""
        return APPROVED


class ApprovesAgain(Misbehaving):
    """Approves a right code for ever."""

    def __init__(self, verifier: SmsVerifier, clock: ManualClock) -> None:
        super().__init__(verifier, clock)
        self._right: set[str] = set()

    async def verify_code(self, phone: str, code: str, **options: Any) -> CheckResult:
        """Approve what was approved before."""
        result = await super().verify_code(phone, code, **options)
        if result.success:
            self._right.add(code)
        return APPROVED if code in self._right else result


class CountsNothing(Misbehaving):
    """Forgets wrong answers: it always says that all of them are left."""

    async def verify_code(self, phone: str, code: str, **options: Any) -> CheckResult:
        """Pass the check on, and lie about what is left."""
        result = await super().verify_code(phone, code, **options)
        return result if result.attempts_left is None else attrs.evolve(result, attempts_left=5)


class NewCodeEachTime(Misbehaving):
    """Waits before each send until the former code is too old to be repeated."""

    async def send_verification_sms(self, phone: str, app: str, **options: Any) -> SendResult:
        """Wait, then send."""
        self.clock.advance(400)
        return await super().send_verification_sms(phone, app, **options)


class DropsKeys(Misbehaving):
    """Takes no notice of idempotency keys."""

    async def send_verification_sms(self, phone: str, app: str, **options: Any) -> SendResult:
        """Send anyway."""
        return await self.verifier.send_verification_sms(phone, app)


class TakesAnyNumber(Misbehaving):
    """Makes a number of what is none."""

    async def send_verification_sms(self, phone: str, app: str, **options: Any) -> SendResult:
        """Send to somebody."""
        number = phone if phone.startswith("+1555123") else "+15551239999"
        return await super().send_verification_sms(number, app, **options)


class CountsTwice(Misbehaving):
    """Shows twice the money that was spent."""

    async def statistics(self) -> dict[str, Any]:
        """Read the figures, and double one."""
        figures: dict[str, Any] = await self.verifier.statistics()
        figures["cost"]["spent_dollars"] *= 2
        return figures


class LogsCodes(Misbehaving):
    """Logs what people type."""

    async def verify_code(self, phone: str, code: str, **options: Any) -> CheckResult:
        """Log the code."""
        logging.getLogger("smsverify").debug("Somebody typed %s.", code)
        return await super().verify_code(phone, code, **options)


class LogsNumbers(Misbehaving):
    """Hides a whole number in what goes along with a log line."""

    async def verify_code(self, phone: str, code: str, **options: Any) -> CheckResult:
        """Log the number."""
        logging.getLogger("smsverify").debug("Somebody typed.", extra={"who": phone})
        return await super().verify_code(phone, code, **options)


class Raises(Misbehaving):
    """Raises where it should answer, with a secret in the text."""

    async def verify_code(self, phone: str, code: str, **options: Any) -> CheckResult:
        """Raise."""
        raise RuntimeError(f"no idea about {phone} and {code}")


def behind(kind: type[Misbehaving]) -> Callable[..., Any]:
    """Return what builds verifiers that misbehave in this way."""

    def build(settings: Settings, *, clock: ManualClock) -> Misbehaving:
        return kind(create_verifier(settings, clock=clock), clock)

    return build


def with_settings(**changes: Any) -> Callable[..., Any]:
    """Return what builds verifiers whose rules are others than those asked for."""

    def build(settings: Settings, **adapters: Any) -> SmsVerifier:
        return create_verifier(attrs.evolve(settings, **changes), **adapters)

    return build


def with_stopped_clock(settings: Settings, *, clock: ManualClock) -> SmsVerifier:
    """Build a verifier for which no time passes."""
    return create_verifier(settings, clock=ManualClock())


def with_eager_provider(settings: Settings, *, clock: ManualClock) -> SmsVerifier:
    """Build a verifier whose provider takes every message."""
    return create_verifier(settings, clock=clock, gateway=ScriptedGateway())


def with_own_memory(settings: Settings, *, clock: ManualClock) -> SmsVerifier:
    """Build a verifier that keeps its records to itself."""
    private = attrs.evolve(settings, store=StoreKind.MEMORY, sqlite_path=None)
    return create_verifier(private, clock=clock)

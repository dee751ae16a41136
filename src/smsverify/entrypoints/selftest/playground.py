"""What the simulated scenarios play on: fresh verifiers in memory, and a clock that they move."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from smsverify import create_verifier
from smsverify.settings import Settings, StoreKind
from smsverify.testing.clock import ManualClock
from smsverify.testing.gateway import last_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsverify import SmsVerifier

APP_NAME = "MyApp"


Build: TypeAlias = "Callable[..., SmsVerifier]"
"""Makes a verifier, as :func:`smsverify.create_verifier` does."""


@attrs.define
class Playground:
    """
    A verifier in simulation, its clock, and numbers that belong to nobody.

    Attributes:
        verifier: what is tested.
        clock: time passes when a scenario says so.
        build: makes more verifiers.
    """

    verifier: SmsVerifier
    clock: ManualClock
    build: Build
    _phones: int = 0

    def new_phone(self) -> str:
        """Return a number of the range 555 that this playground has not used."""
        self._phones += 1
        return f"+1555123{self._phones:04}"

    def code_of(self, phone: str) -> str:
        """Return the code in the last message to a phone."""
        return last_code(self.verifier, phone)

    def inbox(self, phone: str) -> list[str]:
        """Return the texts that a phone got, oldest first."""
        gateway: Any = self.verifier.gateway
        return [one.text for one in gateway.messages if one.to.e164 == phone]

    def another(self, **settings: Any) -> Playground:
        """Return a playground of its own with other settings."""
        return playground(self.build, **settings)


def playground(build: Build = create_verifier, **settings: Any) -> Playground:
    """Return a fresh one: simulation, a store in memory, default rules but for ``settings``."""
    clock = ManualClock()
    chosen = {"simulation_mode": True, "store": StoreKind.MEMORY, **settings}
    return Playground(build(Settings(**chosen), clock=clock), clock, build)


def file_settings(folder: str) -> Settings:
    """Return simulation on a file in this folder, for what has to outlive a verifier."""
    path = Path(folder) / "selftest.db"
    return Settings(simulation_mode=True, store=StoreKind.SQLITE, sqlite_path=path)


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that is gone after the ``with`` block."""
    return tempfile.TemporaryDirectory(prefix="smsverify-selftest-")


def wrong_for(code: str) -> str:
    """Return another code of the same length."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)

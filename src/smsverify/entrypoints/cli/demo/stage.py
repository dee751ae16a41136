"""What the demonstration plays on: a verifier in simulation, a phone, and a clock that it moves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from smsverify.container import Container
from smsverify.settings import Settings, StoreKind
from smsverify.testing.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsverify.facade.results import CheckResult, SendResult
    from smsverify.ports.gateway import OutgoingSms
    from smsverify.verifier import SmsVerifier

PHONE: Final = "+15551234567"
"""A number of the range 555, which documentation uses: it belongs to nobody."""
APP_NAME: Final = "MyApp"


@attrs.frozen
class NotAsTold(Exception):
    """
    A step did not go as it was told.

    Attributes:
        found: what happened instead.
    """

    found: str

    def __str__(self) -> str:
        return self.found


def build_container(clock: ManualClock) -> Container:
    """Return a fresh deployment: simulation, a store in memory, the default rules."""
    container = Container(settings=Settings(simulation_mode=True, store=StoreKind.MEMORY))
    container.clock.override(clock)
    return container


@attrs.define
class Stage:
    """
    The demonstration's props, and what happened so far.

    Attributes:
        verifier: what is demonstrated.
        clock: time passes when a step says so.
        ask: asks a person for the code, given how many answers are left; None plays alone.
        sends: the answers to all sends.
        checks: the answers to all checks.
        code: the code of the first message.
    """

    verifier: SmsVerifier
    clock: ManualClock
    ask: Callable[[str], str] | None = None
    sends: list[SendResult] = attrs.field(factory=list)
    checks: list[CheckResult] = attrs.field(factory=list)
    code: str = attrs.field(default="", repr=False)

    @property
    def inbox(self) -> list[OutgoingSms]:
        """What arrived on the phone, oldest first."""
        gateway: Any = self.verifier.gateway
        messages: list[OutgoingSms] = gateway.messages
        return messages

    async def send(self) -> SendResult:
        """Ask for a code."""
        result = await self.verifier.send_verification_sms(PHONE, APP_NAME)
        self.sends.append(result)
        return result

    async def check(self, code: str) -> CheckResult:
        """Type a code in."""
        result = await self.verifier.verify_code(PHONE, code)
        self.checks.append(result)
        return result


def code_in(message: OutgoingSms) -> str:
    """Return the code in a message."""
    found = re.findall(r"(?<!\d)\d{6}(?!\d)", message.text, re.ASCII)
    expect("codes of 6 digits in the message", len(found), 1)
    return str(found[0])


def expect(what: str, found: object, wanted: object) -> None:
    """Raise :class:`NotAsTold` unless what was found is what was wanted."""
    if found != wanted:
        raise NotAsTold(f"{what}: {found} instead of {wanted}")

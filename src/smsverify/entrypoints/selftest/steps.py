"""Steps that many scenarios take, and that have to succeed in all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.entrypoints.selftest.playground import APP_NAME
from smsverify.entrypoints.selftest.scenario import NotAsExpected, expect

if TYPE_CHECKING:
    from smsverify import SendResult
    from smsverify.entrypoints.selftest.playground import Playground


async def send(ground: Playground, phone: str) -> SendResult:
    """Send a code, which has to succeed."""
    result = await ground.verifier.send_verification_sms(phone, APP_NAME)
    expect("a send", result.error_code, None)
    return result


async def approve(ground: Playground, phone: str, code: str) -> None:
    """Type the right code, which has to be approved."""
    result = await ground.verifier.verify_code(phone, code)
    expect("the right code", result.error_code, None)


def part_of(figures: dict[str, object], name: str) -> dict[str, object]:
    """Return a part of the statistics."""
    part = figures.get(name)
    if not isinstance(part, dict):
        raise NotAsExpected(f"the statistics have no part {name}")
    return part

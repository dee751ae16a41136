"""What a process does once before it is forked: all that a call needs is imported then."""

from __future__ import annotations

import importlib

from smsverify import Settings, create_verifier
from smsverify.settings.choices import StoreKind
from smsverify.testing.gateway import last_code

PHONE = "+17205550100"


async def warm_up() -> None:
    """Send and check once, in memory: each child begins where a busy host is."""
    for store in ("redis", "sqlite"):
        importlib.import_module(f"smsverify.adapters.{store}.store")
    async with create_verifier(Settings(simulation_mode=True, store=StoreKind.MEMORY)) as verifier:
        await verifier.send_verification_sms(PHONE, "MyApp")
        await verifier.verify_code(PHONE, last_code(verifier, PHONE))

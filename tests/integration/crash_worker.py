"""
A host whose every call is made by a forked child, which may kill itself at any of its awaits.

Run as ``python -m tests.integration.crash_worker`` with the settings as JSON on the first line of
the standard input. Each further line is an order: ``{"call": "send", "phone": ..., "key": ...,
"code": ..., "refuses": true, "die_at": 7}``. For each it prints one line: what the child was told,
how many times it was resumed, and whether it was killed.

The provider is a file that lines are appended to: what is there was handed over, whatever became
of the worker, and each line says whether the provider took it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from contextvars import Context
from pathlib import Path
from typing import Any

from smsverify import Settings, create_verifier
from smsverify.domain.delivery import Accepted, FailureReason, GatewayAnswer, Rejected
from smsverify.ports.gateway import OutgoingSms
from smsverify.settings.choices import StoreKind
from smsverify.testing.gateway import ScriptedGateway, last_code


class DyingLoop(asyncio.SelectorEventLoop):
    """
    An event loop that ends its process, as a power cut does, before a task's n-th resumption.

    Attributes:
        resumed: how many callbacks it has been given so far; each await that waits is one or more.
    """

    def __init__(self, die_at: int | None) -> None:
        self.resumed = 0
        self._die_at = die_at
        super().__init__()

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Count, and die when the count is reached and it is this one's turn."""
        self.resumed += 1
        if self.resumed == self._die_at:
            return super().call_soon(_die)
        return super().call_soon(callback, *args, context=context)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class JournalGateway:
    """A provider that takes everything, or nothing, and outlives its callers."""

    name = "journal"

    def __init__(self, path: Path, *, refuses: bool) -> None:
        self._path = path
        self._refuses = refuses

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        """Take or refuse the message while the caller waits, and answer a moment later."""
        inbox = ScriptedGateway()
        await inbox.send(message, within)
        line = {
            "to": message.to.e164,
            "attempt": message.attempt.hex(),
            "code": last_code(inbox, message.to),
            "taken": not self._refuses,
        }
        # One write to a file opened for appending is whole or not there.
        with self._path.open("ab", buffering=0) as file:
            file.write(json.dumps(line).encode() + b"\n")
        await asyncio.sleep(0)
        if self._refuses:
            return Rejected(FailureReason.BLOCKED)
        return Accepted("SM" + message.attempt.hex() * 2)

    async def close(self) -> None:
        """Do nothing."""


async def _call(settings: dict[str, Any], order: dict[str, Any]) -> dict[str, Any]:
    gateway = JournalGateway(Path(settings["journal"]), refuses=order.get("refuses", False))
    verifier = create_verifier(Settings(**settings["settings"]), gateway=gateway)
    if order["call"] == "send":
        sent = await verifier.send_verification_sms(
            order["phone"], "MyApp", idempotency_key=order.get("key")
        )
        told = {"success": sent.success, "code": sent.error_code}
    else:
        checked = await verifier.verify_code(
            order["phone"], order["code"], idempotency_key=order.get("key")
        )
        told = {"success": checked.success, "code": checked.error_code}
    await verifier.close()
    return told


def _child(settings: dict[str, Any], order: dict[str, Any], out: int) -> None:
    loop = DyingLoop(order.get("die_at"))
    asyncio.set_event_loop(loop)
    told = loop.run_until_complete(_call(settings, order))
    os.write(out, json.dumps({**told, "resumed": loop.resumed}).encode())


def _obey(settings: dict[str, Any], order: dict[str, Any]) -> dict[str, Any]:
    """Make the call in a child, and return what became of it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            _child(settings, order, writing)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not killed and os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"the child of {order} failed; its trace is above")
    return {**(json.loads(said) if said else {}), "killed": killed}


async def _warm_up() -> None:
    """Import what a call needs, once for all children: each begins where a busy host is."""
    import smsverify.adapters.redis.store
    import smsverify.adapters.sqlite.store  # noqa: F401 - both are only to be there

    settings = Settings(simulation_mode=True, store=StoreKind.MEMORY)
    verifier = create_verifier(settings)
    await verifier.send_verification_sms("+17205550100", "MyApp")
    await verifier.verify_code("+17205550100", last_code(verifier, "+17205550100"))
    await verifier.close()


def main() -> None:
    """Obey until the standard input ends."""
    settings = json.loads(sys.stdin.readline())
    asyncio.run(_warm_up())
    _say("ready")
    for line in sys.stdin:
        _say(json.dumps(_obey(settings, json.loads(line))))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

"""
A host whose every call is made by a forked child, which may kill itself at any of its awaits.

Run as ``python -m tests.integration.crash_worker``. Each line of the standard input is an order:
``{"settings": {...}, "journal": path, "call": "send", "phone": ..., "key": ..., "refuses": true,
"die_at": 7}``. A check has ``"code": ...``, or ``"guess": "right"`` or ``"wrong"``. What is listed
as ``"before"``, in orders alike, the same child calls first: then it is connected, knows the time
and believes what it saw. For each order it prints one line: what the child was told by the last
call, how many times it was resumed in it, and whether it was killed.

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

from smsverify import Settings, SmsVerifier, create_verifier
from smsverify.domain.delivery import Accepted, FailureReason, GatewayAnswer, Rejected
from smsverify.facade.results import CheckResult, SendResult
from smsverify.ports.gateway import OutgoingSms
from smsverify.testing.gateway import ScriptedGateway, last_code
from tests.integration.warm_up import warm_up


class DyingLoop(asyncio.SelectorEventLoop):
    """
    An event loop that ends its process, as a power cut does, before a task's n-th resumption.

    Attributes:
        resumed: how many callbacks it has been given since it was told to count; each await that
            waits is one or more.
    """

    def __init__(self) -> None:
        self.resumed = 0
        self._die_at: int | None = None
        super().__init__()

    def count(self, die_at: int | None) -> None:
        """Begin to count, and die when that number is reached."""
        self.resumed, self._die_at = 0, die_at

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
    """
    A provider that takes everything, or nothing, and outlives its callers.

    Attributes:
        refuses: whether it takes nothing from now on.
    """

    name = "journal"

    def __init__(self, path: Path) -> None:
        self.refuses = False
        self._path = path

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        """Take or refuse the message while the caller waits, and answer a moment later."""
        inbox = ScriptedGateway()
        await inbox.send(message, within)
        line = {
            "to": message.to.e164,
            "attempt": message.attempt.hex(),
            "code": last_code(inbox, message.to),
            "taken": not self.refuses,
        }
        # One write to a file opened for appending is whole or not there.
        with self._path.open("ab", buffering=0) as file:
            file.write(json.dumps(line).encode() + b"\n")
        await asyncio.sleep(0)
        if self.refuses:
            return Rejected(FailureReason.BLOCKED)
        return Accepted("SM" + message.attempt.hex() * 2)

    def guess(self, phone: str, guess: str) -> str:
        """Return the code that was sent last to a phone, or one that is wrong."""
        lines = map(json.loads, self._path.read_text().splitlines())
        code = [str(line["code"]) for line in lines if line["taken"] and line["to"] == phone][-1]
        return code if guess == "right" else f"{(int(code) + 1) % 1_000_000:06d}"

    async def close(self) -> None:
        """Do nothing."""


async def obey(
    verifier: SmsVerifier, gateway: JournalGateway, order: dict[str, Any]
) -> SendResult | CheckResult:
    """Make the call that an order tells."""
    phone, key = order["phone"], order.get("key")
    gateway.refuses = order.get("refuses", False)
    if order["call"] == "send":
        return await verifier.send_verification_sms(phone, "MyApp", idempotency_key=key)
    code = order["code"] if "code" in order else gateway.guess(phone, order["guess"])
    return await verifier.verify_code(phone, code, idempotency_key=key)


async def _calls(loop: DyingLoop, order: dict[str, Any]) -> dict[str, Any]:
    """Make the calls that come before in peace, and the last one up to its death."""
    gateway = JournalGateway(Path(order["journal"]))
    verifier = create_verifier(Settings(**order["settings"]), gateway=gateway)
    for earlier in order.get("before", ()):
        await obey(verifier, gateway, earlier)
    loop.count(order.get("die_at"))
    told = await obey(verifier, gateway, order)
    await verifier.close()
    return {"success": told.success, "code": told.error_code, "resumed": loop.resumed}


def _child(order: dict[str, Any], out: int) -> None:
    loop = DyingLoop()
    asyncio.set_event_loop(loop)
    told = loop.run_until_complete(_calls(loop, order))
    os.write(out, json.dumps(told).encode())


def _obey(order: dict[str, Any]) -> dict[str, Any]:
    """Make the call in a child, and return what became of it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            _child(order, writing)
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


def main() -> None:
    """Obey until the standard input ends."""
    asyncio.run(warm_up())
    for line in sys.stdin:
        _say(json.dumps(_obey(json.loads(line))))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

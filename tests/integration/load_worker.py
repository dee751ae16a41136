"""
One process of a load test: builds a verifier, waits for the start, does its work, prints counts.

Run as ``python -m tests.integration.load_worker`` with one JSON object on the first line of the
standard input (settings, job) and an empty line as the starting shot. A job's ``seconds_ahead`` is
how wrong this host's clock is.

Whoever hears that others wrote first until the time was up asks again, as the error says. So each
call ends with its own answer however slow the machine is, and how often it was asked again is
counted beside: ``STORE_CONTENDED``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from smsverify import Settings, SmsVerifier, create_verifier
from smsverify.adapters.system.clock import SystemClock
from smsverify.facade.results import CheckResult, SendResult
from smsverify.testing import HostOffset

Call = Callable[[], Awaitable[SendResult | CheckResult]]
AGAIN = "STORE_CONTENDED"


async def check_wrong(verifier: SmsVerifier, job: dict[str, Any]) -> Counter[str]:
    """Type a code that is wrong, many times at once."""
    ask = partial(verifier.verify_code, job["phone"], job["code"])
    return await _heard([ask] * job["times"])


async def send_each(verifier: SmsVerifier, job: dict[str, Any]) -> Counter[str]:
    """Send to many phones at once."""
    return await _heard(
        [partial(verifier.send_verification_sms, phone, "MyApp") for phone in job["phones"]]
    )


async def all_of(verifier: SmsVerifier, job: dict[str, Any]) -> Counter[str]:
    """Do several jobs at once, and put each one's name before what it counts."""
    jobs: dict[str, dict[str, Any]] = job["jobs"]
    counted = await asyncio.gather(*(JOBS[one["name"]](verifier, one) for one in jobs.values()))
    return Counter(
        {
            f"{name} {code}": count
            for name, counts in zip(jobs, counted, strict=True)
            for code, count in counts.items()
        }
    )


async def _heard(calls: list[Call]) -> Counter[str]:
    """Make all calls at once, each until it is decided, and count all that they were told."""
    told = await asyncio.gather(*map(_until_decided, calls))
    return sum(told, Counter[str]())


async def _until_decided(call: Call) -> Counter[str]:
    told: Counter[str] = Counter()
    while told.total() == told[AGAIN]:
        told[str((await call()).error_code)] += 1
    return told


Job = Callable[[SmsVerifier, dict[str, Any]], Awaitable[Counter[str]]]

JOBS: dict[str, Job] = {"check_wrong": check_wrong, "send_each": send_each, "all_of": all_of}


async def main() -> None:
    """Do the job that the standard input names."""
    order = json.loads(sys.stdin.readline())
    clock = HostOffset(SystemClock(), order["job"].get("seconds_ahead", 0))
    verifier = create_verifier(Settings(**order["settings"]), clock=clock)
    await verifier.statistics()
    _say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    counts = await JOBS[order["job"]["name"]](verifier, order["job"])
    sent = len(getattr(verifier.gateway, "messages", ()))
    await verifier.close()
    _say(json.dumps({"counts": counts, "sent": sent}))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())

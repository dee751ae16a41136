"""
One process of a load test: builds a verifier, waits for the start, does its work, prints counts.

Run as ``python -m tests.integration.load_worker`` with one JSON object on the first line of the
standard input (settings, job) and an empty line as the starting shot.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from typing import Any

from smsverify import Settings, SmsVerifier, create_verifier


async def check_wrong(verifier: SmsVerifier, job: dict[str, Any]) -> Counter[str]:
    """Type a code that is wrong, many times at once."""
    calls = [verifier.verify_code(job["phone"], job["code"]) for _ in range(job["times"])]
    return Counter(str(result.error_code) for result in await asyncio.gather(*calls))


async def send_each(verifier: SmsVerifier, job: dict[str, Any]) -> Counter[str]:
    """Send to many phones at once."""
    calls = [verifier.send_verification_sms(phone, "MyApp") for phone in job["phones"]]
    return Counter(str(result.error_code) for result in await asyncio.gather(*calls))


JOBS = {"check_wrong": check_wrong, "send_each": send_each}


async def main() -> None:
    """Do the job that the standard input names."""
    order = json.loads(sys.stdin.readline())
    verifier = create_verifier(Settings(**order["settings"]))
    await verifier.statistics()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    counts = await JOBS[order["job"]["name"]](verifier, order["job"])
    sent = len(getattr(verifier.gateway, "messages", ()))
    await verifier.close()
    print(json.dumps({"counts": counts, "sent": sent}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())

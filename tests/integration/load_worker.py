"""
A load test's processes: each builds a verifier, waits for the others, and does its work.

Run as ``python -m tests.integration.load_worker`` with one JSON object on the standard input
(settings, jobs). A process is forked for each job, and what they were told is printed as a list in
the jobs' order. A job's ``seconds_ahead`` is how wrong its host's clock is.

Whoever hears that others wrote first until the time was up, or that the store did not answer by
then, asks again, as the error says. So each call ends with its own answer on a machine that is
slow, and how often it was asked again is counted beside. On one that is slower still, or with a
store that serves nobody, the job fails and says so; and it does at the first word of a lock.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import re
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, Protocol

from smsverify import Settings, SmsVerifier, create_verifier
from smsverify.adapters.system.clock import SystemClock
from smsverify.facade.results import CheckResult, SendResult
from smsverify.testing import HostOffset
from tests.integration.warm_up import warm_up

Call = Callable[[], Awaitable[SendResult | CheckResult]]
AGAIN = "STORE_CONTENDED"
SILENT = frozenset({"STORE_UNAVAILABLE", "REDIS_UNAVAILABLE"})
TRIES = 8
"""How often a call is made at most; each may take two seconds."""
START_SECONDS = 30


class _Starts(Protocol):
    """What all processes wait at until the last one is there."""

    def wait(self, timeout: float) -> int:
        """Wait for the others; raise when they don't come."""
        ...


async def check(verifier: SmsVerifier, job: dict[str, Any]) -> Counter[str]:
    """
    Type a code many times at once.

    Each has a name of its own, so whoever used it up hears so, even if not at once.
    """
    ask = partial(verifier.verify_code, job["phone"], job["code"])
    names = (f"{os.getpid()}-{number}" for number in range(job["times"]))
    return await _heard(partial(ask, idempotency_key=name) for name in names)


async def send_each(verifier: SmsVerifier, job: dict[str, Any]) -> Counter[str]:
    """Send to many phones at once."""
    return await _heard(
        partial(verifier.send_verification_sms, phone, "MyApp") for phone in job["phones"]
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


async def _heard(calls: Iterable[Call]) -> Counter[str]:
    """Make all calls at once, each until it is decided, and count all that they were told."""
    told = await asyncio.gather(*map(_until_decided, calls))
    return sum(told, Counter[str]())


async def _until_decided(call: Call) -> Counter[str]:
    told: Counter[str] = Counter()
    for _ in range(TRIES):
        answer = await call()
        code = str(answer.error_code)
        told[code] += 1
        if code != AGAIN and code not in SILENT:
            return told
        if re.search(r"locked|SQLITE_", str(answer.error)):
            raise RuntimeError(f"a lock was told of: {answer}")
    raise TimeoutError(f"a call was told {dict(told)}, and nothing else")


Job = Callable[[SmsVerifier, dict[str, Any]], Awaitable[Counter[str]]]

JOBS: dict[str, Job] = {"check": check, "send_each": send_each, "all_of": all_of}


async def _work(settings: dict[str, Any], job: dict[str, Any], start: _Starts) -> dict[str, Any]:
    clock = HostOffset(SystemClock(), job.get("seconds_ahead", 0))
    verifier = create_verifier(Settings(**settings), clock=clock)
    await verifier.statistics()
    start.wait(START_SECONDS)
    counts = await JOBS[job["name"]](verifier, job)
    sent = len(getattr(verifier.gateway, "messages", ()))
    await verifier.close()
    return {"counts": counts, "sent": sent}


def _child(out: Connection, settings: dict[str, Any], job: dict[str, Any], start: _Starts) -> None:
    out.send(asyncio.run(_work(settings, job, start)))


def main() -> None:
    """Do the jobs that the standard input names, and print what became of them."""
    order = json.load(sys.stdin)
    asyncio.run(warm_up())
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(len(order["jobs"]))
    heard: list[Connection] = []
    for job in order["jobs"]:
        reading, writing = fork.Pipe(duplex=False)
        fork.Process(
            target=_child, args=(writing, order["settings"], job, start), daemon=True
        ).start()
        writing.close()
        heard.append(reading)
    # Of one that failed there is only the end of its pipe to be heard, and its trace is printed.
    sys.stdout.write(json.dumps([reading.recv() for reading in heard]) + "\n")


if __name__ == "__main__":
    main()

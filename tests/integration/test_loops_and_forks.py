"""One object in many loops, threads and processes: connections belong to loops, counts to one."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import socket
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from smsverify import Settings, SmsVerifier, create_verifier
from smsverify.sync import SyncSmsVerifier
from smsverify.testing import last_code

T = TypeVar("T")

PHONES = [f"+1555{number:07d}" for number in range(2_000_000, 2_000_400)]
STORES = ["memory", "sqlite", "redis"]
SHARED = pytest.mark.parametrize("verifier", ["sqlite", "redis"], indirect=True)
"""The stores that a parent and its child share."""


@pytest.fixture(params=STORES)
def verifier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmsVerifier]:
    """Give a verifier on each store in turn."""
    settings: dict[str, Any] = {"simulation_mode": True, "sqlite_path": tmp_path / "sms.db"}
    if request.param == "redis":
        settings["redis_url"] = request.getfixturevalue("redis_url")
    else:
        settings["store"] = request.param
    built = create_verifier(Settings(**settings))
    yield built
    asyncio.run(built.close())
    gc.collect()


def sockets() -> list[int]:
    """Return the sockets that this process holds."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if str(entry.readlink()).startswith("socket:"):
                found.append(int(entry.name))
    return found


def local_ports() -> list[int]:
    """Return the ports that this process's connections come from."""
    ports = []
    for number in sockets():
        with socket.socket(fileno=os.dup(number)) as one:
            if one.family == socket.AF_INET:
                ports.append(one.getsockname()[1])
    return sorted(ports)


async def round_trip(verifier: SmsVerifier, phone: str) -> bool:
    """Send a code and check it."""
    sent = await verifier.send_verification_sms(phone, "MyApp")
    checked = await verifier.verify_code(phone, last_code(verifier, phone))
    return sent.success and checked.success


# ── loops ─────────────────────────────────────────────────────────────────────────────────────


def test_one_loop_after_another(verifier: SmsVerifier) -> None:
    """What one asyncio.run sent, the next one approves, and the third refuses."""
    phone = PHONES[0]
    assert asyncio.run(verifier.send_verification_sms(phone, "MyApp")).success
    code = last_code(verifier, phone)

    assert asyncio.run(verifier.verify_code(phone, code)).success
    again = asyncio.run(verifier.verify_code(phone, code))

    assert again.error_code == "NO_PENDING_VERIFICATION"


def test_a_hundred_loops_leave_no_more_sockets_than_one(verifier: SmsVerifier) -> None:
    """Each loop that ends gives its connections back."""
    assert asyncio.run(round_trip(verifier, PHONES[0]))
    gc.collect()
    after_one = len(sockets())

    for phone in PHONES[1:100]:
        assert asyncio.run(round_trip(verifier, phone))

    gc.collect()
    assert len(sockets()) <= after_one


def test_loops_that_are_just_dropped_leave_none_either(verifier: SmsVerifier) -> None:
    """A loop that is closed without its last acts has its sockets closed at the next call."""
    asyncio.run(round_trip(verifier, PHONES[0]))
    gc.collect()
    after_one = len(sockets())

    for phone in PHONES[1:8]:
        loop = asyncio.new_event_loop()
        assert loop.run_until_complete(round_trip(verifier, phone))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            loop.close()
    asyncio.run(round_trip(verifier, PHONES[20]))

    gc.collect()
    assert len(sockets()) <= after_one


def test_two_loops_in_two_threads(verifier: SmsVerifier) -> None:
    """Both work at once on one object, and share one limit for each phone."""
    results: list[bool] = []
    codes: Counter[str] = Counter()
    start = threading.Barrier(2)

    async def work(phones: list[str]) -> None:
        results.extend(await asyncio.gather(*(round_trip(verifier, phone) for phone in phones)))
        sends = (verifier.send_verification_sms(PHONES[300], "MyApp") for _ in range(20))
        codes.update(str(result.error_code) for result in await asyncio.gather(*sends))

    def run(phones: list[str]) -> None:
        start.wait()
        asyncio.run(work(phones))

    threads = [
        threading.Thread(target=run, args=(phones,)) for phones in (PHONES[:40], PHONES[40:80])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [True] * 80
    assert codes == {"None": 5, "RATE_LIMIT_EXCEEDED": 35}


def test_the_users_loop_is_left_clean(verifier: SmsVerifier) -> None:
    """After a call neither a task nor a timer of ours waits in the user's loop."""

    async def use() -> tuple[set[str], list[Any]]:
        await round_trip(verifier, PHONES[0])
        loop, me = asyncio.get_running_loop(), asyncio.current_task()
        others = {task.get_name() for task in asyncio.all_tasks() if task is not me}
        timers = loop._scheduled  # type: ignore[attr-defined]
        return others, [timer for timer in timers if not timer.cancelled()]

    tasks, timers = asyncio.run(use())

    assert tasks == set()
    assert timers == []


def test_close_in_one_loop_does_not_break_another(verifier: SmsVerifier) -> None:
    """After close the object works on, in this loop and in later ones."""

    async def use_close_use() -> list[bool]:
        first = await round_trip(verifier, PHONES[0])
        await verifier.close()
        await verifier.close()
        return [first, await round_trip(verifier, PHONES[1])]

    assert asyncio.run(use_close_use()) == [True, True]
    assert asyncio.run(round_trip(verifier, PHONES[2]))


def test_the_status_call_inside_a_loop(verifier: SmsVerifier) -> None:
    """It never blocks the loop, and what it had made shows up."""

    async def use() -> dict[str, Any]:
        await round_trip(verifier, PHONES[0])
        await verifier.statistics()
        return verifier.get_statistics()

    assert asyncio.run(use())["checks"]["approved"] == 1
    assert verifier.get_statistics()["checks"]["approved"] == 1  # type: ignore[index]


def test_both_faces_at_once(verifier: SmsVerifier) -> None:
    """The synchronous face in threads and a loop of one's own share object and limits."""
    face = SyncSmsVerifier(verifier)
    codes: Counter[str] = Counter()

    def ask() -> None:
        codes[str(face.send_verification_sms(PHONES[0], "MyApp").error_code)] += 1

    async def own() -> None:
        threads = [asyncio.to_thread(ask) for _ in range(6)]
        sends = [verifier.send_verification_sms(PHONES[0], "MyApp") for _ in range(6)]
        _, results = await asyncio.gather(asyncio.gather(*threads), asyncio.gather(*sends))
        codes.update(str(result.error_code) for result in results)

    asyncio.run(own())

    assert codes == {"None": 5, "RATE_LIMIT_EXCEEDED": 7}
    face.close()


# ── forks ─────────────────────────────────────────────────────────────────────────────────────


def in_child(work: Callable[[], T]) -> T:
    """Do something in a forked child and return what it returned, by way of JSON."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forks with threads
        child = os.fork()
    if child == 0:  # pragma: no cover - another process
        answer: object = "the child failed"
        try:
            # A child that hangs ends by itself, also when the test does not.
            signal.alarm(60)
            answer = work()
        except BaseException as error:  # noqa: BLE001 - it is told to the parent
            answer = f"the child failed: {error!r}"
        finally:
            os.write(writing, json.dumps(answer).encode())
            os._exit(0)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            return json.loads(pipe.read() or b'"the child died"')
    finally:
        os.waitpid(child, 0)


def refused(verifier: SmsVerifier) -> int:
    """Return how many checks were refused today, by the store and by what waits here."""
    figures: Any = asyncio.run(verifier.statistics())
    return sum(figures["checks"]["refused"].values())


def test_a_child_works_and_the_parent_too(verifier: SmsVerifier) -> None:
    """Forked after use, both go on: with their own connections, ids and handles."""
    assert asyncio.run(round_trip(verifier, PHONES[0]))

    assert in_child(lambda: asyncio.run(round_trip(verifier, PHONES[1]))) is True
    assert asyncio.run(round_trip(verifier, PHONES[2]))


def test_a_child_never_repeats_the_parents_ids(verifier: SmsVerifier) -> None:
    """Codes and message ids are drawn anew after a fork."""
    asyncio.run(round_trip(verifier, PHONES[0]))

    def send() -> str | None:
        return asyncio.run(verifier.send_verification_sms(PHONES[1], "MyApp")).message_id

    assert len({in_child(send), in_child(send), send()}) == 3


@SHARED
def test_parent_and_child_share_limits(verifier: SmsVerifier) -> None:
    """Five messages an hour are five, whoever sends them."""

    def send(times: int) -> list[bool]:
        async def several() -> list[bool]:
            return [
                (await verifier.send_verification_sms(PHONES[0], "MyApp")).success
                for _ in range(times)
            ]

        return asyncio.run(several())

    assert send(2) == [True] * 2
    assert in_child(lambda: send(2)) == [True] * 2
    assert send(2) == [True, False]


@SHARED
@pytest.mark.parametrize("first", ["check", "send", "statistics", "close"])
def test_unflushed_counts_are_not_doubled(verifier: SmsVerifier, first: str) -> None:
    """What the parent counted and not sent is the parent's, whatever the child does first."""
    asyncio.run(round_trip(verifier, PHONES[0]))
    for _ in range(7):
        asyncio.run(verifier.verify_code(PHONES[0], "nonsense"))

    async def use() -> None:
        # As if the five seconds had passed: the child's first command would take them along.
        verifier._parts.refusals._sent_at = -1e9
        if first == "check":
            await verifier.verify_code(PHONES[0], "another nonsense")
        elif first == "statistics":
            await verifier.statistics()
        elif first == "send":
            await verifier.send_verification_sms(PHONES[1], "MyApp")
        await verifier.close()

    assert in_child(lambda: asyncio.run(use())) is None
    asyncio.run(verifier.close())

    assert refused(verifier) == 7 + (first == "check")


def test_the_synchronous_face_after_a_fork(verifier: SmsVerifier) -> None:
    """A forked worker makes a background loop of its own; the parent's goes on."""
    face = SyncSmsVerifier(verifier)

    def use(phone: str) -> bool:
        sent = face.send_verification_sms(phone, "MyApp")
        code = last_code(face, phone)
        return sent.success and face.verify_code(phone, code).success

    assert use(PHONES[0])
    assert in_child(lambda: use(PHONES[1])) is True
    assert use(PHONES[2])
    face.close()


def test_a_fork_inside_a_running_loop(verifier: SmsVerifier) -> None:
    """A child of a parent that is at work starts afresh; the parent's work is not torn."""

    async def parent() -> list[Any]:
        works = [asyncio.create_task(round_trip(verifier, phone)) for phone in PHONES[:20]]
        await asyncio.sleep(0)
        child = in_child(lambda: in_thread(lambda: asyncio.run(round_trip(verifier, PHONES[50]))))
        return [child, *await asyncio.gather(*works)]

    assert asyncio.run(parent()) == [True] * 21


def in_thread(work: Callable[[], T]) -> T:
    """Do something in a thread, which has no running loop."""
    results: list[T] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def test_many_workers_of_one_parent(verifier: SmsVerifier) -> None:
    """A server that forks its workers after it has built everything: all of them work."""
    asyncio.run(round_trip(verifier, PHONES[0]))

    def work(number: int) -> Coroutine[Any, Any, bool]:
        return round_trip(verifier, PHONES[100 + number])

    assert all(in_child(lambda n=n: asyncio.run(work(n))) is True for n in range(5))  # type: ignore[misc]


@pytest.mark.parametrize("verifier", ["redis"], indirect=True)
def test_a_childs_end_closes_nothing_of_the_parents(verifier: SmsVerifier) -> None:
    """The parent's connection answers after a child has come and gone, without a new one."""

    async def parent() -> tuple[list[int], list[int]]:
        await round_trip(verifier, PHONES[0])
        before = local_ports()
        in_child(lambda: in_thread(lambda: asyncio.run(round_trip(verifier, PHONES[1]))))
        await round_trip(verifier, PHONES[2])
        return before, local_ports()

    before, after = asyncio.run(parent())

    assert before
    assert before == after

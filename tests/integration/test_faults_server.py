"""
A real server in trouble, seen by those who send and check: typed answers, and nothing half-written.

What the store itself does then is looked at in test_redis_faults.py.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager

import pytest

from smsverify import SmsVerifier
from smsverify.application.beliefs import REMEMBERED
from tests.integration.servers import FaultProxy, ServerProcess, Single, mentioning
from tests.integration.servers import trouble as states
from tests.integration.witness import Witness, phones

State = Callable[[ServerProcess], AbstractContextManager[None]]

STATES: dict[str, State] = {
    "loading": states.loading,
    "busy": states.busy,
    "out of memory": states.full,
}


@pytest.fixture
async def witness(redis_url: str) -> AsyncIterator[Witness]:
    """Watch the empty server."""
    watching = Witness(redis_url=redis_url)
    yield watching
    await watching.close()


@pytest.fixture
def host(witness: Witness) -> SmsVerifier:
    """Give a host."""
    return witness.verifier()


@pytest.mark.parametrize("name", STATES)
async def test_a_server_that_refuses_work_is_told_as_such(
    witness: Witness, host: SmsVerifier, redis_server: Single, name: str
) -> None:
    """Sends and answers fail closed, nothing is written, and afterwards all is as before."""
    known, new = "+17202000000", "+17202000001"
    await witness.send(host, known)
    before = redis_server.all_keys_and_values()

    with STATES[name](redis_server.process):
        told = await asyncio.gather(
            witness.send(host, known, "again"),
            witness.send(host, new),
            witness.check(host, known, witness.code(known)),
            witness.check(host, known, witness.wrong(known)),
        )
    codes = {str(one.error_code) for one in told}

    assert codes == {"REDIS_UNAVAILABLE"}
    after = redis_server.all_keys_and_values()
    assert {key: after[key] for key in after if not key.startswith(b"filler")} == before
    assert len(witness.gateway.messages) == 1
    await witness.everyone_gets_in(host)
    await witness.compare()


def _in_the_background(act: Callable[[], object], every: float) -> AbstractContextManager[None]:
    """Do something again and again in a thread of its own."""
    return _Repeated(act, every)


class _Repeated(AbstractContextManager[None]):
    def __init__(self, act: Callable[[], object], every: float) -> None:
        self._act, self._every = act, every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.times = 0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        assert self.times > 1, "it was over before the fault came"

    def _run(self) -> None:
        while not self._over.wait(self._every):
            self._act()
            self.times += 1


FIRES = {
    "connections killed": ("CLIENT", "KILL", "TYPE", "normal"),
    "scripts flushed": ("SCRIPT", "FLUSH"),
}
WORKERS = 8
PATIENCE_SECONDS = 10.0
"""How much longer than planned it may take until a command is lost."""


class Passing:
    """
    Looks at what passes a proxy, and strikes none of it.

    Attributes:
        commands: how many were on phones' records.
    """

    def __init__(self, witness: Witness) -> None:
        key = witness.key_of_phone(PHONE)
        self.commands = 0
        self._witness, self._before = witness, len(witness.seen)
        self._to_a_phone = mentioning(key[: key.rindex(":") + 1].encode())

    def __call__(self, command: bytes) -> bool:
        """Count a command, which is not struck."""
        self.commands += self._to_a_phone(command)
        return False

    @property
    def said_again(self) -> int:
        """
        How many commands there were at least that the rounds since then don't need.

        A round is two for the send and one for each answer; and one more for each worker whose host
        knows so many phones that it forgets them all.
        """
        rounds = len(self._witness.seen) - self._before
        return self.commands - 4 * rounds - WORKERS * (len(self._witness.seen) // REMEMBERED)

    def is_enough(self, late: float) -> bool:
        """Say whether to end, so many seconds after the planned time."""
        return late > (0 if self.said_again > 0 else PATIENCE_SECONDS)


@pytest.mark.parametrize("name", FIRES)
@pytest.mark.parametrize(
    "seconds", [0.5, pytest.param(20.0, marks=pytest.mark.endurance)], ids=["short", "long"]
)
async def test_under_fire_every_caller_is_served(
    witness: Witness, redis_server: Single, fault_proxy: FaultProxy, name: str, seconds: float
) -> None:
    """
    Every 100 ms all connections die, or all scripts are forgotten: nobody hears of it.

    That commands were under way then is seen: some had to be said again.
    """
    host = witness.verifier(redis_url=fault_proxy.url)
    numbers = phones()
    # The first round lets the host know the pool, and the server the scripts.
    codes = Counter(await _round(witness, host, next(numbers)))
    passing = Passing(witness)
    fault_proxy.delay(0.0, when=passing)
    end = time.monotonic() + seconds

    async def rounds() -> None:
        while not passing.is_enough(time.monotonic() - end):
            codes.update(await _round(witness, host, next(numbers)))

    with _in_the_background(lambda: redis_server.process.call(*FIRES[name]), 0.1):
        await asyncio.gather(*(rounds() for _ in range(WORKERS)))

    assert set(codes) == {"None", "INCORRECT_CODE"}
    assert codes["None"] == 2 * codes["INCORRECT_CODE"] == 2 * len(witness.seen)
    assert passing.said_again > 0, "no command met the fire"
    await witness.compare()


async def _round(witness: Witness, host: SmsVerifier, phone: str) -> list[str]:
    """Ask for a code, type a wrong one and the right one; give what was told."""
    sent = await witness.send(host, phone)
    wrong = await witness.check(host, phone, witness.wrong(phone))
    right = await witness.check(host, phone, witness.code(phone))
    return [str(one.error_code) for one in (sent, wrong, right)]


PHONE = "+17202000000"
FOREIGN: dict[str, tuple[str | bytes, ...]] = {
    "a list at a phone": ("RPUSH", "phone", "x"),
    "a hash at a phone": ("HSET", "phone", "spent", "1"),
    "text at a phone": ("SET", "phone", "hello"),
    "a schema to come": ("SET", "phone", b"\x1f\x90"),
    "nothing at a phone": ("SET", "phone", b""),
    "half a record": ("SET", "phone", b"\x01\x97\xc4"),
    "text at the day": ("SET", "day", "hello"),
    "a list at the day": ("RPUSH", "day", "x"),
    "words in a counter": ("HSET", "day", "spent", "much", "approved.US", "much"),
    "a negative counter": ("HSET", "day", "spent", "-5", "approved.US", "-5"),
    "a huge counter": ("HSET", "day", "spent", "9" * 30, "approved.US", "9" * 30),
}


@pytest.mark.parametrize("name", FOREIGN)
async def test_what_is_not_ours_is_told_and_left_as_it_is(
    witness: Witness, host: SmsVerifier, redis_server: Single, name: str
) -> None:
    """No message goes out on it, no code is taken on it, and not a byte of it changes."""
    at_phone = FOREIGN[name][1] == "phone"
    if not at_phone:
        # So that there is a code to be checked; the day's counters are replaced afterwards.
        await witness.send(host, PHONE)
    planted = await _plant(witness, redis_server, FOREIGN[name])

    sent = await witness.send(host, PHONE)
    code = "123456" if at_phone else witness.code(PHONE)
    checked = await witness.check(host, PHONE, code)

    assert str(sent.error_code) == str(checked.error_code) == "STORE_DATA_INVALID"
    assert not sent.success
    assert redis_server.all_keys_and_values() == planted
    assert len(witness.gateway.messages) == (0 if at_phone else 1)


async def _plant(
    witness: Witness, server: Single, command: tuple[str | bytes, ...]
) -> dict[bytes, tuple[bytes, ...]]:
    """Put a thing in the place of ours, and give all that is stored then."""
    verb, place, *rest = command
    key = witness.key_of_phone(PHONE) if place == "phone" else await witness.key_of_day()
    server.process.call("DEL", key)
    server.process.call(verb, key, *rest)
    return server.all_keys_and_values()

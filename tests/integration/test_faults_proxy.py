"""
Every kind of fault at every step of a send and of a check, on a real server.

Whatever a caller is told then, what is stored, what was sent and what was told fit together, a
retry is the same as the first try, and whoever holds a code gets in.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import attrs
import pytest

from smsverify import SmsVerifier
from smsverify.facade.results import CheckResult, SendResult
from smsverify.ports.store import STORE_SECONDS
from tests.integration.servers import Fault, FaultProxy, Hold, Single, named
from tests.integration.witness import NOBODY_KNOWS, Witness, phones

SCRIPT = named("EVALSHA", "EVAL")
FOR_A_BUSY_MACHINE = 0.5
"""Seconds that a hundred callers may wait for their turn on a shared core."""

Arm: TypeAlias = Callable[[FaultProxy, int], Fault]

FAULTS: dict[str, Arm] = {
    "reply lost": lambda proxy, step: proxy.drop_reply(1, skip=step, when=SCRIPT),
    "reply lost ten times": lambda proxy, step: proxy.drop_reply(10, skip=step, when=SCRIPT),
    "request lost": lambda proxy, step: proxy.drop_request(1, skip=step, when=SCRIPT),
    "slow": lambda proxy, step: proxy.delay(0.3, 1, skip=step, when=SCRIPT),
    "too slow": lambda proxy, step: proxy.delay(2.5, 1, skip=step, when=SCRIPT),
    "silent": lambda proxy, step: proxy.black_hole(1, skip=step, when=SCRIPT),
    "late": lambda proxy, step: proxy.hold_request(1, skip=step, when=SCRIPT),
    "loading": lambda proxy, step: proxy.answer(b"-LOADING x\r\n", 1, skip=step, when=SCRIPT),
    "out of memory": lambda proxy, step: proxy.answer(b"-OOM x\r\n", 1, skip=step, when=SCRIPT),
    "script forgotten": lambda proxy, step: proxy.answer(
        b"-NOSCRIPT x\r\n", 1, skip=step, when=SCRIPT
    ),
}
COMMANDS = {
    ("send", "nothing"): 2,
    ("resend", "all"): 2,
    ("resend", "nothing"): 3,
    ("resend", "less"): 3,
    ("right", "all"): 1,
    ("right", "nothing"): 2,
    ("right", "less"): 2,
    ("wrong", "all"): 1,
    ("wrong", "nothing"): 2,
    ("wrong", "less"): 2,
}
"""
How many commands each operation is, by what its host knows of the phone before: all that is stored,
nothing, or less than that. A fault may strike each of them, and the first one's own repetition.
"""
HARMLESS = frozenset(
    {"reply lost", "reply lost ten times", "request lost", "slow", "loading", "script forgotten"}
)
"""Faults that two seconds are enough for: the caller never hears of them."""


@attrs.define
class Case:
    """
    One operation that meets one fault at one step, on a way to the store of its own.

    Attributes:
        knows: what the host knows of the phone before.
        writer: whether another host writes to the phone while the fault is there.
    """

    witness: Witness
    proxy: FaultProxy
    host: SmsVerifier
    other: SmsVerifier
    phone: str
    elsewhere: str
    operation: str
    knows: str
    step: int
    writer: bool

    async def run(self, name: str) -> None:
        """Prepare, meet the fault, retry, and compare."""
        told = await self._meet(FAULTS[name])
        if name in HARMLESS:
            assert str(told.error_code) in {"None", "INCORRECT_CODE"}, f"{self}: {told}"
        again = await self._operate(self.other)
        if isinstance(told, SendResult) and told.success and isinstance(again, SendResult):
            # An attempt whose settlement was lost is under way until its lease ends.
            waits = str(again.error_code) == "SEND_IN_PROGRESS"
            assert waits or again.message_id == told.message_id, f"{self}: sent twice"
        if self.operation == "right":
            assert again.success, f"{self}: {told}, then {again}"

    async def _meet(self, arm: Arm) -> SendResult | CheckResult:
        await self._prepare()
        fault = arm(self.proxy, self.step)
        call = asyncio.ensure_future(self._operate(self.host))
        if self.writer:
            struck = asyncio.ensure_future(fault.struck())
            await asyncio.wait([struck, call], return_when=asyncio.FIRST_COMPLETED)
            struck.cancel()
            await self._write()
        told = await call
        if isinstance(fault, Hold):
            await asyncio.to_thread(fault.release)
        await asyncio.to_thread(self.proxy.pass_through)
        if self.step < COMMANDS[self.operation, self.knows]:
            assert fault.hits, f"{self}: nothing was struck"
        return told

    async def _prepare(self) -> None:
        """Let the host know the pool and the time, and of the phone what it is to know."""
        await self.witness.send(self.host, self.elsewhere)
        if self.operation == "send":
            return
        sends_first = self.other if self.knows == "nothing" else self.host
        await self.witness.send(sends_first, self.phone)
        if self.knows == "less":
            await self.witness.check(self.other, self.phone, self.witness.wrong(self.phone))

    async def _write(self) -> None:
        """Write to the same record by another way, as another host does."""
        if self.operation == "send":
            await self.witness.send(self.other, self.phone)
        else:
            await self.witness.check(self.other, self.phone, self.witness.wrong(self.phone))

    async def _operate(self, host: SmsVerifier) -> SendResult | CheckResult:
        if self.operation in {"send", "resend"}:
            return await self.witness.send(host, self.phone, "mine")
        if self.operation == "right":
            return await self.witness.check(host, self.phone, self.witness.code(self.phone), "mine")
        return await self.witness.check(host, self.phone, self.witness.wrong(self.phone))


@pytest.fixture
async def witness(redis_url: str) -> AsyncIterator[Witness]:
    """Watch the empty server."""
    watching = Witness(redis_url=redis_url)
    yield watching
    await watching.close()


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_at_any_step_breaks_no_promise(
    witness: Witness, redis_server: Single, name: str
) -> None:
    """Send, resend, right and wrong answer; alone, and with another writer in between."""
    numbers = phones()
    other = witness.verifier()
    proxies: list[FaultProxy] = []
    cases = []
    for (operation, knows), commands in COMMANDS.items():
        for step, writer in itertools.product(range(commands + 1), (False, True)):
            proxy = FaultProxy("127.0.0.1", redis_server.process.port)
            proxies.append(proxy)
            host = witness.verifier(redis_url=proxy.url)
            about = (next(numbers), next(numbers), operation, knows, step, writer)
            cases.append(Case(witness, proxy, host, other, *about))
    try:
        async with asyncio.TaskGroup() as group:
            for case in cases:
                group.create_task(case.run(name))
        await witness.compare()
        witness.compare_privacy(redis_server.all_keys_and_values())
        await witness.everyone_gets_in(other)
        await witness.compare()
    finally:
        for proxy in proxies:
            proxy.close()


KNOWS = pytest.mark.parametrize("knows", [True, False], ids=["known", "not known"])
"""Whether the host sent the code itself: its commit is the first command then, else the second."""


class TestLostReplies:
    """The server did it, and nobody hears of it: counted as one execution, told as the first."""

    @KNOWS
    @pytest.mark.parametrize("times", [1, 10])
    async def test_a_wrong_answer_is_counted_once(
        self, witness: Witness, fault_proxy: FaultProxy, times: int, knows: bool
    ) -> None:
        """Also when another host's wrong answer comes in between."""
        here, there = witness.verifier(redis_url=fault_proxy.url), witness.verifier()
        phone = next(phones())
        await witness.send(here if knows else there, phone)
        await here.statistics()
        fault = fault_proxy.drop_reply(times, skip=0 if knows else 1, when=SCRIPT)
        call = asyncio.ensure_future(witness.check(here, phone, witness.wrong(phone)))
        await fault.struck()
        between = await witness.check(there, phone, witness.wrong(phone))

        assert ((await call).attempts_left, between.attempts_left) == (4, 3)
        assert fault.hits == times
        assert (await witness.figures())["wrong"] == 2

    @KNOWS
    @pytest.mark.parametrize("times", [1, 10])
    async def test_an_approval_is_told_as_one(
        self, witness: Witness, fault_proxy: FaultProxy, times: int, knows: bool
    ) -> None:
        """The code is used up by the call that says so, and by no other."""
        here, there = witness.verifier(redis_url=fault_proxy.url), witness.verifier()
        phone = next(phones())
        await witness.send(here if knows else there, phone)
        await here.statistics()
        code = witness.code(phone)
        fault = fault_proxy.drop_reply(times, skip=0 if knows else 1, when=SCRIPT)
        call = asyncio.ensure_future(witness.check(here, phone, code))
        await fault.struck()
        between = await witness.check(there, phone, code)

        assert (await call).success
        assert not between.success
        assert fault.hits == times
        assert (await witness.figures())["approved.US"] == 1

    @pytest.mark.parametrize("times", [1, 10])
    async def test_a_send_is_charged_once_and_goes_out_once(
        self, witness: Witness, fault_proxy: FaultProxy, times: int
    ) -> None:
        """Another host's send in between has its own charge and message."""
        here, there = witness.verifier(redis_url=fault_proxy.url), witness.verifier()
        phone = next(phones())
        await here.statistics()
        fault = fault_proxy.drop_reply(times, when=SCRIPT)
        call = asyncio.ensure_future(witness.send(here, phone))
        await fault.struck()
        between = await witness.send(there, phone)

        assert (await call).success
        assert between.success
        assert len(witness.gateway.messages) == 2
        assert (await witness.figures())["spent"] == 20_000
        await witness.compare()


async def in_time(call: Awaitable[SendResult | CheckResult]) -> None:
    """Assert that a call is told in time that the store is gone."""
    begun = time.monotonic()
    told = await call
    assert time.monotonic() - begun < STORE_SECONDS + FOR_A_BUSY_MACHINE
    assert str(told.error_code) in NOBODY_KNOWS


class TestBlackHole:
    """A server that takes everything and answers nothing."""

    async def test_every_call_is_answered_within_two_seconds(
        self, witness: Witness, fault_proxy: FaultProxy
    ) -> None:
        """A host that was connected, one that never was, and a hundred callers at once."""
        warm = witness.verifier(redis_url=fault_proxy.url)
        cold = witness.verifier(redis_url=fault_proxy.url)
        narrow = witness.verifier(redis_url=fault_proxy.url, redis_max_connections=1)
        numbers = phones()
        known = next(numbers)
        await witness.send(warm, known)
        code = witness.code(known)
        await asyncio.to_thread(fault_proxy.black_hole)

        calls: list[Awaitable[SendResult | CheckResult]] = []
        for host in (warm, cold, narrow):
            calls += [witness.send(host, known), witness.check(host, known, code)]
            calls += [witness.send(host, next(numbers)) for _ in range(32)]
        await asyncio.gather(*map(in_time, calls))

        await asyncio.to_thread(fault_proxy.pass_through)
        assert len(witness.gateway.messages) == 1
        await witness.compare()
        await witness.everyone_gets_in(warm)

"""
Every kind of fault at every step of a send and of a check, on a real server.

Whatever a caller is told then, what is stored, what was sent and what was told fit together, a
retry is the same as the first try, and whoever holds a code gets in.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeAlias, TypeVar

import attrs
import pytest

from smsverify import SmsVerifier
from smsverify.adapters.redis.scripts import COMMIT
from smsverify.facade.results import CheckResult, SendResult
from smsverify.ports.store import STORE_SECONDS
from tests.integration.servers import Fault, FaultProxy, Hold, Matcher, Single, mentioning, named
from tests.integration.witness import Noted, Witness, phones

SCRIPT = named("EVALSHA", "EVAL")
T = TypeVar("T")
Answer: TypeAlias = SendResult | CheckResult | Noted
Arm: TypeAlias = Callable[[FaultProxy, int, Matcher], Fault]


def scripts_on(key: str) -> Matcher:
    """Mean what reads or writes one phone's record, and nothing else that passes by."""
    of_the_phone = mentioning(key.encode())
    return lambda command: SCRIPT(command) and of_the_phone(command)


def commits_to(key: str) -> Matcher:
    """Mean what writes one phone's record, be the script named or brought along."""
    on_the_phone = scripts_on(key)
    return lambda command: (
        on_the_phone(command) and (COMMIT.name in command or COMMIT.source in command)
    )


FAULTS: dict[str, Arm] = {
    "reply lost": lambda proxy, step, when: proxy.drop_reply(1, skip=step, when=when),
    "reply lost ten times": lambda proxy, step, when: proxy.drop_reply(10, skip=step, when=when),
    "request lost": lambda proxy, step, when: proxy.drop_request(1, skip=step, when=when),
    "slow": lambda proxy, step, when: proxy.delay(0.3, 1, skip=step, when=when),
    "too slow": lambda proxy, step, when: proxy.delay(2.5, 1, skip=step, when=when),
    "silent": lambda proxy, step, when: proxy.black_hole(1, skip=step, when=when),
    "late": lambda proxy, step, when: proxy.hold_request(1, skip=step, when=when),
    "loading": lambda proxy, step, when: proxy.answer(b"-LOADING x\r\n", 1, skip=step, when=when),
    "out of memory": lambda proxy, step, when: proxy.answer(b"-OOM x\r\n", 1, skip=step, when=when),
    "script forgotten": lambda proxy, step, when: proxy.answer(
        b"-NOSCRIPT x\r\n", 1, skip=step, when=when
    ),
}
HARMLESS = frozenset(
    {"reply lost", "reply lost ten times", "request lost", "slow", "loading", "script forgotten"}
)
"""Faults that two seconds are enough for: the caller never hears of them."""
FEW = 8
"""How many may hear of them on a busy machine all the same: these are tried again, one by one."""
AT_ONCE = 24
"""How many meet a harmless fault at once: with more of them, the two seconds pass in the queue."""
COMMANDS = {
    ("send", "new", "all"): 2,
    ("send", "sent", "all"): 2,
    ("send", "sent", "nothing"): 3,
    ("send", "sent", "less"): 3,
    ("send", "one send left", "all"): 2,
    ("send", "one send left", "nothing"): 3,
    ("send", "money for one", "all"): 2,
    ("send", "country's money for one", "all"): 2,
    ("send", "stopped", "all"): 1,
    ("send", "stopped", "nothing"): 1,
    ("right", "sent", "all"): 1,
    ("right", "sent", "nothing"): 2,
    ("right", "sent", "less"): 2,
    ("right", "one answer left", "all"): 1,
    ("right", "one answer left", "nothing"): 2,
    ("wrong", "sent", "all"): 1,
    ("wrong", "sent", "nothing"): 2,
    ("wrong", "sent", "less"): 2,
    ("wrong", "one answer left", "all"): 1,
    ("wrong", "one answer left", "nothing"): 2,
    ("stop", "sent", "all"): 1,
    ("stop", "sent", "nothing"): 2,
    ("receipt", "sent", "all"): 1,
    ("receipt", "sent", "nothing"): 2,
}
"""
How many commands on the phone's record each operation is: by what happened before, and by what its
host knows of that: all that is stored, nothing, or less than that. A fault strikes each of them.
"""
FULL = {
    "one send left": "RATE_LIMIT_EXCEEDED",
    "one answer left": "TOO_MANY_ATTEMPTS",
    "money for one": "DAILY_COST_LIMIT_EXCEEDED",
    "country's money for one": "DAILY_COST_LIMIT_EXCEEDED",
    "stopped": "RECIPIENT_OPTED_OUT",
}
"""What the next one is refused with, if another took what was left."""
POOR = {
    "money for one": {"daily_cost_limit": "0.02"},
    "country's money for one": {"country_cost_limits": "US=0.02"},
}
"""Deployments of their own: a send that warms the host up, and one more."""


@attrs.frozen
class Scene:
    """
    One operation that meets a fault at one step.

    Attributes:
        operation: what is done: send, right, wrong, stop or receipt.
        before: what happened to the phone before.
        knows: what the host knows of that.
        step: which of the operation's commands is struck.
        writer: who else writes while the fault is there: nobody, a rival who wants the same thing,
            or a STOP.
    """

    operation: str
    before: str
    knows: str
    step: int
    writer: str

    @property
    def answers(self) -> set[str]:
        """What may be told when the fault is harmless."""
        if self.before == "stopped":
            return {FULL[self.before]}
        usual = {"INCORRECT_CODE"} if self.operation == "wrong" else {"None"}
        if self.writer == "stop":
            return usual | {FULL["stopped"]}
        taken = self.writer == "rival" and self.before in FULL
        return usual | {FULL[self.before]} if taken else usual

    def leaves_a_code(self, fault: str) -> bool:
        """Whether its phone surely holds a code that works, whatever the fault did."""
        if self.operation == "right" or self.before == "one answer left":
            return False
        if self.before == "new":
            return fault in HARMLESS and self.writer != "stop"
        return self.before not in POOR


def scenes() -> Iterator[Scene]:
    """Give every operation, at each of its steps, alone and with another writer in between."""
    for (operation, before, knows), commands in COMMANDS.items():
        writers = ["nobody", "rival"]
        if operation == "send" and before in {"new", "sent"} and knows != "less":
            writers.append("stop")
        for step, writer in itertools.product(range(commands), writers):
            yield Scene(operation, before, knows, step, writer)


@attrs.define
class Case:
    """
    A scene on a way to the store of its own.

    Attributes:
        phone, warm, spare: the one that it is about, and two that nobody else calls.
        late: whether the two seconds passed in a fault that they are enough for.
    """

    witness: Witness
    proxy: FaultProxy
    host: SmsVerifier
    other: SmsVerifier
    scene: Scene
    phone: str
    warm: str
    spare: str
    late: bool = False

    async def run(self, name: str, places: asyncio.Semaphore) -> None:
        """Prepare, meet the fault, retry, and ask for one more than there may be."""
        await self._prepare()
        async with places:
            told = await self._meet(FAULTS[name])
        if name in HARMLESS:
            self.late = str(told.error_code) == "REDIS_UNAVAILABLE"
            assert self.late or str(told.error_code) in self.scene.answers, f"{self.scene}: {told}"
        again = await self._operate(self.other)
        if isinstance(told, SendResult) and told.success and isinstance(again, SendResult):
            # An attempt whose settlement was lost is under way until its lease ends.
            waits = str(again.error_code) == "SEND_IN_PROGRESS"
            assert waits or again.message_id == told.message_id, f"{self.scene}: sent twice"
        if self.scene.operation == "right" and self.scene.answers == {"None"}:
            assert again.success, f"{self.scene}: {told}, then {again}"
        if self.scene.operation in {"stop", "receipt"}:
            assert again.success, f"{self.scene}: {told}, then {again}"
        await self._one_more()

    async def _prepare(self) -> None:
        """Let the host know the pool and the time, and of the phone what it is to know."""
        witness, scene = self.witness, self.scene
        await witness.send(self.host, self.warm)
        first = self.other if scene.knows == "nothing" else self.host
        if scene.before != "new" and scene.before not in POOR:
            await witness.send(first, self.phone)
        if scene.before == "one send left":
            for _ in range(3):
                await witness.send(first, self.phone)
        if scene.before == "one answer left":
            for _ in range(4):
                await witness.check(first, self.phone, witness.wrong(self.phone))
        if scene.before == "stopped":
            assert (await witness.stop(first, self.phone, "SM1")).success
        if scene.knows == "less":
            await witness.check(self.other, self.phone, witness.wrong(self.phone))

    async def _meet(self, arm: Arm) -> Answer:
        when = scripts_on(self.witness.key_of_phone(self.phone))
        fault = arm(self.proxy, self.scene.step, when)
        call = asyncio.ensure_future(self._operate(self.host))
        if self.scene.writer != "nobody":
            struck = asyncio.ensure_future(fault.struck())
            await asyncio.wait([struck, call], return_when=asyncio.FIRST_COMPLETED)
            struck.cancel()
            await self._write()
        told = await call
        if isinstance(fault, Hold):
            await asyncio.to_thread(fault.release)
        await asyncio.to_thread(self.proxy.pass_through)
        assert fault.hits, f"{self.scene}: nothing was struck"
        return told

    async def _operate(self, host: SmsVerifier) -> Answer:
        """Do what the scene is about; whoever does it again is the same caller."""
        match self.scene.operation:
            case "send":
                return await self.witness.send(host, self.phone, "mine")
            case "right":
                code = self.witness.code(self.phone)
                return await self.witness.check(host, self.phone, code, "mine")
            case "wrong":
                return await self._answer_wrongly(host)
            case "stop":
                return await self.witness.stop(host, self.phone, "SM2")
            case _:
                return await self.witness.deliver(host, self.phone)

    async def _write(self) -> None:
        """Write by another way, as another host does."""
        match self.scene:
            case Scene(writer="stop") | Scene(before="stopped"):
                await self.witness.stop(self.other, self.phone, "SM3")
            case Scene(operation="right" | "wrong"):
                await self._answer_wrongly(self.other)
            case Scene(operation="receipt"):
                await self.witness.deliver(self.other, self.phone)
            case Scene(before=before):
                await self.witness.send(self.other, self.spare if before in POOR else self.phone)

    async def _one_more(self) -> None:
        """Ask for what there may be no more of, if so; what is compared later shows whether."""
        if self.scene.before == "one answer left":
            await self._answer_wrongly(self.other)
        elif self.scene.before in POOR:
            await self.witness.send(self.other, self.spare)
        elif self.scene.before in FULL or "stop" in {self.scene.operation, self.scene.writer}:
            await self.witness.send(self.other, self.phone)

    async def _answer_wrongly(self, host: SmsVerifier) -> CheckResult:
        return await self.witness.check(host, self.phone, self.witness.wrong(self.phone))


@pytest.fixture
async def witness(redis_url: str) -> AsyncIterator[Witness]:
    """Watch the empty server."""
    watching = Witness(redis_url=redis_url)
    yield watching
    await watching.close()


@pytest.fixture(scope="module")
def proxies(redis_server: Single) -> Iterator[list[FaultProxy]]:
    """Give every scene a proxy before the single server; they serve all kinds of faults in turn."""
    port = redis_server.process.port
    proxies = [FaultProxy("127.0.0.1", port) for _ in scenes()]
    yield proxies
    for proxy in proxies:
        proxy.close()


@attrs.frozen
class Company:
    """
    What the scenes of one kind of fault are played by.

    Attributes:
        witness: what watches all but the poor.
        others: a host of each witness that meets no fault.
        numbers: phones that nobody has called yet.
    """

    witness: Witness
    others: dict[Witness, SmsVerifier]
    numbers: Iterator[str]

    def cast(self, proxy: FaultProxy, scene: Scene) -> Case:
        """Give a scene its host, on a way of its own, and its phones."""
        watching = self.witness
        if scene.before in POOR:
            place = {"key_prefix": f"poor{len(self.others)}"}
            place["redis_url"] = self.witness.settings["redis_url"]
            watching = Witness(**place, **POOR[scene.before])
            self.others[watching] = watching.verifier()
        host = watching.verifier(redis_url=proxy.url)
        three = (next(self.numbers), next(self.numbers), next(self.numbers))
        return Case(watching, proxy, host, self.others[watching], scene, *three)

    async def play(self, name: str, cases: list[Case]) -> list[Case]:
        """Play scenes side by side, and those again that a busy machine made late; give all."""
        places = asyncio.Semaphore(AT_ONCE if name in HARMLESS else len(cases))
        async with asyncio.TaskGroup() as group:
            for case in cases:
                group.create_task(case.run(name, places))
        again = [self.cast(case.proxy, case.scene) for case in cases if case.late]
        assert len(again) <= FEW, [case.scene for case in again]
        for case in again:
            await case.run(name, places)
            assert not case.late, case.scene
        return [case for case in cases if not case.late] + again


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_at_any_step_breaks_no_promise(
    witness: Witness, redis_server: Single, proxies: list[FaultProxy], name: str
) -> None:
    """Send, answer, STOP and receipt; alone, with a rival, and up to the edge of every limit."""
    company = Company(witness, {witness: witness.verifier()}, phones())
    cases = [company.cast(*pair) for pair in zip(proxies, scenes(), strict=True)]
    try:
        played = await company.play(name, cases)
        stored = redis_server.all_keys_and_values()
        let_in = set()
        for watching, other in company.others.items():
            await watching.compare()
            watching.compare_privacy(stored)
            let_in |= await watching.everyone_gets_in(other)
            await watching.compare()
        assert {case.phone for case in played if case.scene.leaves_a_code(name)} <= let_in
    finally:
        for proxy in proxies:
            proxy.pass_through()
        for watching in company.others.keys() - {witness}:
            await watching.close()


PHONE = "+17202000000"


async def until_executed(witness: Witness, call: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Begin what writes to the phone; the proxy strikes it before the server has executed it."""
    before = await witness.record(PHONE)
    task = asyncio.create_task(call)
    async with asyncio.timeout(STORE_SECONDS):
        while await witness.record(PHONE) == before:
            assert not task.done(), "it was not written"
    return task


KNOWS = pytest.mark.parametrize("knows", [True, False], ids=["known", "not known"])
"""Whether the host sent the code itself: its check is a commit then, else a load goes before."""
TIMES = pytest.mark.parametrize("times", [1, 10])


class TestLostReplies:
    """The server did it, and nobody hears of it: counted as one execution, told as the first."""

    @pytest.fixture
    async def here(self, witness: Witness, fault_proxy: FaultProxy) -> SmsVerifier:
        """Give the host that hears nothing; it knows the pool, and the server the scripts."""
        host = witness.verifier(redis_url=fault_proxy.url)
        assert (await witness.send(host, "+17209999999")).success
        return host

    @pytest.fixture
    def there(self, witness: Witness) -> SmsVerifier:
        """Give the host that comes in between."""
        return witness.verifier()

    @KNOWS
    @TIMES
    async def test_a_wrong_answer_is_counted_once(
        self,
        witness: Witness,
        fault_proxy: FaultProxy,
        here: SmsVerifier,
        there: SmsVerifier,
        times: int,
        knows: bool,
    ) -> None:
        """Also when another host's wrong answer comes in between."""
        await witness.send(here if knows else there, PHONE)
        fault = fault_proxy.drop_reply(times, when=commits_to(witness.key_of_phone(PHONE)))
        wrong = witness.wrong(PHONE)
        call = await until_executed(witness, witness.check(here, PHONE, wrong))
        between = await witness.check(there, PHONE, wrong)

        assert ((await call).attempts_left, between.attempts_left) == (4, 3)
        assert fault.hits == times
        assert (await witness.figures())["wrong"] == 2

    @KNOWS
    @TIMES
    async def test_an_approval_is_told_as_one(
        self,
        witness: Witness,
        fault_proxy: FaultProxy,
        here: SmsVerifier,
        there: SmsVerifier,
        times: int,
        knows: bool,
    ) -> None:
        """The code is used up by the call that says so, and by no other."""
        await witness.send(here if knows else there, PHONE)
        fault = fault_proxy.drop_reply(times, when=commits_to(witness.key_of_phone(PHONE)))
        code = witness.code(PHONE)
        call = await until_executed(witness, witness.check(here, PHONE, code))
        between = await witness.check(there, PHONE, code)

        assert (await call).success
        assert not between.success
        assert fault.hits == times
        assert (await witness.figures())["approved.US"] == 1

    @TIMES
    async def test_a_send_is_charged_once_and_goes_out_once(
        self,
        witness: Witness,
        fault_proxy: FaultProxy,
        here: SmsVerifier,
        there: SmsVerifier,
        times: int,
    ) -> None:
        """Another host's send in between has its own charge and message."""
        fault = fault_proxy.drop_reply(times, when=commits_to(witness.key_of_phone(PHONE)))
        call = await until_executed(witness, witness.send(here, PHONE))
        between = await witness.send(there, PHONE)

        assert (await call).success
        assert between.success
        assert fault.hits == times
        assert len(witness.messages(PHONE)) == 2
        assert (await witness.figures())["spent"] == 30_000
        await witness.compare()


MARGIN_SECONDS = 1.0
"""
How much later than promised a caller may hear of it: all of a hundred do so at the same moment, on
a core that others use too. 0.02 s are usual and 0.22 s were seen; a second limit added to the first
would be two seconds more.
"""


async def in_time(call: Awaitable[SendResult | CheckResult]) -> None:
    """Assert that a call is told in time that the store is gone, and nothing that says less."""
    begun = time.monotonic()
    told = await call
    assert time.monotonic() - begun < STORE_SECONDS + MARGIN_SECONDS
    assert str(told.error_code) == "REDIS_UNAVAILABLE"


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
        # Whoever typed the code into the silence may have used it up; the others hold none.
        assert not (await witness.record(known)).approvals
        assert (await witness.check(warm, known, code)).success

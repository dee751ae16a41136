"""
Workers that are killed at any await of a send and of a check.

Nobody cleans up after them. Then: no second message for an attempt, no charge that is lost, comes
from nowhere or comes back twice, and every code that was delivered works, once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from smsverify import Settings, create_verifier
from smsverify.domain.delivery import DeliveryState
from smsverify.domain.record import PhoneRecord
from smsverify.facade.results import CheckResult, SendResult
from tests.integration.crash_worker import JournalGateway, obey
from tests.integration.witness import Witness, phones

ROOT = Path(__file__).parents[2]
PRICE = 10_000
FIRST = "+17209999999"
"""A phone that is sent a code before all others."""


class Worker:
    """The process whose children are killed; one for all tests, since it keeps nothing."""

    def __init__(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.crash_worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Make a call in a process of its own, and return what became of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        assert said, f"the host ended at {order}"
        answer: dict[str, Any] = json.loads(said)
        return answer

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


class Host:
    """
    Hosts on one store, of which one may be told to die in a call, again and again.

    Attributes:
        settings: of their verifiers.
        warm: whether the process that is killed has made the calls before that, too: it is
            connected then, and believes what it saw. Else a host that lives on has made them.
        kills: how many processes were killed.
    """

    def __init__(
        self, worker: Worker, settings: dict[str, Any], journal: Path, *, warm: bool
    ) -> None:
        """Use an empty journal."""
        journal.touch()
        self.settings = settings
        self.warm = warm
        self.kills = 0
        self._worker = worker
        self._journal = journal
        self._gateway = JournalGateway(journal)
        self._other = create_verifier(Settings(**settings), gateway=self._gateway)

    async def call(self, order: dict[str, Any]) -> SendResult | CheckResult:
        """Make a call from the host that lives on."""
        return await obey(self._other, self._gateway, order)

    async def die(self, *earlier: dict[str, Any], **order: Any) -> int:
        """Make calls, the last of which may be killed; if not, return how many awaits it had."""
        if not self.warm:
            for one in earlier:
                await self.call(one)
            earlier = ()
        place = {"settings": self.settings, "journal": str(self._journal)}
        answer = self._worker.obey({**place, **order, "before": earlier})
        self.kills += answer["killed"]
        return int(answer.get("resumed", 0))

    async def close(self) -> None:
        """Close the host that lives on."""
        await self._other.close()

    def meet(self, phone: str) -> tuple[dict[str, Any], ...]:
        """Return the calls of a process that goes on to another phone: with another's round."""
        return (send(phone), check(phone, "right")) if self.warm else ()

    def handed(self, phone: str | None = None) -> list[dict[str, Any]]:
        """Return what was handed to the provider, for one phone or all."""
        lines = map(json.loads, self._journal.read_text().splitlines())
        return [line for line in lines if phone in {None, line["to"]}]

    def messages(self, phone: str) -> list[dict[str, Any]]:
        """Return what the provider took for a phone."""
        return [line for line in self.handed(phone) if line["taken"]]


def send(phone: str, **more: Any) -> dict[str, Any]:
    """Order a send."""
    return {"call": "send", "phone": phone, **more}


def check(phone: str, guess: str, **more: Any) -> dict[str, Any]:
    """Order a check of the code that was sent last, or of a wrong one."""
    return {"call": "check", "phone": phone, "guess": guess, **more}


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """Give the process that those are forked from who are killed."""
    worker = Worker()
    yield worker
    worker.end()


@pytest.fixture(params=["cold", "warm"])
def warm(request: pytest.FixtureRequest) -> bool:
    """Say whether the process that is killed has made the calls before, too."""
    return bool(request.param == "warm")


@pytest.fixture(params=["redis", "sqlite"])
async def host(
    request: pytest.FixtureRequest, worker: Worker, warm: bool, tmp_path: Path
) -> AsyncIterator[Host]:
    """Give hosts on each store that processes share."""
    if request.param == "redis":
        place = {"redis_url": request.getfixturevalue("redis_url")}
    else:
        place = {"store": "sqlite", "sqlite_path": str(tmp_path / "crashes.db")}
    settings = {"simulation_mode": True, "prices": "US=0.01", "daily_cost_limit": "100", **place}
    host = Host(worker, settings, tmp_path / "journal", warm=warm)
    # The first call makes the database, or lets the server know the scripts: it has more awaits.
    await host.call(send(FIRST))
    yield host
    await host.close()


@pytest.fixture
async def witness(host: Host) -> AsyncIterator[Witness]:
    """Look at the store, as somebody who lives on."""
    witness = Witness(**host.settings)
    yield witness
    await witness.close()


KILLS = pytest.mark.parametrize(
    "kills",
    [4, pytest.param(100, marks=pytest.mark.endurance)],
    ids=["short", "long"],
)
"""How many workers are killed, spread over all awaits of one kind of call."""


def enough(kills: int) -> int:
    """
    Return how many must have been killed.

    A call that needs some awaits less than the one that was counted may end before its death.
    """
    return kills - max(1, kills // 5)


def spread(awaits: int, kills: int) -> list[int]:
    """Return so many of the awaits, from the first to the last; from the first again if too few."""
    if kills < awaits:
        return [1 + round(number * (awaits - 1) / (kills - 1)) for number in range(kills)]
    return [1 + number % awaits for number in range(kills)]


@KILLS
async def test_killed_while_sending(host: Host, witness: Witness, kills: int) -> None:
    """Whoever got a message gets in with it; who got none asks again; the books are right."""
    numbers = phones()

    async def begin(**more: Any) -> tuple[str, int]:
        before, phone = host.meet(next(numbers)), next(numbers)
        return phone, await host.die(*before, **send(phone, key="mine", **more))

    for die_at in spread((await begin())[1], kills):
        phone, _ = await begin(die_at=die_at)
        first = await witness.record(phone)
        sent = host.messages(phone)
        assert len(sent) <= len(first.attempts) <= 1, f"killed at {die_at}: {first}"

        again = await host.call(send(phone, key="mine"))
        if first.attempts:
            # Nobody knows whether the dead worker called, so nobody calls for it.
            told = "SEND_IN_PROGRESS" if is_unsettled(first) else None
            assert again.error_code == told, f"killed at {die_at}: {again}"
            assert host.messages(phone) == sent
        else:
            assert again.success, f"killed at {die_at}: {again}"
        await gets_in(host, phone)
    await books_are_right(host, witness, until=next(numbers))
    assert host.kills >= enough(kills)


@KILLS
async def test_killed_while_the_provider_refuses(host: Host, witness: Witness, kills: int) -> None:
    """The charge comes back with the refusal, once and not before; another call gets through."""
    numbers = phones()

    async def begin(**more: Any) -> tuple[str, int]:
        before, phone = host.meet(next(numbers)), next(numbers)
        return phone, await host.die(*before, **send(phone, key="mine", refuses=True, **more))

    for die_at in spread((await begin())[1], kills):
        phone, _ = await begin(die_at=die_at)
        first = await witness.record(phone)
        assert len(host.handed(phone)) <= len(first.attempts) <= 1, f"killed at {die_at}: {first}"
        await books_are_right(host, witness, until=phone)

        again = await host.call(send(phone, key="mine", refuses=True))
        told = "SEND_IN_PROGRESS" if is_unsettled(first) else "TWILIO_API_ERROR"
        assert again.error_code == told, f"killed at {die_at}: {again}"
        assert len(host.handed(phone)) <= 1, f"killed at {die_at}"
        await gets_in(host, phone)
    await books_are_right(host, witness, until=next(numbers))
    assert host.kills >= enough(kills)


@KILLS
@pytest.mark.parametrize("refuses", [False, True], ids=["taken", "refused"])
async def test_killed_while_sending_again(
    host: Host, witness: Witness, kills: int, refuses: bool
) -> None:
    """The code that came before still works, taken or refused what followed; once."""
    numbers = phones()

    async def begin(phone: str, **more: Any) -> int:
        before = (send(phone, key="first"), check(phone, "wrong"))
        return await host.die(*before, **send(phone, key="again", refuses=refuses, **more))

    for step, die_at in enumerate(spread(await begin(next(numbers)), kills)):
        phone = next(numbers)
        await begin(phone, die_at=die_at)
        record = await witness.record(phone)
        handed = host.handed(phone)
        assert 1 <= len(handed) <= len(record.attempts) <= 2, f"killed at {die_at}: {record}"
        await books_are_right(host, witness, until=phone)
        # Half of them type it at once, the others ask once more first.
        if step % 2:
            again = await host.call(send(phone, key="again", refuses=refuses))
            settled = "TWILIO_API_ERROR" if refuses else None
            told = "SEND_IN_PROGRESS" if is_unsettled(record) else settled
            assert again.error_code == told, f"killed at {die_at}: {again}"
            assert len(host.handed(phone)) <= 2, f"killed at {die_at}"
        # A code that lives is sent again, and no other.
        assert len({message["code"] for message in host.messages(phone)}) == 1
        await gets_in(host, phone)
    await books_are_right(host, witness, until=next(numbers))
    assert host.kills >= enough(kills)


@KILLS
async def test_killed_while_approving(host: Host, witness: Witness, kills: int) -> None:
    """Asked again by the same name the code is approved, killed or not; and by no other name."""
    numbers = phones()

    async def begin(phone: str, **more: Any) -> int:
        before = (send(phone), check(phone, "wrong"))
        return await host.die(*before, **check(phone, "right", key="mine", **more))

    for die_at in spread(await begin(next(numbers)), kills):
        phone = next(numbers)
        await begin(phone, die_at=die_at)
        assert (await host.call(check(phone, "right", key="mine"))).success, f"killed at {die_at}"
        another = await host.call(check(phone, "right", key="another"))
        assert not another.success, f"killed at {die_at}"
    await books_are_right(host, witness, until=next(numbers))
    assert (await witness.figures())["approved.US"] == kills + 1
    assert host.kills >= enough(kills)


@KILLS
async def test_killed_while_counting_a_wrong_answer(
    host: Host, witness: Witness, kills: int
) -> None:
    """It is counted once or not at all, and the right answer is still taken."""
    numbers = phones()

    async def begin(phone: str, **more: Any) -> int:
        before = (send(phone), check(phone, "wrong"))
        return await host.die(*before, **check(phone, "wrong", **more))

    counted = 2
    for die_at in spread(await begin(next(numbers)), kills):
        phone = next(numbers)
        await begin(phone, die_at=die_at)
        times = len((await witness.record(phone)).wrong_times("verify"))
        assert times in {1, 2}, f"killed at {die_at}"
        counted += times
        await gets_in(host, phone)
    await books_are_right(host, witness, until=next(numbers))
    assert (await witness.figures())["wrong"] == counted
    assert host.kills >= enough(kills)


async def gets_in(host: Host, phone: str) -> None:
    """Raise AssertionError if somebody who asks for a code, if none came, does not get in, once."""
    if not host.messages(phone):
        assert (await host.call(send(phone, key="another"))).success
    first = host.messages(phone)[0]["code"]
    assert (await host.call({"call": "check", "phone": phone, "code": first})).success
    assert not (await host.call(check(phone, "right"))).success


def is_open(state: DeliveryState) -> bool:
    """Say whether an attempt's fate is unknown."""
    return state in {DeliveryState.SENDING, DeliveryState.UNKNOWN}


def is_unsettled(record: PhoneRecord) -> bool:
    """Say whether the last attempt's fate is unknown."""
    return bool(record.attempts) and is_open(record.attempts[-1].state)


async def books_are_right(host: Host, witness: Witness, *, until: str) -> None:
    """Raise AssertionError if what was charged, admitted and handed over until a phone differs."""
    records = [await witness.record(FIRST)]
    for phone in phones():
        records.append(await witness.record(phone))
        if phone == until:
            break
    attempts = [one for record in records for one in record.attempts]
    charged = {one.id.hex() for one in attempts if one.state is not DeliveryState.FAILED}
    figures = await witness.figures()
    assert figures["spent"] == PRICE * len(charged), "I1, I8: the day's sum is not its sends'"
    assert figures["sends.US"] == len(attempts)
    handed = host.handed()
    assert set(Counter(line["attempt"] for line in handed).values()) <= {1}, "I4: handed over twice"
    assert {line["attempt"] for line in handed} <= {one.id.hex() for one in attempts}
    taken = {line["attempt"] for line in handed if line["taken"]}
    assert taken <= charged, "I2: a message without a charge"

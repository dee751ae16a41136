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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smsverify.domain.delivery import DeliveryState
from smsverify.domain.record import PhoneRecord
from tests.integration.witness import Witness, phones

ROOT = Path(__file__).parents[2]
PRICE = 10_000


class Host:
    """
    A host whose calls may be told to die.

    Attributes:
        settings: of its verifiers.
        kills: how many of its workers were killed.
    """

    def __init__(self, settings: dict[str, Any], journal: Path) -> None:
        """Start it."""
        self.settings = settings
        self.kills = 0
        self._journal = journal
        journal.touch()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.crash_worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._say({"settings": settings, "journal": str(journal)}) == "ready"

    def call(self, **order: Any) -> dict[str, Any]:
        """Make one call in a process of its own, and return what became of it."""
        answer: dict[str, Any] = json.loads(self._say(order))
        self.kills += answer["killed"]
        return answer

    def handed(self, phone: str | None = None) -> list[dict[str, Any]]:
        """Return what was handed to the provider, for one phone or all."""
        lines = map(json.loads, self._journal.read_text().splitlines())
        return [line for line in lines if phone in {None, line["to"]}]

    def messages(self, phone: str) -> list[dict[str, Any]]:
        """Return what the provider took for a phone."""
        return [line for line in self.handed(phone) if line["taken"]]

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def _say(self, order: dict[str, Any]) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().strip()
        assert said, f"the host ended at {order}"
        return said


@pytest.fixture(params=["redis", "sqlite"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """Give a host on each store that processes share."""
    if request.param == "redis":
        place = {"redis_url": request.getfixturevalue("redis_url")}
    else:
        place = {"store": "sqlite", "sqlite_path": str(tmp_path / "crashes.db")}
    settings = {"simulation_mode": True, "prices": "US=0.01", "daily_cost_limit": "100", **place}
    built = Host(settings, tmp_path / "journal")
    yield built
    built.end()


FEWEST = 0.8
"""A call that needs some awaits less than the one that was counted may end before its death."""
KILLS = pytest.mark.parametrize(
    "kills",
    [4, pytest.param(100, marks=pytest.mark.endurance)],
    ids=["short", "long"],
)
"""How many workers are killed, spread over all awaits of one kind of call."""


def spread(awaits: int, kills: int) -> list[int]:
    """Return so many of the awaits, from the first to the last; from the first again if too few."""
    if kills < awaits:
        return [1 + round(number * (awaits - 1) / (kills - 1)) for number in range(kills)]
    return [1 + number % awaits for number in range(kills)]


@KILLS
async def test_killed_while_sending(host: Host, kills: int) -> None:
    """Whoever got a message gets in with it; who got none asks again; the books are right."""
    numbers = phones()
    # The first one also makes the database, or lets the server know the scripts.
    awaits = [host.call(call="send", phone=next(numbers))["resumed"] for _ in range(2)][-1]
    witness = Witness(**host.settings)
    for die_at in spread(awaits, kills):
        phone = next(numbers)
        host.call(call="send", phone=phone, key="mine", die_at=die_at)
        first = await witness.record(phone)
        sent = host.messages(phone)
        assert len(sent) <= len(first.attempts) <= 1, f"killed at {die_at}: {first}"

        again = host.call(call="send", phone=phone, key="mine")
        if first.attempts:
            # Nobody knows whether the dead worker called, so nobody calls for it.
            told = "SEND_IN_PROGRESS" if is_open(first.attempts[0].state) else None
            assert again["code"] == told, f"killed at {die_at}: {again}"
            assert host.messages(phone) == sent
        else:
            assert again["success"], f"killed at {die_at}: {again}"
        if not host.messages(phone):
            assert host.call(call="send", phone=phone, key="another")["success"]
        for message in host.messages(phone):
            assert await accepts(host, phone, message["code"]), f"killed at {die_at}"
        assert not await accepts(host, phone, host.messages(phone)[-1]["code"])
    await books_are_right(host, witness, until=next(numbers))
    assert host.kills >= kills * FEWEST
    await witness.close()


@KILLS
async def test_killed_while_the_provider_refuses(host: Host, kills: int) -> None:
    """The charge comes back with the refusal, once and not before; another call gets through."""
    numbers = phones()
    order = {"call": "send", "key": "mine", "refuses": True}
    awaits = [host.call(**order, phone=next(numbers))["resumed"] for _ in range(2)][-1]
    witness = Witness(**host.settings)
    for die_at in spread(awaits, kills):
        phone = next(numbers)
        before = (await witness.figures())["spent"]
        host.call(**order, phone=phone, die_at=die_at)
        first = await witness.record(phone)
        assert len(host.handed(phone)) <= len(first.attempts) <= 1, f"killed at {die_at}: {first}"
        assert (await witness.figures())["spent"] - before == price_of(first)

        again = host.call(**order, phone=phone)
        told = "SEND_IN_PROGRESS" if is_unsettled(first) else "TWILIO_API_ERROR"
        assert again["code"] == told, f"killed at {die_at}: {again}"
        assert len(host.handed(phone)) <= 1, f"killed at {die_at}"
        assert host.call(call="send", phone=phone, key="another")["success"]
        (message,) = host.messages(phone)
        assert await accepts(host, phone, message["code"]), f"killed at {die_at}"
    await books_are_right(host, witness, until=next(numbers))
    assert host.kills >= kills * FEWEST
    await witness.close()


@KILLS
async def test_killed_while_sending_again(host: Host, kills: int) -> None:
    """The code that came before still works, taken or refused what followed; once."""
    numbers = phones()
    witness = Witness(**host.settings)
    for refuses in (False, True):
        order = {"call": "send", "key": "again", "refuses": refuses}
        awaits = 0
        for step in range(kills + 1):
            phone = next(numbers)
            before = (await witness.figures())["spent"]
            host.call(call="send", phone=phone, key="first")
            if step == 0:
                awaits = host.call(**order, phone=phone)["resumed"]
                continue
            die_at = spread(awaits, kills)[step - 1]
            host.call(**order, phone=phone, die_at=die_at)
            record = await witness.record(phone)
            handed = host.handed(phone)
            assert 1 <= len(handed) <= len(record.attempts) <= 2, f"killed at {die_at}: {record}"
            assert (await witness.figures())["spent"] - before == price_of(record)
            # Half of them type it at once, the others ask once more first.
            if step % 2:
                again = host.call(**order, phone=phone)
                settled = "TWILIO_API_ERROR" if refuses else None
                told = "SEND_IN_PROGRESS" if is_unsettled(record) else settled
                assert again["code"] == told, f"killed at {die_at}: {again}"
                assert len(host.handed(phone)) <= 2, f"killed at {die_at}"
            # A code that lives is sent again, and no other.
            (code,) = {message["code"] for message in host.messages(phone)}
            assert await accepts(host, phone, code), f"killed at {die_at}"
            assert not await accepts(host, phone, code), f"killed at {die_at}"
    await books_are_right(host, witness, until=next(numbers))
    assert host.kills >= 2 * kills * FEWEST
    await witness.close()


@KILLS
async def test_killed_while_approving(host: Host, kills: int) -> None:
    """Asked again by the same name the code is approved, killed or not; and by no other name."""
    numbers = phones()
    awaits = 0
    witness = Witness(**host.settings)
    for step in range(kills + 1):
        phone = next(numbers)
        host.call(call="send", phone=phone)
        (message,) = host.messages(phone)
        order = {"call": "check", "phone": phone, "code": message["code"], "key": "mine"}
        if step == 0:
            awaits = host.call(**order)["resumed"]
            continue
        die_at = spread(awaits, kills)[step - 1]
        host.call(**order, die_at=die_at)
        assert host.call(**order)["success"], f"killed at {die_at}"
        assert not host.call(**{**order, "key": "another"})["success"], f"killed at {die_at}"
    await books_are_right(host, witness, until=next(numbers))
    assert (await witness.figures())["approved.US"] == kills + 1
    assert host.kills >= kills * FEWEST
    await witness.close()


@KILLS
async def test_killed_while_counting_a_wrong_answer(host: Host, kills: int) -> None:
    """It is counted once or not at all, and the right answer is still taken."""
    numbers = phones()
    awaits = 0
    witness = Witness(**host.settings)
    counted = 0
    for step in range(kills + 1):
        phone = next(numbers)
        host.call(call="send", phone=phone)
        (message,) = host.messages(phone)
        wrong = f"{(int(message['code']) + 1) % 1_000_000:06d}"
        order = {"call": "check", "phone": phone, "code": wrong}
        if step == 0:
            awaits = host.call(**order)["resumed"]
            continue
        host.call(**order, die_at=spread(awaits, kills)[step - 1])
        record = await witness.record(phone)
        assert len(record.wrong_times("verify")) in {0, 1}
        counted += len(record.wrong_times("verify"))
        assert await accepts(host, phone, message["code"])
    await books_are_right(host, witness, until=next(numbers))
    assert (await witness.figures())["wrong"] == counted + 1
    assert host.kills >= kills * FEWEST
    await witness.close()


def is_open(state: DeliveryState) -> bool:
    """Say whether an attempt's fate is unknown."""
    return state in {DeliveryState.SENDING, DeliveryState.UNKNOWN}


def is_unsettled(record: PhoneRecord) -> bool:
    """Say whether the last attempt's fate is unknown."""
    return bool(record.attempts) and is_open(record.attempts[-1].state)


def price_of(record: PhoneRecord) -> int:
    """Return what a phone's messages cost, unless they are known not to have been taken."""
    return PRICE * sum(one.state is not DeliveryState.FAILED for one in record.attempts)


async def accepts(host: Host, phone: str, code: str) -> bool:
    """Type a code."""
    return bool(host.call(call="check", phone=phone, code=code)["success"])


async def books_are_right(host: Host, witness: Witness, *, until: str) -> None:
    """Raise AssertionError if what was charged, admitted and handed over until a phone differs."""
    records = []
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

"""
Four processes of fifty tasks each at one store: sums and windows are exact, one answer is approved.

It is all done at once, so that the four kinds of work also get into each other's way.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from smsverify.adapters.system.clock import SystemClock
from smsverify.domain.delivery import DeliveryState
from smsverify.testing import HostOffset
from tests.integration.load import run_together
from tests.integration.load_worker import AGAIN
from tests.integration.witness import Witness

PROCESSES = 4
TASKS = 50
ALL = PROCESSES * TASKS
FLOODED, RIGHT, WRONG = "+17202000000", "+17202000001", "+17202000002"
BRITISH = [f"+4474001{number:05d}" for number in range(ALL)]
MONEY_FOR = 10
HOURS = [3600, 0, -3600, 1800]
"""How many seconds each host's clock is wrong, where the server's is right."""


@pytest.fixture(params=["redis", "redis, hosts an hour apart", "sqlite"])
def hours(request: pytest.FixtureRequest) -> list[int]:
    """Give how wrong the hosts' clocks are, on each store that processes share."""
    return HOURS if "hour" in request.param else [0] * PROCESSES


@pytest.fixture
async def witness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Witness]:
    """Watch the store of :func:`hours`; all processes at an SQLite file have one host's clock."""
    place: dict[str, Any]
    if request.node.callspec.params["hours"] == "sqlite":
        place = {"store": "sqlite", "sqlite_path": str(tmp_path / "many.db")}
    else:
        place = {"redis_url": request.getfixturevalue("redis_url")}
    british = {"prices": "US=0.01,GB=0.02", "country_cost_limits": f"GB={0.02 * MONEY_FOR}"}
    watching = Witness(**british, **place)
    yield watching
    await watching.close()


async def test_everything_at_once_is_exact(witness: Witness, hours: list[int]) -> None:
    """
    Windows, budget, wrong answers and one approval; and nobody hears that a store is locked.

    On a busy machine some hear that their time was up, and ask again until they are told.
    """
    ahead = witness.verifier(clock=HostOffset(SystemClock(), hours[0]))
    for phone in (RIGHT, WRONG):
        assert (await witness.send(ahead, phone)).success
    jobs = [job(witness, number, hour) for number, hour in enumerate(hours)]

    codes, sent = await asyncio.to_thread(run_together, witness.settings, jobs)

    told, figures = answers(codes), await witness.figures()
    answers_are_exact(told, figures)
    flood = (await witness.record(FLOODED)).attempts
    late = sum(one.state is DeliveryState.FAILED for one in flood)
    assert len(flood) == figures["sends.US"] - 2 == 5
    sends_are_exact("RATE_LIMIT_EXCEEDED", told["flood"], charged=5 - late)
    assert figures["spent.US"] == (2 + 5 - late) * 10_000
    charged = figures["sends.GB"] - (figures["failed"] - late)
    assert charged <= MONEY_FOR <= figures["sends.GB"]
    sends_are_exact("DAILY_COST_LIMIT_EXCEEDED", told["budget"], charged=charged)
    assert figures["spent.GB"] == charged * 20_000
    assert sent == told["flood"]["None"] + told["budget"]["None"]


def answers_are_exact(told: dict[str, Counter[str]], figures: Counter[str]) -> None:
    """Raise AssertionError if not one was approved and five were wrong, as told and as counted."""
    right, wrong = told["right"], told["wrong"]
    assert right["None"] == figures["approved.US"] == 1
    assert right["NO_PENDING_VERIFICATION"] == ALL - 1
    assert right.keys() <= {"None", "NO_PENDING_VERIFICATION", AGAIN}
    assert wrong["INCORRECT_CODE"] <= figures["wrong"] == 5
    # Who asked again may have been counted without being told.
    assert 5 - wrong[AGAIN] <= wrong["INCORRECT_CODE"]
    assert wrong["INCORRECT_CODE"] + wrong["TOO_MANY_ATTEMPTS"] == ALL
    assert wrong.keys() <= {"INCORRECT_CODE", "TOO_MANY_ATTEMPTS", AGAIN}


def sends_are_exact(refusal: str, told: Counter[str], *, charged: int) -> None:
    """
    Raise AssertionError if others than those who were charged were told of a message.

    Who was admitted too late to be sent anything is told to ask again, and may stay charged.
    """
    assert told["None"] <= charged <= told["None"] + told[AGAIN]
    assert told["None"] + told[refusal] == ALL
    assert told.keys() <= {"None", refusal, AGAIN}


def job(witness: Witness, number: int, hour: int) -> dict[str, Any]:
    """Return one process's work: fifty tasks of each kind."""
    mine = BRITISH[number::PROCESSES]
    guess = {"name": "check", "times": TASKS}
    return {
        "name": "all_of",
        "seconds_ahead": hour,
        "jobs": {
            "flood": {"name": "send_each", "phones": [FLOODED] * TASKS},
            "budget": {"name": "send_each", "phones": mine},
            "right": {**guess, "phone": RIGHT, "code": witness.code(RIGHT)},
            "wrong": {**guess, "phone": WRONG, "code": witness.wrong(WRONG)},
        },
    }


def answers(codes: Counter[str]) -> dict[str, Counter[str]]:
    """Return the error codes of each kind of work."""
    told: dict[str, Counter[str]] = {}
    for name, count in codes.items():
        kind, _, code = name.partition(" ")
        told.setdefault(kind, Counter())[code] = count
    return told

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

    told = answers(codes)
    assert as_told(5, "None", told["flood"])
    assert told["flood"].keys() <= {"None", "RATE_LIMIT_EXCEEDED", AGAIN}
    assert as_told(1, "None", told["right"])
    assert told["right"].keys() <= {"None", "NO_PENDING_VERIFICATION", AGAIN}
    assert as_told(5, "INCORRECT_CODE", told["wrong"])
    assert told["wrong"].keys() <= {"INCORRECT_CODE", "TOO_MANY_ATTEMPTS", AGAIN}
    assert told["budget"] == {"None": MONEY_FOR, "DAILY_COST_LIMIT_EXCEEDED": ALL - MONEY_FOR}
    assert sent == told["flood"]["None"] + MONEY_FOR
    figures = await witness.figures()
    assert figures["spent.GB"] == MONEY_FOR * 20_000
    assert figures["spent.US"] == (2 + 5) * 10_000
    assert (figures["approved.US"], figures["wrong"]) == (1, 5)


def job(witness: Witness, number: int, hour: int) -> dict[str, Any]:
    """Return one process's work: fifty tasks of each kind."""
    mine = BRITISH[number::PROCESSES]
    guess = {"name": "check_wrong", "times": TASKS}
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


def as_told(done: int, code: str, told: dict[str, int]) -> bool:
    """Say whether so many were told it; those who asked again may not know what their first did."""
    return told[code] <= done <= told[code] + told.get(AGAIN, 0)


def answers(codes: Counter[str]) -> dict[str, dict[str, int]]:
    """Return the error codes of each kind of work."""
    told: dict[str, dict[str, int]] = {}
    for name, count in codes.items():
        kind, _, code = name.partition(" ")
        told.setdefault(kind, Counter())[code] = count
    return told

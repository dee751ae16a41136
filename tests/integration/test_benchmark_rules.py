"""The baseline of the benchmark plays fair: its scripts hold the rules that they are timed for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from benchmarks.sides.rules_in_lua import RulesInLua
from benchmarks.sides.side import wrong_guess
from tests.integration.servers import Single

PHONE = "+17202000001"
OTHER = "+17202000002"


@pytest.fixture
async def rules(redis_url: str) -> AsyncIterator[RulesInLua]:
    """Give the scripts on an empty server."""
    rules = RulesInLua(redis_url)
    yield rules
    await rules.close()


def day(server: Single) -> dict[bytes, int]:
    """Give the day's counters."""
    (key,) = [key for key in server.all_keys_and_values() if key.startswith(b"day:")]
    flat = server.process.call("HGETALL", key)
    assert isinstance(flat, list)
    return {bytes(k): int(v) for k, v in zip(flat[::2], flat[1::2], strict=True)}  # type: ignore[arg-type]


async def test_a_code_is_good_once(rules: RulesInLua) -> None:
    """The right answer is approved, and then there is nothing left to approve."""
    code = await rules.send(PHONE)

    assert await rules.check(PHONE, code) == [b"approved"]
    assert await rules.check(PHONE, code) == [b"none"]


async def test_of_many_right_answers_one_is_approved(rules: RulesInLua) -> None:
    """A script runs alone."""
    code = await rules.send(PHONE)

    verdicts = await asyncio.gather(*(rules.check(PHONE, code) for _ in range(20)))

    assert sorted(verdicts) == [[b"approved"]] + [[b"none"]] * 19


async def test_a_resend_repeats_the_code(rules: RulesInLua) -> None:
    """While half of its life is left."""
    assert await rules.send(PHONE) == await rules.send(PHONE)


async def test_two_codes_live_when_half_of_a_life_is_over(
    rules: RulesInLua, redis_server: Single
) -> None:
    """The former one stays good beside the new one, and both go with the approval."""
    first = await rules.send(PHONE)
    born = redis_server.process.call("HGET", f"p:{PHONE}", "born")
    assert isinstance(born, bytes)
    redis_server.process.call("HSET", f"p:{PHONE}", "born", int(born) - 301_000)

    second = await rules.send(PHONE)

    assert await rules.check(PHONE, first) == [b"approved"]
    assert await rules.check(PHONE, second) == [b"none"]


async def test_a_code_dies_by_age(rules: RulesInLua, redis_server: Single) -> None:
    """Ten minutes after it was born."""
    code = await rules.send(PHONE)
    born = redis_server.process.call("HGET", f"p:{PHONE}", "born")
    assert isinstance(born, bytes)
    redis_server.process.call("HSET", f"p:{PHONE}", "born", int(born) - 600_000)

    assert await rules.check(PHONE, code) == [b"none"]


async def test_five_sends_an_hour(rules: RulesInLua) -> None:
    """The sixth is refused and told how long to wait; another phone is not."""
    for _ in range(5):
        await rules.send(PHONE)

    code, reason, wait = await rules.admit(PHONE, "a" * 16)

    assert (code, reason) == (b"", b"rate")
    assert 3_590_000 < wait <= 3_600_000
    await rules.send(OTHER)


async def test_five_wrong_answers(rules: RulesInLua) -> None:
    """Then even the right code has to wait; success alone empties the window."""
    code = await rules.send(PHONE)
    left = [(await rules.check(PHONE, wrong_guess(code)))[1] for _ in range(5)]

    verdict, wait = await rules.check(PHONE, code)

    assert left == [4, 3, 2, 1, 0]
    assert verdict == b"full"
    assert 590_000 < wait <= 600_000


@pytest.mark.parametrize(("budget", "country"), [(10_000, ""), (10**12, 10_000)])
async def test_the_budget(
    rules: RulesInLua, redis_server: Single, budget: int, country: int | str
) -> None:
    """A send that would pass a ceiling is refused and leaves nothing."""
    admitted = await rules.admit(PHONE, "a" * 16, budget=budget, country_budget=country)
    before = redis_server.all_keys_and_values()

    refused = await rules.admit(OTHER, "b" * 16, budget=budget, country_budget=country)

    assert len(admitted[0]) == 6
    assert refused[:2] == [b"", b"budget"]
    assert redis_server.all_keys_and_values() == before


async def test_a_failure_returns_the_money_once(rules: RulesInLua, redis_server: Single) -> None:
    """However often it is told, and never after the message was sent."""
    await rules.admit(PHONE, "a" * 16)

    assert await rules.settle(PHONE, "a" * 16, "failed", "") == 1
    assert await rules.settle(PHONE, "a" * 16, "failed", "") == 0
    assert await rules.settle(PHONE, "a" * 16, "sent", "SM") == 0

    counters = day(redis_server)
    assert counters[b"spent"] == counters[b"spent.US"] == 0
    assert counters[b"failed"] == 1

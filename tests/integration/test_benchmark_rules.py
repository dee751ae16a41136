"""The baseline of the benchmark plays fair: its scripts hold the rules that they are timed for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from benchmarks import said
from benchmarks.sides import rules_in_lua
from benchmarks.sides.floor import Floor
from benchmarks.sides.ours import Ours
from benchmarks.sides.rules_in_lua import RulesInLua
from benchmarks.sides.side import LIMIT, wrong_guess
from tests.integration.servers import FaultProxy, Single

PHONE = "+17202000001"
OTHER = "+17202000002"
A, B, C = "a" * 16, "b" * 16, "c" * 16
DAY_MS = 86_400_000
TODAY = "day:2026-01-02"
YESTERDAY = "day:2026-01-01"


@pytest.fixture(autouse=True)
def _one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be one day for the scripts, also while midnight passes."""
    monkeypatch.setattr(rules_in_lua, "today", lambda: TODAY)


@pytest.fixture
async def rules(redis_url: str) -> AsyncIterator[RulesInLua]:
    """Give the scripts on an empty server."""
    rules = RulesInLua(redis_url)
    yield rules
    await rules.close()


def day(server: Single, key: str = TODAY) -> dict[bytes, int]:
    """Give a day's counters, today's if none is named."""
    flat = server.process.call("HGETALL", key)
    assert isinstance(flat, list)
    return {bytes(k): int(v) for k, v in zip(flat[::2], flat[1::2], strict=True)}  # type: ignore[arg-type]


def fill_window(server: Single, key: str, count: int) -> None:
    """Let so many entries of a window be between one and twenty hours old."""
    now = int(time.time() * 1_000)
    for number in range(count):
        age = 3_600_000 + 1_000 + number * 3_600_000
        server.process.call("ZADD", key, now - age, f"{number:016x}")


def hash_of(server: Single) -> set[bytes]:
    """Give the names of what is kept of the phone."""
    names = server.process.call("HKEYS", f"p:{PHONE}")
    assert isinstance(names, list)
    return {name for name in names if isinstance(name, bytes)}


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
    """Then even the right code has to wait."""
    code = await rules.send(PHONE)
    left = [(await rules.check(PHONE, wrong_guess(code)))[1] for _ in range(5)]

    verdict, wait = await rules.check(PHONE, code)

    assert left == [4, 3, 2, 1, 0]
    assert verdict == b"full"
    assert 590_000 < wait <= 600_000


async def test_success_empties_the_window_of_wrong_answers(rules: RulesInLua) -> None:
    """And nothing else does: a resend leaves it as it is."""
    code = await rules.send(PHONE)
    await rules.check(PHONE, wrong_guess(code))
    await rules.send(PHONE)
    assert await rules.check(PHONE, wrong_guess(code)) == [b"wrong", 3]

    await rules.check(PHONE, code)
    code = await rules.send(PHONE)

    assert await rules.check(PHONE, wrong_guess(code)) == [b"wrong", 4]


async def test_twenty_sends_a_day(rules: RulesInLua, redis_server: Single) -> None:
    """The oldest of twenty has to leave the day's window first, however empty the hour's is."""
    fill_window(redis_server, f"s:{PHONE}", 19)
    await rules.send(PHONE)

    code, reason, wait = await rules.admit(PHONE, A)

    assert (code, reason) == (b"", b"rate")
    assert DAY_MS - 19 * 3_600_000 - 61_000 < wait <= DAY_MS - 19 * 3_600_000


async def test_twenty_wrong_answers_a_day(rules: RulesInLua, redis_server: Single) -> None:
    """The same for guesses, and the answers that are left say so."""
    code = await rules.send(PHONE)
    fill_window(redis_server, f"w:{PHONE}", 19)

    assert await rules.check(PHONE, wrong_guess(code)) == [b"wrong", 0]
    verdict, wait = await rules.check(PHONE, code)

    assert verdict == b"full"
    assert DAY_MS - 19 * 3_600_000 - 61_000 < wait <= DAY_MS - 19 * 3_600_000


async def test_the_wait_is_that_of_the_window_that_frees_last(
    rules: RulesInLua, redis_server: Single
) -> None:
    """A day's window that is about to free a place hides no hour's window that is not."""
    now = int(time.time() * 1_000)
    for number in range(15):
        age = DAY_MS - 60_000 - number
        redis_server.process.call("ZADD", f"s:{PHONE}", now - age, f"{number:016x}")
    for _ in range(5):
        await rules.send(PHONE)

    _, _, wait = await rules.admit(PHONE, A)

    assert wait > 3_590_000


async def test_an_attempt_is_kept_for_a_day(rules: RulesInLua, redis_server: Single) -> None:
    """The next send drops what has left all windows."""
    await rules.admit(PHONE, A)
    old = int(time.time() * 1_000) - DAY_MS - 1_000
    redis_server.process.call("ZADD", f"s:{PHONE}", old, A)

    await rules.admit(PHONE, B)

    assert {name for name in hash_of(redis_server) if name.startswith(b"a:")} == {b"a:" + b"b" * 16}


async def test_an_opt_out_never_expires(rules: RulesInLua, redis_server: Single) -> None:
    """It refuses sends, it outlives what is under way, and a START ends it with all that is old."""
    await rules.admit(PHONE, A)
    await rules.note(PHONE, "stop")
    await rules.settle(PHONE, A, "sent", "SM", charged=TODAY)

    assert (await rules.admit(PHONE, B))[1] == b"opted_out"
    assert redis_server.process.call("PTTL", f"p:{PHONE}") == -1

    redis_server.process.call("DEL", f"s:{PHONE}")  # as it ends by itself, a day later
    await rules.note(PHONE, "start")

    assert b"a:" + b"a" * 16 not in hash_of(redis_server)
    ends = redis_server.process.call("PTTL", f"p:{PHONE}")
    assert isinstance(ends, int)
    assert 0 < ends <= DAY_MS
    await rules.send(PHONE)


async def test_a_provider_that_knows_of_an_opt_out(rules: RulesInLua, redis_server: Single) -> None:
    """The send fails for certain, and is the last one."""
    await rules.admit(PHONE, A)

    assert await rules.settle(PHONE, A, "opted_out", charged=TODAY) == 1

    assert day(redis_server)[b"spent"] == 0
    assert (await rules.admit(PHONE, B))[1] == b"opted_out"
    assert redis_server.process.call("PTTL", f"p:{PHONE}") == -1


async def test_a_code_dies_with_the_last_attempt_that_carried_it(rules: RulesInLua) -> None:
    """One that may have arrived keeps it alive; after the last failure a new one is made."""
    code, repeated = await rules.admit(PHONE, A)
    assert (await rules.admit(PHONE, B))[0] == code
    assert repeated == 0

    await rules.settle(PHONE, A, "failed", charged=TODAY)
    assert (await rules.check(PHONE, wrong_guess(code.decode())))[0] == b"wrong"

    await rules.settle(PHONE, B, "failed", charged=TODAY)
    assert await rules.check(PHONE, code.decode()) == [b"none"]
    assert (await rules.admit(PHONE, C))[1] == 0


async def test_a_former_code_dies_alone(rules: RulesInLua, redis_server: Single) -> None:
    """What fails for certain takes its own code along, not the other one."""
    first, _ = await rules.admit(PHONE, A)
    born = redis_server.process.call("HGET", f"p:{PHONE}", "born")
    assert isinstance(born, bytes)
    redis_server.process.call("HSET", f"p:{PHONE}", "born", int(born) - 301_000)
    second, _ = await rules.admit(PHONE, B)

    await rules.settle(PHONE, A, "failed", charged=TODAY)

    assert (await rules.check(PHONE, first.decode()))[0] == b"wrong"
    assert await rules.check(PHONE, second.decode()) == [b"approved"]


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
    await rules.admit(PHONE, A)

    assert await rules.settle(PHONE, A, "failed", charged=TODAY) == 1
    assert await rules.settle(PHONE, A, "failed", charged=TODAY) == 0
    assert await rules.settle(PHONE, A, "sent", "SM", charged=TODAY) == 0

    counters = day(redis_server)
    assert counters[b"spent"] == counters[b"spent.US"] == 0
    assert counters[b"failed"] == 1


async def test_money_goes_back_to_the_day_that_was_charged(
    rules: RulesInLua, redis_server: Single
) -> None:
    """Midnight may lie between; the failure is counted where it happened."""
    await rules.admit(PHONE, A, day=YESTERDAY)
    await rules.admit(OTHER, B)
    charged = day(redis_server)[b"spent"]

    await rules.settle(PHONE, A, "failed", charged=YESTERDAY)

    assert day(redis_server, YESTERDAY)[b"spent"] == 0
    assert day(redis_server)[b"spent"] == charged
    assert day(redis_server)[b"failed"] == 1


async def test_money_is_kept_when_nobody_knows(rules: RulesInLua, redis_server: Single) -> None:
    """The message may have been taken: its code is good, and a later fact still counts."""
    code, _ = await rules.admit(PHONE, A)
    charged = day(redis_server)[b"spent"]

    assert await rules.settle(PHONE, A, "unknown", charged=TODAY) == 1
    assert await rules.settle(PHONE, A, "unknown", charged=TODAY) == 0
    assert day(redis_server)[b"spent"] == charged > 0
    assert day(redis_server)[b"unknown"] == 1

    assert await rules.settle(PHONE, A, "sent", "SM", charged=TODAY) == 1
    assert await rules.check(PHONE, code.decode()) == [b"approved"]


async def test_a_send_that_is_asked_again_is_one(rules: RulesInLua, redis_server: Single) -> None:
    """Its reply was lost: the attempt's id brings the first answer, whatever came in between."""
    first = await rules.admit(PHONE, A)
    again = await rules.admit(PHONE, A)
    charged = day(redis_server)[b"spent"]
    await rules.check(PHONE, first[0].decode())
    for attempt in (B, C, "d" * 16, "e" * 16):
        await rules.admit(PHONE, attempt)

    assert again == first
    assert charged == 8_300
    assert await rules.admit(PHONE, A) == first
    assert redis_server.process.call("ZCARD", f"s:{PHONE}") == LIMIT


async def test_an_answer_that_is_given_again_is_one(
    rules: RulesInLua, redis_server: Single
) -> None:
    """Wrong or right, the operation's id brings the first verdict, whatever came in between."""
    code = await rules.send(PHONE)
    wrong = await rules.check(PHONE, wrong_guess(code), A)
    await rules.check(PHONE, wrong_guess(code), B)

    assert await rules.check(PHONE, wrong_guess(code), A) == wrong == [b"wrong", 4]
    assert redis_server.process.call("ZCARD", f"w:{PHONE}") == 2

    assert await rules.check(PHONE, code, C) == [b"approved"]
    second = await rules.send(PHONE)
    assert await rules.check(PHONE, second) == [b"approved"]

    assert await rules.check(PHONE, code, C) == [b"approved"]
    assert await rules.check(PHONE, wrong_guess(code), A) == wrong
    assert day(redis_server)[b"approved.US"] == 2


@pytest.mark.parametrize("side", [Ours, RulesInLua])
@pytest.mark.parametrize("operation", ["guess", "resend"])
async def test_an_attack_begins_with_what_policy_lets_through(
    redis_url: str, redis_server: Single, side: type[Ours | RulesInLua], operation: str
) -> None:
    """Of many at once as many get through as of few, and from then on nobody does."""
    attacker = side(redis_url)
    await attacker.prepare(operation)

    await asyncio.gather(*(attacker.operations[f"first_{operation}"](n) for n in range(20)))
    stored = redis_server.all_keys_and_values()
    await asyncio.gather(*(attacker.operations[operation](n) for n in range(20)))

    assert redis_server.all_keys_and_values() == stored
    await attacker.close()


async def test_the_floor_says_as_many_commands_as_ours(
    fault_proxy: FaultProxy, redis_server: Single
) -> None:
    """And the last value that it writes is as long as the record that a round leaves."""
    ours, floor = Ours(fault_proxy.url), await asyncio.to_thread(Floor, fault_proxy.url)
    spent = []
    for side in (ours, floor):
        await side.operations["round"](1)  # connections, scripts, the pool
        before = fault_proxy.counts
        await side.operations["round"](2)
        spent.append(fault_proxy.counts - before)
        await side.close()

    assert spent[0].commands == spent[1].commands == len(await said.in_a_round())
    sizes = {
        redis_server.process.call("STRLEN", key)
        for key in redis_server.all_keys_and_values()
        if b"p:" in key
    }
    assert len(sizes) == 1

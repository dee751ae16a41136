"""Checking: one load, one commit if the answer counts, and refusals counted here."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from smsverify.domain.decisions import Approved, Refused, Wrong
from smsverify.domain.error_code import ErrorCode
from smsverify.errors import StoreUnavailable
from smsverify.testing import CountsCalls, LosesReplies, Loss, last_code
from tests.unit.kit import Kit, build, number


async def sent(kit: Kit, phone: str = "+15551234567") -> bytes:
    """Send a code and return it."""
    await kit.verifier.send_verification_sms(phone, "MyApp")
    return last_code(kit.gateway, phone).encode()


def other(code: bytes) -> bytes:
    """Return a code that is wrong."""
    return b"%06d" % ((int(code) + 1) % 1_000_000)


async def check(kit: Kit, typed: bytes, **more: Any) -> Any:
    """Check an answer."""
    return await kit.container.check()(number(), "verify", typed, **more)


async def test_right_once_then_none() -> None:
    """A right answer is approved, and used up."""
    kit = build()
    code = await sent(kit)

    assert await check(kit, code) == Approved()
    assert await check(kit, code) == Refused(ErrorCode.NO_PENDING_VERIFICATION)


async def test_a_check_that_counts_is_a_load_and_a_commit() -> None:
    """Right and wrong answers take two calls of the store; a refusal one."""
    kit = build(CountsCalls)
    code = await sent(kit)
    assert isinstance(kit.store, CountsCalls)
    kit.store.loads = 0
    kit.store.answers.clear()

    await check(kit, other(code))
    assert (kit.store.loads, len(kit.store.answers)) == (1, 1)
    await check(kit, code)
    assert (kit.store.loads, len(kit.store.answers)) == (2, 2)
    await check(kit, code)
    assert (kit.store.loads, len(kit.store.answers)) == (3, 2)


async def test_a_refusal_is_counted_here() -> None:
    """What refuses without counting a wrong answer is counted in memory, by its code."""
    kit = build()

    await check(kit, b"123456")

    waiting = kit.container.refusals().waiting()
    assert waiting == {"refused_check.NO_PENDING_VERIFICATION": 1}


async def test_a_wrong_answer_is_not_counted_twice() -> None:
    """A counted wrong answer stands in the day's counters and not among the refusals too."""
    kit = build()

    assert await check(kit, other(await sent(kit))) == Wrong(4)

    assert kit.container.refusals().waiting() == {}
    assert (await kit.day())["wrong"] == 1


@pytest.mark.parametrize("right", [True, False])
async def test_a_repeated_commit_gives_the_first_verdict(right: bool) -> None:
    """The commit executes, its reply is lost, the adapter repeats it: counted once, same answer."""
    kit = build(functools.partial(LosesReplies, plan=[Loss.NONE, Loss.NONE, Loss.REPEATED]))
    code = await sent(kit)

    verdict = await check(kit, code if right else other(code))

    assert verdict == (Approved() if right else Wrong(4))
    day = await kit.day()
    assert (day.get("approved.US", 0), day.get("wrong", 0)) == (int(right), int(not right))


async def test_a_lost_approval_is_given_again_to_its_key() -> None:
    """A caller whose answer got lost asks again with the same key and hears "approved"."""
    kit = build(functools.partial(LosesReplies, plan=[Loss.NONE, Loss.NONE, Loss.RAISED]))
    code = await sent(kit)

    with pytest.raises(StoreUnavailable):
        await check(kit, code, idempotency_key="mine")

    assert await check(kit, code, idempotency_key="mine") == Approved(again=True)
    assert await check(kit, code, idempotency_key="yours") == Refused(
        ErrorCode.NO_PENDING_VERIFICATION
    )
    assert await check(kit, other(code), idempotency_key="mine") == Refused(
        ErrorCode.NO_PENDING_VERIFICATION
    )


async def test_a_phone_that_only_refused_is_not_remembered() -> None:
    """A guess at a phone without a record does not make the next send load first."""
    kit = build()
    elsewhere = build(clock=kit.clock)
    elsewhere.container.store.override(kit.store)
    key = kit.container.keys().phone(number())

    await check(kit, b"123456")
    assert key not in kit.container.recent()
    await check(kit, other(await sent(elsewhere)))
    assert key in kit.container.recent()


async def test_a_client_at_its_limit_is_refused_the_right_code_too() -> None:
    """Wrong answers of one client are counted over all phones, in the same commits."""
    kit = build(client_wrong_answer_limit_per_hour=2)
    for phone in ("+15551230001", "+15551230002"):
        code = await sent(kit, phone)
        verdict = await kit.container.check()(number(phone), "verify", other(code), client="c")
        assert isinstance(verdict, Wrong)
    code = await sent(kit)

    verdict = await check(kit, code, client="c")

    assert isinstance(verdict, Refused)
    assert (verdict.code, verdict.rule) == (
        ErrorCode.TOO_MANY_ATTEMPTS,
        "client_wrong_answers_per_hour",
    )
    assert kit.container.refusals().waiting() == {"refused_check.TOO_MANY_ATTEMPTS": 1}
    assert await check(kit, code, client="another") == Approved()

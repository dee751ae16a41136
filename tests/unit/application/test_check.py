"""Checking: one commit if the answer counts, one load if it does not; refusals counted here."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from smsverify.domain.decisions import Approved, Refused, Wrong
from smsverify.domain.error_code import ErrorCode
from smsverify.errors import StoreUnavailable
from smsverify.testing import CountsCalls, LosesReplies, Loss, ScriptedEntropy, last_code
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


async def spent(kit: Kit, typed: bytes, expected: type) -> tuple[int, list[str]]:
    """Check an answer; return the loads, and how the commits were answered."""
    assert isinstance(kit.store, CountsCalls)
    kit.store.loads = 0
    kit.store.answers.clear()
    assert isinstance(await check(kit, typed), expected)
    return kit.store.loads, [type(answer).__name__ for answer in kit.store.answers]


def another(kit: Kit) -> Kit:
    """Return another process over the same store; its entropy is another one, too."""
    assert isinstance(kit.store, CountsCalls)
    other = build(lambda _: CountsCalls(kit.store.store), clock=kit.clock)
    other.container.entropy.override(ScriptedEntropy(2))
    return other


async def test_a_check_of_what_this_process_sent_is_one_commit() -> None:
    """Right and wrong answers take one call of the store, and so does each refusal: a load."""
    kit = build(CountsCalls)
    code = await sent(kit)

    assert await spent(kit, other(code), Wrong) == (0, ["Written"])
    assert await spent(kit, code, Approved) == (0, ["Written"])
    for _ in range(3):
        assert await spent(kit, code, Refused) == (1, [])


async def test_a_check_of_what_another_process_sent_is_a_load_and_a_commit() -> None:
    """A phone that this process never met is not taken for new: there is a code to be checked."""
    kit = build(CountsCalls)
    elsewhere = another(kit)
    code = await sent(elsewhere)

    assert await spent(kit, other(code), Wrong) == (1, ["Written"])
    assert await spent(kit, code, Approved) == (0, ["Written"])


async def test_a_check_of_what_changed_elsewhere_is_two_commits() -> None:
    """The conflict brings the record along: wrong answers there count here."""
    kit = build(CountsCalls)
    elsewhere = another(kit)
    code = await sent(kit)
    assert await check(elsewhere, other(code)) == Wrong(4)

    assert await spent(kit, other(code), Wrong) == (0, ["Conflict", "Written"])
    assert await check(elsewhere, other(code)) == Wrong(2)
    assert await spent(kit, code, Approved) == (0, ["Conflict", "Written"])


async def test_a_code_that_was_used_up_elsewhere_lets_nobody_in() -> None:
    """What this process believes to live is no ground for an approval."""
    kit = build(CountsCalls)
    elsewhere = another(kit)
    code = await sent(kit)
    assert await check(elsewhere, code) == Approved()

    assert await spent(kit, code, Refused) == (0, ["Conflict"])

    assert (await kit.day())["approved.US"] == 1


async def test_a_code_that_came_from_elsewhere_lets_in() -> None:
    """What this process believes to be nothing pending is no ground for a refusal."""
    kit = build(CountsCalls)
    elsewhere = another(kit)
    await check(kit, await sent(kit))
    kit.clock.advance(1)  # type: ignore[attr-defined]
    code = await sent(elsewhere)

    assert await spent(kit, code, Approved) == (1, ["Written"])


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


async def test_a_refused_guess_makes_the_next_send_look_first() -> None:
    """Of a phone that somebody guesses at nothing is believed; a send to it wastes no commit."""
    kit = build(CountsCalls)
    await check(kit, b"123456")
    assert isinstance(kit.store, CountsCalls)
    await kit.container.pool().look()
    kit.store.loads = 0

    code = await sent(kit)

    assert kit.store.loads == 1
    assert [type(answer).__name__ for answer in kit.store.answers] == ["Written", "Written"]
    assert await spent(kit, code, Approved) == (0, ["Written"])


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


async def test_who_names_no_client_is_held_to_no_clients_limit() -> None:
    """Checks that name none have no client in common."""
    kit = build(client_wrong_answer_limit_per_hour=1)

    for phone in ("+15551230001", "+15551230002"):
        code = await sent(kit, phone)
        verdict = await kit.container.check()(number(phone), "verify", other(code))
        assert isinstance(verdict, Wrong)

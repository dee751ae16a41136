"""Scenarios about codes: sent, typed in, guessed at, over."""

from __future__ import annotations

from typing import Final

from smsverify import ErrorCode
from smsverify.entrypoints.selftest.playground import APP_NAME, Playground, wrong_for
from smsverify.entrypoints.selftest.scenario import NotAsExpected, expect
from smsverify.entrypoints.selftest.steps import approve, send

CODE_LIFE: Final = 600
WRONG_ANSWERS: Final = 5
BAD_CODES: Final = ("", "12345", "1234567", "12345a", "١٢٣٤٥٦", "123456\n", "1" * 10_000)


async def normal_flow(ground: Playground) -> str:
    """A code is sent, typed in, approved once, and not a second time."""
    phone = ground.new_phone()
    sent = await send(ground, phone)
    expect("messages on the phone", len(ground.inbox(phone)), 1)
    if APP_NAME not in ground.inbox(phone)[0]:
        raise NotAsExpected("the message does not name the app")
    if not (sent.message_id or "").startswith("SM"):
        raise NotAsExpected("the send has no message id")
    code = ground.code_of(phone)
    await approve(ground, phone, code)
    again = await ground.verifier.verify_code(phone, code)
    expect("the same code again", again.error_code, ErrorCode.NO_PENDING_VERIFICATION)
    return "sent, approved once, not a second time"


async def wrong_code(ground: Playground) -> str:
    """Wrong answers are refused and counted; what can't be a code is not counted."""
    phone = ground.new_phone()
    await send(ground, phone)
    code = ground.code_of(phone)
    for bad in BAD_CODES:
        result = await ground.verifier.verify_code(phone, bad)
        expect("what can't be a code", result.error_code, ErrorCode.INVALID_CODE_FORMAT)
    result = await ground.verifier.verify_code(phone, wrong_for(code))
    expect("a wrong code", result.error_code, ErrorCode.INCORRECT_CODE)
    expect("attempts left", result.attempts_left, WRONG_ANSWERS - 1)
    await approve(ground, phone, code)
    return "refused and counted; the right one still works"


async def guessing(ground: Playground) -> str:
    """After too many wrong answers even the right code has to wait, and a resend helps nobody."""
    phone = ground.new_phone()
    await send(ground, phone)
    code = ground.code_of(phone)
    for _ in range(WRONG_ANSWERS):
        await ground.verifier.verify_code(phone, wrong_for(code))
    await send(ground, phone)
    result = await ground.verifier.verify_code(phone, code)
    expect("the right code after five guesses", result.error_code, ErrorCode.TOO_MANY_ATTEMPTS)
    ground.clock.advance(result.retry_after or 0)
    await send(ground, phone)
    await approve(ground, phone, ground.code_of(phone))
    return f"locked after {WRONG_ANSWERS} guesses, free again in {result.retry_after} s"


async def resend(ground: Playground) -> str:
    """Who asks again gets the same code."""
    phone = ground.new_phone()
    await send(ground, phone)
    first = ground.code_of(phone)
    ground.clock.advance(60)
    await send(ground, phone)
    if ground.code_of(phone) != first:
        raise NotAsExpected("the second message carries another code")
    await approve(ground, phone, first)
    return "the second message carries the same code"


async def expiry(ground: Playground) -> str:
    """A code works up to its last second and not after it."""
    early, late = ground.new_phone(), ground.new_phone()
    await send(ground, early)
    await send(ground, late)
    ground.clock.advance(CODE_LIFE - 1)
    await approve(ground, early, ground.code_of(early))
    ground.clock.advance(2)
    result = await ground.verifier.verify_code(late, ground.code_of(late))
    expect("a code that is over", result.error_code, ErrorCode.CODE_EXPIRED)
    return f"good for {CODE_LIFE} s and not longer"

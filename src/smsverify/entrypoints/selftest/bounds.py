"""Scenarios about what must not be passed: limits, money, and one approval of many."""

from __future__ import annotations

import asyncio
from typing import Final

from smsverify import ErrorCode
from smsverify.entrypoints.selftest.playground import APP_NAME, Playground
from smsverify.entrypoints.selftest.scenario import expect
from smsverify.entrypoints.selftest.steps import send

HOUR: Final = 3_600
DAY: Final = 24 * HOUR
SENDS_PER_HOUR: Final = 5
SIMULTANEOUS: Final = 40


async def limits(ground: Playground) -> str:
    """The sixth send within an hour is refused, and says how long to wait."""
    phone = ground.new_phone()
    for _ in range(SENDS_PER_HOUR):
        await send(ground, phone)
    refused = await ground.verifier.send_verification_sms(phone, APP_NAME)
    expect("one send too many", refused.error_code, ErrorCode.RATE_LIMIT_EXCEEDED)
    expect("messages on the phone", len(ground.inbox(phone)), SENDS_PER_HOUR)
    expect("its waiting time in seconds", refused.retry_after, HOUR)
    other = " ".join((phone[:2], phone[2:5], phone[5:]))
    spelled = await ground.verifier.send_verification_sms(other, APP_NAME)
    expect("another spelling", spelled.error_code, ErrorCode.RATE_LIMIT_EXCEEDED)
    ground.clock.advance(HOUR)
    await send(ground, phone)
    return f"{SENDS_PER_HOUR} an hour, whatever the spelling"


async def budget(ground: Playground) -> str:
    """Nothing is sent that would pass the day's money; the next day has its own."""
    price = (await send(ground, ground.new_phone())).cost or 0
    small = ground.another(daily_cost_limit=f"{2 * price:.6f}")
    for _ in range(2):
        await send(small, small.new_phone())
    phone = small.new_phone()
    refused = await small.verifier.send_verification_sms(phone, APP_NAME)
    expect("one send too many", refused.error_code, ErrorCode.DAILY_COST_LIMIT_EXCEEDED)
    expect("messages on the phone", len(small.inbox(phone)), 0)
    small.clock.advance(DAY)
    await send(small, phone)
    return "spent to the last message, and anew the next day"


async def parallel_answers(ground: Playground) -> str:
    """Of many right answers at once one is approved; of many sends at once five go out."""
    phone = ground.new_phone()
    sends = [ground.verifier.send_verification_sms(phone, APP_NAME) for _ in range(SIMULTANEOUS)]
    admitted = sum(result.success for result in await asyncio.gather(*sends))
    expect("sends admitted", admitted, SENDS_PER_HOUR)
    code = ground.code_of(phone)
    answers = [ground.verifier.verify_code(phone, code) for _ in range(SIMULTANEOUS)]
    approved = sum(result.success for result in await asyncio.gather(*answers))
    expect("approvals", approved, 1)
    return f"of {SIMULTANEOUS} at once one approved, of {SIMULTANEOUS} sends {admitted} sent"


async def idempotency(ground: Playground) -> str:
    """The same key gives the same answer and no second message."""
    phone = ground.new_phone()
    send = ground.verifier.send_verification_sms
    first = await send(phone, APP_NAME, idempotency_key="order-1")
    second = await send(phone, APP_NAME, idempotency_key="order-1")
    expect("the message id", second.message_id, first.message_id)
    expect("messages on the phone", len(ground.inbox(phone)), 1)
    return "repeated calls send one message"

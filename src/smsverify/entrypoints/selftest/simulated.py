"""The scenarios of ``--simulation``: each on verifiers of its own, in memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from smsverify import ErrorCode
from smsverify.entrypoints.selftest.log_lines import captured_logs
from smsverify.entrypoints.selftest.playground import (
    APP_NAME,
    Playground,
    file_settings,
    temporary_folder,
    wrong_for,
)
from smsverify.entrypoints.selftest.scenario import NotAsExpected, Scenario, expect
from smsverify.testing.gateway import last_code

if TYPE_CHECKING:
    from smsverify import SendResult

MAGIC: Final = {
    "+15005550001": (ErrorCode.INVALID_PHONE_FORMAT, 21211),
    "+15005550002": (ErrorCode.TWILIO_API_ERROR, 21612),
    "+15005550003": (ErrorCode.TWILIO_API_ERROR, 21408),
    "+15005550004": (ErrorCode.RECIPIENT_OPTED_OUT, 21610),
    "+15005550009": (ErrorCode.INVALID_PHONE_FORMAT, 21614),
}
"""
Twilio's magic numbers as recipients, and what they stand for.

Source: Twilio's guide to test credentials (https://www.twilio.com/docs/iam/test-credentials).
"""

CODE_LIFE: Final = 600
HOUR: Final = 3_600
DAY: Final = 24 * HOUR
SENDS_PER_HOUR: Final = 5
WRONG_ANSWERS: Final = 5
SIMULTANEOUS: Final = 40
BAD_NUMBERS: Final = ("", "abc", "+1555", "1' OR '1'='1", "+1555123456\u0667", "9" * 40)
BAD_CODES: Final = ("", "12345", "1234567", "12345a", "١٢٣٤٥٦", "123456\n", "1" * 10_000)


async def normal_flow(ground: Playground) -> str:
    """A code is sent, typed in, approved once, and not a second time."""
    phone = ground.new_phone()
    sent = await _send(ground, phone)
    expect("messages on the phone", len(ground.inbox(phone)), 1)
    if APP_NAME not in ground.inbox(phone)[0]:
        raise NotAsExpected("the message does not name the app")
    if not (sent.message_id or "").startswith("SM"):
        raise NotAsExpected("the send has no message id")
    code = ground.code_of(phone)
    await _approve(ground, phone, code)
    again = await ground.verifier.verify_code(phone, code)
    expect("the same code again", again.error_code, ErrorCode.NO_PENDING_VERIFICATION)
    return "sent, approved once, not a second time"


async def wrong_code(ground: Playground) -> str:
    """Wrong answers are refused and counted; what can't be a code is not counted."""
    phone = ground.new_phone()
    await _send(ground, phone)
    code = ground.code_of(phone)
    for bad in BAD_CODES:
        result = await ground.verifier.verify_code(phone, bad)
        expect("what can't be a code", result.error_code, ErrorCode.INVALID_CODE_FORMAT)
    result = await ground.verifier.verify_code(phone, wrong_for(code))
    expect("a wrong code", result.error_code, ErrorCode.INCORRECT_CODE)
    expect("attempts left", result.attempts_left, WRONG_ANSWERS - 1)
    await _approve(ground, phone, code)
    return "refused and counted; the right one still works"


async def guessing(ground: Playground) -> str:
    """After too many wrong answers even the right code has to wait, and a resend helps nobody."""
    phone = ground.new_phone()
    await _send(ground, phone)
    code = ground.code_of(phone)
    for _ in range(WRONG_ANSWERS):
        await ground.verifier.verify_code(phone, wrong_for(code))
    await _send(ground, phone)
    result = await ground.verifier.verify_code(phone, code)
    expect("the right code after five guesses", result.error_code, ErrorCode.TOO_MANY_ATTEMPTS)
    ground.clock.advance(result.retry_after or 0)
    await _send(ground, phone)
    await _approve(ground, phone, ground.code_of(phone))
    return f"locked after {WRONG_ANSWERS} guesses, free again in {result.retry_after} s"


async def resend(ground: Playground) -> str:
    """Who asks again gets the same code."""
    phone = ground.new_phone()
    await _send(ground, phone)
    first = ground.code_of(phone)
    ground.clock.advance(60)
    await _send(ground, phone)
    if ground.code_of(phone) != first:
        raise NotAsExpected("the second message carries another code")
    await _approve(ground, phone, first)
    return "the second message carries the same code"


async def expiry(ground: Playground) -> str:
    """A code works up to its last second and not after it."""
    early, late = ground.new_phone(), ground.new_phone()
    await _send(ground, early)
    await _send(ground, late)
    ground.clock.advance(CODE_LIFE - 1)
    await _approve(ground, early, ground.code_of(early))
    ground.clock.advance(2)
    result = await ground.verifier.verify_code(late, ground.code_of(late))
    expect("a code that is over", result.error_code, ErrorCode.CODE_EXPIRED)
    return f"good for {CODE_LIFE} s and not longer"


async def limits(ground: Playground) -> str:
    """The sixth send within an hour is refused, and says how long to wait."""
    phone = ground.new_phone()
    for _ in range(SENDS_PER_HOUR):
        await _send(ground, phone)
    refused = await ground.verifier.send_verification_sms(phone, APP_NAME)
    expect("one send too many", refused.error_code, ErrorCode.RATE_LIMIT_EXCEEDED)
    expect("messages on the phone", len(ground.inbox(phone)), SENDS_PER_HOUR)
    expect("its waiting time in seconds", refused.retry_after, HOUR)
    other = " ".join((phone[:2], phone[2:5], phone[5:]))
    spelled = await ground.verifier.send_verification_sms(other, APP_NAME)
    expect("another spelling", spelled.error_code, ErrorCode.RATE_LIMIT_EXCEEDED)
    ground.clock.advance(HOUR)
    await _send(ground, phone)
    return f"{SENDS_PER_HOUR} an hour, whatever the spelling"


async def budget(ground: Playground) -> str:
    """Nothing is sent that would pass the day's money; the next day has its own."""
    price = (await _send(ground, ground.new_phone())).cost or 0
    small = ground.another(daily_cost_limit=f"{2 * price:.6f}")
    for _ in range(2):
        await _send(small, small.new_phone())
    phone = small.new_phone()
    refused = await small.verifier.send_verification_sms(phone, APP_NAME)
    expect("one send too many", refused.error_code, ErrorCode.DAILY_COST_LIMIT_EXCEEDED)
    expect("messages on the phone", len(small.inbox(phone)), 0)
    small.clock.advance(DAY)
    await _send(small, phone)
    return "spent to the last message, and anew the next day"


async def opt_out(ground: Playground) -> str:
    """Whom the provider reports as opted out is not sent to again, nor asked about."""
    phone = "+15005550004"
    first = await ground.verifier.send_verification_sms(phone, APP_NAME)
    expect("the first send", first.error_code, ErrorCode.RECIPIENT_OPTED_OUT)
    expect("the provider's code", first.provider_code, MAGIC[phone][1])
    second = await ground.verifier.send_verification_sms(phone, APP_NAME)
    expect("the second send", second.error_code, ErrorCode.RECIPIENT_OPTED_OUT)
    expect("the provider's code, not asked again", second.provider_code, None)
    return "remembered: the provider is not asked again"


async def magic_numbers(ground: Playground) -> str:
    """Each of the provider's ways to refuse is told apart, and costs nothing."""
    for phone, (code, provider_code) in MAGIC.items():
        result = await ground.verifier.send_verification_sms(phone, APP_NAME)
        expect(f"{phone[-4:]}", result.error_code, code)
        expect(f"the provider's code of {phone[-4:]}", result.provider_code, provider_code)
    spent = _part(await ground.verifier.statistics(), "cost")["spent_dollars"]
    expect("dollars spent", spent, 0.0)
    return f"{len(MAGIC)} refusals told apart, nothing charged"


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


async def bad_numbers(ground: Playground) -> str:
    """What is no number is refused with a result, not with an exception."""
    for bad in BAD_NUMBERS:
        result = await ground.verifier.send_verification_sms(bad, APP_NAME)
        expect("what is no number", result.error_code, ErrorCode.INVALID_PHONE_FORMAT)
    return f"{len(BAD_NUMBERS)} refused"


async def statistics(ground: Playground) -> str:
    """The figures say what happened."""
    phone = ground.new_phone()
    sent = await _send(ground, phone)
    await ground.verifier.verify_code(phone, wrong_for(ground.code_of(phone)))
    await _approve(ground, phone, ground.code_of(phone))
    await ground.verifier.send_verification_sms("nobody", APP_NAME)
    figures = await ground.verifier.statistics()
    sends, checks = _part(figures, "sends"), _part(figures, "checks")
    expect("accepted", sends["accepted"], 1)
    expect("refused", sends["refused"], {str(ErrorCode.INVALID_PHONE_FORMAT): 1})
    expect("approved and wrong", (checks["approved"], checks["wrong"]), (1, 1))
    expect("dollars spent", _part(figures, "cost")["spent_dollars"], sent.cost)
    return "sends, checks and money as they happened"


async def another_process(ground: Playground) -> str:
    """What one verifier sent another one checks: records are in the store, not in the object."""
    phone = ground.new_phone()
    with temporary_folder() as folder:
        settings = file_settings(folder)
        async with ground.build(settings, clock=ground.clock) as first:
            await first.send_verification_sms(phone, APP_NAME)
            code = last_code(first, phone)
        async with ground.build(settings, clock=ground.clock) as second:
            result = await second.verify_code(phone, code)
    expect("the check", result.error_code, None)
    return "sent by one verifier, approved by another"


async def masked_logs(ground: Playground) -> str:
    """No log line at any level holds a code or a whole number."""
    phone = ground.new_phone()
    with captured_logs() as lines:
        await _send(ground, phone)
        code = ground.code_of(phone)
        await ground.verifier.verify_code(phone, wrong_for(code))
        await _approve(ground, phone, code)
        await ground.verifier.send_verification_sms("+15005550001", APP_NAME)
    if not lines:
        raise NotAsExpected("nothing was logged")
    for line in lines:
        if code in line or wrong_for(code) in line:
            raise NotAsExpected("a log line holds a code")
        if phone in line or phone[1:] in line:
            raise NotAsExpected("a log line holds a whole number")
    return f"{len(lines)} lines without a code or a whole number"


SCENARIOS: Final = (
    Scenario("Normal flow", normal_flow),
    Scenario("Wrong code", wrong_code),
    Scenario("Guessing", guessing),
    Scenario("Resend", resend),
    Scenario("Expiry", expiry),
    Scenario("Limits", limits),
    Scenario("Budget", budget),
    Scenario("Opt-out", opt_out),
    Scenario("Magic numbers", magic_numbers),
    Scenario("Parallel answers", parallel_answers),
    Scenario("Idempotency key", idempotency),
    Scenario("Bad numbers", bad_numbers),
    Scenario("Statistics", statistics),
    Scenario("Another process", another_process),
    Scenario("Masking in logs", masked_logs),
)
"""What is tried, in this order."""


async def _send(ground: Playground, phone: str) -> SendResult:
    result = await ground.verifier.send_verification_sms(phone, APP_NAME)
    expect("a send", result.error_code, None)
    return result


async def _approve(ground: Playground, phone: str, code: str) -> None:
    result = await ground.verifier.verify_code(phone, code)
    expect("the right code", result.error_code, None)


def _part(figures: dict[str, object], name: str) -> dict[str, object]:
    part = figures.get(name)
    if not isinstance(part, dict):
        raise NotAsExpected(f"the statistics have no part {name}")
    return part

"""Scenarios about what is around a verification: provider, input, figures, store, log."""

from __future__ import annotations

from typing import Final

from smsverify import ErrorCode
from smsverify.entrypoints.selftest.log_lines import captured_logs
from smsverify.entrypoints.selftest.playground import (
    APP_NAME,
    Playground,
    file_settings,
    temporary_folder,
    wrong_for,
)
from smsverify.entrypoints.selftest.scenario import NotAsExpected, expect
from smsverify.entrypoints.selftest.steps import approve, part_of, send
from smsverify.testing.gateway import last_code

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

BAD_NUMBERS: Final = ("", "abc", "+1555", "1' OR '1'='1", "+1555123456\u0667", "9" * 40)


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
    spent = part_of(await ground.verifier.statistics(), "cost")["spent_dollars"]
    expect("dollars spent", spent, 0.0)
    return f"{len(MAGIC)} refusals told apart, nothing charged"


async def bad_numbers(ground: Playground) -> str:
    """What is no number is refused with a result, not with an exception."""
    for bad in BAD_NUMBERS:
        result = await ground.verifier.send_verification_sms(bad, APP_NAME)
        expect("what is no number", result.error_code, ErrorCode.INVALID_PHONE_FORMAT)
    return f"{len(BAD_NUMBERS)} refused"


async def statistics(ground: Playground) -> str:
    """The figures say what happened."""
    phone = ground.new_phone()
    sent = await send(ground, phone)
    await ground.verifier.verify_code(phone, wrong_for(ground.code_of(phone)))
    await approve(ground, phone, ground.code_of(phone))
    await ground.verifier.send_verification_sms("nobody", APP_NAME)
    figures = await ground.verifier.statistics()
    sends, checks = part_of(figures, "sends"), part_of(figures, "checks")
    expect("accepted", sends["accepted"], 1)
    expect("refused", sends["refused"], {str(ErrorCode.INVALID_PHONE_FORMAT): 1})
    expect("approved and wrong", (checks["approved"], checks["wrong"]), (1, 1))
    expect("dollars spent", part_of(figures, "cost")["spent_dollars"], sent.cost)
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
        await send(ground, phone)
        code = ground.code_of(phone)
        await ground.verifier.verify_code(phone, wrong_for(code))
        await approve(ground, phone, code)
        await ground.verifier.send_verification_sms("+15005550001", APP_NAME)
    if not lines:
        raise NotAsExpected("nothing was logged")
    for line in lines:
        if code in line or wrong_for(code) in line:
            raise NotAsExpected("a log line holds a code")
        if phone in line or phone[1:] in line:
            raise NotAsExpected("a log line holds a whole number")
    return f"{len(lines)} lines without a code or a whole number"

"""
Every row of Twilio's error codes, through everything: the real SDK, the store and the facade.

Each asserts the state of the attempt, the money, the code's life and what the caller gets.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.testing import ManualClock
from tests.integration.live import PHONE, PRICE, Live, live_with
from tests.integration.twilio_server.account import AUTH_TOKEN
from tests.integration.twilio_server.behaviour import (
    Behaviour,
    HangUp,
    answer_made,
    cut,
    fail,
    refuse,
    refuse_as_problem,
    say,
    throttle,
)
from tests.integration.twilio_server.fixtures import local_twilio, patience
from tests.integration.twilio_server.server import LocalTwilio

__all__ = ["local_twilio", "patience"]

R = FailureReason


@pytest.fixture
async def live(local_twilio: LocalTwilio) -> AsyncIterator[Live]:
    """Give a verifier in live mode on a store in memory, its clock standing still."""
    made = live_with(local_twilio)
    yield made
    await made.verifier.close()


async def assert_failed(live: Live, reason: FailureReason, provider_code: int | None) -> None:
    """Assert that the only attempt failed for certain, for this reason, and cost nothing."""
    attempt = await live.attempt()
    assert attempt.state is DeliveryState.FAILED
    assert (attempt.reason, attempt.provider_code) == (reason, provider_code)
    assert attempt.message_id is None
    assert await live.spent() == (0, 0)
    day = await live.day()
    assert (day["failed"], day.get("accepted", 0), day.get("unknown", 0)) == (1, 0, 0)
    assert day["sends.US"] == 1  # the count of sends is never returned


async def assert_code_is_dead(live: Live) -> None:
    """Assert that the code of an attempt that failed for certain is none."""
    assert (await live.check(live.code())).error_code == "NO_PENDING_VERIFICATION"


async def assert_code_works(live: Live, *, life: float = 599) -> None:
    """Assert that the code is accepted until its life ends."""
    assert isinstance(live.clock, ManualClock)
    live.clock.advance(life)
    assert (await live.check(live.code())).success


# ── refused for certain ───────────────────────────────────────────────────────────────────────

API, PHONE_FORMAT, STOPPED = "TWILIO_API_ERROR", "INVALID_PHONE_FORMAT", "RECIPIENT_OPTED_OUT"

REFUSED: list[tuple[int, str, FailureReason]] = [
    (20003, API, R.CREDENTIALS_REFUSED),
    (21211, PHONE_FORMAT, R.INVALID_RECIPIENT),
    (21614, PHONE_FORMAT, R.INVALID_RECIPIENT),
    (21635, PHONE_FORMAT, R.INVALID_RECIPIENT),
    (21612, API, R.UNROUTABLE),
    (21408, API, R.COUNTRY_NOT_ENABLED),
    (60605, API, R.COUNTRY_NOT_ENABLED),
    (21610, STOPPED, R.OPTED_OUT),
    (21601, API, R.SENDER_UNUSABLE),
    (21606, API, R.SENDER_UNUSABLE),
    (21661, API, R.SENDER_UNUSABLE),
    (14102, API, R.SENDER_UNUSABLE),
    (14108, API, R.SENDER_UNUSABLE),
    (21608, API, R.TRIAL_ACCOUNT),
    (21617, API, R.BAD_REQUEST),
    (21658, API, R.BAD_REQUEST),
    (14103, API, R.BAD_REQUEST),
    (60202, API, R.PROVIDER_LIMIT),
    (60203, API, R.PROVIDER_LIMIT),
    (60212, API, R.PROVIDER_LIMIT),
    (60410, API, R.BLOCKED),
    (60413, API, R.BLOCKED),
    (60238, API, R.BLOCKED),
    (29999, API, R.OTHER),
]


@pytest.mark.parametrize("form", [refuse, refuse_as_problem])
@pytest.mark.parametrize(("code", "error_code", "reason"), REFUSED)
async def test_refused(
    live: Live, code: int, error_code: str, reason: FailureReason, form: Any
) -> None:
    """4xx was never processed: FAILED, the charge returned, the code dead, one POST."""
    live.twilio.script(form(code))

    result = await live.send()

    assert not result.success
    assert (result.error_code, result.provider_code) == (error_code, code)
    assert not result.may_have_arrived
    assert PHONE not in f"{result.error}{result.public_error}"
    assert str(code) not in result.public_error
    await assert_failed(live, reason, code)
    await assert_code_is_dead(live)
    assert len(live.twilio.sends) == 1


@pytest.mark.parametrize("code", [21601, 21606, 21661, 14102, 14108])
async def test_a_sender_that_is_not_ours_rests(live: Live, code: int) -> None:
    """The sender that Twilio says can't send rests for a day, also as the last one."""
    live.twilio.script(refuse(code))
    await live.send()

    assert (await live.send("+13035550124")).error_code == "NO_SENDER_AVAILABLE"
    status: Any = await live.verifier.pool_status()
    (sender,) = status["senders"]
    assert (sender["reason"], sender["resting_until"]) == (
        "unusable",
        "2050-01-02T12:00:00.000+00:00",
    )
    assert len(live.twilio.sends) == 1


async def test_an_opt_out_that_twilio_knows_is_remembered(live: Live) -> None:
    """After 21610 the next send is refused before any charge and call."""
    live.twilio.script(refuse(21610))
    await live.send()
    assert isinstance(live.clock, ManualClock)
    live.clock.advance(86_400 * 3)

    again = await live.send()

    assert again.error_code == "RECIPIENT_OPTED_OUT"
    assert again.provider_code is None
    assert len(live.twilio.sends) == 1
    record = await live.record()
    assert record is not None
    assert record.opted_out_at is not None


async def test_no_route_from_this_sender(local_twilio: LocalTwilio) -> None:
    """After 21612 the same phone gets another sender, and the sender goes on for others."""
    live = live_with(local_twilio, twilio_phone_numbers="+17205550100,+14155550101")
    live.twilio.script(refuse(21612))
    await live.send()
    first = live.twilio.sends[-1].form["From"]

    assert (await live.send()).success

    assert live.twilio.sends[-1].form["From"] != first
    status = await live.verifier.pool_status()
    assert status["totals"]["available"] == 2  # type: ignore[index]
    await live.verifier.close()


async def test_credentials_that_are_refused(live: Live) -> None:
    """After 20003 a thousand sends make a handful of calls; statistics say so, and it mends."""
    live.twilio.account.token = "0f" * 16
    live.twilio.requests.clear()

    for number in range(100):
        result = await live.send(f"+1303555{number:04d}")
        assert (result.error_code, result.provider_code) == ("TWILIO_API_ERROR", 20003)
        assert "credentials" in result.error

    assert len(live.twilio.sends) == 1
    assert len(live.twilio.requests) <= 3
    assert await live.spent() == (0, 0)
    statistics: Any = await live.verifier.statistics()
    assert statistics["gateway_status"] == {
        "credentials": "refused",
        "credentials_refused": 1,
        "next_try_in_seconds": 60.0,
    }
    assert statistics["last_error"]["code"] == "TWILIO_API_ERROR"
    live.twilio.account.token = AUTH_TOKEN
    assert isinstance(live.clock, ManualClock)
    live.clock.advance(60)
    assert (await live.send("+13035559999")).success
    healthy: Any = (await live.verifier.statistics())["gateway_status"]
    assert healthy["credentials"] == "accepted"


# ── not processed, and worth another try ──────────────────────────────────────────────────────


@pytest.mark.parametrize("times", [1, 2])
async def test_throttled_for_a_while(live: Live, times: int) -> None:
    """429 was not processed: repeated at most twice, charged once, sent once."""
    live.twilio.script(*[throttle("1")] * times)

    assert (await live.send()).success

    assert len(live.twilio.sends) == times + 1
    assert len(live.messages) == 1
    assert await live.spent() == (PRICE, PRICE)
    await assert_code_works(live, life=590)


async def test_throttled_all_the_time(live: Live) -> None:
    """After two repeats it is FAILED, and the charge goes back."""
    live.twilio.always(throttle())

    result = await live.send()

    assert (result.error_code, result.provider_code) == ("TWILIO_API_ERROR", 20429)
    assert len(live.twilio.sends) == 3
    await assert_failed(live, R.THROTTLED, 20429)
    await assert_code_is_dead(live)


# ── may have been sent ────────────────────────────────────────────────────────────────────────

DOUBTFUL: dict[str, tuple[Behaviour, int | None]] = {
    "20500": (fail(), 20500),
    "20503": (fail(20503, status=503), 20503),
    "an unknown code with 500": (fail(29999), 29999),
    "502 from a proxy": (say(502, b"<html>Bad Gateway</html>", processes=True), None),
    "504, empty": (say(504, processes=True), None),
    "no answer": (cut(HangUp.UNANSWERED), None),
    "half an answer": (cut(HangUp.MIDWAY), None),
    "a reset": (cut(HangUp.WITH_RESET), None),
    "201 without a sid": (answer_made(sid=...), None),
    "201 that is no JSON": (say(201, b"<p>made</p>", processes=True), None),
    "201, empty": (say(201, processes=True), None),
    "a redirect": (say(307, Location="https://example.org/", processes=True), None),
}


@pytest.mark.parametrize("name", list(DOUBTFUL))
async def test_may_have_been_sent(live: Live, name: str) -> None:
    """One POST, never repeated; UNKNOWN, the charge kept, and the code works if it arrived."""
    behaviour, code = DOUBTFUL[name]
    live.twilio.script(behaviour)

    result = await live.send()

    assert (result.success, result.error_code) == (False, "TWILIO_API_ERROR")
    assert result.may_have_arrived
    assert result.provider_code == code
    assert result.message_id is None
    assert (len(live.twilio.sends), len(live.messages)) == (1, 1)
    attempt = await live.attempt()
    assert (attempt.state, attempt.message_id) == (DeliveryState.UNKNOWN, None)
    assert await live.spent() == (PRICE, PRICE)
    day = await live.day()
    assert (day["unknown"], day.get("accepted", 0), day.get("failed", 0)) == (1, 0, 0)
    await assert_code_works(live)


@pytest.mark.parametrize("name", ["20500", "no answer"])
async def test_a_receipt_tells_what_nobody_knew(live: Live, name: str) -> None:
    """What may have been sent is known as soon as a receipt comes, with its message's id."""
    live.twilio.script(DOUBTFUL[name][0])
    await live.send()

    assert (await live.receive("delivered")).status == 200

    attempt = await live.attempt()
    assert (attempt.state, attempt.message_id) == (DeliveryState.DELIVERED, live.messages[0].sid)
    assert await live.spent() == (PRICE, PRICE)


async def test_made_and_failed_at_once(live: Live) -> None:
    """201 with status failed is certain: Twilio does not bill it."""
    live.twilio.script(answer_made(status="failed", error_code=21408))

    result = await live.send()

    assert (result.error_code, result.provider_code) == ("TWILIO_API_ERROR", 21408)
    await assert_failed(live, R.COUNTRY_NOT_ENABLED, 21408)
    await assert_code_is_dead(live)


# ── taken, and not delivered ──────────────────────────────────────────────────────────────────

UNDELIVERED: list[tuple[int, FailureReason]] = [
    (30003, R.UNREACHABLE),
    (30004, R.BLOCKED),
    (30005, R.INVALID_RECIPIENT),
    (30006, R.INVALID_RECIPIENT),
    (30007, R.FILTERED),
    (30034, R.SENDER_UNUSABLE),
    (30450, R.BLOCKED),
    (30036, R.TOO_LATE),
    (39999, R.OTHER),
]


@pytest.mark.parametrize("status", ["undelivered", "failed", "canceled"])
@pytest.mark.parametrize(("code", "reason"), UNDELIVERED)
async def test_not_delivered(live: Live, code: int, reason: FailureReason, status: str) -> None:
    """The provider took it: UNDELIVERED with the reason, the charge kept, the code alive."""
    assert (await live.send()).success

    assert (await live.receive(status, code)).status == 200

    attempt = await live.attempt()
    assert attempt.state is DeliveryState.UNDELIVERED
    assert (attempt.reason, attempt.provider_code) == (reason, code)
    assert await live.spent() == (PRICE, PRICE)
    assert (await live.day())["undelivered"] == 1
    # A receipt may be wrong, and a carrier may try again: only age and use end a code.
    await assert_code_works(live)

"""When a request is repeated, and after how long."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.adapters.twilio.backoff import Backoff, read_retry_after
from smsverify.domain.delivery import Accepted, FailureReason, GatewayAnswer, Rejected, Uncertain

THROTTLED = Rejected(FailureReason.THROTTLED, 20429)
NOT_CONNECTED = Rejected(FailureReason.NOT_CONNECTED)
NOW = 1_800_000_000_000


def pauses(
    answer: GatewayAnswer, *, asked: float = 0, left: float = 10, chance: float = 0
) -> list[float]:
    """Return the pauses before each repeat, if the answer never changes and takes no time."""
    backoff, found = Backoff(), []
    while (pause := backoff.next_pause(answer, asked=asked, left=left, chance=chance)) is not None:
        found.append(pause)
        left -= pause
    return found


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (THROTTLED, [0.5, 1.0]),
        (NOT_CONNECTED, [0.1]),
        (Accepted("SM"), []),
        (Uncertain(), []),
        (Uncertain(20500), []),
        (Rejected(FailureReason.PROVIDER_LIMIT, 60203), []),
        (Rejected(FailureReason.CREDENTIALS_REFUSED, 20003), []),
        (Rejected(FailureReason.OTHER), []),
    ],
)
def test_what_is_repeated(answer: GatewayAnswer, expected: list[float]) -> None:
    """What was throttled is repeated twice, what found no connection once, all else never."""
    assert pauses(answer) == expected


def test_chance() -> None:
    """Chance makes each pause up to twice as long."""
    assert pauses(THROTTLED, chance=0.5) == [0.75, 1.5]


def test_asked_for() -> None:
    """The provider's own wish is the least, and chance comes on top of it."""
    assert pauses(THROTTLED, asked=2.0, chance=0.5) == [2.25, 2.5]


@pytest.mark.parametrize(("left", "count"), [(1.4, 0), (1.5, 1), (2.4, 1), (2.5, 2)])
def test_time_left(left: float, count: int) -> None:
    """A repeat that would leave less than a second for the call is not begun."""
    assert len(pauses(THROTTLED, left=left)) == count


def test_asked_for_too_much() -> None:
    """A wish that does not fit into the time ends the matter at once."""
    assert pauses(THROTTLED, asked=9.5) == []


def test_each_reason_has_its_own_count() -> None:
    """A request may be throttled twice and find no connection once."""
    backoff = Backoff()
    answers = [THROTTLED, NOT_CONNECTED, THROTTLED, NOT_CONNECTED, THROTTLED]
    made = [backoff.next_pause(one, asked=0, left=60, chance=0) for one in answers]
    assert made == [0.5, 0.1, 1.0, None, None]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 0),
        ("0", 0),
        ("2", 2),
        (" 2 ", 2),
        ("0.5", 0.5),
        ("-1", 0),
        ("nan", 0),
        ("inf", 0),
        ("1e9", 0),
        ("٢", 0),
        ("soon", 0),
        ("", 0),
        pytest.param("9" * 400, 0, id="long"),
        (format_datetime(datetime.fromtimestamp(NOW / 1000 + 7, UTC), usegmt=True), 7),
        (format_datetime(datetime.fromtimestamp(NOW / 1000 - 7, UTC), usegmt=True), 0),
        ("Fri, 15 Jan 2027 08:00:07 -0000", 7),
        ("Fri, 31 Dec 9999 23:59:59 -9999", 0),
    ],
)
def test_retry_after(value: str | None, seconds: float) -> None:
    """Seconds and dates are read; nonsense asks for nothing."""
    assert read_retry_after(value, NOW) == seconds


@given(st.text())
def test_retry_after_never_raises(value: str) -> None:
    """Any header gives a pause that is not below zero."""
    assert read_retry_after(value, NOW) >= 0

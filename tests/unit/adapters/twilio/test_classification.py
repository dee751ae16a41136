"""The table of Twilio's codes, row by row, and what a status says beside it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.adapters.twilio.classification import (
    News,
    answer_to_creation,
    answer_to_refusal,
    news_of_receipt,
    read_code,
    read_message_id,
)
from smsverify.domain.delivery import (
    Accepted,
    DeliveryState,
    FailureReason,
    Rejected,
    Uncertain,
)

MESSAGE_ID = "SM" + "0123456789abcdef" * 2

REFUSED = [
    (401, 20003, FailureReason.CREDENTIALS_REFUSED),
    (403, 20003, FailureReason.CREDENTIALS_REFUSED),
    (429, 20429, FailureReason.THROTTLED),
    (400, 21211, FailureReason.INVALID_RECIPIENT),
    (400, 21614, FailureReason.INVALID_RECIPIENT),
    (400, 21635, FailureReason.INVALID_RECIPIENT),
    (400, 21612, FailureReason.UNROUTABLE),
    (400, 21408, FailureReason.COUNTRY_NOT_ENABLED),
    (403, 60605, FailureReason.COUNTRY_NOT_ENABLED),
    (400, 21610, FailureReason.OPTED_OUT),
    (400, 21601, FailureReason.SENDER_UNUSABLE),
    (400, 21606, FailureReason.SENDER_UNUSABLE),
    (400, 21661, FailureReason.SENDER_UNUSABLE),
    (400, 21212, FailureReason.SENDER_UNUSABLE),
    (400, 14102, FailureReason.SENDER_UNUSABLE),
    (400, 14108, FailureReason.SENDER_UNUSABLE),
    (400, 21704, FailureReason.SENDER_UNUSABLE),
    (400, 21608, FailureReason.TRIAL_ACCOUNT),
    (400, 21617, FailureReason.BAD_REQUEST),
    (400, 21658, FailureReason.BAD_REQUEST),
    (400, 14103, FailureReason.BAD_REQUEST),
    (400, 21611, FailureReason.PROVIDER_LIMIT),
    (429, 60202, FailureReason.PROVIDER_LIMIT),
    (429, 60203, FailureReason.PROVIDER_LIMIT),
    (429, 60212, FailureReason.PROVIDER_LIMIT),
    (403, 60410, FailureReason.BLOCKED),
    (403, 60413, FailureReason.BLOCKED),
    (403, 60238, FailureReason.BLOCKED),
    (400, 29999, FailureReason.OTHER),
    (404, 20404, FailureReason.OTHER),
    (429, 14107, FailureReason.THROTTLED),
]


@pytest.mark.parametrize(("status", "code", "reason"), REFUSED)
def test_refusals(status: int, code: int, reason: FailureReason) -> None:
    """A status of 4xx is refused for certain, for the reason that the code stands for."""
    assert answer_to_refusal(status, code) == Rejected(reason, code)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, FailureReason.OTHER),
        (401, FailureReason.CREDENTIALS_REFUSED),
        (403, FailureReason.OTHER),
        (404, FailureReason.OTHER),
        (429, FailureReason.THROTTLED),
        (499, FailureReason.OTHER),
    ],
)
def test_refusal_without_a_code(status: int, reason: FailureReason) -> None:
    """Without a number in the body, the SDK's stand-in for it is no code of Twilio's."""
    assert answer_to_refusal(status, None) == Rejected(reason)
    assert answer_to_refusal(status, status) == Rejected(reason)


@pytest.mark.parametrize(("status", "code"), [(500, 20500), (503, 20503), (400, 20500)])
def test_trouble_at_twilio(status: int, code: int) -> None:
    """Trouble on Twilio's side may have sent the message, whatever status it comes with."""
    assert answer_to_refusal(status, code) == Uncertain(code)


@pytest.mark.parametrize("status", [100, 200, 201, 204, 301, 302, 307, 500, 502, 504, 599, 700])
def test_status_that_says_nothing_for_certain(status: int) -> None:
    """Whatever is neither a success nor 4xx leaves open whether the message was sent."""
    assert answer_to_refusal(status, None) == Uncertain()
    assert answer_to_refusal(status, 21211) == Uncertain(21211)


@given(st.integers(), st.none() | st.integers())
def test_only_4xx_is_certain(status: int, code: int | None) -> None:
    """No status outside 4xx ever gives back money, whatever the code."""
    answer = answer_to_refusal(status, code)
    if not 400 <= status < 500:
        assert isinstance(answer, Uncertain)


@pytest.mark.parametrize("status", ["accepted", "queued", "sending", "sent", "odd", None, 7])
def test_creation(status: object) -> None:
    """A message with an id was taken, whatever the status that is not an end."""
    assert answer_to_creation(MESSAGE_ID, status, None) == Accepted(MESSAGE_ID)


@pytest.mark.parametrize("message_id", [None, "", "SM12", MESSAGE_ID + "0", MESSAGE_ID + "\n", 5])
def test_creation_without_an_id(message_id: object) -> None:
    """A success that names no message leaves open what became of it."""
    assert answer_to_creation(message_id, "queued", None) == Uncertain()
    assert answer_to_creation(message_id, "failed", 30001) == Uncertain(30001)


@pytest.mark.parametrize(
    ("status", "code", "answer"),
    [
        ("failed", None, Rejected(FailureReason.OTHER)),
        ("failed", 21610, Rejected(FailureReason.OPTED_OUT, 21610)),
        ("failed", "30001", Rejected(FailureReason.PROVIDER_LIMIT, 30001)),
        ("canceled", 99999, Rejected(FailureReason.OTHER, 99999)),
        ("undelivered", 30007, Accepted(MESSAGE_ID)),
    ],
)
def test_creation_of_what_already_failed(status: str, code: object, answer: object) -> None:
    """A message that was made and failed at once was never sent; one that got further was."""
    assert answer_to_creation(MESSAGE_ID, status, code) == answer


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (21211, 21211),
        pytest.param("21211", 21211, id="digits"),
        (0, None),
        (-1, None),
        (1_000_000, None),
        (True, None),
        (21211.0, None),
        ("21211 ", None),
        ("٢١٢١١", None),
        pytest.param("9" * 5000, None, id="long"),
        ([], None),
        (None, None),
    ],
)
def test_code(value: object, code: int | None) -> None:
    """Only a number of at most six digits, or its digits in ASCII, is a code."""
    assert read_code(value) == code


@pytest.mark.parametrize(
    ("text", "known"), [(MESSAGE_ID, True), ("MM" + "f" * 32, True), ("AC" + "f" * 32, False)]
)
def test_message_id(text: str, known: bool) -> None:
    """A message's id is SM or MM and 32 hexadecimal digits."""
    assert read_message_id(text) == (text if known else None)


@pytest.mark.parametrize(
    "status", ["accepted", "scheduled", "queued", "sending", "sent", "partially_delivered"]
)
def test_receipts_on_the_way(status: str) -> None:
    """A message on its way is SENT, and no code on such a receipt counts."""
    assert news_of_receipt(status, "30003") == News(DeliveryState.SENT)


@pytest.mark.parametrize("status", ["delivered", "read"])
def test_receipts_of_arrival(status: str) -> None:
    """A message that was read was delivered."""
    assert news_of_receipt(status, None) == News(DeliveryState.DELIVERED)


@pytest.mark.parametrize("status", ["failed", "undelivered", "canceled"])
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (30003, FailureReason.UNREACHABLE),
        (30004, FailureReason.BLOCKED),
        (30005, FailureReason.INVALID_RECIPIENT),
        (30006, FailureReason.INVALID_RECIPIENT),
        (30007, FailureReason.FILTERED),
        (30034, FailureReason.SENDER_UNUSABLE),
        (30450, FailureReason.BLOCKED),
        (30036, FailureReason.TOO_LATE),
        (21610, FailureReason.OPTED_OUT),
        (39999, FailureReason.OTHER),
    ],
)
def test_receipts_of_failure(status: str, code: int, reason: FailureReason) -> None:
    """A message that will not arrive is UNDELIVERED, for the reason that the code stands for."""
    assert news_of_receipt(status, str(code)) == News(DeliveryState.UNDELIVERED, reason, code)


@pytest.mark.parametrize("code", [None, "", "0", "what", "９９"])
def test_receipt_of_failure_without_a_code(code: str | None) -> None:
    """A failure without a readable code is still a failure."""
    expected = News(DeliveryState.UNDELIVERED, FailureReason.OTHER)
    assert news_of_receipt("undelivered", code) == expected


@pytest.mark.parametrize("status", ["", "Delivered", "delivered ", "receiving", "new-one"])
def test_unknown_receipt(status: str) -> None:
    """A status that nobody knows changes nothing."""
    assert news_of_receipt(status, None) is None

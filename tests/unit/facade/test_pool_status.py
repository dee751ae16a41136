"""The pool as plain values: masked, complete, and fit for JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from smsverify.application.sender_pool import Pool, PoolRules
from smsverify.domain.pool import Rest, RestReason
from smsverify.domain.senders import Roster, Sender
from smsverify.facade.pool_status import describe_pool, find_sender, no_pool
from smsverify.testing.clock import NOON

FIRST = Sender("+17205550100", "US", "720")
SECOND = Sender("+442071838750", "GB", "")
SERVICE = Sender("MG" + "0c" * 16)
RULES = PoolRules("720", 24 * 3600 * 1000, 200)


def pool(*senders: Sender, resting: Sender | None = None, now: int | None = NOON) -> Pool:
    """Return a look at a pool; everybody sent 3 messages."""
    rests = {}
    if resting is not None:
        rest = Rest(resting.id, NOON - 1000, NOON + 3_600_000, RestReason.FILTERED)
        rests = {resting.id: rest}
    sent = {one.id: 3 for one in senders}
    return Pool(senders, rests, sent, Roster(senders), frozenset(), now)


def told(looked: Pool, **more: Any) -> dict[str, Any]:
    """Describe a look."""
    return describe_pool(looked, RULES, as_of=NOON, **{"show_numbers": False, **more})


def test_everything_is_told() -> None:
    """Each sender says whether it rests, until when and why; the totals add up."""
    status = told(pool(FIRST, SECOND, resting=FIRST))

    assert status == {
        "as_of": "2050-01-01T12:00:00.000+00:00",
        "error": None,
        "preferred_area_code": "720",
        "daily_allowance": 200,
        "senders": [
            {
                "number": "+1***0100",
                "kind": "number",
                "country": "US",
                "area_code": "720",
                "preferred": True,
                "available": False,
                "reason": "filtered",
                "resting_since": "2050-01-01T11:59:59.000+00:00",
                "resting_until": "2050-01-01T13:00:00.000+00:00",
                "sent_today": 3,
            },
            {
                "number": "+4***8750",
                "kind": "number",
                "country": "GB",
                "area_code": None,
                "preferred": False,
                "available": True,
                "reason": None,
                "resting_since": None,
                "resting_until": None,
                "sent_today": 3,
            },
        ],
        "totals": {"senders": 2, "available": 1, "resting": 1, "sent_today": 6},
    }
    assert json.loads(json.dumps(status)) == status


def test_numbers_are_whole_on_request_only() -> None:
    """Masked unless asked for; a Messaging Service's SID is no number, and masked as well."""
    assert [one["number"] for one in told(pool(FIRST, SERVICE))["senders"]] == [
        "+1***0100",
        "MG***0c0c",
    ]
    shown = told(pool(FIRST, SERVICE), show_numbers=True)["senders"]
    assert [one["number"] for one in shown] == [FIRST.address, SERVICE.address]
    assert [one["kind"] for one in shown] == ["number", "messaging_service"]


def test_trouble_is_told() -> None:
    """A store that was not heard, and senders that nobody knows, are named as such."""
    assert "could not be read" in told(pool(FIRST, now=None))["error"]
    assert "TWILIO_PHONE_NUMBERS" in told(pool())["error"]
    assert told(pool())["totals"]["senders"] == 0


def test_no_pool_has_the_same_keys() -> None:
    """What is not there looks like what is, so that no reader stumbles."""
    status = no_pool("why")

    assert status.keys() == told(pool(FIRST)).keys()
    assert (status["error"], status["as_of"], status["senders"]) == ("why", None, [])


@pytest.mark.parametrize("spelling", ["+17205550100", "+1 (720) 555-0100", " +1 720 5550100 "])
def test_a_sender_in_any_spelling(spelling: str) -> None:
    """People write numbers in many ways."""
    assert find_sender(spelling, (SECOND, FIRST)) == FIRST


def test_a_messaging_service_by_its_sid() -> None:
    """A service has no number; its SID names it."""
    assert find_sender(f" {SERVICE.address}\n", (SERVICE,)) == SERVICE


@pytest.mark.parametrize("name", ["+17205550101", "0100", "", "+1***0100", "STOP"])
def test_nobody_of_that_name(name: str) -> None:
    """Anything else is a mistake that is explained, without repeating the number."""
    with pytest.raises(ValueError, match="none of the senders") as caught:
        find_sender(name, (FIRST, SECOND))
    assert not name or name not in str(caught.value)

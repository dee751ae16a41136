from __future__ import annotations

from typing import Any

import pytest

from smsverify.entrypoints.terminal.figures import figure_lines, show_figures
from smsverify.entrypoints.terminal.output import console

FIGURES: dict[str, Any] = {
    "as_of": "2050-01-01T12:03:00.000+00:00",
    "mode": "simulation",
    "enabled": True,
    "store": {"name": "memory", "healthy": True, "error": None},
    "gateway": "simulation",
    "gateway_status": None,
    "day": "2050-01-01",
    "sends": {
        "asked": 1_234,
        "admitted": 1_228,
        "accepted": 1_220,
        "failed": 5,
        "unknown": 3,
        "delivered": 1_100,
        "undelivered": 20,
        "refused": {"COUNTRY_NOT_ALLOWED": 1, "RATE_LIMIT_EXCEEDED": 5},
    },
    "checks": {"approved": 1_000, "wrong": 7, "refused": {}},
    "conversion": 0.8197,
    "cost": {"spent_dollars": 17.192, "limit_dollars": 50.0, "left_dollars": 32.808},
    "countries": {
        "GB": {"sends": 8, "approved": 4, "spent_dollars": 0.448},
        "US": {"sends": 1_220, "approved": 996, "spent_dollars": 16.744},
    },
    "last_error": None,
}


def lines(**changed: object) -> dict[str, str]:
    """Give the lines by their subjects."""
    told = [line.plain for line in figure_lines({**FIGURES, **changed})]
    return {line[:12].strip(): line[12:] for line in told}


def test_each_subject_has_its_line() -> None:
    """Sends, checks, money, store and mode are told in words, large numbers in groups."""
    told = lines()

    assert told["Day"] == "2050-01-01 in UTC, as of 12:03:00"
    assert told["Mode"] == "simulation"
    assert told["Store"] == "memory, healthy"
    assert told["Sends"] == "1,234 asked, 1,220 accepted, 5 failed, 3 unknown"
    assert told["Receipts"] == "1,100 delivered, 20 undelivered"
    assert told["Checks"] == "1,000 approved, 7 wrong"
    assert told["Conversion"] == "82.0% of the accepted messages led to an approval"
    assert told["Cost"] == "$17.192 of $50.00 spent, $32.808 left"
    assert "Last error" not in told


def test_a_gateway_that_knows_of_its_credentials_tells() -> None:
    """Refused credentials stand out; a gateway that tells nothing has no line."""
    status = {"credentials": "refused", "credentials_refused": 1, "next_try_in_seconds": 41.6}

    told = lines(gateway="twilio", gateway_status=status)["Gateway"]
    assert told == "twilio, credentials refused, next try in 42 s"
    status["credentials"] = "accepted"
    told = lines(gateway="twilio", gateway_status=status)["Gateway"]
    assert told == "twilio, credentials accepted"
    assert "Gateway" not in lines()


def test_refusals_are_told_by_code_the_most_frequent_first() -> None:
    """Reasons stand under what they belong to; without a refusal there is no line."""
    told = [line.plain for line in figure_lines(FIGURES)]

    refused = "  refused   5 RATE_LIMIT_EXCEEDED, 1 COUNTRY_NOT_ALLOWED"
    assert told[4] == refused
    assert [line for line in told if "refused" in line] == [refused]


def test_a_store_in_trouble_and_the_last_error_are_told() -> None:
    """What went wrong lately catches the eye, with its time."""
    last = {"code": "STORE_UNAVAILABLE", "error": "…", "at": "2050-01-01T12:02:00.000+00:00"}
    told = lines(store={"name": "sqlite", "healthy": False, "error": "…"}, last_error=last)

    assert told["Store"] == "sqlite, not healthy"
    assert told["Last error"] == "STORE_UNAVAILABLE at 2050-01-01T12:02:00.000+00:00"


def test_without_a_message_there_is_no_conversion() -> None:
    """Nothing is divided by no message."""
    assert lines(conversion=None)["Conversion"] == "no message was accepted yet"


def test_single_subjects_can_be_asked_for() -> None:
    """Only the lines that are named come, in the order of the whole."""
    told = [line.plain for line in figure_lines(FIGURES, "Cost", "Mode")]

    assert [line[:12].strip() for line in told] == ["Mode", "Cost"]


def shown(figures: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """Give the words of the lines that are shown."""
    show_figures(console(), figures)
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_countries_stand_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Each country has its sends, approvals and money beside it."""
    words = shown(FIGURES, capsys)

    assert ["Country", "Sends", "Approved", "Spent"] in words
    assert ["GB", "8", "4", "$0.448"] in words
    assert ["US", "1,220", "996", "$16.744"] in words


def test_without_a_country_there_is_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Before the first message there is no empty table."""
    words = shown({**FIGURES, "countries": {}}, capsys)

    assert words[-1][0] == "Cost"

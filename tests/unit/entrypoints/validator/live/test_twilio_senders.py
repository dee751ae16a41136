"""What Twilio says of senders, judged without asking it."""

from __future__ import annotations

import pytest

from smsverify.entrypoints.validator.finding import Severity
from smsverify.entrypoints.validator.live.twilio_senders import (
    MOST_NUMBERS,
    ServiceFacts,
    judge_senders,
    judge_service,
)

OWNED = {"+17205550142": True, "+13035550123": False}


@pytest.mark.parametrize(
    ("wanted", "owned", "blamed"),
    [
        (("+17205550142",), OWNED, ""),
        ((), OWNED, ""),
        (("+13035550123",), OWNED, "can't send SMS"),
        (("+17205550142", "+14155550101"), OWNED, "no number of this Twilio account"),
        ((), {"+13035550123": False}, "no number that can send SMS"),
        ((), {}, "no number that can send SMS"),
    ],
)
def test_senders(wanted: tuple[str, ...], owned: dict[str, bool], blamed: str) -> None:
    """A sender has to be the account's, and able to send; none set means all of the account's."""
    found = list(judge_senders(wanted, owned))
    wrong = [one for one in found if one.severity is Severity.PROBLEM]

    assert [blamed in one.sentence for one in wrong] == ([True] if blamed else [])
    assert all(one.variable == "TWILIO_PHONE_NUMBERS" for one in wrong)


def test_numbers_are_masked() -> None:
    """The report holds no whole number, not even one of ours."""
    found = list(judge_senders(("+13035550123", "+14155550101"), OWNED))

    assert not any("5550123" in f"{one.sentence}{one.remedy}" for one in found)
    assert not any("5550101" in f"{one.sentence}{one.remedy}" for one in found)


def test_a_list_that_was_cut_off_blames_nobody() -> None:
    """With more numbers than a page holds, a missing one may stand on the next."""
    many = {f"+1720{number:07}": True for number in range(MOST_NUMBERS)}

    assert not any(
        one.severity is Severity.PROBLEM for one in judge_senders(("+13035550123",), many)
    )


@pytest.mark.parametrize(
    ("facts", "severity"),
    [
        (ServiceFacts(exists=False), Severity.PROBLEM),
        (ServiceFacts(exists=True), Severity.WARNING),
        (ServiceFacts(exists=True, senders=2), Severity.FINE),
    ],
)
def test_services(facts: ServiceFacts, severity: Severity) -> None:
    """A service has to exist, and should have numbers."""
    (found,) = judge_service(facts)

    assert found.severity is severity

"""Each event has its level."""

from __future__ import annotations

import logging

import pytest

from smsverify.adapters.structlog.levels import level_of
from smsverify.domain import events
from tests.unit.adapters.structlog import every_event as one


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (one.STARTED_LIVE, logging.INFO),
        (one.STARTED_SIMULATION, logging.WARNING),
        (events.Started(one.STARTED_SIMULATION.mode, "memory"), logging.INFO),
        (one.STARTED_DISABLED, logging.WARNING),
        (one.ADMITTED, logging.DEBUG),
        (one.LIMITED, logging.INFO),
        (one.OUT_OF_MONEY, logging.WARNING),
        (one.SENT, logging.INFO),
        (one.FAILED, logging.ERROR),
        (one.FAILED_RECIPIENT, logging.WARNING),
        (one.UNKNOWN, logging.WARNING),
        (one.DELIVERED, logging.INFO),
        (one.UNDELIVERED, logging.WARNING),
        (one.APPROVED, logging.INFO),
        (one.WRONG, logging.INFO),
        (one.CHECK_REFUSED, logging.INFO),
        (one.RESTS, logging.WARNING),
        (one.NO_CREDENTIALS, logging.ERROR),
        (one.REDIS_GONE, logging.ERROR),
        (one.CONTENDED, logging.WARNING),
        (one.GARBAGE, logging.ERROR),
        (one.AUDITED, logging.WARNING),
    ],
)
def test_level_says_who_should_look(event: events.Event, level: int) -> None:
    """Everyday things are quiet; what somebody must mend is loud."""
    assert level == level_of(event)

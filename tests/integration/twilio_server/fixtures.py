"""Fixtures to import into a test module: ``from ...fixtures import local_twilio``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.twilio_server.server import LocalTwilio

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def local_twilio() -> Iterator[LocalTwilio]:
    """Run a local Twilio for one test."""
    with LocalTwilio() as server:
        yield server


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a first send wait for its price as long as a busy machine needs."""
    monkeypatch.setattr("smsverify.adapters.twilio.prices.LOOK_SECONDS", 30.0)

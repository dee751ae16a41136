"""The host's clock, in the units of the domain."""

from __future__ import annotations

import time

import pytest

from smsverify.adapters.system.clock import SystemClock


def test_wall_is_milliseconds_since_the_epoch() -> None:
    """The time of day is a whole number of milliseconds, and it is now."""
    before = time.time_ns() // 1_000_000
    wall = SystemClock().wall()

    assert type(wall) is int
    assert before <= wall <= time.time_ns() // 1_000_000


def test_wall_follows_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of a millisecond is dropped, not rounded up."""
    monkeypatch.setattr(time, "time_ns", lambda: 1_795_348_800_123_999_999)

    assert SystemClock().wall() == 1_795_348_800_123


def test_monotonic_is_seconds_and_never_runs_back() -> None:
    """The other clock counts seconds and only runs forward."""
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(100)]

    assert readings == sorted(readings)
    assert abs(readings[0] - time.monotonic()) < 60


async def test_sleep_of_nothing_returns() -> None:
    """Waiting for no time gives way to others and returns."""
    await SystemClock().sleep(0)

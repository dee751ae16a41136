"""The store's time is carried forward by the monotonic clock, ten seconds long."""

from __future__ import annotations

from smsverify.application.store_clock import StoreClock
from smsverify.testing import ManualClock
from smsverify.testing.clock import NOON


def test_it_knows_nothing_before_it_heard() -> None:
    """A host that heard no time has none."""
    assert StoreClock(ManualClock()).now() is None


def test_it_carries_forward_what_it_heard() -> None:
    """What was told, and what passed since; the host's own time of day does not count."""
    clock = ManualClock()
    store_clock = StoreClock(clock)

    store_clock.hear(NOON - 7_000_000)
    clock.advance(3.5)
    clock.jump(-86_400)

    assert store_clock.now() == NOON - 7_000_000 + 3_500


def test_it_loses_no_millisecond() -> None:
    """Whatever the monotonic clock shows, a millisecond later it is a millisecond later."""
    clock = ManualClock()
    store_clock = StoreClock(clock)

    for number in range(2_000):
        store_clock.hear(NOON + number)
        clock.advance(0.001)
        assert store_clock.now() == NOON + number + 1


def test_it_trusts_ten_seconds() -> None:
    """After ten seconds the store is to be asked again."""
    clock = ManualClock()
    store_clock = StoreClock(clock)
    store_clock.hear(NOON)

    clock.advance(10)
    assert store_clock.now() == NOON + 10_000
    clock.advance(0.001)
    assert store_clock.now() is None
    store_clock.hear(NOON)
    assert store_clock.now() == NOON


def test_a_time_may_go_back() -> None:
    """The last word counts, also when the store's clock was set back."""
    store_clock = StoreClock(ManualClock())
    store_clock.hear(NOON)

    store_clock.hear(NOON - 3_600_000)

    assert store_clock.now() == NOON - 3_600_000

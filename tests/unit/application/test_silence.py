"""What a store that does not answer in time is reported as."""

from __future__ import annotations

from smsverify.adapters.memory.store import MemoryStore
from smsverify.application.silence import silence_of
from smsverify.testing import ManualClock


def test_the_error_says_how_long_and_what_to_do() -> None:
    """It names the store and the seconds, tells the reader what to look at, and has its code."""
    store = MemoryStore(ManualClock())

    error = silence_of(store)

    assert str(error) == (
        "The store (memory) did not answer within 2 seconds. "
        "Check that it runs and can be reached, then try again."
    )
    assert error.code is store.unavailable_code

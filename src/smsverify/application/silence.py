"""What a store that does not answer in time is reported as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.errors import StoreUnavailable
from smsverify.ports.store import STORE_SECONDS

if TYPE_CHECKING:
    from smsverify.ports.store import Store


def silence_of(store: Store) -> StoreUnavailable:
    """Return the error for a store that was waited for as long as callers wait at all."""
    return StoreUnavailable(
        f"The store ({store.name}) did not answer within {STORE_SECONDS:g} seconds. "
        "Check that it runs and can be reached, then try again.",
        code=store.unavailable_code,
    )

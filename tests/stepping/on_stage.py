"""What the suites share: a stage to play on, over the storage that a subclass names."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.model.numbers import Numbers
from tests.stepping.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smsverify.testing import ManualClock
    from tests.stepping.op import Op
    from tests.stepping.storage import Storage

PHONE = "+15551234567"
OTHER_PHONE = "+15551234568"
PRICES = {"US": 10_000, "GB": 3_000, "DE": 12_000}
NUMBERS = Numbers(prices=PRICES)
TWO = {"here": 0.0, "there": 0.0}
"""Two hosts with right clocks."""


@contextmanager
def on_stage(
    make_storage: Callable[[ManualClock], Storage],
    numbers: Numbers = NUMBERS,
    hosts: dict[str, float] | None = None,
) -> Iterator[Stage]:
    """Open a stage; at its end the counters agree, nothing leaked, and everything is given back."""
    stage = Stage(make_storage, numbers, hosts or TWO)
    try:
        yield stage
        stage.look()
        stage.compare()
        stage.search()
    finally:
        stage.close()


class OnStage:
    """A suite whose tests get a stage; a subclass says over which storage."""

    numbers = NUMBERS
    hosts = TWO

    @pytest.fixture
    def make_storage(self) -> Callable[[ManualClock], Storage]:
        """Return what makes the storage; each suite has its own."""
        raise NotImplementedError

    @pytest.fixture
    def stage(self, make_storage: Callable[[ManualClock], Storage]) -> Iterator[Stage]:
        """Open a stage for one test."""
        with on_stage(make_storage, self.numbers, self.hosts) as stage:
            yield stage


def delivered(stage: Stage, phone: str = PHONE, host: str = "here", **about: str) -> str:
    """Send a code that arrives, and return it."""
    stage.send(host, phone, **about).finish()
    return code_of(stage, phone, about.get("purpose", "verify"))


def code_of(stage: Stage, phone: str = PHONE, purpose: str = "verify") -> str:
    """Return the code that the last text to a phone showed."""
    return [digits for what, digits in stage.model.texts(phone) if what == purpose][-1]


def wrong_code(stage: Stage, phone: str = PHONE) -> str:
    """Return a code that no text showed."""
    shown = {digits for _, digits in stage.model.texts(phone)}
    return next(guess for guess in ("000000", "000001", "000002") if guess not in shown)


def reject(send: Op, reason: str = "throttled") -> None:
    """Let the provider refuse a message for certain, and the send come to its end."""
    send.to_provider().reject(reason)
    send.finish()

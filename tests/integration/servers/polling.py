"""Waiting until servers, which live in processes of their own, have come to a state."""

from __future__ import annotations

import time
from collections.abc import Callable

STEP = 0.01
"""Seconds between two looks: short beside the boot of a server, long beside the cost of a look."""


def wait_until(
    why_not: Callable[[], str | None], *, within: float, what: str, step: float = STEP
) -> float:
    """
    Ask `why_not` again and again until it gives None.

    Returns the monotonic time at which that last look began: so long a look takes, and so late its
    thread gets its turn, is not in it.

    Args:
        why_not: Gives what is still missing, or None when all is well.
        within: Seconds of patience.
        what: What is waited for, as the beginning of a sentence.
        step: Seconds between two questions.

    Raises:
        TimeoutError: Time is up; says what was still missing.
    """
    end = time.monotonic() + within
    began = time.monotonic()
    while (missing := why_not()) is not None:
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {within:g} s: {missing}")
        time.sleep(step)
        began = time.monotonic()
    return began

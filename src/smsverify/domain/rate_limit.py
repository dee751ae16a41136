"""
Sliding windows over recorded times.

A window of span S and limit N holds the times less than S old; the next one fits while it holds
fewer than N. Since every window that ends at any moment is looked at before each entry, none of
them, wherever it is laid, ever holds more than its limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from smsverify.domain.periods import Millis, settle_time

if TYPE_CHECKING:
    from collections.abc import Sequence


@attrs.frozen
class Limit:
    """
    At most ``count`` entries within any ``span`` milliseconds.

    Attributes:
        rule: the name that a refusal carries, such as ``sends_per_hour``.
        count: entries that fit; at least one, else ValueError: a window that never takes an entry
            has no time at which it frees a place.
        span: length of the window in milliseconds.
    """

    rule: str
    count: int = attrs.field()
    span: Millis

    @count.validator
    def _check_count(self, _attribute: object, count: int) -> None:
        if count < 1:
            raise ValueError(f"The limit {self.rule} must let at least one entry through.")


@attrs.frozen
class FullWindow:
    """
    A window that takes no further entry now.

    Attributes:
        rule: the limit's name.
        retry_after: milliseconds until an entry fits again.
    """

    rule: str
    retry_after: Millis


def within(times: Sequence[Millis], span: Millis, now: Millis) -> list[Millis]:
    """Return the times that a window of ``span`` holds now; one ahead of now counts as now."""
    settled = [settle_time(time, now) for time in times]
    return [time for time in settled if now - time < span]


def find_full_window(
    times: Sequence[Millis], limits: Sequence[Limit], now: Millis
) -> FullWindow | None:
    """Return the full window that takes longest to free a place, or None if all have one."""
    worst: FullWindow | None = None
    for limit in limits:
        if len(times) < limit.count:
            continue
        held = within(times, limit.span, now)
        if len(held) < limit.count:
            continue
        leaving = sorted(held)[len(held) - limit.count]
        wait = leaving + limit.span - now
        if worst is None or wait > worst.retry_after:
            worst = FullWindow(limit.rule, wait)
    return worst


def places_left(times: Sequence[Millis], limits: Sequence[Limit], now: Millis) -> int:
    """Return how many entries fit now before the first window is full; never below zero."""
    return max(0, min(limit.count - len(within(times, limit.span, now)) for limit in limits))


def prune(times: tuple[Millis, ...], span: Millis, now: Millis) -> tuple[Millis, ...]:
    """Drop the times that no window up to ``span`` can hold any more; keep the rest as recorded."""
    kept = tuple(time for time in times if now - settle_time(time, now) < span)
    return times if len(kept) == len(times) else kept

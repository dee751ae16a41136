"""Today's figures, read from the counters that commits have written anyway."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs

from smsverify.application.silence import silence_of
from smsverify.domain import counters
from smsverify.domain.cost import dollars
from smsverify.domain.periods import day_name
from smsverify.errors import StoreError
from smsverify.ports.store import STORE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsverify.application.refusal_counts import RefusalCounts
    from smsverify.application.store_clock import StoreClock
    from smsverify.domain.periods import Millis
    from smsverify.domain.policy import Policy
    from smsverify.ports.clock import Clock
    from smsverify.ports.store import Store


@attrs.frozen
class DayFigures:
    """
    The counters of one UTC day.

    Attributes:
        now: the store's time, or this host's when the store did not answer.
        counts: every counter of the day by field, this process's unsent refusals included.
        trouble: why the store's counters are missing, None when they are there.
    """

    now: Millis
    counts: Mapping[str, int]
    trouble: StoreError | None = None


class ReadStatistics:
    """Reads the day's counters; one round trip, and only when somebody asks."""

    def __init__(
        self,
        *,
        store: Store,
        store_clock: StoreClock,
        clock: Clock,
        refusals: RefusalCounts,
        policy: Policy,
    ) -> None:
        self._store = store
        self._store_clock = store_clock
        self._clock = clock
        self._refusals = refusals
        self._policy = policy

    async def figures(self) -> DayFigures:
        """Return today's counters; an outage gives this process's own counts and the reason."""
        guess = self._store_clock.now() or self._clock.wall()
        try:
            async with asyncio.timeout(STORE_SECONDS):
                stored, now = await self._read(guess)
        except TimeoutError:
            trouble: StoreError = silence_of(self._store)
        except StoreError as error:
            trouble = error
        else:
            return DayFigures(now, _sum(stored, self._refusals.waiting()))
        return DayFigures(guess, self._refusals.waiting(), trouble)

    async def _read(self, guess: Millis) -> tuple[Mapping[str, int], Millis]:
        loaded = await self._store.load((), (counters.day_key(guess),))
        self._store_clock.hear(loaded.now)
        if counters.day_key(loaded.now) != counters.day_key(guess):
            loaded = await self._store.load((), (counters.day_key(loaded.now),))
        return loaded.counters[0], loaded.now

    def describe(self, figures: DayFigures) -> dict[str, object]:
        """Return the figures as a plain dict, ready for JSON; money in dollars."""
        counts = figures.counts
        sends, refused = _by_part(counts, counters.SENDS), _by_part(counts, counters.REFUSED_SEND)
        approved = _by_part(counts, counters.APPROVED)
        spent = counts.get(counters.SPENT, 0)
        admitted = sum(sends.values())
        return {
            "day": day_name(figures.now),
            "sends": {
                "asked": admitted + sum(refused.values()),
                "admitted": admitted,
                "accepted": counts.get(counters.ACCEPTED, 0),
                "failed": counts.get(counters.FAILED, 0),
                "unknown": counts.get(counters.UNKNOWN, 0),
                "delivered": counts.get(counters.DELIVERED, 0),
                "undelivered": counts.get(counters.UNDELIVERED, 0),
                "refused": refused,
            },
            "checks": {
                "approved": sum(approved.values()),
                "wrong": counts.get(counters.WRONG, 0),
                "refused": _by_part(counts, counters.REFUSED_CHECK),
            },
            "conversion": _conversion(sum(approved.values()), counts.get(counters.ACCEPTED, 0)),
            "cost": {
                "spent_dollars": dollars(spent),
                "limit_dollars": dollars(self._policy.daily_ceiling),
                "left_dollars": dollars(max(0, self._policy.daily_ceiling - spent)),
            },
            "countries": _countries(counts),
        }


def _sum(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {
        field: first.get(field, 0) + second.get(field, 0) for field in sorted({*first, *second})
    }


def _by_part(counts: Mapping[str, int], field: str) -> dict[str, int]:
    """Return ``{"GB": 3}`` for ``{"sends.GB": 3}``."""
    start = field + "."
    return {name.removeprefix(start): n for name, n in counts.items() if name.startswith(start)}


def _conversion(approved: int, accepted: int) -> float | None:
    """Return approved codes per message taken; None before the first message."""
    return round(approved / accepted, 4) if accepted else None


def _countries(counts: Mapping[str, int]) -> dict[str, dict[str, object]]:
    sends, spent = _by_part(counts, counters.SENDS), _by_part(counts, counters.SPENT)
    approved = _by_part(counts, counters.APPROVED)
    return {
        country: {
            "sends": sends.get(country, 0),
            "approved": approved.get(country, 0),
            "spent_dollars": dollars(spent.get(country, 0)),
        }
        for country in sorted({*sends, *spent, *approved})
    }

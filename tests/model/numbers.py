"""The numbers that a deployment is held to, and the periods that money and counts belong to."""

from __future__ import annotations

from dataclasses import dataclass, field

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

LEASE = 15 * SECOND
"""How long an admitted attempt belongs to the worker that admitted it."""
CALL_NEEDS = 11 * SECOND
"""What must be left of the lease when the provider is called."""
ATTEMPTS_KEPT = DAY
KEY_KEPT = 600 * SECOND
"""How long a send's idempotency key is remembered."""
HASHES_KEPT = 16
"""How many messages that changed an opt-out are remembered."""
CLOCK_WENT_BACK = 5 * SECOND
"""A recorded time further ahead than this says that the store's clock went back."""
STALE = 2 * SECOND
"""A commit that was decided further than this from the store's clock writes nothing."""

STORE_WAIT = 2 * SECOND
"""How long anybody waits for the store in all."""

Limit = tuple[str, int, int]
"""A window: its rule's name, how many fit, and how long it is."""


@dataclass(frozen=True)
class Numbers:
    """One deployment's numbers; money in millionths of a dollar, times in milliseconds."""

    sends_per_hour: int = 5
    sends_per_day: int = 20
    wrong_per_10_minutes: int = 5
    wrong_per_day: int = 20
    client_sends: int = 30
    client_wrong: int = 30
    life: int = 600 * SECOND
    budget: int = 50_000_000
    country_budgets: dict[str, int] = field(default_factory=dict)
    prices: dict[str, int] = field(default_factory=dict)
    home: frozenset[str] = frozenset({"US"})
    senders: frozenset[str] = frozenset({"+17205550100"})

    @property
    def sends(self) -> list[Limit]:
        """The windows that sends to one phone are held to."""
        return [
            ("sends_per_hour", self.sends_per_hour, HOUR),
            ("sends_per_day", self.sends_per_day, DAY),
        ]

    @property
    def wrong(self) -> list[Limit]:
        """The windows that wrong answers of one phone and purpose are held to."""
        return [
            ("wrong_answers_per_10_minutes", self.wrong_per_10_minutes, 10 * MINUTE),
            ("wrong_answers_per_day", self.wrong_per_day, DAY),
        ]

    def budget_of(self, country: str) -> int | None:
        """Return a country's ceiling; None when only the day's total holds it."""
        if country in self.country_budgets:
            return self.country_budgets[country]
        return None if country in self.home else self.budget // 10


def day_of(moment: int) -> int:
    """Return the number of the UTC day."""
    return moment // DAY


def hour_of(moment: int) -> int:
    """Return the number of the clock hour."""
    return moment // HOUR


def to_day_end(moment: int) -> int:
    """Return the milliseconds until the next UTC day."""
    return DAY - moment % DAY


def to_hour_end(moment: int) -> int:
    """Return the milliseconds until the next clock hour."""
    return HOUR - moment % HOUR

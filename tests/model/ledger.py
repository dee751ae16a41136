"""Everything that ever happened, never forgotten: what the invariants are counted over."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.model.numbers import Limit, Numbers, day_of, hour_of
from tests.model.phone import Attempt

Group = tuple[str, int, str]
"""A group of counters: ("day", number of the day, "") or ("client", number of the hour, name)."""


@dataclass
class Ledger:
    """
    What was written, in the order of writing.

    Attributes:
        sends: every admitted attempt, with its phone.
        wrong: every counted wrong answer since its phone and purpose's last success, and before:
            (phone, purpose, time, how many successes came before it).
        successes: how many codes of a phone and purpose were approved.
        client_sends, client_wrong: (client, time) of each.
        facts: figures of a day that only tell, such as ("delivered", day).
    """

    sends: list[tuple[str, Attempt]] = field(default_factory=list)
    wrong: list[tuple[str, str, int, int]] = field(default_factory=list)
    successes: Counter[tuple[str, str]] = field(default_factory=Counter)
    client_sends: list[tuple[str, int]] = field(default_factory=list)
    client_wrong: list[tuple[str, int]] = field(default_factory=list)
    facts: Counter[tuple[str, int]] = field(default_factory=Counter)

    def spent(self, day: int, country: str | None = None) -> int:
        """Return what is charged to a day: every attempt's amount, unless it failed for certain."""
        return sum(
            one.amount
            for _, one in self.sends
            if day_of(one.at) == day and one.state != "failed" and country in {None, one.country}
        )

    def asked_by(self, client: str, hour: int) -> int:
        """Return the sends that a client was admitted in a clock hour."""
        return sum(1 for who, at in self.client_sends if who == client and hour_of(at) == hour)

    def guessed_by(self, client: str, hour: int) -> int:
        """Return the wrong answers that a client gave in a clock hour."""
        return sum(1 for who, at in self.client_wrong if who == client and hour_of(at) == hour)

    def figures(self) -> dict[Group, Counter[str]]:
        """Return what every counter has to hold."""
        figures: dict[Group, Counter[str]] = defaultdict(Counter)
        for _, one in self.sends:
            today = figures["day", day_of(one.at), ""]
            charged = 0 if one.state == "failed" else one.amount
            today["spent"] += charged
            today[f"spent.{one.country}"] += charged
            today[f"sends.{one.country}"] += 1
        for (fact, day), count in self.facts.items():
            figures["day", day, ""][fact] += count
        for who, at in self.client_sends:
            figures["client", hour_of(at), who]["sends"] += 1
        for who, at in self.client_wrong:
            figures["client", hour_of(at), who]["wrong"] += 1
        return figures

    def over_the_limits(self, numbers: Numbers) -> list[str]:
        """Return the invariants that what happened breaks; counted anew each time."""
        sends: dict[object, list[int]] = defaultdict(list)
        for phone, one in self.sends:
            sends[phone].append(one.at)
        wrong: dict[object, list[int]] = defaultdict(list)
        for phone, purpose, at, era in self.wrong:
            wrong[phone, purpose, era].append(at)
        return [
            *_over_budget(self, numbers),
            *_crowded(sends, numbers.sends, "I3: sends to"),
            *_crowded(wrong, numbers.wrong, "I6: wrong answers of"),
        ]


def _over_budget(ledger: Ledger, numbers: Numbers) -> list[str]:
    broken = []
    for day in {day_of(one.at) for _, one in ledger.sends}:
        if ledger.spent(day) > numbers.budget:
            broken.append(f"I1: day {day} is charged {ledger.spent(day)}")
        for country in {one.country for _, one in ledger.sends}:
            ceiling = numbers.budget_of(country)
            if ceiling is not None and ledger.spent(day, country) > ceiling:
                broken.append(f"I1: {country} is charged {ledger.spent(day, country)}")
    return broken


def _crowded(times_of: Mapping[object, list[int]], limits: list[Limit], what: str) -> list[str]:
    """
    Count how many of those before it each entry's own windows held when it came.

    One that was recorded ahead of it, before the clock went back, is still held.
    """
    broken = []
    for who, times in times_of.items():
        for rule, count, span in limits:
            for place, time in enumerate(times):
                held = sum(1 for earlier in times[:place] if earlier > time - span)
                if held >= count:
                    broken.append(f"{what} {who}: {held + 1} within {rule}")
    return broken

"""What the counters hold, in the model's words."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from smsverify.domain.client import client_name
from tests.model.numbers import DAY, HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.model.ledger import Group
    from tests.stepping.stage import Stage

COUNTERS_KEPT = 3 * DAY
"""How long a group of counters outlives its period."""
_BLURRED = ("refused_send.", "refused_check.", "sent_from.")
"""Fields that are looked at apart: refusals may be lost, and senders are ours to choose."""


def stored_figures(stage: Stage) -> dict[Group, dict[str, int]]:
    """Return what every counter holds that the store may still keep."""
    groups = _groups(stage)
    loaded = stage.loop.run_until_complete(stage.reader.load((), list(groups.values())))
    for group, fields in zip(groups, loaded.counters, strict=True):
        if group[0] == "day":
            assert _sum(fields, "sent_from.") == _sum(fields, "sends."), "a send has no sender"
    return dict(zip(groups, map(_plain, loaded.counters), strict=True))


def _groups(stage: Stage) -> dict[Group, str]:
    """Return the keys of all counters that may be there, the day before and after as well."""
    days = {stage.clock.wall() // DAY + offset for offset in (-1, 0, 1)}
    hours = {stage.clock.wall() // HOUR}
    for kind, period, _ in stage.model.ledger.figures():
        (days if kind == "day" else hours).add(period)
    groups: dict[Group, str] = {}
    for day in sorted(days):
        if stage.latest < (day + 1) * DAY + COUNTERS_KEPT:
            groups["day", day, ""] = f"day:{_date(day)}"
    keys = next(iter(stage.hosts.values())).keys
    for client in sorted(stage.clients):
        for hour in sorted(hours):
            if stage.latest < (hour + 1) * HOUR + COUNTERS_KEPT:
                name = f"{_date(hour // 24)}T{hour % 24:02d}"
                key = f"client:{keys.client(client_name(client))}:{name}"
                groups["client", hour, client] = key
    return groups


def _plain(fields: Mapping[str, int]) -> dict[str, int]:
    return {name: value for name, value in fields.items() if not name.startswith(_BLURRED)}


def _sum(fields: Mapping[str, int], start: str) -> int:
    return sum(value for name, value in fields.items() if name.startswith(start))


def _date(day: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=day)).isoformat()

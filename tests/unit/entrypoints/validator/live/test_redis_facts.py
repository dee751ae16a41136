"""What a server says of itself, judged without one."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from smsverify.entrypoints.validator.finding import Severity
from smsverify.entrypoints.validator.live.redis_facts import RedisFacts, facts_of, judge_redis

SOUND = RedisFacts(
    product="Redis",
    version="7.2.4",
    mode="standalone",
    policy="noeviction",
    appends=True,
    snapshots=True,
    replicas=0,
    least_replicas=0,
    skew_ms=12,
)

BROKEN = [
    ({"policy": "allkeys-lru"}, "maxmemory-policy", Severity.PROBLEM),
    ({"policy": "volatile-ttl"}, "maxmemory-policy", Severity.PROBLEM),
    ({"version": "6.2.14"}, "REDIS_URL", Severity.WARNING),
    ({"version": "?"}, "REDIS_URL", Severity.WARNING),
    ({"appends": False}, "appendonly", Severity.WARNING),
    ({"appends": False, "snapshots": False}, "appendonly", Severity.WARNING),
    ({"appends": False, "snapshots": None}, "appendonly", Severity.WARNING),
    ({"replicas": 1}, "min-replicas-to-write", Severity.WARNING),
    ({"skew_ms": 2001}, "clock", Severity.WARNING),
    ({"skew_ms": -2001}, "clock", Severity.WARNING),
]


def faults(facts: RedisFacts) -> list[tuple[str | None, Severity]]:
    """Return what is not in order."""
    found = judge_redis(facts)
    return [(one.variable, one.severity) for one in found if one.severity is not Severity.FINE]


@pytest.mark.parametrize(
    "facts",
    [
        SOUND,
        attrs.evolve(SOUND, replicas=1, least_replicas=1),
        attrs.evolve(SOUND, replicas=1, least_replicas=None),
        attrs.evolve(SOUND, skew_ms=2000),
        attrs.evolve(SOUND, skew_ms=-2000),
        attrs.evolve(SOUND, product="Valkey", version="9.0.0", mode="cluster"),
    ],
)
def test_a_sound_server_has_no_fault(facts: RedisFacts) -> None:
    """What is set up as it should be is only described."""
    assert faults(facts) == []


@pytest.mark.parametrize(("changes", "name", "severity"), BROKEN)
def test_each_fault_is_named(changes: dict[str, Any], name: str, severity: Severity) -> None:
    """One thing that is not as it should be gives one finding."""
    assert faults(attrs.evolve(SOUND, **changes)) == [(name, severity)]


def test_a_restart_that_forgets_is_told_apart() -> None:
    """Without file and snapshots a restart forgets; with snapshots only a crash does."""
    nothing = attrs.evolve(SOUND, appends=False, snapshots=False)
    some = attrs.evolve(SOUND, appends=False)

    assert any("a restart forgets" in one.sentence for one in judge_redis(nothing))
    assert any("a crash forgets" in one.sentence for one in judge_redis(some))


def test_the_clock_that_is_wrong_is_told() -> None:
    """The report says which of the two is ahead."""
    ahead = attrs.evolve(SOUND, skew_ms=90_000)
    behind = attrs.evolve(SOUND, skew_ms=-90_000)

    assert any("90.0 s ahead of" in one.sentence for one in judge_redis(ahead))
    assert any("90.0 s behind" in one.sentence for one in judge_redis(behind))


def test_facts_come_from_the_servers_own_words() -> None:
    """INFO and CONFIG GET are read; Valkey is told from Redis."""
    info = {
        "redis_version": "7.2.4",
        "valkey_version": "9.0.0",
        "redis_mode": "cluster",
        "maxmemory_policy": "noeviction",
        "aof_enabled": "1",
        "connected_slaves": "2",
    }

    facts = facts_of(info, {"save": "", "min-replicas-to-write": "1"}, 5)

    assert facts == RedisFacts(
        product="Valkey",
        version="9.0.0",
        mode="cluster",
        policy="noeviction",
        appends=True,
        snapshots=False,
        replicas=2,
        least_replicas=1,
        skew_ms=5,
    )


def test_a_server_that_keeps_its_configuration_to_itself_is_not_blamed() -> None:
    """What can't be read is not known, which is neither good nor bad."""
    facts = facts_of({"redis_version": "7.4.0", "aof_enabled": "1"}, None, 0)

    assert (facts.snapshots, facts.least_replicas) == (None, None)

"""What a Redis or Valkey server says of itself, and what that means for us."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs

from smsverify.entrypoints.validator.finding import Topic, fine, problem, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from smsverify.entrypoints.validator.finding import Finding

OLDEST: Final = 7
"""The oldest release that the tests run on; Valkey begins above it."""
MOST_SKEW_MS: Final = 2_000
"""A host whose clock is further off has every commit refused once (STALE), then goes by the
server's."""
_CLI: Final = 'redis-cli -u "$REDIS_URL"'


@attrs.frozen(kw_only=True)
class RedisFacts:
    """
    What was read from one server.

    Attributes:
        product: ``Redis`` or ``Valkey``.
        version: its release.
        mode: ``standalone``, ``sentinel`` or ``cluster``.
        policy: what it drops when its memory is full.
        appends: whether it writes every change to a file.
        snapshots: whether it writes snapshots; None when it does not tell.
        replicas: how many copy it.
        least_replicas: how many must copy it before it takes a write; None when it does not tell.
        skew_ms: how far this host's clock is ahead of the server's; behind if negative.
    """

    product: str
    version: str
    mode: str
    policy: str
    appends: bool
    snapshots: bool | None
    replicas: int
    least_replicas: int | None
    skew_ms: int


def facts_of(
    info: Mapping[str, object], config: Mapping[str, object] | None, skew_ms: int
) -> RedisFacts:
    """
    Return the facts in the answers to INFO and CONFIG GET.

    Args:
        info: every section that is on by default.
        config: None when the server does not let us read its configuration, as hosted ones do.
        skew_ms: this host's clock less the server's.
    """
    valkey = info.get("valkey_version")
    least = None if config is None else config.get("min-replicas-to-write")
    return RedisFacts(
        product="Valkey" if valkey else "Redis",
        version=str(valkey or info.get("redis_version", "?")),
        mode=str(info.get("redis_mode", "standalone")),
        policy=str(info.get("maxmemory_policy", "?")),
        appends=str(info.get("aof_enabled", 0)) == "1",
        snapshots=None if config is None else bool(str(config.get("save", "")).strip()),
        replicas=int(str(info.get("connected_slaves", 0))),
        least_replicas=None if least is None else int(str(least)),
        skew_ms=skew_ms,
    )


def judge_redis(facts: RedisFacts) -> Iterator[Finding]:
    """Tell what of a server does not suit records that must not get lost."""
    yield from _judge_version(facts)
    yield from _judge_memory(facts)
    yield from _judge_persistence(facts)
    yield from _judge_replicas(facts)
    yield from _judge_clock(facts)


def _judge_version(facts: RedisFacts) -> Iterator[Finding]:
    kind = {"cluster": "a cluster", "standalone": "a single server"}.get(facts.mode, facts.mode)
    name = f"{facts.product} {facts.version}"
    major = re.match(r"\d+", facts.version)
    if major is None or int(major[0]) < OLDEST:
        yield warning(
            Topic.STORE,
            f"The server is {name}; smsverify is tested with Redis 7 and Valkey 8 and 9.",
            "Upgrade the server.",
            "REDIS_URL",
        )
    else:
        yield fine(Topic.STORE, f"The store answers, reads and writes: {name}, {kind}.")


def _judge_memory(facts: RedisFacts) -> Iterator[Finding]:
    if facts.policy == "noeviction":
        yield fine(Topic.STORE, "Nothing is dropped when memory is full (noeviction).")
    else:
        yield problem(
            Topic.STORE,
            f"maxmemory-policy is {facts.policy}: the server would silently drop limits, budgets"
            " and opt-outs when its memory is full.",
            f"{_CLI} CONFIG SET maxmemory-policy noeviction",
            "maxmemory-policy",
        )


def _judge_persistence(facts: RedisFacts) -> Iterator[Finding]:
    if facts.appends:
        yield fine(Topic.STORE, "Every change goes to an append-only file.")
    elif facts.snapshots is False:
        yield warning(
            Topic.STORE,
            "The server keeps nothing on disk: a restart forgets limits, budgets and opt-outs.",
            f"{_CLI} CONFIG SET appendonly yes",
            "appendonly",
        )
    else:
        yield warning(
            Topic.STORE,
            "The server writes no append-only file: a crash forgets what came after its last"
            " snapshot, opt-outs too.",
            f"{_CLI} CONFIG SET appendonly yes",
            "appendonly",
        )


def _judge_replicas(facts: RedisFacts) -> Iterator[Finding]:
    if facts.replicas and facts.least_replicas == 0:
        yield warning(
            Topic.STORE,
            "min-replicas-to-write is 0: a server that was cut off goes on taking writes that get"
            " lost in the failover.",
            f"{_CLI} CONFIG SET min-replicas-to-write 1",
            "min-replicas-to-write",
        )
    elif facts.replicas:
        yield fine(Topic.STORE, f"Replicas: {facts.replicas}.")


def _judge_clock(facts: RedisFacts) -> Iterator[Finding]:
    seconds = abs(facts.skew_ms) / 1000
    if abs(facts.skew_ms) > MOST_SKEW_MS:
        side = "ahead of" if facts.skew_ms > 0 else "behind"
        yield warning(
            Topic.STORE,
            f"This machine's clock is {seconds:,.1f} s {side} the server's.",
            "timedatectl set-ntp true  (on the machine whose clock is wrong)",
            "clock",
        )
    else:
        yield fine(Topic.STORE, f"The clocks agree to {seconds:.1f} s.")

"""The store on Redis or Valkey: two scripts, and nothing that knows a rule."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from redis.crc import key_slot

from smsverify.adapters.event_loops import PerLoop
from smsverify.adapters.redis.pipeline import Pipeline
from smsverify.adapters.redis.pool import Pool
from smsverify.adapters.redis.repetition import Repetition
from smsverify.adapters.redis.scripts import COMMIT, LOAD
from smsverify.adapters.redis.trouble import Trouble, data_invalid
from smsverify.adapters.redis.url import parse_redis_url
from smsverify.domain.error_code import ErrorCode
from smsverify.ports.store import CeilingReached, Conflict, Loaded, Stale, Written

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence
    from typing import Any, Final

    from smsverify.adapters.redis.deployment import Deployment
    from smsverify.adapters.redis.scripts import Argument, Script
    from smsverify.domain.counters import Add
    from smsverify.domain.periods import Millis
    from smsverify.ports.clock import Clock
    from smsverify.ports.store import CommitAnswer, Swap

MAX_CONNECTIONS: Final = 20

_COUNTER: Final = re.compile(rb"0|[1-9][0-9]{0,17}")
"""How a counter is written: the only form that the scripts write, up to eighteen digits."""

# What the scripts answer with first; see the .lua files.
_STALE: Final = 0
_CONFLICT: Final = 1
_CEILING: Final = 2
_FOREIGN: Final = 3


class RedisStore:
    """
    Records and counters in one slot of a Redis deployment, alone, under Sentinel or in a Cluster.

    Any number of threads and event loops may use one object; each loop has its own connections. A
    forked child begins with none. Building does no I/O.

    Args:
        url: the ``REDIS_URL``; see :mod:`smsverify.adapters.redis.url`. A malformed one raises
            :class:`~smsverify.errors.ConfigurationError`.
        namespace: what is put before each key; holds one hash tag, such as ``{smsverify:live}``.
        max_connections: how many connections an event loop may have; beyond, commands wait.
        clock: for the pauses between two tries.
        time_override: for tests: the time to go by in place of the server's.
    """

    def __init__(
        self,
        url: str,
        *,
        namespace: str,
        max_connections: int = MAX_CONNECTIONS,
        clock: Clock,
        time_override: Callable[[], Millis] | None = None,
    ) -> None:
        self._namespace = namespace
        self._clock = clock
        self._time_override = time_override
        slot = key_slot(namespace.encode())
        # Nothing in it points back here: a store that is dropped ends at once.
        make = partial(_make_pipeline, parse_redis_url(url), slot, max_connections)
        self._pipelines = PerLoop(make, close=Pipeline.close, abandon=Pipeline.abandon)

    @property
    def name(self) -> str:
        """``redis``."""
        return "redis"

    @property
    def unavailable_code(self) -> ErrorCode:
        """``REDIS_UNAVAILABLE``."""
        return ErrorCode.REDIS_UNAVAILABLE

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """Return what is stored, and the server's time; one command."""
        namespace = self._namespace
        # Without a key a cluster would not know whom to ask.
        keys = [namespace + key for key in (*records, *counters)] or [namespace]
        arguments = (len(records), len(counters), self._time())
        reply = await self._submit(LOAD, keys, arguments)
        if isinstance(reply, Trouble):
            reply = await self._repeat(LOAD, keys, arguments).after(reply, also_if_executed=True)
        now = reply[1]
        if reply[0] == _FOREIGN:
            raise data_invalid(f"the key {keys[reply[2]]}")
        end = 2 + len(records)
        if not counters:
            return Loaded(now, tuple(reply[2:]))
        groups = zip(counters, reply[end:], strict=True)
        sums = tuple(self._counters(key, flat) if flat else {} for key, flat in groups)
        return Loaded(now, tuple(reply[2:end]), sums)

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        """Write all or nothing, as the port tells; one command."""
        namespace = self._namespace
        keys = [namespace + swap.key for swap in swaps]
        arguments: list[Argument] = [decided_at, len(keys), self._time()]
        for swap in swaps:
            arguments += _swap_arguments(swap)
        groups: dict[str, int] = {}
        for add in adds:
            number = groups.get(add.key)
            if number is None:
                keys.append(namespace + add.key)
                number = groups[add.key] = len(keys)
            ceiling = b"" if add.ceiling is None else add.ceiling
            arguments += (number, add.field, add.amount, ceiling, add.keep_until)
        keys = keys or [namespace]
        reply = await self._submit(COMMIT, keys, arguments)
        if isinstance(reply, Trouble):
            again = self._repeat(COMMIT, keys, arguments)
            reply = await again.after(reply, also_if_executed=bool(swaps))
        return Written(reply) if type(reply) is int else _answer(reply, keys)

    async def close(self) -> None:
        """
        Close the connections; the store can be used again afterwards.

        Calls under way are answered first. Where servers are silent it takes three seconds at most:
        1.9 for the calls (:data:`~smsverify.adapters.redis.pipeline.ANSWER_SECONDS`), and over TLS
        another 1.0 for all the goodbyes
        (:data:`~smsverify.adapters.redis.connection.CONNECT_SECONDS`).
        """
        await self._pipelines.close()

    def _submit(
        self, script: Script, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> asyncio.Future[Any]:
        packed = script.call(keys, arguments)
        return self._pipelines.get().submit(packed, is_read=script is LOAD)

    def _repeat(
        self, script: Script, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> Repetition:
        return Repetition(self._pipelines.get, self._clock, script, keys, arguments)

    def _time(self) -> Argument:
        return b"" if self._time_override is None else self._time_override()

    def _counters(self, key: str, flat: list[bytes]) -> dict[str, int]:
        """Return a group's counters; whatever is no counter is not ours."""
        try:
            fields = [field.decode() for field in flat[::2]]
        except UnicodeDecodeError:
            fields = []
        if not fields or not all(map(_COUNTER.fullmatch, flat[1::2])):
            raise data_invalid(f"the key {self._namespace}{key}")
        return dict(zip(fields, map(int, flat[1::2]), strict=True))


def _make_pipeline(deployment: Deployment, slot: int, limit: int) -> Pipeline:
    return Pipeline(Pool(deployment, slot, limit), limit)


def _swap_arguments(swap: Swap) -> tuple[Argument, Argument, Argument]:
    expected = b"" if swap.expected is None else b"=" + swap.expected
    if swap.new is None:
        return expected, b"", b"x"
    return expected, swap.new, b"-" if swap.keep is None else max(swap.keep, 1)


def _answer(reply: list[Any], keys: Sequence[str]) -> CommitAnswer:
    what, now, *rest = reply
    if what == _CONFLICT:
        return Conflict(now, tuple(rest))
    if what == _STALE:
        return Stale(now, tuple(rest))
    if what == _CEILING:
        return CeilingReached(now, rest[0])
    raise data_invalid(f"the key {keys[rest[0]]}")

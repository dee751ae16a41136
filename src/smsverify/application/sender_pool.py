"""
The senders as sends see them: those of the directory, less those that rest.

The pool is looked at every few seconds and not for each send; what changes in between is seen with
the next look. Only the beginning and the end of a rest are written.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import attrs

from smsverify.application.silence import silence_of
from smsverify.domain import counters
from smsverify.domain.pool import (
    POOL_KEY,
    Rest,
    RestOrder,
    RestReason,
    begin_rest,
    end_rest,
    filtered_keys,
    resting,
    too_often_filtered,
)
from smsverify.domain.senders import Roster
from smsverify.errors import StoreContended, StoreDataInvalid, StoreError
from smsverify.ports.store import STORE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsverify.application.commit_loop import CommitLoop
    from smsverify.application.store_clock import StoreClock
    from smsverify.domain.decisions import Decision, Noted
    from smsverify.domain.periods import Millis
    from smsverify.domain.pool import PoolRecord
    from smsverify.domain.senders import Sender
    from smsverify.ports.clock import Clock
    from smsverify.ports.codec import PoolCodec
    from smsverify.ports.entropy import Entropy
    from smsverify.ports.senders import SenderDirectory
    from smsverify.ports.store import Store

LOOK_SECONDS: Final = 5.0
"""How old a look at the pool may get."""


@attrs.frozen
class PoolRules:
    """
    How the operator wants the pool used.

    Attributes:
        area_code: the one that is preferred, empty for none.
        cooldown: how long a rest lasts, in milliseconds.
        allowance: messages that a sender may carry in a UTC day, None for any number.
    """

    area_code: str
    cooldown: Millis
    allowance: int | None


@attrs.frozen
class Pool:
    """
    One look at the pool.

    Attributes:
        senders: all of them.
        rests: those that rest, by the sender's id.
        sent_today: messages by the sender's id.
        roster: those that may be chosen.
        home: the countries of all senders, resting or not.
        now: the store's time of the look, None before the store was heard.
    """

    senders: tuple[Sender, ...]
    rests: Mapping[bytes, Rest]
    sent_today: Mapping[bytes, int]
    roster: Roster
    home: frozenset[str]
    now: Millis | None


class SenderPool:
    """Looks at the pool, and lets senders rest; one object serves all calls, loops and threads."""

    def __init__(
        self,
        *,
        directory: SenderDirectory,
        rules: PoolRules,
        store: Store,
        codec: PoolCodec,
        loop: CommitLoop[PoolRecord],
        clock: Clock,
        store_clock: StoreClock,
        entropy: Entropy,
    ) -> None:
        self._directory = directory
        self._rules = rules
        self._store = store
        self._codec = codec
        self._loop = loop
        self._clock = clock
        self._store_clock = store_clock
        self._entropy = entropy
        self._looked: tuple[Pool, float] | None = None

    @property
    def rules(self) -> PoolRules:
        """How the operator wants the pool used."""
        return self._rules

    async def look(self, *, fresh: bool = False) -> Pool:
        """
        Return the pool, at most five seconds old; ``fresh`` asks the store in any case.

        An outage gives the last look again, and before the first one a pool in which nobody rests.
        """
        pool, _ = await self._look(fresh=fresh)
        return pool

    async def look_to_write(self) -> Pool:
        """
        Return the pool as :meth:`look` does, but raise the outage that this look met.

        Whoever is about to write would wait for the same silence a second time.
        """
        pool, trouble = await self._look(fresh=False)
        if trouble is not None:
            raise trouble
        return pool

    async def _look(self, *, fresh: bool) -> tuple[Pool, StoreError | None]:
        if self._looked is not None:
            pool, at = self._looked
            if not fresh and self._clock.monotonic() - at <= LOOK_SECONDS:
                return pool, None
            # Of many sends at once one asks the store; the others get the last look meanwhile.
            self._looked = (pool, self._clock.monotonic())
        pool, trouble = await self._look_again()
        self._looked = (pool, self._clock.monotonic())
        return pool, trouble

    async def _look_again(self) -> tuple[Pool, StoreError | None]:
        senders = await self._directory.senders()
        try:
            async with asyncio.timeout(STORE_SECONDS):
                record, sent_today, now = await self._read()
        except StoreDataInvalid:
            return self._last_known(senders), None
        except StoreError as error:
            return self._last_known(senders), self._loop.failed(error)
        except TimeoutError:
            return self._last_known(senders), self._loop.failed(silence_of(self._store))
        pool = self._pool(senders, resting(record, now), sent_today, now)
        return await self._rest_the_spent(pool)

    def _last_known(self, senders: tuple[Sender, ...]) -> Pool:
        last = self._looked[0] if self._looked else None
        return self._pool(senders, last.rests if last else {}, {}, None)

    async def _read(self) -> tuple[PoolRecord | None, Mapping[bytes, int], Millis]:
        guess = self._store_clock.now() or self._clock.wall()
        loaded = await self._store.load((POOL_KEY,), (counters.day_key(guess),))
        self._store_clock.hear(loaded.now)
        data = loaded.records[0]
        record = None if data is None else self._codec.decode(data)
        return record, _sent_by_sender(loaded.counters[0]), loaded.now

    def _pool(
        self,
        senders: tuple[Sender, ...],
        rests: Mapping[bytes, Rest],
        sent_today: Mapping[bytes, int],
        now: Millis | None,
    ) -> Pool:
        working = tuple(one for one in senders if one.id not in rests)
        home = frozenset(one.country for one in senders if one.country)
        roster = Roster(working, self._rules.area_code)
        return Pool(senders, rests, sent_today, roster, home, now)

    async def _rest_the_spent(self, pool: Pool) -> tuple[Pool, StoreError | None]:
        allowance = self._rules.allowance
        if allowance is None:
            return pool, None
        spent = [one for one in pool.roster.senders if pool.sent_today.get(one.id, 0) >= allowance]
        if not spent:
            return pool, None
        try:
            for sender in spent:
                await self._begin_rest(sender, pool.senders, RestReason.ALLOWANCE)
            record, now = await self._loop.read(POOL_KEY)
        except (StoreContended, StoreDataInvalid):
            return pool, None
        except StoreError as error:
            return pool, error
        return self._pool(pool.senders, resting(record, now), pool.sent_today, now), None

    async def rest(self, sender: Sender, reason: RestReason) -> bool:
        """Let a sender rest; return whether it did not already. Raises a StoreError."""
        pool = await self.look_to_write()
        changed = await self._begin_rest(sender, pool.senders, reason)
        self._age()
        return changed

    async def release(self, sender: Sender, by: str) -> bool:
        """End a sender's rest; return whether there was one. Raises a StoreError."""
        operation = self._entropy.token(8)

        def decide(record: PoolRecord | None, now: Millis) -> Decision[PoolRecord, Noted]:
            return end_rest(record, operation, sender, by, now)

        noted = await self._loop.run(POOL_KEY, decide)
        self._age()
        return noted.changed

    def _age(self) -> None:
        """Have the next look ask the store; the last one is kept for an outage."""
        if self._looked is not None:
            self._looked = (self._looked[0], float("-inf"))

    async def note_unusable(self, sender: Sender) -> None:
        """Let a sender rest that the provider says is not ours; an outage leaves it working."""
        with contextlib.suppress(StoreError):
            await self.rest(sender, RestReason.UNUSABLE)

    async def note_filtered(self, sender_id: bytes) -> None:
        """Let a sender rest if carriers filtered it for too many phones within the hour."""
        with contextlib.suppress(StoreError, TimeoutError):
            pool = await self.look_to_write()
            now = self._store_clock.now() or self._clock.wall()
            async with asyncio.timeout(STORE_SECONDS):
                loaded = await self._store.load((), filtered_keys(sender_id, now))
            if too_often_filtered(loaded.counters, loaded.now):
                for sender in pool.senders:
                    if sender.id == sender_id:
                        await self.rest(sender, RestReason.FILTERED)

    async def _begin_rest(
        self, sender: Sender, senders: tuple[Sender, ...], reason: RestReason
    ) -> bool:
        operation = self._entropy.token(8)
        order = RestOrder(operation, sender, senders, self._rules.cooldown, reason)

        def decide(record: PoolRecord | None, now: Millis) -> Decision[PoolRecord, Noted]:
            return begin_rest(record, order, now)

        return (await self._loop.run(POOL_KEY, decide)).changed


def _sent_by_sender(day: Mapping[str, int]) -> dict[bytes, int]:
    start = counters.SENT_FROM + "."
    return {
        bytes.fromhex(field.removeprefix(start)): count
        for field, count in day.items()
        if field.startswith(start)
    }

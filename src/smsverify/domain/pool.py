"""
Which sender numbers rest, since when, until when and why.

A sender that carriers filter gets worse with each message, so it is left alone for a day. What
receipts say never rests the last sender: a wrong guess about filtering must not end the service.
The pool's record is one for the deployment, and is written only when a rest begins or ends.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

from smsverify.domain.counters import Add
from smsverify.domain.decisions import Decision, Noted
from smsverify.domain.events import SenderReleased, SenderRests
from smsverify.domain.periods import COUNTER_KEEPING, HOUR, MINUTE, Millis, hour_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Final

    from smsverify.domain.events import Event
    from smsverify.domain.senders import Sender

POOL_KEY: Final = "pool"
"""Where the pool's record is kept."""

FILTERED_RECIPIENTS: Final = 3
"""So many different phones within an hour whose messages were filtered make a sender rest."""


class RestReason(enum.StrEnum):
    """Why a sender rests."""

    FILTERED = "filtered"
    """Carriers filtered it for several phones."""
    UNUSABLE = "unusable"
    """The provider says that it is not ours or can't send."""
    ALLOWANCE = "allowance"
    """It carried what it may carry in a day."""
    OPERATOR = "operator"
    """Somebody said so."""


@attrs.frozen
class Rest:
    """
    One sender's rest.

    Attributes:
        sender: the sender's id.
        since: when it began.
        until: when it ends.
        reason: why it rests.
    """

    sender: bytes
    since: Millis
    until: Millis
    reason: RestReason


@attrs.frozen
class PoolRecord:
    """
    All rests of a deployment.

    Attributes:
        stamp: 8 random bytes of the operation that wrote it.
        rests: a sender each.
    """

    stamp: bytes = b""
    rests: tuple[Rest, ...] = ()


EMPTY_POOL: Final = PoolRecord()


@attrs.frozen
class RestOrder:
    """
    A sender is to rest.

    Attributes:
        operation: 8 random bytes, fresh for each order.
        sender: which one.
        all_senders: every sender there is, to know whether another would be left.
        cooldown: for how long.
        reason: why.
    """

    operation: bytes
    sender: Sender
    all_senders: tuple[Sender, ...]
    cooldown: Millis
    reason: RestReason


def resting(record: PoolRecord | None, now: Millis) -> dict[bytes, Rest]:
    """Return the rests that are not over, by the sender's id."""
    if record is None:
        return {}
    return {rest.sender: rest for rest in record.rests if now < rest.until}


def begin_rest(
    record: PoolRecord | None, order: RestOrder, now: Millis
) -> Decision[PoolRecord, Noted]:
    """Let a sender rest, unless it does already or receipts would rest the last one."""
    rests = resting(record, now)
    if order.sender.id in rests:
        return Decision(Noted(changed=False))
    others = [one for one in order.all_senders if one.id not in rests and one.id != order.sender.id]
    if order.reason is RestReason.FILTERED and not others:
        return Decision(Noted(changed=False))
    until = now + order.cooldown
    rest = Rest(order.sender.id, now, until, order.reason)
    event = SenderRests(order.sender, until, order.reason.value)
    return _write((*rests.values(), rest), order.operation, event)


def end_rest(
    record: PoolRecord | None, operation: bytes, sender: Sender, by: str, now: Millis
) -> Decision[PoolRecord, Noted]:
    """Let a sender work again before its time; one that does not rest changes nothing."""
    rests = resting(record, now)
    if sender.id not in rests:
        return Decision(Noted(changed=False))
    left = tuple(rest for rest in rests.values() if rest.sender != sender.id)
    return _write(left, operation, SenderReleased(sender, by))


def _write(rests: tuple[Rest, ...], operation: bytes, event: Event) -> Decision[PoolRecord, Noted]:
    return Decision(Noted(changed=True), PoolRecord(operation, rests), events=(event,))


def keeping_of_pool(record: PoolRecord, now: Millis) -> Millis:
    """Return how long a pool's record must be kept from now."""
    return max((rest.until - now for rest in record.rests), default=HOUR)


def filtered_key(sender: bytes, now: Millis) -> str:
    """Return the group of counters that holds a sender's filtered phones of a clock hour."""
    return f"filtered:{sender.hex()}:{hour_name(now)}"


def add_filtered(sender: bytes, recipient: str, now: Millis) -> Add:
    """Return the addition that notes a filtered phone and the minute."""
    key = filtered_key(sender, now)
    return Add(key, f"{recipient}@{now // MINUTE}", 1, None, now + COUNTER_KEEPING)


def filtered_keys(sender: bytes, now: Millis) -> tuple[str, str]:
    """Return the two groups that the last sixty minutes can lie in."""
    return filtered_key(sender, now), filtered_key(sender, now - HOUR)


def too_often_filtered(groups: Sequence[Mapping[str, int]], now: Millis) -> bool:
    """Say whether enough different phones were filtered within the last hour."""
    phones = {
        phone for phone, minute in _filtered(groups) if now // MINUTE - minute < HOUR // MINUTE
    }
    return len(phones) >= FILTERED_RECIPIENTS


def _filtered(groups: Iterable[Mapping[str, int]]) -> Iterable[tuple[str, int]]:
    for group in groups:
        for field in group:
            phone, _, minute = field.rpartition("@")
            if minute.isdecimal():
                yield phone, int(minute)

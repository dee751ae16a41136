"""The pool of senders, as plain values."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from smsverify.domain.phone import PhoneNumber, parse_phone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsverify.application.sender_pool import Pool, PoolRules
    from smsverify.domain.periods import Millis
    from smsverify.domain.senders import Sender

STORE_AWAY = (
    "The store could not be read: who rests and what was sent today is as it was last known."
)
NO_SENDERS = (
    "No sender is known. Set TWILIO_PHONE_NUMBERS or TWILIO_MESSAGING_SERVICE_SID, or check the "
    "account and its SMS-capable numbers with smsverify validate."
)


def iso(now: Millis) -> str:
    """Return a time as people and programs read it, in UTC."""
    return dt.datetime.fromtimestamp(now / 1000, dt.UTC).isoformat(timespec="milliseconds")


def describe_pool(
    pool: Pool, rules: PoolRules, *, as_of: Millis, show_numbers: bool
) -> dict[str, object]:
    """Return a look at the pool, ready for JSON; numbers are masked unless they are asked for."""
    senders = [_sender(one, pool, rules, show_numbers=show_numbers) for one in pool.senders]
    resting = sum(not one["available"] for one in senders)
    return {
        "as_of": iso(as_of),
        "error": _trouble(pool),
        "preferred_area_code": rules.area_code or None,
        "daily_allowance": rules.allowance,
        "senders": senders,
        "totals": {
            "senders": len(senders),
            "available": len(senders) - resting,
            "resting": resting,
            "sent_today": sum(pool.sent_today.get(one.id, 0) for one in pool.senders),
        },
    }


def no_pool(sentence: str | None) -> dict[str, object]:
    """Return the same of a pool that is not there, or was not looked at yet."""
    totals = {"senders": 0, "available": 0, "resting": 0, "sent_today": 0}
    return {
        "as_of": None,
        "error": sentence,
        "preferred_area_code": None,
        "daily_allowance": None,
        "senders": [],
        "totals": totals,
    }


def _trouble(pool: Pool) -> str | None:
    if not pool.senders:
        return NO_SENDERS
    return STORE_AWAY if pool.now is None else None


def _sender(
    sender: Sender, pool: Pool, rules: PoolRules, *, show_numbers: bool
) -> dict[str, object]:
    rest = pool.rests.get(sender.id)
    return {
        "number": sender.address if show_numbers else sender.masked,
        "kind": "messaging_service" if sender.is_service else "number",
        "country": sender.country or None,
        "area_code": sender.area_code or None,
        "preferred": bool(sender.area_code) and sender.area_code == rules.area_code,
        "available": rest is None,
        "reason": None if rest is None else rest.reason.value,
        "resting_since": None if rest is None else iso(rest.since),
        "resting_until": None if rest is None else iso(rest.until),
        "sent_today": pool.sent_today.get(sender.id, 0),
    }


def find_sender(address: str, senders: Sequence[Sender]) -> Sender:
    """
    Return the sender that a person named, a number in any usual spelling.

    Raises :class:`ValueError` for one that is not among them.
    """
    number = parse_phone(address)
    wanted = number.e164 if isinstance(number, PhoneNumber) else re.sub(r"\s", "", address)
    for sender in senders:
        if sender.address == wanted:
            return sender
    raise ValueError(
        "This is none of the senders: give a whole number, or the SID of the Messaging Service, "
        "as smsverify pool status --show-numbers tells them."
    )

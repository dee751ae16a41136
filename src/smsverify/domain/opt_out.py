"""
STOP and START: a person's word on whether they get messages at all.

A provider may deliver the same inbound message many times and in any order, so each message is
known by the hash of its id: one seen before changes nothing, and a START replayed after a later
STOP can't undo it. A record that holds an opt-out or such a hash never expires.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from smsverify.domain.decisions import Decision, Noted, PhoneDecision
from smsverify.domain.events import OptOutChanged
from smsverify.domain.record import EMPTY, PhoneRecord
from smsverify.domain.verification import age_record

if TYPE_CHECKING:
    from typing import Final

    from smsverify.domain.periods import Millis
    from smsverify.domain.policy import Policy

MESSAGES_KEPT: Final = 16
"""How many message hashes a record remembers; the oldest goes first."""

OPT_OUT_WORDS: Final = frozenset(
    {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"}
)
OPT_IN_WORDS: Final = frozenset({"START", "YES", "UNSTOP"})
"""The words that Twilio listens to by default; a message that is more than one word means nothing
(https://help.twilio.com/articles/223134027)."""


def read_wish(said: str | None, text: str) -> bool | None:
    """
    Return True for "no more messages", False for "messages again", None for anything else.

    ``said`` is what the provider understood already (``STOP``, ``START`` or ``HELP``) and wins,
    since it knows the operator's own words; else the text is looked at, trimmed, in any case.
    """
    word = (said or text).strip().upper()
    if word in OPT_OUT_WORDS:
        return True
    return False if word in OPT_IN_WORDS else None


@attrs.frozen
class OptOutRequest:
    """
    A wish to get no more messages, or to get them again.

    Attributes:
        operation: 8 random bytes, fresh for each delivery of the wish.
        opt_out: True for STOP, False for START.
        message_hash: 16 bytes that stand for the inbound message; None for an operator's order.
        by: who said it: ``person`` or ``operator``.
    """

    operation: bytes
    opt_out: bool
    message_hash: bytes | None = None
    by: str = "person"


def note_opt_out(
    record: PhoneRecord | None, request: OptOutRequest, now: Millis, policy: Policy
) -> PhoneDecision[Noted]:
    """Write a wish, and the message that it came with, unless that message was seen before."""
    known = record or EMPTY
    message = request.message_hash
    if message is not None and message in known.message_hashes:
        return Decision(Noted(changed=False))
    changes = (known.opted_out_at is not None) is not request.opt_out
    if message is None and not changes:
        return Decision(Noted(changed=False))
    hashes = known.message_hashes if message is None else (*known.message_hashes, message)
    since = known.opted_out_at if not changes else now if request.opt_out else None
    noted = attrs.evolve(
        known,
        stamp=request.operation,
        opted_out_at=since,
        message_hashes=hashes[-MESSAGES_KEPT:],
    )
    events = (OptOutChanged(request.opt_out, request.by),) if changes else ()
    return Decision(Noted(changes), age_record(noted, now, policy), events=events)

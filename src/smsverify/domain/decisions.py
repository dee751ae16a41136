"""What a rule decides: a closed union of verdicts, and what is to be written if it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Never, TypeAlias, TypeVar

import attrs

from smsverify.domain.error_code import ErrorCode
from smsverify.domain.record import Attempt, PhoneRecord, Verification

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsverify.domain.counters import Add
    from smsverify.domain.events import Event
    from smsverify.domain.periods import Millis
    from smsverify.domain.senders import Sender


@attrs.frozen
class Admitted:
    """
    The send may go out, and is charged.

    Attributes:
        attempt: as it was written.
        verification: what its code is derived from.
        sender: where it goes out from.
        repeats: whether an earlier attempt carried the same code.
    """

    attempt: Attempt
    verification: Verification
    sender: Sender
    repeats: bool = False


@attrs.frozen
class SentBefore:
    """
    An earlier send with the same idempotency key; its answer is given again.

    Attributes:
        attempt: the earlier one, its state read with the lease in mind.
    """

    attempt: Attempt


@attrs.frozen
class Refused:
    """
    A rule says no; nothing is written.

    Attributes:
        code: the name of the refusal.
        rule: which of several limits, such as ``sends_per_hour``.
        retry_after: milliseconds until it is worth asking again, None when that is not known.
        attempts_left: wrong answers that may still be given, where that matters.
    """

    code: ErrorCode
    rule: str | None = None
    retry_after: Millis | None = None
    attempts_left: int | None = None


@attrs.frozen
class Approved:
    """
    The code was right and is used up.

    Attributes:
        again: whether this repeats an approval to the same caller.
    """

    again: bool = False


@attrs.frozen
class Wrong:
    """
    A code lives, and this was not it; counted.

    Attributes:
        attempts_left: wrong answers that may still be given now.
    """

    attempts_left: int


@attrs.frozen
class Settled:
    """
    What an attempt's record says after the provider's answer or a receipt.

    Attributes:
        attempt: as it stands, None when it is no longer kept.
        changed: whether this answer changed it.
    """

    attempt: Attempt | None
    changed: bool


@attrs.frozen
class Noted:
    """
    An opt-out, an opt-in or an operator's order was looked at.

    Attributes:
        changed: whether it changed what is kept.
    """

    changed: bool


Verdict: TypeAlias = Admitted | SentBefore | Refused | Approved | Wrong | Settled | Noted
R_co = TypeVar("R_co", covariant=True)
V_co = TypeVar("V_co", covariant=True)


def _no_ceiling(number: int) -> Never:
    raise LookupError(f"The addition number {number} has no ceiling.")


@attrs.frozen
class Decision(Generic[R_co, V_co]):
    """
    A verdict, and what must be written before it stands.

    Attributes:
        verdict: what the caller is told.
        record: the new record; None when nothing is to be written and the verdict stands at once.
        adds: counters that go with the record, those with a ceiling first.
        at_ceiling: gives what is decided instead when an addition would pass its ceiling, for its
            number, from 0. It is asked for when that happened, and seldom does.
        events: facts to publish once it stands.
    """

    verdict: V_co
    record: R_co | None = None
    adds: tuple[Add, ...] = ()
    at_ceiling: Callable[[int], Decision[R_co, V_co]] = attrs.field(
        default=_no_ceiling, eq=False, repr=False
    )
    events: tuple[Event, ...] = ()


PhoneDecision: TypeAlias = Decision[PhoneRecord, V_co]
"""A decision over a phone's record."""

"""How one phone stands now, for somebody who is asked why it gets no code: no code is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from smsverify.domain.rate_limit import find_full_window, places_left, within
from smsverify.domain.record import EMPTY, Attempt, PhoneRecord
from smsverify.domain.verification import age_record, live_verifications, state_now

if TYPE_CHECKING:
    from smsverify.domain.periods import Millis
    from smsverify.domain.policy import Policy
    from smsverify.domain.rate_limit import FullWindow


@attrs.frozen
class PurposeState:
    """
    How answers for one purpose stand.

    Attributes:
        purpose: what the codes are for.
        live_until: when each code that lives ends, oldest first.
        wrong_answers: how many are counted in the longest window.
        attempts_left: how many more may be given now.
        full: the window that refuses even the right code, None when answers are taken.
    """

    purpose: str
    live_until: tuple[Millis, ...]
    wrong_answers: int
    attempts_left: int
    full: FullWindow | None


@attrs.frozen
class PhoneState:
    """
    How a phone stands.

    Attributes:
        now: the store's time of this look.
        sends: the sends of the last 24 hours, their states read with the lease in mind.
        sends_left: how many more may be sent now.
        full: the window that refuses the next send, None when it would be admitted.
        purposes: for each purpose of the policy how answers stand.
        approvals: how many codes were used and are remembered still.
        opted_out_at: since when the person wants no messages, None when that is not so.
        messages: how many opt-out and opt-in messages are remembered.
    """

    now: Millis
    sends: tuple[Attempt, ...]
    sends_left: int
    full: FullWindow | None
    purposes: tuple[PurposeState, ...]
    approvals: int
    opted_out_at: Millis | None
    messages: int

    @property
    def known(self) -> bool:
        """Whether anything is kept of this phone."""
        counted = any(one.wrong_answers for one in self.purposes)
        kept = (self.sends, self.approvals, self.messages, counted)
        return self.opted_out_at is not None or any(kept)


def state_of(record: PhoneRecord | None, now: Millis, policy: Policy) -> PhoneState:
    """Return how a phone stands; ``record`` is None for one of which nothing is kept."""
    known = age_record(record or EMPTY, now, policy)
    times = [one.at for one in known.attempts]
    return PhoneState(
        now=now,
        sends=tuple(attrs.evolve(one, state=state_now(one, now, policy)) for one in known.attempts),
        sends_left=places_left(times, policy.sends, now),
        full=find_full_window(times, policy.sends, now),
        purposes=tuple(_of_purpose(known, one, now, policy) for one in policy.purposes),
        approvals=len(known.approvals),
        opted_out_at=known.opted_out_at,
        messages=len(known.message_hashes),
    )


def _of_purpose(record: PhoneRecord, purpose: str, now: Millis, policy: Policy) -> PurposeState:
    times = record.wrong_times(purpose)
    longest = max(limit.span for limit in policy.wrong_answers)
    return PurposeState(
        purpose=purpose,
        live_until=tuple(
            one.started_at + policy.code_life
            for one in live_verifications(record, purpose, now, policy)
        ),
        wrong_answers=len(within(times, longest, now)),
        attempts_left=places_left(times, policy.wrong_answers, now),
        full=find_full_window(times, policy.wrong_answers, now),
    )

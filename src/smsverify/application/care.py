"""What an operator asks for by hand: look at one phone, unlock it, opt it in, forget it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from smsverify.domain.care import Order, check_reason, forget, opt_in, unlock
from smsverify.domain.phone_state import state_of

if TYPE_CHECKING:
    from smsverify.application.commit_loop import CommitLoop
    from smsverify.application.keys import Keys
    from smsverify.domain.care import Forgotten, Unlocked
    from smsverify.domain.decisions import Noted, PhoneDecision
    from smsverify.domain.periods import Millis
    from smsverify.domain.phone import PhoneNumber
    from smsverify.domain.phone_state import PhoneState
    from smsverify.domain.policy import Policy
    from smsverify.domain.record import PhoneRecord
    from smsverify.ports.entropy import Entropy
    from smsverify.ports.events import EventSink

V_co = TypeVar("V_co", covariant=True)


class _Rule(Protocol[V_co]):
    """An order's rule: it looks at the record and says what is to be written."""

    def __call__(
        self, record: PhoneRecord | None, order: Order, now: Millis, policy: Policy
    ) -> PhoneDecision[V_co]: ...


class CareForPhone:
    """
    Carries out an operator's orders on one phone's record, and tells of each as an event.

    Every method raises ValueError for a reason that is empty, too long or not one line, and a
    :class:`~smsverify.errors.StoreError` when the store can't be used; then no event tells of the
    order, though it may have been carried out.
    """

    def __init__(
        self,
        *,
        loop: CommitLoop[PhoneRecord],
        policy: Policy,
        keys: Keys,
        entropy: Entropy,
        events: EventSink,
    ) -> None:
        self._loop = loop
        self._policy = policy
        self._keys = keys
        self._entropy = entropy
        self._events = events

    async def show(self, phone: PhoneNumber, reason: str) -> PhoneState:
        """Return how a phone stands; looking is told of too, since it is somebody's data."""
        order = self._order(phone, reason)
        record, now = await self._loop.read(self._keys.phone(phone))
        self._events.emit(order.audited("show"))
        return state_of(record, now, self._policy)

    async def unlock(self, phone: PhoneNumber, reason: str) -> Unlocked:
        """End a phone's waiting times; see :func:`~smsverify.domain.care.unlock`."""
        return await self._carry_out(unlock, self._order(phone, reason))

    async def opt_in(self, phone: PhoneNumber, reason: str) -> Noted:
        """Take back a phone's STOP; the provider's own list is not ours to change."""
        return await self._carry_out(opt_in, self._order(phone, reason))

    async def forget(
        self, phone: PhoneNumber, reason: str, *, with_opt_out: bool = False
    ) -> Forgotten:
        """Remove what is kept of a phone; see :func:`~smsverify.domain.care.forget`."""

        def rule(
            record: PhoneRecord | None, order: Order, now: Millis, policy: Policy
        ) -> PhoneDecision[Forgotten]:
            return forget(record, order, now, policy, with_opt_out=with_opt_out)

        return await self._carry_out(rule, self._order(phone, reason))

    def _order(self, phone: PhoneNumber, reason: str) -> Order:
        return Order(self._entropy.token(8), phone, check_reason(reason))

    async def _carry_out(self, rule: _Rule[V_co], order: Order) -> V_co:
        """
        Return what the first decision found that had something to write.

        If its reply got lost, the retry finds nothing left to do: what was there is gone either
        way, and that is what the operator wants to read.
        """
        planned: list[V_co] = []

        def decide(record: PhoneRecord | None, now: Millis) -> PhoneDecision[V_co]:
            decision = rule(record, order, now, self._policy)
            if decision.record is not None:
                planned[:] = [decision.verdict]
            return decision

        verdict = await self._loop.run(self._keys.phone(order.phone), decide)
        return planned[0] if planned else verdict

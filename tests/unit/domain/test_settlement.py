"""The provider's answer and its receipts: the highest fact stays, money goes back at most once."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain.counters import Add
from smsverify.domain.decisions import Decision, Settled
from smsverify.domain.delivery import (
    Accepted,
    DeliveryState,
    FailureReason,
    GatewayAnswer,
    Rejected,
    Uncertain,
)
from smsverify.domain.events import OptOutChanged, ReceiptTaken, SendSettled
from smsverify.domain.periods import DAY, HOUR, MINUTE
from smsverify.domain.policy import STANDARD
from smsverify.domain.record import Attempt, PhoneRecord
from smsverify.domain.settlement import Receipt, Settlement, settle, take_receipt
from tests.unit.domain.builders import NOON, PHONE, attempt, fresh, record

S = DeliveryState
TODAY, KEPT_UNTIL = "day:2026-11-22", NOON + 12 * HOUR + 3 * DAY
SENDING = attempt(state=S.SENDING, state_at=NOON, message_id=None)
SID, OTHER_SID = "SM" + "a" * 32, "SM" + "b" * 32
REJECTED = Rejected(FailureReason.UNROUTABLE, 21_612)


def today(field: str, amount: int = 1) -> Add:
    """Build an addition to a counter of today."""
    return Add(TODAY, field, amount, None, KEPT_UNTIL)


def settlement(answer: GatewayAnswer, one: Attempt = SENDING) -> Settlement:
    """Build the worker's word on an attempt."""
    return Settlement(fresh(), one.id, PHONE, answer)


def receipt(state: DeliveryState, one: Attempt = SENDING, **changes: Any) -> Receipt:
    """Build the provider's later word on an attempt."""
    return attrs.evolve(Receipt(fresh(), one.id, "p:name", state, SID), **changes)


def in_state(state: DeliveryState, **changes: Any) -> Attempt:
    """Build the attempt in another state."""
    return attrs.evolve(SENDING, state=state, **changes)


class TestAnswers:
    """The worker settles its own attempt once."""

    def test_accepted(self) -> None:
        """SENT with the provider's id; the money stays where it is."""
        word = settlement(Accepted(SID))
        sent = in_state(S.SENT, state_at=NOON + 9, message_id=SID)

        assert settle(record(SENDING), word, NOON + 9, STANDARD) == Decision(
            Settled(sent, changed=True),
            PhoneRecord(word.operation, (sent,)),
            (today("accepted"),),
            events=(SendSettled(PHONE, "verify", S.SENT, SID),),
        )

    def test_rejected(self) -> None:
        """FAILED with the reason; the money goes back to the day and the country."""
        word = settlement(REJECTED)
        failed = in_state(
            S.FAILED, state_at=NOON + 9, reason=FailureReason.UNROUTABLE, provider_code=21_612
        )
        assert settle(record(SENDING), word, NOON + 9, STANDARD) == Decision(
            Settled(failed, changed=True),
            PhoneRecord(word.operation, (failed,)),
            (today("spent", -8_300), today("spent.US", -8_300), today("failed")),
            events=(
                SendSettled(
                    PHONE, "verify", S.FAILED, None, FailureReason.UNROUTABLE, 21_612, 8_300
                ),
            ),
        )

    def test_uncertain(self) -> None:
        """UNKNOWN; the money stays charged."""
        word = settlement(Uncertain(20_500))
        unknown = in_state(S.UNKNOWN, state_at=NOON + 9, provider_code=20_500)

        assert settle(record(SENDING), word, NOON + 9, STANDARD) == Decision(
            Settled(unknown, changed=True),
            PhoneRecord(word.operation, (unknown,)),
            (today("unknown"),),
            events=(SendSettled(PHONE, "verify", S.UNKNOWN, provider_code=20_500),),
        )

    def test_accepted_after_unknown(self) -> None:
        """A worker that learns more raises UNKNOWN to SENT, and drops the doubt's number."""
        doubtful = in_state(S.UNKNOWN, provider_code=20_500)
        decision = settle(record(doubtful), settlement(Accepted(SID)), NOON, STANDARD)

        assert decision.verdict == Settled(
            in_state(S.SENT, state_at=NOON, message_id=SID), changed=True
        )

    def test_rejected_after_unknown(self) -> None:
        """FAILED comes from SENDING or UNKNOWN."""
        decision = settle(record(in_state(S.UNKNOWN)), settlement(REJECTED), NOON, STANDARD)

        assert decision.verdict.changed
        assert today("spent", -8_300) in decision.adds

    @pytest.mark.parametrize(
        ("state", "answer"),
        [
            *itertools.product(
                [S.SENT, S.UNDELIVERED, S.DELIVERED, S.FAILED],
                [Accepted(OTHER_SID), REJECTED, Uncertain()],
            ),
            (S.UNKNOWN, Uncertain()),
        ],
    )
    def test_higher_fact_wins(self, state: DeliveryState, answer: GatewayAnswer) -> None:
        """A receipt that came first stays, a repeated answer writes nothing, FAILED is final."""
        whole = record(in_state(state, message_id=SID))

        assert settle(whole, settlement(answer), NOON, STANDARD) == Decision(
            Settled(whole.attempts[0], changed=False)
        )

    @pytest.mark.parametrize("whole", [None, record(), record(attempt())])
    @pytest.mark.parametrize("answer", [Accepted(SID), REJECTED, Uncertain()])
    def test_attempt_no_longer_kept(self, whole: PhoneRecord | None, answer: GatewayAnswer) -> None:
        """Without the attempt there is nothing to settle and nothing to give back."""
        assert settle(whole, settlement(answer), NOON, STANDARD) == Decision(
            Settled(None, changed=False)
        )

    def test_money_goes_back_to_the_day_it_was_charged_to(self) -> None:
        """Midnight between charge and return: yesterday gets it, the failure counts today."""
        before = NOON + 12 * HOUR - 1
        late = attrs.evolve(SENDING, at=before)
        decision = settle(record(late), settlement(REJECTED), before + MINUTE, STANDARD)

        assert decision.adds[:2] == (today("spent", -8_300), today("spent.US", -8_300))
        assert decision.adds[2].key == "day:2026-11-23"

    def test_no_send_is_given_back(self) -> None:
        """Failure returns money, never the count of sends: probing must not be free."""
        decision = settle(record(SENDING), settlement(REJECTED), NOON, STANDARD)

        assert not [add for add in decision.adds if add.field.startswith(("sends", "sent_from"))]
        assert decision.record is not None
        assert len(decision.record.attempts) == 1

    def test_other_attempts_are_left_alone(self) -> None:
        """Only the attempt that is spoken of changes."""
        before, after = attempt(NOON - 1), attempt(NOON + 1)
        decision = settle(
            record(before, SENDING, after), settlement(Accepted(SID)), NOON + 9, STANDARD
        )
        assert decision.record is not None
        assert decision.record.attempts[::2] == (before, after)

    def test_code_stays_on_a_failed_attempt(self) -> None:
        """Whether a code lives is read from the states; nothing else is written."""
        decision = settle(record(SENDING), settlement(REJECTED), NOON, STANDARD)

        assert decision.record is not None
        assert decision.record.attempts[0].carries == SENDING.carries

    def test_record_ages_with_the_write(self) -> None:
        """What is past its keeping goes when an answer or a receipt is written."""
        whole = record(attempt(NOON - DAY), SENDING)
        for decision in (
            settle(whole, settlement(Accepted(SID)), NOON, STANDARD),
            take_receipt(whole, receipt(S.DELIVERED), NOON, STANDARD),
        ):
            assert decision.record is not None
            assert len(decision.record.attempts) == 1


class TestProviderKnowsAnOptOut:
    """The provider refuses because the person said STOP to it."""

    OPTED_OUT = Rejected(FailureReason.OPTED_OUT, 21_610)

    def test_opt_out_is_remembered(self) -> None:
        """The record says so from now on, and an event tells by whom."""
        decision = settle(record(SENDING), settlement(self.OPTED_OUT), NOON + 9, STANDARD)

        assert decision.record is not None
        assert decision.record.opted_out_at == NOON + 9
        assert decision.events[1:] == (OptOutChanged(opted_out=True, by="provider"),)
        assert len(decision.events) == 2
        assert today("spent", -8_300) in decision.adds

    def test_earlier_opt_out_stays(self) -> None:
        """One that is known already keeps its time and is not told again."""
        whole = record(SENDING, opted_out_at=NOON - 1)
        decision = settle(whole, settlement(self.OPTED_OUT), NOON + 9, STANDARD)

        assert decision.record is not None
        assert decision.record.opted_out_at == NOON - 1
        assert len(decision.events) == 1

    def test_other_refusals_opt_nobody_out(self) -> None:
        """Only that reason means STOP."""
        decision = settle(record(SENDING), settlement(REJECTED), NOON, STANDARD)

        assert decision.record is not None
        assert decision.record.opted_out_at is None


class TestReceipts:
    """A receipt raises the state and touches no money."""

    @pytest.mark.parametrize(
        ("state", "fields"),
        [
            (S.SENT, ["accepted"]),
            (S.UNDELIVERED, ["accepted", "undelivered"]),
            (S.DELIVERED, ["accepted", "delivered"]),
        ],
    )
    def test_receipt_before_the_answer(self, state: DeliveryState, fields: list[str]) -> None:
        """The first to say that the provider took it counts that too."""
        word = receipt(state)
        raised = in_state(state, state_at=NOON + 9, message_id=SID)

        assert take_receipt(record(SENDING), word, NOON + 9, STANDARD) == Decision(
            Settled(raised, changed=True),
            PhoneRecord(word.operation, (raised,)),
            tuple(today(field) for field in fields),
            events=(ReceiptTaken(state, SID),),
        )

    @pytest.mark.parametrize(
        ("before", "state", "fields"),
        [
            (S.UNKNOWN, S.SENT, ["accepted"]),
            (S.UNKNOWN, S.DELIVERED, ["accepted", "delivered"]),
            (S.SENT, S.UNDELIVERED, ["undelivered"]),
            (S.SENT, S.DELIVERED, ["delivered"]),
            (S.UNDELIVERED, S.DELIVERED, ["delivered"]),
        ],
    )
    def test_receipt_raises(
        self, before: DeliveryState, state: DeliveryState, fields: list[str]
    ) -> None:
        """A higher fact is written and counted once."""
        whole = record(in_state(before, message_id=SID))
        decision = take_receipt(whole, receipt(state), NOON, STANDARD)

        assert decision.verdict.changed
        assert [add.field for add in decision.adds] == fields

    @pytest.mark.parametrize(
        ("before", "state"),
        [
            (S.SENT, S.SENT),
            (S.UNDELIVERED, S.SENT),
            (S.UNDELIVERED, S.UNDELIVERED),
            (S.DELIVERED, S.SENT),
            (S.DELIVERED, S.UNDELIVERED),
            (S.DELIVERED, S.DELIVERED),
            (S.FAILED, S.SENT),
            (S.FAILED, S.DELIVERED),
        ],
    )
    def test_receipt_that_raises_nothing_writes_nothing(
        self, before: DeliveryState, state: DeliveryState
    ) -> None:
        """Repeated, late or for an attempt that failed for certain."""
        whole = record(in_state(before, message_id=SID))

        assert take_receipt(whole, receipt(state), NOON, STANDARD) == Decision(
            Settled(whole.attempts[0], changed=False)
        )

    def test_receipt_of_another_message_is_foreign(self) -> None:
        """An attempt that knows its message takes no other message's receipt."""
        whole = record(in_state(S.SENT, message_id=OTHER_SID))

        assert take_receipt(whole, receipt(S.DELIVERED), NOON, STANDARD) == Decision(
            Settled(whole.attempts[0], changed=False)
        )

    @pytest.mark.parametrize("whole", [None, record(), record(attempt())])
    def test_attempt_no_longer_kept(self, whole: PhoneRecord | None) -> None:
        """A receipt for an attempt that is gone changes nothing."""
        assert take_receipt(whole, receipt(S.DELIVERED), NOON, STANDARD) == Decision(
            Settled(None, changed=False)
        )

    def test_attempt_past_its_keeping(self) -> None:
        """After 24 hours an attempt that is still there is as good as gone."""
        whole, word = record(SENDING), receipt(S.DELIVERED)

        assert take_receipt(whole, word, NOON + DAY - 1, STANDARD).verdict.changed
        assert take_receipt(whole, word, NOON + DAY, STANDARD) == Decision(
            Settled(None, changed=False)
        )

    def test_reason_of_an_undelivered_message(self) -> None:
        """Why it did not arrive is kept; what is delivered after all has no reason any more."""
        word = receipt(S.UNDELIVERED, reason=FailureReason.UNREACHABLE, provider_code=30_003)
        undelivered = take_receipt(record(SENDING), word, NOON, STANDARD)
        assert undelivered.record is not None
        (one,) = undelivered.record.attempts
        assert (one.reason, one.provider_code) == (FailureReason.UNREACHABLE, 30_003)
        assert undelivered.events == (
            ReceiptTaken(S.UNDELIVERED, SID, FailureReason.UNREACHABLE, 30_003),
        )
        odd = receipt(S.DELIVERED, reason=FailureReason.OTHER, provider_code=1)
        delivered = take_receipt(undelivered.record, odd, NOON, STANDARD)
        assert delivered.record is not None
        (one,) = delivered.record.attempts
        assert (one.reason, one.provider_code) == (None, None)
        assert delivered.events == (ReceiptTaken(S.DELIVERED, SID),)

    def test_filtered_phone_is_noted_for_its_sender(self) -> None:
        """Filtering is counted by sender, phone and minute, in the hour's group."""
        word = receipt(S.UNDELIVERED, reason=FailureReason.FILTERED)
        noted = take_receipt(record(SENDING), word, NOON, STANDARD).adds[-1]

        assert noted.key == f"filtered:{SENDING.sender.hex()}:2026-11-22T12"
        assert noted.field.startswith("p:name@")
        plain = receipt(S.UNDELIVERED, reason=FailureReason.UNREACHABLE)
        others = take_receipt(record(SENDING), plain, NOON, STANDARD).adds
        assert not [add for add in others if add.key.startswith("filtered:")]


words = st.lists(
    st.one_of(
        st.sampled_from([Accepted(SID), REJECTED, Uncertain()]),
        st.sampled_from([S.SENT, S.UNDELIVERED, S.DELIVERED]),
    ),
    max_size=8,
)


@given(words)
def test_money_goes_back_at_most_once_and_only_if_it_failed(said: list[Any]) -> None:
    """Whatever is said in whatever order, the charge is returned once or not at all."""
    whole: PhoneRecord = record(SENDING)
    returned = 0
    for word in said:
        decision = (
            take_receipt(whole, receipt(word), NOON, STANDARD)
            if isinstance(word, DeliveryState)
            else settle(whole, settlement(word), NOON, STANDARD)
        )
        whole = decision.record or whole
        returned -= sum(add.amount for add in decision.adds if add.field == "spent")

    assert returned == (8_300 if whole.attempts[0].state is S.FAILED else 0)


@given(words, st.sampled_from([Accepted(SID), REJECTED, Uncertain()]))
def test_settling_twice_is_settling_once(said: list[Any], answer: GatewayAnswer) -> None:
    """A retry after a lost reply writes nothing, whatever receipts came between."""
    word = settlement(answer)
    whole = settle(record(SENDING), word, NOON, STANDARD).record or record(SENDING)
    for between in said:
        if isinstance(between, DeliveryState):
            whole = take_receipt(whole, receipt(between), NOON, STANDARD).record or whole
    again = settle(whole, word, NOON, STANDARD)

    assert again == Decision(Settled(whole.attempts[0], changed=False))


@given(st.permutations([S.SENT, S.SENT, S.UNDELIVERED, S.DELIVERED, S.DELIVERED]))
def test_any_order_and_any_repetition_end_alike(states: list[DeliveryState]) -> None:
    """A hundred ways to hear of it, one end; each fact is counted at most once."""
    whole: PhoneRecord = record(SENDING)
    counted: list[str] = []
    for state in states:
        decision = take_receipt(whole, receipt(state), NOON, STANDARD)
        whole = decision.record or whole
        counted += [add.field for add in decision.adds]

    assert whole.attempts[0].state is S.DELIVERED
    assert counted.count("delivered") == 1
    assert counted.count("accepted") == 1
    assert counted.count("undelivered") <= 1

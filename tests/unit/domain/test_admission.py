"""A send is admitted whole or refused whole: every rule, its order, its charges, its repetition."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain.admission import SendRequest, admit_send
from smsverify.domain.code import CodeKeys
from smsverify.domain.counters import Add
from smsverify.domain.decisions import Admitted, Decision, Refused, SentBefore
from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.events import SendAdmitted, SendRefused
from smsverify.domain.periods import DAY, HOUR, MINUTE, SECOND
from smsverify.domain.phone import LineType, PhoneNumber
from smsverify.domain.policy import STANDARD, Policy, send_limits
from smsverify.domain.record import Attempt, PhoneRecord, Verification
from smsverify.domain.senders import Roster, Sender
from tests.unit.domain.builders import (
    KEYS,
    NOON,
    PHONE,
    SENDER,
    at_ceilings,
    attempt,
    record,
    send_request,
    verification,
    wrong,
)

KEY = b"hash of the key."
OTHER_SENDER = Sender("+12125550100", "US", "212")
BRITISH = PhoneNumber("+447400123456", "GB", LineType.MOBILE, is_valid=True)
KEPT_UNTIL = NOON + 12 * HOUR + 3 * DAY
HALF = STANDARD.code_life // 2


def admitted(whole: PhoneRecord | None, request: SendRequest, now: int = NOON) -> Admitted:
    """Return the verdict of a send that must be admitted."""
    verdict = admit_send(whole, request, now, STANDARD).verdict
    assert isinstance(verdict, Admitted)
    return verdict


def refused(
    whole: PhoneRecord | None, request: SendRequest, now: int = NOON, policy: Policy = STANDARD
) -> Refused:
    """Return the verdict of a send that must be refused, and see that nothing is written."""
    decision = admit_send(whole, request, now, policy)
    assert isinstance(decision.verdict, Refused)
    assert (decision.record, decision.adds) == (None, ())
    told = SendRefused(
        PHONE,
        request.purpose,
        decision.verdict.code,
        decision.verdict.rule,
        decision.verdict.retry_after,
    )
    assert decision.events == (told,)
    return decision.verdict


def refusal(
    code: ErrorCode, rule: str, wait: int, phone: PhoneNumber = PHONE
) -> Decision[Any, Any]:
    """Build what is decided when a ceiling would be passed."""
    event = SendRefused(phone, "verify", code, rule, wait)
    return Decision(Refused(code, rule, wait), events=(event,))


class TestFirstSend:
    """A phone of which nothing is kept."""

    def test_whole_decision(self) -> None:
        """Attempt, verification, charges, what happens at each ceiling, and the event."""
        request = send_request(client="c1", key_hash=KEY)
        carried = Verification(request.verification_id, KEYS.issuing.id, NOON)
        sending = Attempt(
            request.attempt_id,
            "verify",
            carried,
            NOON,
            DeliveryState.SENDING,
            NOON,
            SENDER.id,
            8_300,
            key_hash=KEY,
        )
        decision = admit_send(None, request, NOON, STANDARD)

        assert decision == Decision(
            Admitted(sending, carried, SENDER, repeats=False),
            PhoneRecord(request.attempt_id, (sending,)),
            (
                Add("client:c1:2026-11-22T12", "sends", 1, 30, NOON + HOUR + 3 * DAY),
                Add("day:2026-11-22", "spent", 8_300, 50_000_000, KEPT_UNTIL),
                Add("day:2026-11-22", "spent.US", 8_300, None, KEPT_UNTIL),
                Add("day:2026-11-22", "sends.US", 1, None, KEPT_UNTIL),
                Add("day:2026-11-22", f"sent_from.{SENDER.id.hex()}", 1, None, KEPT_UNTIL),
            ),
            events=(SendAdmitted(PHONE, "verify", SENDER, 8_300, repeats=False),),
        )
        assert at_ceilings(decision) == (
            refusal(ErrorCode.RATE_LIMIT_EXCEEDED, "client_sends_per_hour", HOUR),
            refusal(ErrorCode.DAILY_COST_LIMIT_EXCEEDED, "daily_cost", 12 * HOUR),
        )

    def test_country_without_a_sender_has_a_ceiling(self) -> None:
        """Abroad the country's ceiling is asked after the day's; without a client nothing else."""
        request = send_request(phone=BRITISH)
        decision = admit_send(None, request, NOON, STANDARD)

        assert decision.adds[:2] == (
            Add("day:2026-11-22", "spent", 8_300, 50_000_000, KEPT_UNTIL),
            Add("day:2026-11-22", "spent.GB", 8_300, 5_000_000, KEPT_UNTIL),
        )
        assert at_ceilings(decision) == (
            refusal(ErrorCode.DAILY_COST_LIMIT_EXCEEDED, "daily_cost", 12 * HOUR, BRITISH),
            refusal(ErrorCode.DAILY_COST_LIMIT_EXCEEDED, "country_daily_cost", 12 * HOUR, BRITISH),
        )

    def test_home_is_where_the_operators_senders_are(self) -> None:
        """A country counts as home for all of the operator's senders, also those that rest."""
        at_home = send_request(phone=BRITISH, home=frozenset({"GB"}))

        assert len(at_ceilings(admit_send(None, at_home, NOON, STANDARD))) == 1


class TestOpinionOfThePerson:
    """Who said STOP gets nothing."""

    def test_opt_out_refuses(self) -> None:
        """However long ago it was said."""
        whole = record(opted_out_at=NOON - 400 * DAY)

        assert refused(whole, send_request()) == Refused(ErrorCode.RECIPIENT_OPTED_OUT)

    def test_opt_out_goes_before_windows(self) -> None:
        """The person's word is told before any limit."""
        full = record(*(attempt(NOON) for _ in range(20)), opted_out_at=NOON)

        assert refused(full, send_request()).code is ErrorCode.RECIPIENT_OPTED_OUT


class TestWindows:
    """At most five an hour and twenty a day to one phone."""

    def test_sixth_send_within_an_hour_waits(self) -> None:
        """The refusal names the rule and when the first of the five is an hour old."""
        five = record(*(attempt(NOON + n * MINUTE) for n in range(5)))

        assert refused(five, send_request(), NOON + 10 * MINUTE) == Refused(
            ErrorCode.RATE_LIMIT_EXCEEDED, "sends_per_hour", 50 * MINUTE
        )
        assert admitted(five, send_request(), NOON + HOUR)
        assert refused(five, send_request(), NOON + HOUR - 1).retry_after == 1

    def test_twenty_first_send_of_a_day_waits(self) -> None:
        """Twenty in 24 hours, however they are spread."""
        twenty = record(*(attempt(NOON + n * HOUR) for n in range(20)))

        assert refused(twenty, send_request(), NOON + 22 * HOUR) == Refused(
            ErrorCode.RATE_LIMIT_EXCEEDED, "sends_per_day", 2 * HOUR
        )
        assert admitted(twenty, send_request(), NOON + DAY)

    def test_pause_between_two_sends(self) -> None:
        """With a pause, the second send waits for its end."""
        paused = attrs.evolve(STANDARD, sends=send_limits(5, 20, 30 * SECOND))

        assert refused(record(attempt()), send_request(), NOON + SECOND, paused) == Refused(
            ErrorCode.RATE_LIMIT_EXCEEDED, "resend_pause", 29 * SECOND
        )

    @pytest.mark.parametrize("state", DeliveryState)
    @pytest.mark.parametrize("purpose", ["verify", "login"])
    def test_every_attempt_counts(self, state: DeliveryState, purpose: str) -> None:
        """A failed send counts too, or probing would be free; and a phone has one count."""
        five = record(*(attempt(state=state, purpose=purpose, carries=None) for _ in range(5)))

        assert refused(five, send_request()).code is ErrorCode.RATE_LIMIT_EXCEEDED

    def test_clock_set_back_gives_no_second_quota(self) -> None:
        """After the server's clock went back an hour the five still fill the window."""
        five = record(*(attempt(NOON + n) for n in range(5)))

        assert refused(five, send_request(), NOON - HOUR).retry_after == HOUR


class TestSenders:
    """The sender is chosen before any charge."""

    def test_nobody_left(self) -> None:
        """Without a sender nothing is charged."""
        assert refused(None, send_request(roster=Roster(()))) == Refused(
            ErrorCode.NO_SENDER_AVAILABLE
        )

    def test_windows_go_before_senders(self) -> None:
        """A phone that is over its limit learns that first."""
        five = record(*(attempt(NOON) for _ in range(5)))

        assert refused(five, send_request(roster=Roster(()))).code is ErrorCode.RATE_LIMIT_EXCEEDED

    @pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.UNDELIVERED])
    @pytest.mark.parametrize(
        "reason",
        [FailureReason.UNROUTABLE, FailureReason.SENDER_UNUSABLE, FailureReason.FILTERED],
    )
    def test_sender_that_failed_for_this_phone_is_left_out(
        self, state: DeliveryState, reason: FailureReason
    ) -> None:
        """For a day another sender is taken; with no other, none."""
        failed = record(attempt(state=state, reason=reason))
        both = send_request(roster=Roster((SENDER, OTHER_SENDER)))

        assert admitted(failed, both).sender == OTHER_SENDER
        assert refused(failed, send_request()).code is ErrorCode.NO_SENDER_AVAILABLE
        assert admitted(failed, send_request(), NOON + DAY).sender == SENDER

    @pytest.mark.parametrize(
        ("state", "reason"),
        [
            (DeliveryState.FAILED, FailureReason.INVALID_RECIPIENT),
            (DeliveryState.FAILED, FailureReason.THROTTLED),
            (DeliveryState.UNDELIVERED, FailureReason.UNREACHABLE),
            (DeliveryState.UNDELIVERED, None),
            (DeliveryState.DELIVERED, FailureReason.FILTERED),
            (DeliveryState.UNKNOWN, FailureReason.FILTERED),
        ],
    )
    def test_other_trouble_is_not_the_senders(
        self, state: DeliveryState, reason: FailureReason | None
    ) -> None:
        """What another sender would not do better leaves the choice alone."""
        assert admitted(record(attempt(state=state, reason=reason)), send_request())

    def test_sender_must_reach_the_country(self) -> None:
        """A toll-free number is not chosen for a phone abroad, whatever else fits."""
        toll_free = Roster((Sender("+18005550199", "US", "800"),))

        assert admitted(None, send_request(roster=toll_free))
        abroad = send_request(roster=toll_free, phone=BRITISH)
        assert admit_send(None, abroad, NOON, STANDARD).verdict == Refused(
            ErrorCode.NO_SENDER_AVAILABLE
        )

    def test_same_person_sees_the_same_sender(self) -> None:
        """The choice follows from the phone's name, not from chance."""
        both = Roster((SENDER, OTHER_SENDER))
        seen = {
            admitted(None, send_request(roster=both, record_key="p:someone")).sender
            for _ in range(20)
        }
        assert len(seen) == 1


class TestCodeOfASend:
    """A resend repeats the code while half its life is left, and begins a new one afterwards."""

    def test_resend_carries_the_same_code(self) -> None:
        """At half of its life, to the millisecond, a code is repeated."""
        first = attempt()
        verdict = admitted(record(first), send_request(), NOON + HALF)

        assert verdict.verification == first.carries == verdict.attempt.carries
        assert verdict.repeats
        events = admit_send(record(first), send_request(), NOON + HALF, STANDARD).events
        assert events == (SendAdmitted(PHONE, "verify", SENDER, 8_300, repeats=True),)

    def test_later_resend_begins_a_new_code(self) -> None:
        """A millisecond later a new one begins, and the old one stays alive beside it."""
        first, request = attempt(), send_request()
        decision = admit_send(record(first), request, NOON + HALF + 1, STANDARD)

        assert isinstance(decision.verdict, Admitted)
        assert decision.verdict.verification.id == request.verification_id
        assert not decision.verdict.repeats
        assert decision.record is not None
        assert decision.record.attempts == (first, decision.verdict.attempt)

    def test_newest_code_is_repeated(self) -> None:
        """Of two codes that live, the newer is in its first half."""
        old, new = attempt(NOON), attempt(NOON + HALF + 1)

        assert (
            admitted(record(old, new), send_request(), NOON + HALF + 2).verification == new.carries
        )

    @pytest.mark.parametrize(
        "first",
        [
            attempt(state=DeliveryState.FAILED),
            attempt(carries=None),
            attempt(purpose="login"),
            attempt(carries=verification(key_id=b"gone")),
            attempt(carries=Verification(b"", b"", NOON)),
            attempt(carries=verification(NOON + 6_000)),
        ],
        ids=["failed", "approved", "other purpose", "key gone", "dropped", "clock went back"],
    )
    def test_code_that_can_not_be_used_is_not_repeated(self, first: Attempt) -> None:
        """A dead, used, foreign or underivable code gives way to a new one."""
        request = send_request()

        assert admitted(record(first), request).verification == Verification(
            request.verification_id, KEYS.issuing.id, NOON
        )

    @pytest.mark.parametrize("state", [DeliveryState.SENDING, DeliveryState.UNKNOWN])
    def test_code_that_may_have_arrived_is_repeated(self, state: DeliveryState) -> None:
        """Unknown is not failed: two codes on one phone would confuse the person."""
        first = attempt(state=state, message_id=None)

        assert admitted(record(first), send_request()).repeats

    def test_code_of_the_former_secret_is_repeated(self) -> None:
        """Rotation does not change a code under way; new ones come from the new secret."""
        old = attempt(carries=verification(key_id=KEYS.keys[1].id))

        assert admitted(record(old), send_request()).verification == old.carries
        rotated = CodeKeys.of([b"the newest secret"])
        assert admitted(None, send_request(keys=rotated)).verification.key_id == rotated.issuing.id

    def test_resend_resets_no_wrong_answers(self) -> None:
        """A new message or a new code forgives nothing."""
        whole = record(attempt(), wrong=wrong(NOON, NOON + 1))
        for later in (1, HALF + 1):
            decision = admit_send(whole, send_request(), NOON + later, STANDARD)
            assert decision.record is not None
            assert decision.record.wrong == whole.wrong


class TestRetryOfTheSameCall:
    """A retry finds its own attempt and gives the first verdict, whatever came between."""

    def test_attempt_as_it_stands_now(self) -> None:
        """If its own attempt was settled or its code used meanwhile, that is what comes back."""
        request = send_request()
        decision = admit_send(None, request, NOON, STANDARD)
        assert decision.record is not None
        (own,) = decision.record.attempts
        used = attrs.evolve(own, carries=None)

        assert admit_send(record(used), request, NOON, STANDARD) == Decision(SentBefore(used))

    def test_own_attempt_goes_before_an_older_one_with_its_key(self) -> None:
        """A clock that went back makes a forgotten key look fresh; the own attempt still wins."""
        request = send_request(key_hash=KEY)
        older = attempt(NOON - 11 * MINUTE, key_hash=KEY)
        decision = admit_send(record(older), request, NOON, STANDARD)
        again = admit_send(decision.record, request, NOON - HOUR, STANDARD)

        assert isinstance(decision.verdict, Admitted)
        assert again == Decision(decision.verdict)

    def test_sender_that_left_meanwhile(self) -> None:
        """Without its sender an own attempt is given back as it stands: it can't be called."""
        request = send_request()
        decision = admit_send(None, request, NOON, STANDARD)
        assert decision.record is not None
        gone = attrs.evolve(request, roster=Roster((OTHER_SENDER,)))

        assert admit_send(decision.record, gone, NOON, STANDARD) == Decision(
            SentBefore(decision.record.attempts[0])
        )


class TestIdempotencyKey:
    """The same key again is the same send, looked for before everything else."""

    @pytest.mark.parametrize(
        "state", [one for one in DeliveryState if one is not DeliveryState.SENDING]
    )
    def test_earlier_answer_is_repeated(self, state: DeliveryState) -> None:
        """Sent, failed or unknown: the answer is the first one's, and nothing is written."""
        first = attempt(state=state, key_hash=KEY)

        assert admit_send(
            record(first), send_request(key_hash=KEY), NOON + MINUTE, STANDARD
        ) == Decision(SentBefore(first))

    def test_before_opt_out_windows_and_senders(self) -> None:
        """Even when a new send would be refused, the answer to the first one stands."""
        first = attempt(key_hash=KEY)
        whole = record(first, *(attempt() for _ in range(20)), opted_out_at=NOON)
        request = send_request(key_hash=KEY, roster=Roster(()))

        assert admit_send(whole, request, NOON, STANDARD).verdict == SentBefore(first)

    def test_first_one_still_running(self) -> None:
        """While the first one's lease runs, the answer is to wait for its end."""
        running = record(attempt(state=DeliveryState.SENDING, key_hash=KEY))

        assert refused_quietly(running, NOON + 4_000) == Refused(
            ErrorCode.SEND_IN_PROGRESS, retry_after=11_000
        )
        assert refused_quietly(running, NOON - HOUR) == Refused(
            ErrorCode.SEND_IN_PROGRESS, retry_after=15_000
        )

    def test_first_one_past_its_lease_is_unknown(self) -> None:
        """A worker that died leaves an answer that nobody knows."""
        first = attempt(state=DeliveryState.SENDING, key_hash=KEY)
        verdict = admit_send(
            record(first), send_request(key_hash=KEY), NOON + 15_000, STANDARD
        ).verdict

        assert verdict == SentBefore(attrs.evolve(first, state=DeliveryState.UNKNOWN))

    def test_remembered_for_ten_minutes(self) -> None:
        """After 600 seconds the same key is a new send."""
        whole = record(attempt(key_hash=KEY))
        request = send_request(key_hash=KEY)

        assert isinstance(admit_send(whole, request, NOON + 599_999, STANDARD).verdict, SentBefore)
        assert isinstance(admit_send(whole, request, NOON + 600_000, STANDARD).verdict, Admitted)

    @pytest.mark.parametrize(
        ("key", "purpose"), [(b"another key.....", "verify"), (KEY, "login"), (None, "verify")]
    )
    def test_other_key_or_purpose_is_another_send(self, key: bytes | None, purpose: str) -> None:
        """Scope is phone, purpose and key; a call without a key never meets another's answer."""
        for first in (attempt(key_hash=KEY), attempt(key_hash=None)):
            if first.key_hash == key and first.purpose == purpose:
                continue
            request = send_request(key_hash=key, purpose=purpose)
            assert isinstance(admit_send(record(first), request, NOON, STANDARD).verdict, Admitted)

    def test_call_without_a_key_is_never_a_repetition(self) -> None:
        """Two calls without a key are two sends."""
        assert admitted(record(attempt()), send_request())


def refused_quietly(whole: PhoneRecord, now: int) -> Refused:
    """Return the refusal of a repeated send, which tells no event and writes nothing."""
    decision = admit_send(whole, send_request(key_hash=KEY), now, STANDARD)
    assert isinstance(decision.verdict, Refused)
    assert decision == Decision(decision.verdict)
    return decision.verdict


class TestMoney:
    """Charges never pass a ceiling, and are part of the very commit that admits."""

    def test_charge_belongs_to_the_day_of_admission(self) -> None:
        """A millisecond before midnight is yesterday's money, and the refusal says how long."""
        decision = admit_send(None, send_request(), NOON + 12 * HOUR - 1, STANDARD)

        assert decision.adds[0].key == "day:2026-11-22"
        (instead,) = at_ceilings(decision)
        assert isinstance(instead.verdict, Refused)
        assert instead.verdict.retry_after == 1
        assert (
            admit_send(None, send_request(), NOON + 12 * HOUR, STANDARD).adds[0].key
            == "day:2026-11-23"
        )


def test_record_ages_with_the_write() -> None:
    """What is past its keeping goes when something is written anyway, and the rest stays."""
    old, kept = attempt(NOON - DAY), attempt(NOON - HOUR, carries=None)
    whole = record(old, kept, opted_out_at=None, message_hashes=(b"hash of a start.",))
    request = send_request()
    decision = admit_send(whole, request, NOON, STANDARD)

    assert decision.record is not None
    assert decision.record.attempts[0] == kept
    assert len(decision.record.attempts) == 2
    assert decision.record.message_hashes == whole.message_hashes
    assert decision.record.stamp == request.attempt_id


def test_request_shows_no_secret() -> None:
    """A request that ends in a traceback shows neither number nor secret."""
    shown = repr(send_request())

    assert PHONE.e164 not in shown
    assert "a secret of the tests" not in shown


@given(st.integers(0, DAY - 1), st.booleans(), st.booleans())
def test_additions_with_a_ceiling_come_first(later: int, client: bool, abroad: bool) -> None:
    """The n-th refusal belongs to the n-th addition, whatever is asked for."""
    request = send_request(client="c1" if client else None, phone=BRITISH if abroad else PHONE)
    decision = admit_send(None, request, NOON + later, STANDARD)
    bounded = [add.ceiling is not None for add in decision.adds]

    assert bounded == sorted(bounded, reverse=True)
    assert sum(bounded) == len(at_ceilings(decision)) == 1 + client + abroad
    for add, instead in zip(decision.adds, at_ceilings(decision), strict=False):
        assert isinstance(instead.verdict, Refused)
        assert instead.record is None
        assert add.keep_until - 3 * DAY - (NOON + later) == instead.verdict.retry_after


@given(st.lists(st.integers(0, 30 * MINUTE), min_size=30, max_size=60))
def test_no_window_holds_more_than_its_limit(gaps: list[int]) -> None:
    """Over two days of asking, the record's own windows never overflow."""
    now, whole, times = NOON, None, []
    for gap in gaps:
        now += gap
        decision = admit_send(whole, send_request(), now, STANDARD)
        if decision.record is not None:
            whole = decision.record
            times.append(now)
    for start in times:
        assert len([time for time in times if start <= time < start + HOUR]) <= 5
        assert len([time for time in times if start <= time < start + DAY]) <= 20


@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_same_verdict(later: int, crowded: bool, repeats: bool) -> None:
    """Nothing is charged again, also when the windows are full or the person said STOP."""
    request = send_request(key_hash=KEY)
    first = admit_send(record(attempt()) if repeats else None, request, NOON, STANDARD)
    assert first.record is not None
    between = first.record
    if crowded:
        between = attrs.evolve(
            between,
            attempts=(attempt(), *between.attempts, *(attempt() for _ in range(9))),
            opted_out_at=NOON,
        )
    again = admit_send(between, request, NOON + later, STANDARD)

    assert isinstance(first.verdict, Admitted)
    assert first.verdict.repeats is repeats
    assert again == Decision(first.verdict)


@given(st.lists(st.tuples(st.integers(1, 400), st.sampled_from([PHONE, BRITISH])), max_size=60))
def test_no_ceiling_is_ever_passed(sends: list[tuple[int, PhoneNumber]]) -> None:
    """A store that adds all or nothing under the ceilings never holds more than they say."""
    poor = attrs.evolve(STANDARD, daily_ceiling=3_000, country_ceilings={"GB": 700}, sends=())
    counters: dict[str, int] = {}
    for amount, phone in sends:
        decision = admit_send(None, send_request(phone=phone, amount=amount), NOON, poor)
        over = [
            add
            for add in decision.adds
            if add.ceiling is not None and counters.get(add.field, 0) + add.amount > add.ceiling
        ]
        if not over:
            for add in decision.adds:
                counters[add.field] = counters.get(add.field, 0) + add.amount
    assert counters.get("spent", 0) <= 3_000
    assert counters.get("spent.GB", 0) <= 700
    parts = counters.get("spent.GB", 0) + counters.get("spent.US", 0)
    assert counters.get("spent", 0) == parts

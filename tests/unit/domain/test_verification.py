"""Which codes live, how a record ages, and that ageing is never seen from outside."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain.admission import admit_send
from smsverify.domain.check import check_code
from smsverify.domain.delivery import DeliveryState
from smsverify.domain.periods import DAY, HOUR, MINUTE, SECOND
from smsverify.domain.policy import STANDARD
from smsverify.domain.rate_limit import Limit
from smsverify.domain.record import (
    EMPTY,
    Approval,
    Operation,
    PhoneRecord,
    Verification,
    WrongAnswers,
)
from smsverify.domain.verification import (
    age_record,
    ended_by_age,
    in_life,
    keeping_of,
    kept,
    live_verifications,
    state_now,
)
from tests.unit.domain.builders import (
    NOON,
    attempt,
    check_request,
    fresh,
    possible_records,
    record,
    right_code,
    send_request,
    verification,
    wrong,
)

LIFE = STANDARD.code_life


@pytest.mark.parametrize(
    ("age", "lives"),
    [(0, True), (LIFE - 1, True), (LIFE, False), (-5_000, True), (-5_001, False)],
)
def test_code_lives_from_its_start_to_its_end(age: int, lives: bool) -> None:
    """Ten minutes to the millisecond; a start more than five seconds ahead means it is over."""
    assert in_life(verification(NOON - age), NOON, STANDARD) is lives


def test_dropped_verification_does_not_live() -> None:
    """What housekeeping emptied is over, whatever its time says."""
    assert not in_life(Verification(b"", b"", NOON), NOON, STANDARD)


def test_live_codes_are_listed_oldest_first_and_once() -> None:
    """Each live code of the purpose once, in the order of admission."""
    first, second, other = verification(NOON), verification(NOON + 1), verification(NOON)
    whole = record(
        attempt(NOON, carries=first),
        attempt(NOON + 1, carries=second),
        attempt(NOON + 2, carries=first),
        attempt(NOON + 3, carries=other, purpose="login"),
        attempt(NOON + 4, carries=None),
        attempt(NOON + 5, carries=verification(NOON - LIFE)),
    )
    assert live_verifications(whole, "verify", NOON + 9, STANDARD) == [first, second]
    assert live_verifications(whole, "login", NOON + 9, STANDARD) == [other]
    assert live_verifications(EMPTY, "verify", NOON, STANDARD) == []


@pytest.mark.parametrize("state", DeliveryState)
def test_only_certain_failure_kills_a_code(state: DeliveryState) -> None:
    """A code dies with its attempt only if that failed for certain: maybe arrived counts."""
    carried = verification()
    alone = record(attempt(carries=carried, state=state))
    twice = record(
        attempt(carries=carried, state=state),
        attempt(carries=carried, state=DeliveryState.FAILED),
    )
    expected = [] if state is DeliveryState.FAILED else [carried]

    assert live_verifications(alone, "verify", NOON, STANDARD) == expected
    assert live_verifications(twice, "verify", NOON, STANDARD) == expected


def test_code_of_a_failed_and_a_sent_attempt_lives() -> None:
    """One attempt that may have arrived keeps the code alive, whichever came first."""
    carried = verification()
    failed = attempt(carries=carried, state=DeliveryState.FAILED)
    sent = attempt(carries=carried)

    assert live_verifications(record(failed, sent), "verify", NOON, STANDARD) == [carried]
    assert live_verifications(record(sent, failed), "verify", NOON, STANDARD) == [carried]


class TestEndedByAge:
    """The latest code is over by age, unapproved, and may have arrived: "expired" is the truth."""

    def test_code_that_ran_out(self) -> None:
        """A sent code past its life ended by age."""
        assert ended_by_age(record(attempt()), "verify", NOON + LIFE, STANDARD)

    def test_nothing_sent(self) -> None:
        """Without a send nothing ended."""
        assert not ended_by_age(EMPTY, "verify", NOON, STANDARD)

    def test_other_purpose(self) -> None:
        """Another purpose's codes say nothing of this one's."""
        whole = record(attempt(), attempt(purpose="login", state=DeliveryState.FAILED))

        assert not ended_by_age(whole, "login", NOON + LIFE, STANDARD)
        assert ended_by_age(whole, "verify", NOON + LIFE, STANDARD)

    def test_approved_code(self) -> None:
        """An approval takes the code off its attempts: it did not end by age."""
        assert not ended_by_age(record(attempt(carries=None)), "verify", NOON, STANDARD)

    def test_only_the_latest_counts(self) -> None:
        """An older code that ran out is not the latest; the latest is."""
        ran_out, failed = attempt(NOON), attempt(NOON + 1, state=DeliveryState.FAILED)

        assert not ended_by_age(record(ran_out, failed), "verify", NOON + LIFE, STANDARD)
        assert ended_by_age(record(failed, ran_out), "verify", NOON + LIFE, STANDARD)

    def test_code_that_failed_once_and_was_sent_once(self) -> None:
        """One attempt that may have arrived is enough."""
        carried = verification()
        sent = attempt(carries=carried)
        failed = attempt(carries=carried, state=DeliveryState.FAILED)

        assert ended_by_age(record(sent, failed), "verify", NOON + LIFE, STANDARD)

    def test_a_day_later_nothing_is_known(self) -> None:
        """After 24 hours the attempt no longer counts, even if it is still there."""
        assert ended_by_age(record(attempt()), "verify", NOON + DAY - 1, STANDARD)
        assert not ended_by_age(record(attempt()), "verify", NOON + DAY, STANDARD)

    def test_dropped_identity(self) -> None:
        """A code of which only the start is kept ended by age all the same."""
        start_only = record(attempt(carries=Verification(b"", b"", NOON)))

        assert ended_by_age(start_only, "verify", NOON + HOUR, STANDARD)


def test_sending_past_its_lease_reads_as_unknown() -> None:
    """No reaper runs: the time alone says that the worker is gone."""
    sending = attempt(state=DeliveryState.SENDING)

    assert state_now(sending, NOON + 14_999, STANDARD) is DeliveryState.SENDING
    assert state_now(sending, NOON + 15_000, STANDARD) is DeliveryState.UNKNOWN
    assert state_now(sending, NOON - HOUR, STANDARD) is DeliveryState.SENDING


@pytest.mark.parametrize("state", sorted(set(DeliveryState) - {DeliveryState.SENDING}))
def test_other_states_do_not_change_by_waiting(state: DeliveryState) -> None:
    """Only SENDING has a lease."""
    assert state_now(attempt(state=state), NOON + DAY, STANDARD) is state


def test_kept_to_the_millisecond() -> None:
    """What is kept for a span is looked at until just before its end."""
    assert kept(NOON, SECOND, NOON + 999)
    assert not kept(NOON, SECOND, NOON + 1_000)
    assert kept(NOON + HOUR, SECOND, NOON)


class TestAgeing:
    """Housekeeping drops what is past its keeping, and nothing else."""

    def test_parts_go_at_their_own_times(self) -> None:
        """
        Attempts and wrong answers stay a day, operations ten seconds.

        Approvals stay for their code's life and ten seconds, for a retry of one made at its end.
        """
        sent = attempt(carries=None)
        whole = record(
            sent,
            wrong=wrong(NOON),
            operations=(Operation(fresh(), NOON, 4),),
            approvals=(Approval(fresh(), "verify", verification()),),
        )

        def parts(after: int) -> list[int]:
            aged = age_record(whole, NOON + after, STANDARD)
            held = (aged.attempts, aged.wrong, aged.operations, aged.approvals)
            return [len(part) for part in held]

        assert parts(0) == [1, 1, 1, 1]
        assert parts(9_999) == [1, 1, 1, 1]
        assert parts(10_000) == [1, 1, 0, 1]
        assert parts(LIFE + 9_999) == [1, 1, 0, 1]
        assert parts(LIFE + 10_000) == [1, 1, 0, 0]
        assert parts(DAY - 1) == [1, 1, 0, 0]
        assert parts(DAY) == [0, 0, 0, 0]

    def test_order_and_content_stay(self) -> None:
        """What is not over stays as it was, in its order."""
        whole = record(
            attempt(NOON),
            attempt(NOON + 1),
            wrong=(WrongAnswers("verify", (NOON, NOON + 2)), WrongAnswers("login", (NOON + 1,))),
            opted_out_at=NOON - 30 * DAY,
            message_hashes=(b"hash of a stop..",),
        )
        assert age_record(whole, NOON + MINUTE, STANDARD) == whole

    def test_old_wrong_answers_go_one_by_one(self) -> None:
        """Of one purpose's wrong answers those past the longest window go."""
        whole = record(wrong=(WrongAnswers("verify", (NOON - DAY, NOON)),))

        assert age_record(whole, NOON, STANDARD).wrong == wrong(NOON)

    def test_identity_goes_after_twice_its_life(self) -> None:
        """Of a code long over only the start stays: what leaks is worth nothing."""
        sent = attempt()
        before = age_record(record(sent), NOON + 2 * LIFE - 1, STANDARD)
        after = age_record(record(sent), NOON + 2 * LIFE, STANDARD)

        assert before.attempts == (sent,)
        assert after.attempts == (attrs.evolve(sent, carries=Verification(b"", b"", NOON)),)
        assert age_record(after, NOON + 2 * LIFE + 1, STANDARD) == after

    def test_operations_alone_go_too(self) -> None:
        """What is past its keeping goes, also where nothing else is kept."""
        whole = record(operations=(Operation(fresh(), NOON - 10_000, 1),))

        assert age_record(whole, NOON, STANDARD).operations == ()

    def test_clock_set_back_drops_nothing(self) -> None:
        """Seen from an hour earlier, everything is still to be kept."""
        whole = record(
            attempt(),
            wrong=wrong(NOON),
            operations=(Operation(fresh(), NOON, 4),),
            approvals=(Approval(fresh(), "verify", verification()),),
        )
        assert age_record(whole, NOON - HOUR, STANDARD) == whole

    def test_longest_window_decides_over_wrong_answers(self) -> None:
        """Wrong answers stay as long as the longest window over them, in whatever order."""
        longer = attrs.evolve(
            STANDARD, wrong_answers=(Limit("long", 9, 2 * DAY), Limit("short", 5, MINUTE))
        )
        whole = record(wrong=wrong(NOON))

        assert age_record(whole, NOON + 2 * DAY - 1, longer).wrong == whole.wrong
        assert age_record(whole, NOON + 2 * DAY, longer).wrong == ()


class TestKeeping:
    """How long a record must be kept is the time until its last part is over."""

    @pytest.mark.parametrize(
        ("whole", "expected"),
        [
            (record(attempt()), DAY),
            (record(attempt(NOON - HOUR), attempt(NOON - MINUTE)), DAY - MINUTE),
            (record(wrong=wrong(NOON - 2, NOON - 1)), DAY - 1),
            (record(operations=(Operation(fresh(), NOON, 1),)), 10_000),
            (
                record(approvals=(Approval(fresh(), "verify", verification(NOON - 1)),)),
                LIFE + 9_999,
            ),
            (record(attempt(NOON + HOUR)), DAY + HOUR),
            (record(wrong=wrong(NOON + HOUR)), DAY + HOUR),
            (record(operations=(Operation(fresh(), NOON + HOUR, 1),)), HOUR + 10_000),
            (
                record(approvals=(Approval(fresh(), "verify", verification(NOON + HOUR)),)),
                HOUR + LIFE + 10_000,
            ),
            (record(attempt(NOON), wrong=wrong(NOON - HOUR)), DAY),
            (record(attempt(NOON), operations=(Operation(fresh(), NOON, 1),)), DAY),
            (
                record(attempt(NOON), approvals=(Approval(fresh(), "verify", verification(NOON)),)),
                DAY,
            ),
            (record(attempt(NOON + 5_000)), DAY + 5_000),
            (record(), 1),
        ],
    )
    def test_last_part_decides(self, whole: PhoneRecord, expected: int) -> None:
        """The longest of all keepings, from now."""
        assert expected == keeping_of(whole, NOON, policy=STANDARD)

    def test_opt_out_is_kept_for_ever(self) -> None:
        """An opt-out never expires, nor does the memory of a message that changed one."""
        assert keeping_of(record(opted_out_at=0), NOON, policy=STANDARD) is None
        seen = record(attempt(), message_hashes=(b"hash of a start.",))
        assert keeping_of(seen, NOON, policy=STANDARD) is None


def distinct_starts(whole: PhoneRecord) -> bool:
    """Say whether no two codes of a record began in the same millisecond."""
    codes = {one.carries for one in whole.attempts if one.carries is not None}
    return len({one.started_at for one in codes}) == len(codes)


@given(possible_records(), st.integers(NOON - HOUR, NOON + 2 * DAY), st.data())
def test_ageing_is_invisible(whole: PhoneRecord, now: int, data: st.DataObject) -> None:
    """A record decides alike before and after housekeeping, now and later."""
    if not distinct_starts(whole):
        return
    later = now + data.draw(st.integers(0, DAY))
    aged = age_record(whole, now, STANDARD)
    purpose = data.draw(st.sampled_from(["verify", "login"]))
    send = send_request(purpose=purpose, key_hash=data.draw(st.none() | st.just(b"k" * 16)))
    check = check_request(b"123456", purpose=purpose)

    assert admit_send(aged, send, later, STANDARD) == admit_send(whole, send, later, STANDARD)
    assert check_code(aged, check, later, STANDARD) == check_code(whole, check, later, STANDARD)
    assert age_record(aged, later, STANDARD) == age_record(whole, later, STANDARD)


@given(possible_records(), st.integers(NOON - HOUR, NOON + HOUR), st.integers(0, DAY))
def test_forgotten_record_decides_like_none(whole: PhoneRecord, now: int, late: int) -> None:
    """A store that forgot to delete changes no decision."""
    whole = attrs.evolve(whole, opted_out_at=None, message_hashes=())
    keeping = keeping_of(whole, now, policy=STANDARD)
    assert keeping is not None
    over = now + keeping + late
    send, check = send_request(key_hash=b"k" * 16), check_request()

    assert admit_send(whole, send, over, STANDARD) == admit_send(None, send, over, STANDARD)
    assert check_code(whole, check, over, STANDARD) == check_code(None, check, over, STANDARD)


@given(st.lists(st.integers(1, 400) | st.integers(1, 90_000), min_size=1, max_size=40))
def test_at_most_two_codes_live_at_once(gaps: list[int]) -> None:
    """However sends follow one another, the half-life rule leaves at most two live codes."""
    free = attrs.evolve(STANDARD, sends=())
    now, whole = NOON, None
    for gap in gaps:
        now += gap * SECOND
        whole = admit_send(whole, send_request(), now, free).record
        assert whole is not None
        live = live_verifications(whole, "verify", now, free)
        assert 1 <= len(live) <= 2
        assert whole.attempts[-1].carries in live


@given(st.lists(st.integers(1, 500), min_size=1, max_size=5), st.integers(0, 599_999))
def test_delivered_code_works_for_its_whole_life(gaps: list[int], age: int) -> None:
    """Whatever is sent after it, a code that was delivered is accepted until its life ends."""
    free = attrs.evolve(STANDARD, sends=())
    request = send_request()
    whole = admit_send(None, request, NOON, free).record
    assert whole is not None
    carried = whole.attempts[0].carries
    now = NOON
    for gap in gaps:
        now += gap * SECOND
        if now <= NOON + age:
            whole = admit_send(whole, send_request(), now, free).record
    typed = check_request(right_code(carried))

    assert check_code(whole, typed, NOON + age, free).record is not None
    assert check_code(whole, typed, NOON + age, free).events[0].name == "sms.check.approved"

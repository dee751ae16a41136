"""A code is accepted once, wrong answers are counted, and nothing resets the count but success."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain import check
from smsverify.domain.check import CheckRequest, check_code
from smsverify.domain.code import CodeKeys
from smsverify.domain.counters import Add
from smsverify.domain.decisions import Approved, Decision, Refused, Wrong
from smsverify.domain.delivery import DeliveryState
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.events import AnswerWrong, CheckRefused, CodeApproved
from smsverify.domain.periods import DAY, HOUR, MINUTE
from smsverify.domain.policy import STANDARD
from smsverify.domain.record import (
    Approval,
    Attempt,
    Operation,
    PhoneRecord,
    Verification,
    WrongAnswers,
)
from tests.unit.domain.builders import (
    KEYS,
    NOON,
    PHONE,
    at_ceilings,
    attempt,
    check_request,
    fresh,
    not_code,
    record,
    right_code,
    verification,
    wrong,
)

KEY = b"hash of the key."
LIFE = STANDARD.code_life
KEPT_UNTIL = NOON + 12 * HOUR + 3 * DAY
SENT = attempt()
RIGHT = right_code(SENT.carries)
WRONG = not_code(RIGHT)


def verdict_of(whole: PhoneRecord | None, request: CheckRequest, now: int = NOON) -> Any:
    """Return the verdict."""
    return check_code(whole, request, now, STANDARD).verdict


def refused(whole: PhoneRecord | None, request: CheckRequest, now: int = NOON) -> Refused:
    """Return the verdict of a check that must be refused, and see that nothing is written."""
    decision = check_code(whole, request, now, STANDARD)
    assert isinstance(decision.verdict, Refused)
    assert (decision.record, decision.adds) == (None, ())
    told = CheckRefused(
        PHONE,
        request.purpose,
        decision.verdict.code,
        decision.verdict.rule,
        decision.verdict.retry_after,
    )
    assert decision.events == (told,)
    return decision.verdict


def client_refusal(wait: int) -> Decision[Any, Any]:
    """Build what is decided when the client gave too many wrong answers this hour."""
    verdict = Refused(ErrorCode.TOO_MANY_ATTEMPTS, "client_wrong_answers_per_hour", wait, 0)
    event = CheckRefused(PHONE, "verify", verdict.code, verdict.rule, wait)
    return Decision(verdict, events=(event,))


class TestRightAnswer:
    """The right code in time."""

    def test_whole_decision(self) -> None:
        """The code leaves every attempt, the approval is remembered, the wrong answers forgiven."""
        resent = attempt(NOON + 1, carries=SENT.carries)
        other = attempt(NOON + 2, purpose="login")
        whole = record(
            SENT,
            resent,
            other,
            wrong=(WrongAnswers("verify", (NOON,)), WrongAnswers("login", (NOON + 1,))),
        )
        request = check_request(RIGHT, key_hash=KEY, client="c1")
        assert SENT.carries is not None

        decision = check_code(whole, request, NOON + 9, STANDARD)

        assert decision == Decision(
            Approved(),
            PhoneRecord(
                request.operation,
                (attrs.evolve(SENT, carries=None), attrs.evolve(resent, carries=None), other),
                (WrongAnswers("login", (NOON + 1,)),),
                approvals=(Approval(request.operation, "verify", SENT.carries, KEY),),
            ),
            (
                Add("client:c1:2026-11-22T12", "wrong", 0, 29, NOON + HOUR + 3 * DAY),
                Add("day:2026-11-22", "approved.US", 1, None, KEPT_UNTIL),
            ),
            events=(CodeApproved(PHONE, "verify"),),
        )
        assert at_ceilings(decision) == (client_refusal(HOUR - 9),)

    def test_every_live_code_of_the_purpose_is_used_up(self) -> None:
        """With two live codes either is right, and then neither."""
        second = attempt(NOON + 400_000)
        both = record(SENT, second)
        now = NOON + 400_001
        for typed in (RIGHT, right_code(second.carries)):
            decision = check_code(both, check_request(typed), now, STANDARD)
            assert decision.verdict == Approved()
            assert decision.record is not None
            for again in (RIGHT, right_code(second.carries)):
                assert (
                    refused(decision.record, check_request(again), now).code
                    is ErrorCode.NO_PENDING_VERIFICATION
                )

    def test_approval_remembers_which_code_it_used(self) -> None:
        """Of two live codes the one that was typed is kept with the approval."""
        second = attempt(NOON + 400_000)
        decision = check_code(
            record(SENT, second),
            check_request(right_code(second.carries)),
            NOON + 400_001,
            STANDARD,
        )
        assert decision.record is not None
        assert [one.verification for one in decision.record.approvals] == [second.carries]

    def test_other_purposes_code_stays(self) -> None:
        """An approval for one purpose uses up no other purpose's code."""
        login = attempt(purpose="login")
        after = check_code(record(SENT, login), check_request(RIGHT), NOON, STANDARD).record
        typed = check_request(right_code(login.carries, "login"), purpose="login")

        assert verdict_of(after, typed) == Approved()

    def test_works_until_the_last_millisecond(self) -> None:
        """A code is accepted while it is younger than its life."""
        assert verdict_of(record(SENT), check_request(RIGHT), NOON + LIFE - 1) == Approved()
        assert refused(record(SENT), check_request(RIGHT), NOON + LIFE) == Refused(
            ErrorCode.CODE_EXPIRED
        )

    @pytest.mark.parametrize(
        "state", [one for one in DeliveryState if one is not DeliveryState.FAILED]
    )
    def test_any_message_that_may_have_arrived_counts(self, state: DeliveryState) -> None:
        """Whoever knows the code got the message, whatever the provider says of it."""
        assert (
            verdict_of(record(attrs.evolve(SENT, state=state)), check_request(RIGHT)) == Approved()
        )

    def test_code_of_the_former_secret_is_accepted(self) -> None:
        """During rotation codes under way stay good; when the secret is gone they match nothing."""
        old = attempt(carries=verification(key_id=KEYS.keys[1].id))
        typed = right_code(old.carries)
        gone = CodeKeys.of([b"a wholly new secret"])

        assert verdict_of(record(old), check_request(typed)) == Approved()
        assert verdict_of(record(old), check_request(typed, keys=gone)) == Wrong(4)

    def test_several_approvals_are_remembered(self) -> None:
        """An approval does not push out another one that is still within its life."""
        earlier = Approval(fresh(), "login", verification(NOON - 1))
        decision = check_code(
            record(SENT, approvals=(earlier,)), check_request(RIGHT), NOON, STANDARD
        )
        assert decision.record is not None
        assert decision.record.approvals[0] == earlier
        assert len(decision.record.approvals) == 2

    def test_the_rest_of_the_record_stays(self) -> None:
        """An answer changes what it is about; STOP, its messages and the rest stay as they were."""
        whole = record(
            SENT,
            wrong=wrong(NOON, purpose="login"),
            operations=(Operation(fresh(), NOON, 4),),
            approvals=(Approval(fresh(), "login", verification(NOON - 1), KEY),),
            opted_out_at=NOON - 1,
            message_hashes=(b"hash of a stop..",),
        )
        for typed in (RIGHT, WRONG):
            after = check_code(whole, check_request(typed), NOON, STANDARD).record
            assert after is not None
            assert after.wrong[0] == whole.wrong[0]
            assert after.operations[0] == whole.operations[0]
            assert after.approvals[0] == whole.approvals[0]
            assert after.opted_out_at == whole.opted_out_at
            assert after.message_hashes == whole.message_hashes

    def test_record_ages_with_the_write(self) -> None:
        """What is past its keeping goes when an answer is written."""
        old = attempt(NOON - DAY)
        for typed in (RIGHT, WRONG):
            after = check_code(record(old, SENT), check_request(typed), NOON, STANDARD).record
            assert after is not None
            assert len(after.attempts) == 1


class TestWrongAnswer:
    """A live code, and this was not it."""

    def test_whole_decision(self) -> None:
        """Counted for the purpose, for the client and for the day; known by its operation."""
        earlier = Operation(fresh(), NOON - 1, 5)
        whole = record(SENT, wrong=(WrongAnswers("login", (NOON - 1,)),), operations=(earlier,))
        request = check_request(WRONG, client="c1")

        decision = check_code(whole, request, NOON, STANDARD)

        assert decision == Decision(
            Wrong(4),
            PhoneRecord(
                request.operation,
                (SENT,),
                (WrongAnswers("login", (NOON - 1,)), WrongAnswers("verify", (NOON,))),
                (earlier, Operation(request.operation, NOON, 4)),
            ),
            (
                Add("client:c1:2026-11-22T12", "wrong", 1, 30, NOON + HOUR + 3 * DAY),
                Add("day:2026-11-22", "wrong", 1, None, KEPT_UNTIL),
            ),
            events=(AnswerWrong(PHONE, "verify", 4),),
        )
        assert at_ceilings(decision) == (client_refusal(HOUR),)

    def test_without_a_client_only_the_day_counts(self) -> None:
        """No client, no client's counter."""
        decision = check_code(record(SENT), check_request(WRONG), NOON, STANDARD)

        assert [add.key for add in decision.adds] == ["day:2026-11-22"]
        assert at_ceilings(decision) == ()

    def test_count_goes_down_to_none_and_then_even_the_right_code_waits(self) -> None:
        """Five wrong answers in ten minutes; then nothing is accepted until the first is old."""
        whole: PhoneRecord | None = record(SENT)
        for left in (4, 3, 2, 1, 0):
            decision = check_code(whole, check_request(WRONG), NOON + 10 - left, STANDARD)
            assert decision.verdict == Wrong(left)
            whole = decision.record
        for typed in (RIGHT, WRONG):
            assert refused(whole, check_request(typed), NOON + MINUTE) == Refused(
                ErrorCode.TOO_MANY_ATTEMPTS,
                "wrong_answers_per_10_minutes",
                9 * MINUTE + 6,
                attempts_left=0,
            )

    def test_twenty_a_day(self) -> None:
        """Slow guessing ends at twenty."""
        times = tuple(NOON - 20 * HOUR + n * HOUR for n in range(20))
        whole = record(SENT, wrong=wrong(*times))

        assert refused(whole, check_request(RIGHT)) == Refused(
            ErrorCode.TOO_MANY_ATTEMPTS, "wrong_answers_per_day", 4 * HOUR, attempts_left=0
        )

    def test_new_code_resets_nothing(self) -> None:
        """Wrong answers to an older code count against the new one."""
        newer = attempt(NOON + 400_000)
        whole = record(SENT, newer, wrong=wrong(*(NOON + n for n in range(4))))
        typed = not_code(RIGHT, right_code(newer.carries))

        assert verdict_of(whole, check_request(typed), NOON + 400_001) == Wrong(0)

    def test_other_purposes_do_not_count(self) -> None:
        """Each purpose has windows of its own."""
        whole = record(SENT, wrong=wrong(*(NOON for _ in range(5)), purpose="login"))

        assert verdict_of(whole, check_request(RIGHT)) == Approved()

    def test_success_forgives(self) -> None:
        """After an approval the next code begins with all its answers."""
        whole = record(SENT, wrong=wrong(*(NOON for _ in range(4))))
        after = check_code(whole, check_request(RIGHT), NOON, STANDARD).record
        assert after is not None
        again = attempt(NOON + 1)
        resent = attrs.evolve(after, attempts=(*after.attempts, again))
        typed = not_code(right_code(again.carries))

        assert verdict_of(resent, check_request(typed), NOON + 1) == Wrong(4)

    def test_clock_set_back_gives_no_new_answers(self) -> None:
        """After the server's clock went back an hour, a full window is full."""
        whole = record(
            attempt(NOON - HOUR, carries=verification(NOON - HOUR)),
            wrong=wrong(*(NOON for _ in range(5))),
        )
        typed = check_request(right_code(whole.attempts[0].carries))

        assert refused(whole, typed, NOON - HOUR).code is ErrorCode.TOO_MANY_ATTEMPTS


class TestNothingPending:
    """No live code: nothing is counted, and the refusal says why as far as that is known."""

    @pytest.mark.parametrize("typed", [RIGHT, WRONG])
    def test_expired(self, typed: bytes) -> None:
        """Within a day of its admission, a code that ran out is said to be expired."""
        for later in (LIFE, HOUR, DAY - 1):
            assert refused(record(SENT), check_request(typed), NOON + later) == Refused(
                ErrorCode.CODE_EXPIRED
            )
        assert refused(record(SENT), check_request(typed), NOON + DAY) == Refused(
            ErrorCode.NO_PENDING_VERIFICATION
        )

    @pytest.mark.parametrize(
        "whole",
        [
            None,
            record(),
            record(attrs.evolve(SENT, state=DeliveryState.FAILED)),
            record(attrs.evolve(SENT, carries=None)),
            record(attrs.evolve(SENT, purpose="login")),
        ],
        ids=["no record", "empty", "failed", "approved", "other purpose"],
    )
    def test_none(self, whole: PhoneRecord | None) -> None:
        """Never sent, failed, used up or for another purpose: nothing is pending."""
        assert refused(whole, check_request(RIGHT)) == Refused(ErrorCode.NO_PENDING_VERIFICATION)

    def test_before_windows(self) -> None:
        """Without a live code full windows are not told: there is nothing to guess."""
        whole = record(wrong=wrong(*(NOON for _ in range(5))))

        assert refused(whole, check_request()).code is ErrorCode.NO_PENDING_VERIFICATION

    def test_start_ahead_of_the_clock_is_over(self) -> None:
        """A code from the future of a clock that went back is not accepted."""
        assert (
            refused(record(SENT), check_request(RIGHT), NOON - HOUR).code is ErrorCode.CODE_EXPIRED
        )


class TestIdempotencyKey:
    """A caller whose answer got lost asks again with the same key and code."""

    def approved(self) -> PhoneRecord:
        """Return a record after an approval with a key."""
        decision = check_code(record(SENT), check_request(RIGHT, key_hash=KEY), NOON, STANDARD)
        assert decision.record is not None
        return decision.record

    def test_same_key_and_code_are_approved_again(self) -> None:
        """Within the code's life the approval is repeated; nothing is written."""
        again = check_request(RIGHT, key_hash=KEY)

        assert check_code(self.approved(), again, NOON + LIFE - 1, STANDARD) == Decision(
            Approved(again=True)
        )
        assert (
            refused(self.approved(), again, NOON + LIFE).code is ErrorCode.NO_PENDING_VERIFICATION
        )

    def test_before_windows(self) -> None:
        """Full windows of later guesses do not take an approval back."""
        later = attempt(NOON + 1)
        whole = attrs.evolve(
            self.approved(), attempts=(later,), wrong=wrong(*(NOON + 1 for _ in range(5)))
        )
        assert verdict_of(whole, check_request(RIGHT, key_hash=KEY), NOON + 2) == Approved(
            again=True
        )

    @pytest.mark.parametrize(
        "changes",
        [{"key_hash": None}, {"key_hash": b"another key....."}, {"purpose": "login"}],
        ids=["no key", "other key", "other purpose"],
    )
    def test_others_are_not(self, changes: dict[str, Any]) -> None:
        """Without that very key, for that purpose, a used code is used."""
        request = check_request(RIGHT, **{"key_hash": KEY, **changes})

        assert refused(self.approved(), request).code is ErrorCode.NO_PENDING_VERIFICATION

    def test_other_code_is_a_new_check(self) -> None:
        """The same key with another code is looked at for itself."""
        later = attempt(NOON + 1)
        whole = attrs.evolve(self.approved(), attempts=(later,))
        typed = not_code(RIGHT, right_code(later.carries))

        assert verdict_of(whole, check_request(typed, key_hash=KEY), NOON + 2) == Wrong(4)
        right = check_request(right_code(later.carries), key_hash=KEY)
        assert verdict_of(whole, right, NOON + 2) == Approved()

    def test_approval_without_a_key_is_not_repeated(self) -> None:
        """Two checks without a key are never the same check."""
        after = check_code(record(SENT), check_request(RIGHT), NOON, STANDARD).record

        assert refused(after, check_request(RIGHT)).code is ErrorCode.NO_PENDING_VERIFICATION


class TestRetryOfTheSameCall:
    """A retry after a lost reply gives the first verdict, whatever was written in between."""

    def between(self, whole: PhoneRecord) -> list[PhoneRecord]:
        """Return what others may have made of a record meanwhile."""
        guessed = check_code(whole, check_request(WRONG), NOON + 1, STANDARD).record or whole
        approved = check_code(whole, check_request(RIGHT), NOON + 1, STANDARD).record or whole
        resent = attrs.evolve(whole, attempts=(*whole.attempts, attempt(NOON + 1)))
        return [whole, guessed, approved, resent]

    @pytest.mark.parametrize("later", [0, 2, 9_999])
    def test_wrong_answer_is_counted_once(self, later: int) -> None:
        """The same operation again says the same and writes nothing, for ten seconds."""
        request = check_request(WRONG)
        first = check_code(record(SENT), request, NOON, STANDARD)
        assert first.record is not None
        for whole in self.between(first.record):
            assert check_code(whole, request, NOON + later, STANDARD) == Decision(Wrong(4))

    @pytest.mark.parametrize("later", [0, 2, LIFE + 1])
    def test_approval_stands(self, later: int) -> None:
        """An operation that consumed a code answers approved, never wrong and never none."""
        request = check_request(RIGHT)
        first = check_code(record(SENT), request, NOON, STANDARD)
        assert first.record is not None
        for whole in self.between(first.record):
            assert check_code(whole, request, NOON + later, STANDARD) == Decision(Approved())

    def test_wrong_answer_stays_wrong_after_a_new_code(self) -> None:
        """Even if the guess would fit a code that was sent meanwhile, the first verdict holds."""
        later = attempt(NOON + 1)
        typed = right_code(later.carries)
        request = check_request(typed)
        first = check_code(record(SENT), request, NOON, STANDARD)
        assert first.verdict == Wrong(4)
        assert first.record is not None
        resent = attrs.evolve(first.record, attempts=(*first.record.attempts, later))

        assert check_code(resent, request, NOON + 2, STANDARD).verdict == Wrong(4)


class TestAlwaysTheSameWork:
    """How long an answer takes tells nothing of what is stored."""

    @pytest.mark.parametrize(
        ("whole", "comparisons"),
        [
            (None, 1),
            (record(attempt(NOON - HOUR)), 1),
            (record(SENT), 1),
            (record(SENT, attempt(NOON + 1)), 2),
        ],
        ids=["nothing kept", "expired", "one live code", "two live codes"],
    )
    def test_always_compares(
        self, whole: PhoneRecord | None, comparisons: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With nothing pending there is a comparison all the same; no match cuts it short."""
        for typed in (RIGHT, WRONG):
            made: list[bytes | None] = []

            def compare(one: bytes, code: bytes | None, made: Any = made) -> bool:
                made.append(code)
                return one == code

            monkeypatch.setattr(check, "same_code", compare)
            check_code(whole, check_request(typed), NOON + 1, STANDARD)
            assert len(made) == comparisons

    def test_full_window_still_compares(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A refusal by a full window costs as much as an answer."""
        made: list[bytes | None] = []
        monkeypatch.setattr(check, "same_code", lambda _typed, code: made.append(code))
        whole = record(SENT, wrong=wrong(*(NOON for _ in range(5))))
        check_code(whole, check_request(RIGHT), NOON, STANDARD)

        assert made == [RIGHT]


def test_request_shows_no_code() -> None:
    """A request that ends in a traceback shows neither the code nor the number."""
    shown = repr(check_request(RIGHT))

    assert RIGHT.decode() not in shown
    assert PHONE.e164 not in shown


def test_dropped_verification_is_never_accepted() -> None:
    """Of a code long over no bytes are left that an answer could match."""
    dropped = attempt(NOON, carries=Verification(b"", b"", NOON))

    assert refused(record(dropped), check_request(RIGHT)).code is ErrorCode.CODE_EXPIRED


def sent_to(purpose: str) -> Attempt:
    """Build an attempt for a purpose."""
    return attempt(purpose=purpose)


def test_code_of_another_purpose_does_not_fit() -> None:
    """A code is bound to its purpose: typed for another one it is wrong."""
    login, verify = sent_to("login"), sent_to("verify")
    typed = check_request(right_code(login.carries, "login"))

    assert verdict_of(record(login, verify), typed) == Wrong(4)


@given(st.lists(st.integers(0, 300), max_size=60))
def test_no_window_holds_more_than_its_limit(gaps: list[int]) -> None:
    """With a live code at all times and any rhythm of guessing, no window overflows."""
    now, times = NOON, list[int]()
    whole: PhoneRecord | None = record()
    for gap in gaps:
        now += gap * 1_000
        assert whole is not None
        live = attempt(now)
        whole = attrs.evolve(whole, attempts=(live,))
        typed = not_code(right_code(live.carries))
        decision = check_code(whole, check_request(typed), now, STANDARD)
        if decision.record is not None:
            whole = decision.record
            times.append(now)
    for start in times:
        assert len([time for time in times if start <= time < start + 10 * MINUTE]) <= 5
        assert len([time for time in times if start <= time < start + DAY]) <= 20

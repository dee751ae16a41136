"""
A test for each sentence of docs/invariants.md; each fails if its invariant were broken.

The model watches all of them, as everywhere on the stage. What is asserted beside it is what a
person at the other end would see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsverify.domain.pool import RestReason
from smsverify.ports.store import Conflict
from tests.model.numbers import DAY, HOUR, MINUTE, Numbers
from tests.stepping.on_stage import (
    OTHER_PHONE,
    PHONE,
    PRICES,
    OnStage,
    code_of,
    delivered,
    reject,
    wrong_code,
)

if TYPE_CHECKING:
    from tests.stepping.stage import Stage

PHONES = [f"+155512345{last}" for last in range(60, 80)]


def spent(stage: Stage, country: str | None = None) -> int:
    """Return what the store says is charged to today, in micro-dollars."""
    day = stage.clock.wall() // DAY
    stage.compare()
    return stage.model.ledger.spent(day, country)


def admitted(stage: Stage) -> int:
    """Return how many sends were admitted."""
    return len(stage.model.ledger.sends)


class Charges(OnStage):
    """I1, I2 and I8: money."""

    numbers = Numbers(prices=PRICES, budget=120_000, country_budgets={"DE": 30_000})

    def test_i1_ceiling_of_the_day(self, stage: Stage) -> None:
        """Twenty sends that are all under way at once, with money for twelve: twelve go out."""
        sends = [stage.send("here", phone) for phone in PHONES]
        told = [send.finish() for send in sends]
        assert sum(one.success for one in told) == 12
        assert {one.rule for one in told if not one.success} == {"daily_cost"}
        assert spent(stage) == 120_000

    def test_i1_ceiling_of_a_country(self, stage: Stage) -> None:
        """Two of a country's three messages fit under its own ceiling; others still go out."""
        german = [stage.send("here", f"+49151123456{last}") for last in (70, 71, 72)]
        told = [send.finish() for send in german]
        assert [one.rule for one in told] == [None, None, "country_daily_cost"]
        assert stage.send("there", PHONE).finish().success
        assert spent(stage, "DE") == 24_000

    def test_i1_ceiling_of_a_foreign_country(self, stage: Stage) -> None:
        """A country without a sender of ours gets a tenth of the day's money."""
        british = [stage.send("here", f"+44740012345{last}") for last in range(5)]
        assert [send.finish().success for send in british] == [True, True, True, True, False]
        assert spent(stage, "GB") == 12_000

    def test_i1_returned_money_can_be_spent(self, stage: Stage) -> None:
        """What failed for certain is free again; what may have arrived is not."""
        for phone in PHONES[:11]:
            stage.send("here", phone).finish()
        last = stage.send("here", PHONE)
        last.to_provider()
        assert stage.send("there", OTHER_PHONE).finish().rule == "daily_cost"
        reject(last)
        assert stage.send("there", OTHER_PHONE).finish().success

    def test_i1_next_day(self, stage: Stage) -> None:
        """A new UTC day has its own money."""
        for phone in PHONES[:12]:
            stage.send("here", phone).finish()
        stage.advance((DAY - stage.clock.wall() % DAY) / 1_000 - 1)
        assert stage.send("here", PHONE).finish().retry_after == 1
        stage.advance(1)
        assert stage.send("here", PHONE).finish().success

    @pytest.mark.parametrize("fate", ["doubt", "hang", "crash", "cancel", "break down"])
    def test_i2_what_may_have_arrived_stays_charged(self, stage: Stage, fate: str) -> None:
        """A call of which nobody knows has its charge, and no second call."""
        send = stage.send("here", PHONE)
        sms = send.to_provider()
        if fate == "doubt":
            sms.doubt()
        elif fate == "hang":
            stage.advance(10)
        elif fate == "crash":
            stage.crash("here")
        elif fate == "cancel":
            stage.cancel(send)
        else:
            sms.break_down()
        if fate != "crash":
            stage.settle()
            send.finish()
        stage.advance(60)
        assert spent(stage) == 10_000
        assert len(stage.messages) == 1

    @pytest.mark.parametrize("reason", ["throttled", "invalid_recipient", "unroutable", "blocked"])
    def test_i2_what_failed_for_certain_is_free(self, stage: Stage, reason: str) -> None:
        """A refused message costs nothing."""
        reject(stage.send("here", PHONE), reason)
        assert spent(stage) == 0

    def test_i8_returned_once(self, stage: Stage) -> None:
        """A refund whose reply gets lost ten times returns the money once."""
        stage.send("there", OTHER_PHONE).finish()
        send = stage.send("here", PHONE)
        send.to_provider().reject("throttled")
        stage.settle()
        call = send.write()
        for _ in range(10):
            stage.repeat(call)
        send.hear()
        send.finish()
        assert isinstance(stage.echo(call), Conflict)
        assert spent(stage) == 10_000

    def test_i8_to_the_day_of_the_charge(self, stage: Stage) -> None:
        """Returned after midnight, the new day's figures stay what they were."""
        stage.advance((DAY - stage.clock.wall() % DAY) / 1_000 - 1)
        send = stage.send("here", PHONE)
        sms = send.to_provider()
        stage.advance(2)
        stage.send("there", OTHER_PHONE).finish()
        sms.reject("throttled")
        send.finish()
        assert spent(stage) == 10_000
        assert stage.model.ledger.spent(stage.clock.wall() // DAY - 1) == 0


class Windows(OnStage):
    """I3 and I6: what a phone may be sent and asked."""

    def test_i3_hour(self, stage: Stage) -> None:
        """Five messages fit into any hour, whatever became of them; the sixth has to wait."""
        stage.send("here", PHONE).finish()
        stage.advance(600)
        reject(stage.send("there", PHONE))
        for _ in range(3):
            stage.send("here", PHONE).finish()
        told = stage.send("there", PHONE).finish()
        assert (told.code, told.rule) == ("RATE_LIMIT_EXCEEDED", "sends_per_hour")
        assert told.retry_after == 3_000
        stage.advance(2_999.999)
        assert not stage.send("here", PHONE).finish().success
        stage.advance(0.001)
        assert stage.send("here", PHONE).finish().success

    def test_i3_day(self, stage: Stage) -> None:
        """Twenty fit into any day."""
        for _ in range(4):
            for _ in range(5):
                assert stage.send("here", PHONE).finish().success
            stage.advance(HOUR / 1_000)
        told = stage.send("here", PHONE).finish()
        assert told.rule == "sends_per_day"
        assert told.retry_after == 20 * HOUR / 1_000

    def test_i3_all_at_once(self, stage: Stage) -> None:
        """Twenty sends to one phone, under way at the same time over two hosts: five go out."""
        sends = [stage.send(host, PHONE) for _ in range(10) for host in ("here", "there")]
        for send in sends:
            send.execute()
        told = [send.finish() for send in sends]
        assert sum(one.success for one in told) == 5
        assert {one.code for one in told if not one.success} == {"RATE_LIMIT_EXCEEDED"}

    def test_i3_every_spelling_is_one_phone(self, stage: Stage) -> None:
        """Another spelling of a number has no second quota."""
        for spelling in ("+15551234567", "+1 555 123 4567", "+1 (555) 123-4567", "+1.555.123.4567"):
            stage.send("here", spelling).finish()
        stage.send("there", "+1 555-123-4567").finish()
        assert stage.send("here", PHONE).finish().code == "RATE_LIMIT_EXCEEDED"

    def test_i3_other_phones_and_days(self, stage: Stage) -> None:
        """One phone's windows are no other's."""
        for _ in range(5):
            stage.send("here", PHONE).finish()
        assert stage.send("here", OTHER_PHONE).finish().success

    def test_i6_ten_minutes(self, stage: Stage) -> None:
        """After five wrong answers even the right one waits until the first is ten minutes old."""
        code = delivered(stage)
        lefts = [stage.check("here", PHONE, wrong_code(stage)).finish().left for _ in range(5)]
        assert lefts == [4, 3, 2, 1, 0]
        told = stage.check("there", PHONE, code).finish()
        assert (told.code, told.retry_after, told.left) == ("TOO_MANY_ATTEMPTS", 600, 0)
        stage.advance(598)
        stage.send("here", PHONE).finish()
        assert not stage.check("there", PHONE, code_of(stage)).finish().success
        stage.advance(2)
        assert stage.check("there", PHONE, code_of(stage)).finish().success

    def test_i6_nothing_but_success_resets(self, stage: Stage) -> None:
        """A resend, a new code, another process and a restart leave the count as it is."""
        delivered(stage)
        for host in ("here", "there"):
            stage.check(host, PHONE, wrong_code(stage)).finish()
            stage.send(host, PHONE).finish()
        stage.advance(301)
        stage.send("here", PHONE).finish()
        stage.crash("here")
        stage.start("there", secrets=("second", "first"))
        for left in (2, 1, 0):
            assert stage.check("there", PHONE, wrong_code(stage)).finish().left == left
        assert stage.check("here", PHONE, code_of(stage)).finish().code == "TOO_MANY_ATTEMPTS"

    def test_i6_success_resets(self, stage: Stage) -> None:
        """After a success the next code has all its answers."""
        delivered(stage)
        for _ in range(4):
            stage.check("here", PHONE, wrong_code(stage)).finish()
        stage.check("here", PHONE, code_of(stage)).finish()
        delivered(stage)
        assert stage.check("here", PHONE, wrong_code(stage)).finish().left == 4

    def test_i6_day(self, stage: Stage) -> None:
        """Twenty wrong answers fit into any day, five at a time."""
        for _ in range(4):
            delivered(stage)
            for _ in range(5):
                assert stage.check("here", PHONE, wrong_code(stage)).finish().left is not None
            stage.advance(10 * MINUTE / 1_000)
        code = delivered(stage)
        told = stage.check("here", PHONE, code).finish()
        assert told.rule == "wrong_answers_per_day"

    def test_i6_all_at_once(self, stage: Stage) -> None:
        """Twenty wrong answers that all read the same record: five are counted."""
        delivered(stage)
        checks = [stage.check(host, PHONE, "999999") for _ in range(10) for host in stage.hosts]
        for check in checks:
            check.to_commit()
        told = [check.finish().code for check in checks]
        assert told.count("INCORRECT_CODE") == 5
        assert told.count("TOO_MANY_ATTEMPTS") == 15

    def test_i6_purposes_are_counted_apart(self, stage: Stage) -> None:
        """One purpose's wrong answers are no other's."""
        delivered(stage)
        delivered(stage, purpose="login")
        for _ in range(5):
            stage.check("here", PHONE, wrong_code(stage)).finish()
        code = code_of(stage, purpose="login")
        assert stage.check("here", PHONE, code, purpose="login").finish().success


class Clients(OnStage):
    """I1 and I6 for clients: what one client may ask for in a clock hour."""

    numbers = Numbers(prices=PRICES, client_sends=3, client_wrong=3)

    def test_i1_sends_of_a_client(self, stage: Stage) -> None:
        """Three messages to any phones, and the rest of the clock hour none."""
        told = [stage.send("here", phone, client="device").finish() for phone in PHONES[:4]]
        assert [one.success for one in told] == [True, True, True, False]
        assert told[3].rule == "client_sends_per_hour"
        assert told[3].retry_after == 3_600
        assert stage.send("there", PHONE, client="another").finish().success
        stage.advance(3_600)
        assert stage.send("there", PHONE, client="device").finish().success

    def test_i6_wrong_answers_of_a_client(self, stage: Stage) -> None:
        """After three wrong answers to any phones, not even the right one is taken from it."""
        for phone in PHONES[:3]:
            delivered(stage, phone)
            stage.check("here", phone, wrong_code(stage, phone), client="device").finish()
        code = delivered(stage)
        told = stage.check("there", PHONE, code, client="device").finish()
        assert (told.code, told.rule) == ("TOO_MANY_ATTEMPTS", "client_wrong_answers_per_hour")
        assert stage.check("there", PHONE, code).finish().success


class Calls(OnStage):
    """I4: of one attempt at most one request can have been processed."""

    def test_i4_silence_is_not_repeated(self, stage: Stage) -> None:
        """Ten seconds without an answer end the call, and nobody makes it again."""
        send = stage.send("here", PHONE, key="mine")
        sms = send.to_provider()
        sms.take()
        stage.advance(10)
        assert sms.left
        assert send.finish().may_have_arrived
        assert stage.send("there", PHONE, key="mine").finish().may_have_arrived
        assert len(stage.messages) == 1

    def test_i4_same_key_while_the_first_runs(self, stage: Stage) -> None:
        """Ten callers with one key, all under way at once, make one message."""
        sends = [stage.send(host, PHONE, key="mine") for _ in range(5) for host in stage.hosts]
        for send in sends:
            send.execute()
        sms = sends[0].to_provider()
        told = [send.finish() for send in sends[1:]]
        assert {one.code for one in told} == {"SEND_IN_PROGRESS"}
        sms.accept()
        assert sends[0].finish().success
        assert stage.send("there", PHONE, key="mine").finish().message_id == sms.message_id
        assert len(stage.messages) == 1

    def test_i4_settlement_lost(self, stage: Stage) -> None:
        """If the settlement is lost, the caller gets the provider's answer, and that is all."""
        send = stage.send("here", PHONE, key="mine")
        send.to_provider().accept()
        stage.settle()
        stage.lose(send.call)
        assert send.finish().success
        stage.advance(15)
        assert stage.send("there", PHONE, key="mine").finish().may_have_arrived
        assert len(stage.messages) == 1


class Codes(OnStage):
    """I5, I12 and I13: who gets in, and who does not."""

    def test_i5_until_the_end_of_its_life(self, stage: Stage) -> None:
        """A code is right until the last millisecond of its life, and expired from then on."""
        code = delivered(stage)
        stage.advance(599.999)
        check = stage.check("here", PHONE, code)
        check.to_commit()
        stage.lose(check.call)
        stage.advance(0.001)
        assert stage.check("here", PHONE, code).finish().code == "CODE_EXPIRED"

    def test_i5_life_runs_from_the_first_send(self, stage: Stage) -> None:
        """A resend repeats the code and does not prolong its life."""
        code = delivered(stage)
        stage.advance(300)
        assert delivered(stage) == code
        stage.advance(299.999)
        assert stage.check("there", PHONE, code).finish().success

    def test_i5_new_code_after_half_its_life(self, stage: Stage) -> None:
        """With less than half of its life left a new code goes out, and both are right."""
        first = delivered(stage)
        stage.advance(300.001)
        second = delivered(stage)
        assert second != first
        assert stage.check("here", PHONE, first).finish().success

    def test_i5_another_purpose_or_phone(self, stage: Stage) -> None:
        """A code is right for its phone and purpose only."""
        code = delivered(stage)
        delivered(stage, OTHER_PHONE)
        delivered(stage, purpose="login")
        assert stage.check("here", OTHER_PHONE, code).finish().code == "INCORRECT_CODE"
        told = stage.check("here", PHONE, code, purpose="login").finish()
        assert told.code == "INCORRECT_CODE"

    def test_i5_used_once(self, stage: Stage) -> None:
        """Success uses up every living code of the phone and purpose."""
        first = delivered(stage)
        stage.advance(301)
        second = delivered(stage)
        assert stage.check("here", PHONE, second).finish().success
        for code in (first, second):
            told = stage.check("there", PHONE, code).finish()
            assert told.code == "NO_PENDING_VERIFICATION"

    def test_i5_right_answers_all_at_once(self, stage: Stage) -> None:
        """Of twenty right answers that all read the living code, one is approved."""
        code = delivered(stage)
        checks = [stage.check(host, PHONE, code) for _ in range(10) for host in stage.hosts]
        for check in checks:
            check.to_commit()
        told = [check.finish() for check in checks]
        assert sum(one.success for one in told) == 1
        assert {one.code for one in told if not one.success} == {"NO_PENDING_VERIFICATION"}

    def test_i5_rotated_secret(self, stage: Stage) -> None:
        """A code of a former secret is right as long as the secret is named, and not longer."""
        code = delivered(stage)
        stage.start("here", secrets=("second", "first"))
        stage.start("there", secrets=("second",))
        assert stage.check("there", PHONE, code).finish().code == "INCORRECT_CODE"
        assert stage.check("here", PHONE, code).finish().success
        assert delivered(stage) != code

    def test_i12_consumed_and_lost(self, stage: Stage) -> None:
        """A check whose approval was written and never confirmed says "error", not "wrong"."""
        code = delivered(stage)
        check = stage.check("here", PHONE, code)
        check.write()
        check.lose()
        assert check.told.unsure

    def test_i12_same_key_gets_the_same_approval(self, stage: Stage) -> None:
        """With its key a caller gets the approval again until the code's end; others don't."""
        code = delivered(stage)
        stage.check("here", PHONE, code, key="mine").finish()
        for _ in range(5):
            stage.send("there", PHONE).finish()
        assert stage.check("there", PHONE, code, key="mine").finish().success
        assert not stage.check("there", PHONE, wrong_code(stage), key="mine").finish().success
        assert not stage.check("there", PHONE, code, key="another").finish().success
        stage.advance(600)
        assert not stage.check("there", PHONE, code, key="mine").finish().success

    @pytest.mark.parametrize("fate", ["accept", "doubt taken", "hang", "crash", "cancel", "lost"])
    def test_i13_whoever_holds_a_code_gets_in(self, stage: Stage, fate: str) -> None:
        """Whatever a send's worker met, a text that arrived holds a code that works."""
        send = stage.send("here", PHONE)
        sms = send.to_provider()
        sms.take()
        if fate == "accept":
            sms.accept()
            stage.settle()
            send.finish()
        elif fate == "doubt taken":
            sms.doubt(taken=True)
            stage.settle()
            send.finish()
        elif fate == "hang":
            stage.advance(10)
        elif fate == "crash":
            stage.crash("here")
        elif fate == "cancel":
            stage.cancel(send)
        else:
            sms.accept()
            stage.settle()
            stage.lose(send.call)
        stage.advance(500)
        assert stage.check("there", PHONE, code_of(stage)).finish().success

    def test_i13_others_fail_around_it(self, stage: Stage) -> None:
        """New codes, failing sends and a crash leave a delivered code as right as it was."""
        code = delivered(stage)
        stage.advance(301)
        reject(stage.send("here", PHONE))
        stage.send("there", PHONE).write()
        stage.crash("there")
        stage.send("here", PHONE).finish()
        assert stage.check("there", PHONE, code).finish().success

    def test_i13_code_admitted_after_an_approval(self, stage: Stage) -> None:
        """An approval uses up what was admitted before it, and nothing that comes after."""
        stage.check("here", PHONE, delivered(stage)).finish()
        assert stage.check("here", PHONE, delivered(stage)).finish().success


class Refusals(OnStage):
    """I9, I10 and I11: who is left alone, what is told, and what a refusal leaves behind."""

    numbers = Numbers(prices=PRICES, client_sends=2, budget=60_000)

    def test_i9_stop(self, stage: Stage) -> None:
        """After a stored STOP no send is admitted, from any host; after a START again."""
        stage.send("here", PHONE).finish()
        stage.opt_out("here", PHONE, stop=True, message_id="SM1").finish()
        assert stage.send("there", PHONE).finish().code == "RECIPIENT_OPTED_OUT"
        stage.advance(86_400)
        assert stage.send("there", PHONE).finish().code == "RECIPIENT_OPTED_OUT"
        stage.opt_out("there", PHONE, stop=False, message_id="SM2").finish()
        assert stage.send("here", PHONE).finish().success

    def test_i9_the_provider_says_so(self, stage: Stage) -> None:
        """A refusal that says "opted out" is remembered like a STOP."""
        reject(stage.send("here", PHONE), "opted_out")
        assert stage.send("there", PHONE).finish().code == "RECIPIENT_OPTED_OUT"
        assert len(stage.messages) == 1

    def test_i9_codes_sent_before_still_work(self, stage: Stage) -> None:
        """STOP ends messages; a code that arrived before it is still right."""
        code = delivered(stage)
        stage.opt_out("here", PHONE, stop=True, message_id="SM1").finish()
        assert stage.check("here", PHONE, code).finish().success

    def test_i10_nothing_is_told(self, stage: Stage) -> None:
        """No number, code or secret stands in keys, values, events and answers of a whole life."""
        code = delivered(stage)
        stage.check("here", PHONE, wrong_code(stage)).finish()
        stage.check("here", PHONE, code, key="mine", client="192.0.2.1").finish()
        reject(stage.send("there", PHONE, client="192.0.2.1"), "unroutable")
        stage.send("there", PHONE).finish()
        stage.receipt("here", stage.messages[0], "delivered").finish()
        stage.opt_out("here", PHONE, stop=True, message_id="SM1").finish()
        stage.send("here", PHONE).finish()
        unheard = stage.check("here", PHONE, code)
        stage.lose(unheard.call)
        stage.said.append(repr(stage.run(stage.hosts["here"].verifier.statistics())))
        stage.said.append(repr(stage.hosts["here"].verifier))
        stage.search()
        assert b"192.0.2.1" not in b"".join(stage.storage.contents())

    @pytest.mark.parametrize("why", ["window", "opted out", "client", "budget", "sender"])
    def test_i11_refused_send(self, stage: Stage, why: str) -> None:
        """At rest, a refused send leaves every byte of the store as it was."""
        phone = PHONES[0]
        if why == "window":
            for _ in range(5):
                stage.send("here", phone).finish()
        elif why == "opted out":
            stage.opt_out("here", phone, stop=True, message_id="SM1").finish()
        elif why == "client":
            for other in PHONES[1:3]:
                stage.send("here", other, client="device").finish()
        elif why == "budget":
            for other in PHONES[1:7]:
                stage.send("here", other).finish()
        else:
            reject(stage.send("here", phone), "unroutable")
        before = stage.storage.contents()
        for host in stage.hosts:
            assert not stage.send(host, phone, client="device").finish().success
        assert stage.storage.contents() == before

    @pytest.mark.parametrize("why", ["none", "full", "expired", "used"])
    def test_i11_refused_check(self, stage: Stage, why: str) -> None:
        """At rest, a refused check leaves every byte of the store as it was."""
        code = "123456"
        if why != "none":
            code = delivered(stage)
        if why == "full":
            for _ in range(5):
                stage.check("here", PHONE, wrong_code(stage)).finish()
        elif why == "expired":
            stage.advance(600)
        elif why == "used":
            stage.check("here", PHONE, code).finish()
        before = stage.storage.contents()
        for host in stage.hosts:
            assert not stage.check(host, PHONE, code).finish().success
        assert stage.storage.contents() == before


class Repeats(OnStage):
    """I7: an operation repeated, with whatever between, is the same as doing it once."""

    numbers = Numbers(prices=PRICES, senders=frozenset({"+17205550100", "+17205550101"}))

    @pytest.mark.parametrize("state", ["sent", "undelivered", "delivered"])
    def test_i7_send_with_its_key(self, stage: Stage, state: str) -> None:
        """A send with its key gives the first answer again, whatever a receipt said since."""
        first = stage.send("here", PHONE, key="mine").finish()
        stage.receipt("there", stage.messages[0], state, "blocked").finish()
        for _ in range(4):
            stage.send("there", PHONE).finish()
        stage.opt_out("there", PHONE, stop=True, message_id="SM1").finish()
        again = stage.send("there", PHONE, key="mine").finish()
        assert (again.success, again.message_id) == (True, first.message_id)
        assert admitted(stage) == 5

    def test_i7_failed_send_with_its_key(self, stage: Stage) -> None:
        """A failed send fails again with its key, and goes out with another."""
        reject(stage.send("here", PHONE, key="mine"), "blocked")
        assert stage.send("there", PHONE, key="mine").finish().code == "TWILIO_API_ERROR"
        assert stage.send("there", PHONE, key="another").finish().success

    def test_i7_key_is_of_its_purpose_and_phone(self, stage: Stage) -> None:
        """The same key for another purpose or phone is another send."""
        for phone in (PHONE, OTHER_PHONE):
            for purpose in ("verify", "login"):
                assert stage.send("here", phone, key="mine", purpose=purpose).finish().success
        assert len(stage.messages) == 4

    def test_i7_key_is_remembered_ten_minutes(self, stage: Stage) -> None:
        """After 600 seconds the key makes a new send."""
        stage.send("here", PHONE, key="mine").finish()
        stage.advance(599.999)
        assert stage.send("there", PHONE, key="mine").finish().success
        assert len(stage.messages) == 1
        stage.advance(0.001)
        assert stage.send("there", PHONE, key="mine").finish().success
        assert len(stage.messages) == 2

    def test_i7_key_before_everything_else(self, stage: Stage) -> None:
        """A process that never met the phone, with no sender left, gives the first answer too."""
        stage.send("here", PHONE, key="mine").finish()
        for sender in stage.hosts["here"].senders:
            pool = stage.hosts["here"].container.pool()
            stage.run(pool.rest(sender, RestReason.OPERATOR))
        assert stage.send("there", PHONE, key="mine").finish().success
        assert len(stage.messages) == 1

    def test_i7_own_attempt_before_another_with_its_key(self, stage: Stage) -> None:
        """A retry knows its own attempt, also when the clock's way back revives an older one."""
        stage.send("here", PHONE, key="mine").finish()
        stage.advance(601)
        send = stage.send("there", PHONE, key="mine")
        send.write()
        stage.jump(-3)
        send.repeat()
        assert send.finish().success
        assert len(stage.messages) == 2

    def test_i7_receipts_in_any_order(self, stage: Stage) -> None:
        """Every order and any repetition of receipts ends in the same figures."""
        sms = stage.send("here", PHONE).to_provider()
        sms.accept()
        stage.settle()
        stage.ops[-1].finish()
        for state in ("undelivered", "sent", "delivered", "undelivered", "delivered", "sent"):
            for host in stage.hosts:
                stage.receipt(host, sms, state).finish()
        facts = {fact: count for (fact, _), count in stage.model.ledger.facts.items()}
        assert facts == {"accepted": 1, "undelivered": 1, "delivered": 1}

    def test_i7_receipt_of_another_message(self, stage: Stage) -> None:
        """A receipt that names another message than the attempt's changes nothing."""
        stage.send("here", PHONE).finish()
        sms = stage.messages[0]
        told = stage.receipt("there", sms, "delivered", message_id="SM" + "f" * 32).finish()
        assert not told.changed


SUITES = (Charges, Windows, Clients, Calls, Codes, Refusals, Repeats)
"""All of them, for whoever brings a storage."""

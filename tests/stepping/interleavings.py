"""
The orders of events that a random search misses, each replayed step by step.

In each, the model watches every step; what a test asserts beside it is what the story is about.
"""

from __future__ import annotations

import gc

import pytest

from smsverify.ports.store import Conflict, Stale, Written
from tests.stepping.on_stage import PHONE, OnStage, code_of, delivered, reject, wrong_code
from tests.stepping.stage import Stage
from tests.stepping.wire import Committing


class LostReplies(OnStage):
    """The commit is executed, its reply is lost, another writer comes on top, then the retry."""

    def test_send(self, stage: Stage) -> None:
        """A send finds its own attempt under another's, calls once, and is charged once."""
        send = stage.send("here", PHONE)
        send.execute()
        stage.send("there", PHONE).finish()
        send.repeat()
        assert send.finish().success
        assert len(stage.messages) == 2
        assert stage.model.ledger.spent(stage.clock.wall() // 86_400_000) == 20_000

    def test_send_overtaken_by_an_approval(self, stage: Stage) -> None:
        """A send whose code was used up before its retry is not sent, and its money comes back."""
        code = delivered(stage)
        send = stage.send("there", PHONE)
        send.write()
        assert stage.check("here", PHONE, code).finish().success
        send.repeat()
        assert send.finish().code == "STORE_CONTENDED"
        assert len(stage.messages) == 1
        assert send.request.writes == ["admitted", "failed"]

    def test_repeated_code_is_said_to_be_one(self, stage: Stage) -> None:
        """A resend whose admission is found by its retry says that it carries the earlier code."""
        delivered(stage)
        send = stage.send("here", PHONE)
        send.write()
        send.repeat()
        assert send.finish().resent

    def test_wrong_answer(self, stage: Stage) -> None:
        """A wrong answer is counted once and told what was left then, whoever answered since."""
        delivered(stage)
        wrong = stage.check("here", PHONE, wrong_code(stage))
        wrong.write()
        assert stage.check("there", PHONE, wrong_code(stage)).finish().left == 3
        wrong.repeat()
        assert wrong.finish().left == 4

    def test_wrong_answer_then_success(self, stage: Stage) -> None:
        """A wrong answer stays the one it was when the right code was typed before its retry."""
        code = delivered(stage)
        wrong = stage.check("here", PHONE, wrong_code(stage))
        wrong.write()
        assert stage.check("there", PHONE, code).finish().success
        wrong.repeat()
        assert wrong.finish().code == "INCORRECT_CODE"

    def test_approval(self, stage: Stage) -> None:
        """An approval is found by its retry under a send that came after it."""
        check = stage.check("here", PHONE, delivered(stage))
        check.write()
        stage.send("there", PHONE).finish()
        check.repeat()
        assert check.finish().success

    def test_approval_at_the_end_of_the_code(self, stage: Stage) -> None:
        """An approval is found by its retry even when its code's life has ended meanwhile."""
        code = delivered(stage)
        stage.advance(599.5)
        check = stage.check("here", PHONE, code)
        check.write()
        stage.advance(0.8)
        stage.send("there", PHONE).finish()
        check.repeat()
        assert check.finish().success

    def test_settlement(self, stage: Stage) -> None:
        """A refund whose reply is lost, with a receipt-like writer in between, is made once."""
        send = stage.send("here", PHONE)
        send.to_provider().reject("throttled")
        stage.settle()
        send.write()
        stage.send("there", PHONE).finish()
        send.repeat()
        assert not send.finish().success
        assert stage.model.ledger.spent(stage.clock.wall() // 86_400_000) == 10_000

    @pytest.mark.parametrize("times", [1, 10])
    def test_any_number_of_times(self, stage: Stage, times: int) -> None:
        """Lost once or ten times over, each operation is done once."""
        for kind in ("send", "wrong", "right"):
            op = {
                "send": lambda: stage.send("here", PHONE),
                "wrong": lambda: stage.check("here", PHONE, wrong_code(stage)),
                "right": lambda: stage.check("here", PHONE, code_of(stage)),
            }[kind]()
            op.write()
            for _ in range(times):
                stage.repeat(op.call)
            op.hear()
            op.finish()
        assert stage.model.history == ["admitted", "sent", "wrong", "approved"]


class LateCommands(OnStage):
    """A commit that timed out is still under way, and is executed after its own retry."""

    @pytest.mark.parametrize("kind", ["send", "wrong", "right"])
    def test_late_after_its_retry(self, stage: Stage, kind: str) -> None:
        """The late one finds other bytes than it was decided on, and writes nothing."""
        code = delivered(stage)
        op = (
            stage.send("here", PHONE)
            if kind == "send"
            else stage.check("here", PHONE, code if kind == "right" else wrong_code(stage))
        )
        call = op.write()
        op.hear()
        assert isinstance(stage.echo(call), Conflict)
        op.finish()
        assert isinstance(stage.echo(call), Conflict)

    def test_late_approval_after_the_callers_retry(self, stage: Stage) -> None:
        """An approval that nobody waits for any more does nothing once the caller got another."""
        code = delivered(stage)
        first = stage.check("here", PHONE, code, key="mine")
        first.to_commit()
        call = first.lose()
        assert first.told.unsure
        assert stage.check("there", PHONE, code, key="mine").finish().success
        stage.execute(call)
        assert isinstance(call.answer, Conflict)

    def test_callers_retry_after_a_late_approval(self, stage: Stage) -> None:
        """Executed late, it used the code up; with its key the caller gets the approval."""
        code = delivered(stage)
        first = stage.check("here", PHONE, code, key="mine")
        first.to_commit()
        call = first.lose()
        stage.execute(call)
        assert isinstance(call.answer, Written)
        assert stage.check("there", PHONE, code).finish().code == "NO_PENDING_VERIFICATION"
        assert stage.check("there", PHONE, code, key="mine").finish().success

    def test_late_admission(self, stage: Stage) -> None:
        """An admission that is executed when its caller has given up is charged and never sent."""
        send = stage.send("here", PHONE, key="mine")
        call = send.lose()
        stage.execute(call)
        assert not stage.messages
        assert stage.send("there", PHONE, key="mine").finish().code == "SEND_IN_PROGRESS"
        stage.advance(15)
        assert stage.send("there", PHONE, key="mine").finish().may_have_arrived

    def test_bytes_never_come_twice(self, stage: Stage) -> None:
        """A late admission finds a record that says the same again, and sees another."""
        delivered(stage)
        send = stage.send("here", PHONE)
        send.to_commit()
        call = send.lose()
        for stop in (True, False):
            stage.opt_out("there", PHONE, stop=stop, message_id=None).finish()
        stage.execute(call)
        assert isinstance(call.answer, Conflict)

    def test_too_late(self, stage: Stage) -> None:
        """More than two seconds after its decision a commit writes nothing, whatever is there."""
        call = stage.send("here", PHONE).lose()
        stage.advance(2.001)
        stage.execute(call)
        assert isinstance(call.answer, Stale)


class OneCodeOnSeveralWays(OnStage):
    """A code lives as long as one of the attempts that carried it may have arrived."""

    def test_first_fails_after_the_second_repeated_it(self, stage: Stage) -> None:
        """A new code's send fails while a second send has already repeated that code: it works."""
        first = stage.send("here", PHONE)
        first.to_provider()
        second = stage.send("there", PHONE)
        assert second.finish().resent
        reject(first)
        assert stage.check("here", PHONE, code_of(stage)).finish().success

    def test_both_fail(self, stage: Stage) -> None:
        """When every attempt that carried it failed for certain, nothing is pending."""
        first, second = stage.send("here", PHONE), stage.send("there", PHONE)
        first.to_provider()
        second.to_provider()
        reject(second)
        reject(first)
        told = stage.check("here", PHONE, code_of(stage)).finish()
        assert told.code == "NO_PENDING_VERIFICATION"

    def test_crash_while_an_older_code_lives(self, stage: Stage) -> None:
        """A crash between the admission of a new code and its call leaves the older code alive."""
        older = delivered(stage)
        stage.advance(301)
        newer = stage.send("there", PHONE)
        newer.write()
        stage.crash("there")
        assert len(stage.messages) == 1
        assert stage.check("there", PHONE, older).finish().success

    def test_crash_in_the_call(self, stage: Stage) -> None:
        """A crash after the provider took the message: the charge stays, and the code works."""
        send = stage.send("there", PHONE)
        send.to_provider().take()
        stage.crash("there")
        stage.advance(20)
        assert stage.check("there", PHONE, code_of(stage)).finish().success


class ReceiptsAndSettlements(OnStage):
    """The state is the highest fact seen, in whatever order the facts come."""

    def test_receipt_before_settle(self, stage: Stage) -> None:
        """DELIVERED before the provider's own answer stays, and is counted once."""
        send = stage.send("here", PHONE)
        sms = send.to_provider()
        sms.take()
        assert stage.receipt("there", sms, "delivered").finish().changed
        sms.accept()
        assert send.finish().success
        assert not stage.receipt("there", sms, "sent").finish().changed

    def test_failed_settle_after_a_receipt(self, stage: Stage) -> None:
        """If a receipt came first, "refused for certain" returns no money and kills no code."""
        send = stage.send("here", PHONE)
        sms = send.to_provider()
        sms.take()
        stage.receipt("there", sms, "sent").finish()
        sms.reject("throttled")
        assert send.finish().code == "TWILIO_API_ERROR"
        assert send.request.writes == ["admitted"]
        assert stage.check("here", PHONE, code_of(stage)).finish().success

    def test_receipt_for_a_failed_attempt(self, stage: Stage) -> None:
        """FAILED is final: a receipt that comes all the same neither raises nor charges again."""
        send = stage.send("here", PHONE)
        reject(send)
        assert not stage.receipt("there", stage.messages[0], "delivered").finish().changed

    def test_receipt_while_the_settlement_is_under_way(self, stage: Stage) -> None:
        """A receipt that is written first makes the settlement think again, and win nothing."""
        send = stage.send("here", PHONE)
        sms = send.to_provider()
        sms.accept()
        stage.settle()
        send.to_commit()
        stage.receipt("there", sms, "delivered").finish()
        assert isinstance(send.execute().answer, Conflict)
        send.hear()
        assert send.finish().success
        assert send.request.writes == ["admitted"]

    def test_receipt_long_after_the_codes_end(self, stage: Stage) -> None:
        """A receipt that comes when the code is long over leaves it what it was: expired."""
        stage.send("here", PHONE).finish()
        reject(stage.send("here", PHONE))
        stage.advance(1_200)
        stage.receipt("there", stage.messages[0], "delivered").finish()
        assert stage.check("here", PHONE, code_of(stage)).finish().code == "CODE_EXPIRED"

    def test_receipt_for_what_is_no_longer_kept(self, stage: Stage) -> None:
        """After 24 hours a receipt changes nothing, also while the record still lies there."""
        stage.send("here", PHONE).finish()
        stage.advance(86_400)
        assert not stage.receipt("there", stage.messages[0], "delivered").finish().changed


class StopAndStart(OnStage):
    """What a person said last stands."""

    def test_replayed_start_after_a_stop(self, stage: Stage) -> None:
        """A START that is delivered again after a later STOP opens nothing."""
        stage.opt_out("here", PHONE, stop=False, message_id="SMstart").finish()
        stage.opt_out("here", PHONE, stop=True, message_id="SMstop").finish()
        assert not stage.opt_out("there", PHONE, stop=False, message_id="SMstart").finish().changed
        assert stage.send("here", PHONE).finish().code == "RECIPIENT_OPTED_OUT"

    def test_stop_between_load_and_commit(self, stage: Stage) -> None:
        """A STOP that is stored while a send is being admitted stops it: no call."""
        delivered(stage)
        send = stage.send("here", PHONE)
        send.to_commit()
        stage.opt_out("there", PHONE, stop=True, message_id="SMstop").finish()
        assert send.finish().code == "RECIPIENT_OPTED_OUT"
        assert len(stage.messages) == 1

    def test_stop_of_a_phone_never_seen(self, stage: Stage) -> None:
        """A STOP that is stored while the first send is on its way stops it too."""
        send = stage.send("here", PHONE)
        stage.opt_out("there", PHONE, stop=True, message_id="SMstop").finish()
        assert send.finish().code == "RECIPIENT_OPTED_OUT"
        assert not stage.messages


class WrongClocks(OnStage):
    """No host writes with a clock more than two seconds off the store's."""

    hosts = {"here": 0.0, "ahead": 3_600.0, "behind": -3_600.0}  # noqa: RUF012 - read only

    @pytest.mark.parametrize("host", ["ahead", "behind"])
    def test_host_an_hour_off_asks_first(self, stage: Stage, host: str) -> None:
        """A host that never heard the store's time asks for it, and writes with that one."""
        send = stage.send(host, PHONE)
        call = send.write()
        assert isinstance(call.command, Committing)
        assert call.command.decided_at == stage.clock.wall()
        send.hear()
        assert send.finish().success
        assert stage.check(host, PHONE, code_of(stage)).finish().success

    @pytest.mark.parametrize("hour", [3_600, -3_600])
    def test_host_that_heard_another_time(self, stage: Stage, hour: int) -> None:
        """A host whose time is an hour off tries to write first: Stale, nothing written, again."""
        stage.send("here", "+15551234568").finish()
        stage.jump(hour)
        send = stage.send("here", PHONE)
        before = stage.storage.contents()
        assert isinstance(send.execute().answer, Stale)
        assert stage.storage.contents() == before
        send.hear()
        assert isinstance(send.execute().answer, Written)
        send.hear()
        assert send.finish().success

    def test_servers_clock_goes_back_an_hour(self, stage: Stage) -> None:
        """Windows hold on, leases too, and a code from the future is over."""
        for _ in range(5):
            stage.send("here", PHONE).finish()
        code = code_of(stage)
        stage.jump(-3_600)
        told = stage.send("here", PHONE).finish()
        assert (told.code, told.retry_after) == ("RATE_LIMIT_EXCEEDED", 3_600)
        assert stage.check("here", PHONE, code).finish().code == "CODE_EXPIRED"
        stage.advance(1_800)
        assert stage.send("behind", PHONE).finish().code == "RATE_LIMIT_EXCEEDED"

    def test_servers_clock_goes_back_within_a_send(self, stage: Stage) -> None:
        """Between admission and settlement, it changes nothing: settled, and never in progress."""
        send = stage.send("here", PHONE, key="mine")
        sms = send.to_provider()
        stage.jump(-3_600)
        sms.accept()
        assert send.finish().success
        assert stage.send("ahead", PHONE, key="mine").finish().message_id == sms.message_id


class Stalls(OnStage):
    """A process that stands still at the worst moment."""

    def test_across_the_codes_end_on_the_way(self, stage: Stage) -> None:
        """Decided in time and written within two seconds, the code is accepted."""
        code = delivered(stage)
        stage.advance(599.5)
        check = stage.check("here", PHONE, code)
        check.to_commit()
        stage.advance(1.5)
        assert isinstance(check.execute().answer, Written)
        check.hear()
        assert check.finish().success

    def test_across_the_codes_end_for_longer(self, stage: Stage) -> None:
        """Decided in time and written too late, nothing is written and nothing approved."""
        code = delivered(stage)
        stage.advance(599.5)
        check = stage.check("here", PHONE, code)
        stage.stall(check.execute(), 3)
        (late,) = stage.adrift()
        stage.execute(late)
        assert isinstance(late.answer, Stale)
        assert not check.told.success
        assert stage.check("here", PHONE, code).finish().code == "CODE_EXPIRED"

    def test_past_the_lease(self, stage: Stage) -> None:
        """Woken up with less than eleven seconds of its lease, a worker does not call."""
        send = stage.send("here", PHONE)
        stage.stall(send.execute(), 4.5)
        assert send.finish().code == "STORE_CONTENDED"
        assert not stage.messages
        assert send.request.writes == ["admitted", "failed"]

    def test_within_the_lease(self, stage: Stage) -> None:
        """Woken up with eleven seconds or more, it does."""
        send = stage.send("here", PHONE)
        stage.stall(send.execute(), 3.9)
        assert send.finish().success

    def test_past_the_lease_with_the_key_asked_again(self, stage: Stage) -> None:
        """Whoever asks with the key meanwhile hears "in progress", later "unknown"."""
        send = stage.send("here", PHONE, key="mine")
        send.execute()
        assert stage.send("there", PHONE, key="mine").finish().code == "SEND_IN_PROGRESS"
        stage.clock.advance(16)
        assert stage.send("there", PHONE, key="mine").finish().may_have_arrived


class Cancellation(OnStage):
    """A caller who goes away leaves no attempt in doubt that need not be."""

    def test_before_the_admission_is_executed(self, stage: Stage) -> None:
        """The work goes on until it knows, calls nobody, and returns the money."""
        send = stage.send("here", PHONE)
        stage.cancel(send)
        send.finish()
        assert not stage.messages
        assert send.request.writes == ["admitted", "failed"]

    def test_after_the_admission_was_executed(self, stage: Stage) -> None:
        """The same when the reply is still on its way, and when it is lost and asked for again."""
        send = stage.send("here", PHONE)
        send.execute()
        stage.cancel(send)
        send.repeat()
        send.finish()
        assert not stage.messages
        assert send.request.writes == ["admitted", "failed"]

    def test_before_the_request_began(self, stage: Stage) -> None:
        """If nothing of the request was written yet, it is FAILED: the money comes back."""
        send = stage.send("here", PHONE)
        send.to_provider().begun = False
        stage.cancel(send)
        send.finish()
        assert send.request.writes == ["admitted", "failed"]
        told = stage.check("here", PHONE, code_of(stage)).finish()
        assert told.code == "NO_PENDING_VERIFICATION"

    def test_in_the_call(self, stage: Stage) -> None:
        """After the request began nobody knows: the charge stays and the code works."""
        send = stage.send("here", PHONE)
        sms = send.to_provider()
        sms.take()
        stage.cancel(send)
        assert sms.left
        send.finish()
        assert send.request.writes == ["admitted", "unknown"]
        assert stage.check("here", PHONE, code_of(stage)).finish().success

    def test_in_the_settlement(self, stage: Stage) -> None:
        """The settlement is shielded: it is written all the same."""
        send = stage.send("here", PHONE)
        send.to_provider().accept()
        stage.settle()
        stage.cancel(send)
        send.finish()
        assert send.request.writes == ["admitted", "sent"]

    def test_while_the_store_is_silent(self, stage: Stage) -> None:
        """After two seconds without an answer the caller goes; the work ends without a word."""
        complaints: list[object] = []
        stage.loop.set_exception_handler(lambda _, context: complaints.append(context))
        send = stage.send("here", PHONE)
        stage.cancel(send)
        stage.advance(1.9)
        assert not send.task.done()
        stage.advance(0.2)
        assert send.told.how == "cancelled"
        del send
        stage.ops.clear()
        gc.collect()
        assert not complaints
        assert not stage.messages


class Midnight(OnStage):
    """Money belongs to the day on which it was charged."""

    def test_between_charge_and_return(self, stage: Stage) -> None:
        """A send of the last second of a day, refused on the next, leaves that day free of it."""
        stage.advance(86_400 / 2 - 0.5)
        day = stage.clock.wall() // 86_400_000
        send = stage.send("here", PHONE)
        sms = send.to_provider()
        assert stage.model.ledger.spent(day) == 10_000
        stage.advance(1)
        sms.reject("throttled")
        assert not send.finish().success
        stage.compare()
        assert stage.model.ledger.spent(day) == 0

    def test_charge_on_the_day_of_the_decision(self, stage: Stage) -> None:
        """Decided before midnight and written after it: one day is charged, once."""
        stage.send("here", "+15551234568").finish()
        stage.advance(86_400 / 2 - 9)
        stage.check("here", "+15551234568", "000000").finish()
        stage.advance(8.5)
        send = stage.send("here", PHONE)
        stage.advance(1)
        assert isinstance(send.execute().answer, Written)
        send.hear()
        assert send.finish().success


SUITES = (
    LostReplies,
    LateCommands,
    OneCodeOnSeveralWays,
    ReceiptsAndSettlements,
    StopAndStart,
    WrongClocks,
    Stalls,
    Cancellation,
    Midnight,
)
"""All of them, for whoever brings a storage."""

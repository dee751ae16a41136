"""An operator's orders: carried out on the record, told of as events."""

from __future__ import annotations

import pytest

from smsverify.domain.care import Unlocked
from smsverify.domain.decisions import Noted
from smsverify.domain.events import Audited
from smsverify.errors import StoreUnavailable
from smsverify.testing import FailsAt, LosesReplies, Loss, last_code
from tests.unit.kit import PHONE, Kit, build, number

WHY = "ticket 7"


def audited(kit: Kit) -> list[tuple[str, str, str]]:
    """Return action, phone as shown, and reason of each order that was told."""
    return [
        (one.action, str(one.phone), one.reason)
        for one in kit.events.events
        if isinstance(one, Audited)
    ]


async def guess_wrong(kit: Kit, times: int) -> str:
    """Send a code, answer wrongly so many times, and return the code."""
    await kit.verifier.send_verification_sms(PHONE, "MyApp")
    code = last_code(kit.verifier, PHONE)
    other = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(times):
        await kit.verifier.verify_code(PHONE, other)
    return code


async def test_unlock_lets_a_person_in_who_holds_the_code() -> None:
    """After five wrong answers the right code is refused; unlocked, it is approved."""
    kit = build()
    code = await guess_wrong(kit, 5)
    refused = await kit.verifier.verify_code(PHONE, code)
    assert refused.error_code == "TOO_MANY_ATTEMPTS"

    done = await kit.container.care().unlock(number(), f" {WHY} ")

    assert done == Unlocked(5, 0, 1)
    stored = await kit.record()
    assert stored is not None
    assert len(stored.stamp) == 8
    assert (await kit.verifier.verify_code(PHONE, code)).success
    assert audited(kit) == [("unlock", "+1555***4567", WHY)]


async def test_unlock_lets_a_person_ask_again() -> None:
    """After five sends a sixth is refused; unlocked, it goes out."""
    kit = build()
    results = [await kit.verifier.send_verification_sms(PHONE, "MyApp") for _ in range(6)]
    assert results[-1].error_code == "RATE_LIMIT_EXCEEDED"

    await kit.container.care().unlock(number(), WHY)

    assert (await kit.verifier.send_verification_sms(PHONE, "MyApp")).success


async def test_opt_in_lets_messages_out_again() -> None:
    """After a STOP and an operator's order a send goes out."""
    kit = build()
    await kit.container.note_opt_out()(number(), opt_out=True, message_id="SM1")

    assert await kit.container.care().opt_in(number(), WHY) == Noted(changed=True)
    assert (await kit.verifier.send_verification_sms(PHONE, "MyApp")).success
    assert audited(kit) == [("opt-in", "+1555***4567", WHY)]


async def test_forget_leaves_nothing_in_the_store() -> None:
    """The record is deleted, not emptied."""
    kit = build()
    await guess_wrong(kit, 2)

    done = await kit.container.care().forget(number(), WHY)

    assert (done.sends, done.wrong_answers, done.opt_out_stays) == (1, 2, False)
    assert await kit.record() is None
    assert audited(kit) == [("forget", "+1555***4567", WHY)]


async def test_forget_leaves_the_opt_out() -> None:
    """A person who said STOP is not written to after being forgotten, unless that is asked for."""
    kit = build()
    care = kit.container.care()
    await guess_wrong(kit, 1)
    await kit.container.note_opt_out()(number(), opt_out=True, message_id="SM1")

    kept = await care.forget(number(), WHY)
    assert (kept.opt_out_stays, kept.messages_stay) == (True, 1)
    refused = await kit.verifier.send_verification_sms(PHONE, "MyApp")
    assert refused.error_code == "RECIPIENT_OPTED_OUT"

    gone = await care.forget(number(), WHY, with_opt_out=True)
    assert (gone.opt_out, gone.messages) == (True, 1)
    assert await kit.record() is None


async def test_show_tells_and_changes_nothing() -> None:
    """Looking is told of too, and leaves the record byte for byte."""
    kit = build()
    code = await guess_wrong(kit, 2)
    before = await kit.record()

    state = await kit.container.care().show(number(), WHY)

    assert state.purposes[0].attempts_left == 3
    assert await kit.record() == before
    assert audited(kit) == [("show", "+1555***4567", WHY)]
    assert code not in repr(state)


async def test_a_lost_reply_tells_what_was_there() -> None:
    """The retry finds nothing left to unlock, and says what the first try took back."""
    before = 7  # commits: one admits, one settles, five count a wrong answer
    kit = build(lambda memory: LosesReplies(memory, [*[Loss.NONE] * before, Loss.REPEATED]))
    await guess_wrong(kit, 5)

    done = await kit.container.care().unlock(number(), WHY)

    assert done == Unlocked(5, 0, 1)
    assert audited(kit) == [("unlock", "+1555***4567", WHY)]
    assert (await kit.container.care().unlock(number(), WHY)) == Unlocked(0, 0, 1)


async def test_a_reason_is_asked_for_before_anything_is_done() -> None:
    """Without a reason no order is carried out or told of."""
    kit = build()
    await guess_wrong(kit, 5)

    for order in ("show", "unlock", "opt_in", "forget"):
        with pytest.raises(ValueError, match="reason"):
            await getattr(kit.container.care(), order)(number(), " ")

    stored = await kit.record()
    assert stored is not None
    assert len(stored.wrong_times("verify")) == 5
    assert audited(kit) == []


async def test_an_order_that_failed_is_not_told_as_done() -> None:
    """With the store away the error is raised, and no audit event claims anything."""
    kit = build(lambda memory: FailsAt(memory, {0}))

    with pytest.raises(StoreUnavailable):
        await kit.container.care().unlock(number(), WHY)
    assert audited(kit) == []

"""Receipts raise an attempt's state; STOP and START change whether a phone is sent to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from smsverify.domain.decisions import Noted, Settled
from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.domain.events import OptOutChanged
from smsverify.domain.pool import filtered_keys
from smsverify.ports.store import Loaded, Store
from smsverify.testing import CountsCalls
from tests.unit.kit import SENDERS, Kit, build, number


async def sent(kit: Kit, phone: str = "+15551234567") -> tuple[str, bytes, str]:
    """Send a code; return what a receipt for it names."""
    result = await kit.verifier.send_verification_sms(phone, "MyApp")
    message = kit.gateway.messages[-1]
    assert result.message_id is not None
    return message.record, message.attempt, result.message_id


async def test_a_receipt_raises_the_state() -> None:
    """DELIVERED is written to the attempt that the receipt names, and counted."""
    kit = build()
    record, attempt, message_id = await sent(kit)

    settled = await kit.container.take_receipt()(
        record, attempt, DeliveryState.DELIVERED, message_id
    )

    assert settled.changed
    stored = await kit.record()
    assert stored is not None
    assert stored.attempts[0].state is DeliveryState.DELIVERED
    assert len(stored.stamp) == 8
    assert (await kit.day())["delivered"] == 1


async def test_a_receipt_tells_why() -> None:
    """What is not delivered keeps the reason and the provider's number for it, and tells both."""
    from smsverify.domain.events import ReceiptTaken

    kit = build()
    named = await sent(kit)

    await kit.container.take_receipt()(
        *named[:2], DeliveryState.UNDELIVERED, named[2], FailureReason.UNREACHABLE, 30003
    )

    stored = await kit.record()
    assert stored is not None
    assert (stored.attempts[0].reason, stored.attempts[0].provider_code) == (
        FailureReason.UNREACHABLE,
        30003,
    )
    assert kit.events.events[-1] == ReceiptTaken(
        DeliveryState.UNDELIVERED, named[2], FailureReason.UNREACHABLE, 30003
    )


async def test_a_repeated_receipt_writes_nothing() -> None:
    """The second of two equal receipts changes and counts nothing."""
    kit = build(CountsCalls)
    named = await sent(kit)
    take = kit.container.take_receipt()
    await take(*named[:2], DeliveryState.DELIVERED, named[2])
    assert isinstance(kit.store, CountsCalls)
    kit.store.answers.clear()

    settled = await take(*named[:2], DeliveryState.DELIVERED, named[2])

    assert not settled.changed
    assert kit.store.answers == []


async def test_a_receipt_for_nobody_changes_nothing() -> None:
    """An attempt that is not kept, of a phone that is or is not known, is no trouble."""
    kit = build()
    record, attempt, message_id = await sent(kit)
    take = kit.container.take_receipt()
    nobody = Settled(None, changed=False)

    assert await take(record, b"8 others", DeliveryState.DELIVERED, message_id) == nobody
    assert await take("p:nobody", attempt, DeliveryState.DELIVERED, message_id) == nobody


async def filtered(kit: Kit, *phones: str) -> None:
    """Have the carrier filter a message to each phone."""
    for phone in phones:
        named = await sent(kit, phone)
        await kit.container.take_receipt()(
            *named[:2], DeliveryState.UNDELIVERED, named[2], FailureReason.FILTERED, 30007
        )


async def rests(kit: Kit) -> list[bytes]:
    """Return the senders that rest."""
    return list((await kit.container.pool().look(fresh=True)).rests)


def phones_of(kit: Kit) -> dict[bytes, list[str]]:
    """Return phones by the sender that they get."""
    from smsverify.domain.senders import Roster, choose_sender

    found: dict[bytes, list[str]] = {}
    for count in range(40):
        phone = f"+1555123{count:04d}"
        key = kit.container.keys().phone(number(phone))
        sender = choose_sender(Roster(SENDERS, "720"), key, "US", frozenset())
        assert sender is not None
        found.setdefault(sender.id, []).append(phone)
    return found


async def test_a_sender_filtered_for_three_phones_rests() -> None:
    """Three different phones within an hour make it rest, and no other; two do not."""
    kit = build(senders=SENDERS)
    phones = phones_of(kit)[SENDERS[0].id]

    await filtered(kit, *phones[:2])
    assert await rests(kit) == []
    await filtered(kit, phones[2])
    assert await rests(kit) == [SENDERS[0].id]


async def test_the_last_sender_is_not_rested_by_receipts() -> None:
    """With one sender only, filtering rests nobody."""
    kit = build()

    await filtered(kit, "+15551230001", "+15551230002", "+15551230003", "+15551230004")

    assert await rests(kit) == []


async def test_other_reasons_rest_nobody() -> None:
    """A phone that is switched off is not the sender's fault."""
    kit = build(senders=SENDERS)
    for phone in phones_of(kit)[SENDERS[0].id][:4]:
        named = await sent(kit, phone)
        await kit.container.take_receipt()(
            *named[:2], DeliveryState.UNDELIVERED, named[2], FailureReason.UNREACHABLE, 30003
        )

    assert await rests(kit) == []


class Watched(CountsCalls):
    """Keeps the names of what is loaded."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.asked: list[tuple[str, ...]] = []

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """Keep the names, and pass the load on."""
        self.asked.append((*records, *counters))
        return await super().load(records, counters)


async def test_only_news_of_filtering_looks_at_the_pool() -> None:
    """Other reasons and repeated receipts read the phone's record at most, and nothing else."""
    kit = build(Watched, senders=SENDERS)
    take = kit.container.take_receipt()
    assert isinstance(kit.store, Watched)

    async def asked_for(named: tuple[str, bytes, str], reason: FailureReason) -> Any:
        assert isinstance(kit.store, Watched)
        kit.store.asked.clear()
        kit.store.answers.clear()
        await take(*named[:2], DeliveryState.UNDELIVERED, named[2], reason, 30007)
        return kit.store.asked, len(kit.store.answers)

    named = await sent(kit)
    sender = kit.gateway.messages[0].sender.id
    of_sender = filtered_keys(sender, kit.clock.wall())
    assert await asked_for(named, FailureReason.FILTERED) == ([of_sender], 1)
    assert await asked_for(named, FailureReason.FILTERED) == ([(named[0],)], 0)
    named = await sent(kit, "+15557654321")
    assert await asked_for(named, FailureReason.UNREACHABLE) == ([], 1)


async def test_a_receipt_at_another_process_is_a_load_and_a_commit() -> None:
    """A phone that has receipts is not new: whoever never met it looks first."""
    kit = build(CountsCalls)
    elsewhere = build(clock=kit.clock)
    assert isinstance(kit.store, CountsCalls)
    elsewhere.container.store.override(kit.store.store)
    named = await sent(elsewhere)

    await kit.container.take_receipt()(*named[:2], DeliveryState.DELIVERED, named[2])

    assert kit.store.loads == 1
    assert [type(answer).__name__ for answer in kit.store.answers] == ["Written"]


async def test_a_receipt_that_came_elsewhere_before_changes_nothing() -> None:
    """What this process believes of an attempt is no ground for writing to it again."""
    kit = build(CountsCalls)
    elsewhere = build(clock=kit.clock)
    assert isinstance(kit.store, CountsCalls)
    elsewhere.container.store.override(kit.store.store)
    named = await sent(kit)
    delivered = (*named[:2], DeliveryState.DELIVERED, named[2])
    assert (await elsewhere.container.take_receipt()(*delivered)).changed
    kit.store.answers.clear()

    assert not (await kit.container.take_receipt()(*delivered)).changed

    assert [type(answer).__name__ for answer in kit.store.answers] == ["Conflict"]
    assert (await kit.day())["delivered"] == 1


async def said(kit: Kit, *, stop: bool, message_id: str | None, **more: Any) -> Noted:
    """Take in a wish."""
    return await kit.container.note_opt_out()(number(), opt_out=stop, message_id=message_id, **more)


async def test_stop_and_start() -> None:
    """After STOP a send is refused, after START it goes out; it was the person who said so."""
    kit = build()

    assert await said(kit, stop=True, message_id="SM1") == Noted(changed=True)
    assert kit.events.events[-1] == OptOutChanged(opted_out=True, by="person")
    stored = await kit.record()
    assert stored is not None
    assert len(stored.stamp) == 8
    refused = await kit.verifier.send_verification_sms("+15551234567", "MyApp")
    assert refused.error_code == "RECIPIENT_OPTED_OUT"
    assert await said(kit, stop=False, message_id="SM2") == Noted(changed=True)
    assert (await kit.verifier.send_verification_sms("+15551234567", "MyApp")).success


async def test_a_replayed_start_does_not_undo_a_later_stop() -> None:
    """Each inbound message is known by its id: delivered again, it changes nothing."""
    kit = build()
    await said(kit, stop=True, message_id="SM1")
    await said(kit, stop=False, message_id="SM2")
    await said(kit, stop=True, message_id="SM3")

    assert await said(kit, stop=False, message_id="SM2") == Noted(changed=False)

    refused = await kit.verifier.send_verification_sms("+15551234567", "MyApp")
    assert refused.error_code == "RECIPIENT_OPTED_OUT"


async def test_an_operators_order_has_no_message() -> None:
    """An order without a message is always carried out, and says who gave it."""
    kit = build()

    await said(kit, stop=True, message_id=None, by="operator")
    await said(kit, stop=False, message_id=None, by="operator")
    await said(kit, stop=True, message_id=None, by="operator")

    changes = [event for event in kit.events.events if isinstance(event, OptOutChanged)]
    assert [(event.opted_out, event.by) for event in changes] == [
        (True, "operator"),
        (False, "operator"),
        (True, "operator"),
    ]


async def test_a_stop_that_came_elsewhere_is_heeded() -> None:
    """What this process believes of a phone is no ground for a send after a STOP."""
    kit = build()
    elsewhere = build(clock=kit.clock)
    elsewhere.container.store.override(kit.store)
    await sent(kit)
    await said(elsewhere, stop=True, message_id="SM1")

    refused = await kit.verifier.send_verification_sms("+15551234567", "MyApp")

    assert refused.error_code == "RECIPIENT_OPTED_OUT"
    assert len(kit.gateway.messages) == 1

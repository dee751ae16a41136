"""
Someone who hears what callers are told and sees every message, and later compares it with the data.

It knows the rules only as docs/invariants.md tells them, counts from outside, and allows for what
nobody can know: a call that was told that the store failed may or may not have been executed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import attrs

from smsverify import Settings, SmsVerifier, configured, create_verifier
from smsverify.adapters.system.entropy import SystemEntropy
from smsverify.application.receipts import NoteOptOut, TakeReceipt
from smsverify.container import Container
from smsverify.domain import counters
from smsverify.domain.cost import micros
from smsverify.domain.delivery import DeliveryState
from smsverify.domain.periods import DAY
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.domain.record import EMPTY, Attempt, PhoneRecord
from smsverify.errors import StoreError
from smsverify.facade.results import CheckResult, SendResult
from smsverify.ports.clock import Clock
from smsverify.ports.gateway import OutgoingSms
from tests.integration.provider import Provider, code_in
from tests.integration.servers.data import Stored

SENDS_AN_HOUR = 5
WRONG_IN_TEN_MINUTES = 5
NOBODY_KNOWS = frozenset({"REDIS_UNAVAILABLE", "STORE_UNAVAILABLE", "STORE_CONTENDED"})
"""Told when the store failed: what was asked for may have been done."""
TAKEN = frozenset({DeliveryState.SENT, DeliveryState.UNDELIVERED, DeliveryState.DELIVERED})
"""States of a message that the provider is known to have taken."""

Told = TypeVar("Told", SendResult, CheckResult)


@attrs.define
class Seen:
    """
    What one phone's callers were told.

    Attributes:
        sends, checks: every answer by the caller's own name for the call; without one, alone.
        under_way: how many sends have not been answered yet.
        most_messages: how many messages there may ever be, once a STOP was told to be noted.
        delivered: the attempts whose receipt was told to be noted.
        approvals: how many answers there were that did use up a code, or may have done so.
        used_up: how many messages, the oldest ones, may hold a code that one of these used up.
    """

    sends: dict[object, list[SendResult]] = attrs.field(factory=dict)
    checks: dict[object, list[CheckResult]] = attrs.field(factory=dict)
    under_way: int = 0
    most_messages: int | None = None
    delivered: set[bytes] = attrs.field(factory=set)
    approvals: int = 0
    used_up: int = 0


@attrs.frozen
class Noted:
    """What the provider was told of a STOP or a receipt: that it was noted, or why not."""

    error_code: str | None = None

    @property
    def success(self) -> bool:
        """Whether it was noted."""
        return self.error_code is None


class Witness:
    """
    Watches one deployment; every call of its verifiers goes through it.

    Attributes:
        gateway: the provider that all verifiers share.
        seen: what was told, by phone.
    """

    def __init__(self, **settings: Any) -> None:
        """Take the settings of a store that is reached without any fault."""
        plenty = {"daily_cost_limit": "100000"}
        self.settings = {"simulation_mode": True, "prices": "US=0.01", **plenty, **settings}
        self.gateway = Provider()
        self.seen: dict[str, Seen] = {}
        self._verifiers: list[SmsVerifier] = []
        checked = Settings(**self.settings)
        limits = checked.country_cost_limits.items()
        self._budget = micros(checked.daily_cost_limit)
        self._country_budgets = {country: micros(limit) for country, limit in limits}
        container = Container(settings=checked)
        self._namespace = configured.namespace_of(checked)
        self._keys, self._codec, self._store = (
            container.keys(), container.codec(), container.store(),
        )  # fmt: skip

    def verifier(self, *, clock: Clock | None = None, **settings: Any) -> SmsVerifier:
        """Build one host's verifier; its settings may name another way to the same store."""
        built = create_verifier(
            Settings(**{**self.settings, **settings}), gateway=self.gateway, clock=clock
        )
        self._verifiers.append(built)
        return built

    async def send(self, verifier: SmsVerifier, phone: str, key: str | None = None) -> SendResult:
        """Ask for a code, and note what was told."""
        seen = self.of(phone)
        seen.under_way += 1
        approvals = seen.approvals
        try:
            told = await verifier.send_verification_sms(phone, "MyApp", idempotency_key=key)
        finally:
            seen.under_way -= 1
            if seen.approvals != approvals:
                # It may have been admitted before the approval that came in between.
                seen.used_up = len(self.messages(phone))
        seen.sends.setdefault(key or object(), []).append(told)
        return told

    async def check(
        self, verifier: SmsVerifier, phone: str, code: str, key: str | None = None
    ) -> CheckResult:
        """Type a code, and note what was told."""
        told: CheckResult | None = None
        try:
            told = await verifier.verify_code(phone, code, idempotency_key=key)
        finally:
            self._note_use(phone, code, told)
        self.of(phone).checks.setdefault(key or object(), []).append(told)
        return told

    def _note_use(self, phone: str, code: str, told: CheckResult | None) -> None:
        """
        Note that an answer did use up the codes that were sent so far, or may have done so.

        None is what somebody was told who went away. What was never sent is no code and uses up
        none, whatever became of the call.
        """
        unknown = told is None or str(told.error_code) in NOBODY_KNOWS
        if (told is not None and told.success) or (unknown and code in self._codes(phone)):
            seen = self.of(phone)
            seen.approvals += 1
            seen.used_up = len(self.messages(phone))

    def _codes(self, phone: str) -> set[str]:
        return {one.code for one in self.gateway.sent[phone]}

    async def stop(self, verifier: SmsVerifier, phone: str, message_id: str) -> Noted:
        """Have one host take a STOP that the provider passes on, and note what was told."""
        parts = verifier._parts
        note = NoteOptOut(
            loop=parts.loop, policy=parts.policy, keys=parts.keys, entropy=SystemEntropy()
        )
        try:
            await note(_number(phone), opt_out=True, message_id=message_id)
        except StoreError as error:
            return Noted(str(error.code))
        seen = self.of(phone)
        if seen.most_messages is None:
            # A send that is under way may have been admitted before the STOP.
            seen.most_messages = len(self.messages(phone)) + seen.under_way
        return Noted()

    async def deliver(self, verifier: SmsVerifier, phone: str) -> Noted:
        """Have one host take the receipt that the last message arrived, and note what was told."""
        parts = verifier._parts
        take = TakeReceipt(
            loop=parts.loop, pool=parts.pool, policy=parts.policy, entropy=SystemEntropy()
        )
        attempt = self.messages(phone)[-1].attempt
        sent = (one.message_id for one in (await self.record(phone)).attempts if one.id == attempt)
        try:
            await take(
                self._keys.phone(_number(phone)), attempt, DeliveryState.DELIVERED, str(next(sent))
            )
        except StoreError as error:
            return Noted(str(error.code))
        self.of(phone).delivered.add(attempt)
        return Noted()

    def messages(self, phone: str) -> list[OutgoingSms]:
        """Return what was handed over to the provider for a phone, oldest first."""
        return [one.message for one in self.gateway.sent[phone]]

    def of(self, phone: str) -> Seen:
        """Return what was told about a phone."""
        return self.seen.setdefault(phone, Seen())

    def code(self, phone: str) -> str:
        """Return the code that was delivered last."""
        return self.gateway.sent[phone][-1].code

    def wrong(self, phone: str) -> str:
        """Return a code that is not the one that was delivered last."""
        return f"{(int(self.code(phone)) + 1) % 1_000_000:06d}"

    async def close(self) -> None:
        """Close every verifier."""
        await asyncio.gather(*(one.close() for one in self._verifiers), self._store.close())

    # ── what must hold when nothing is under way ──────────────────────────────────────────────

    async def record(self, phone: str) -> PhoneRecord:
        """Return what is stored of a phone."""
        loaded = await self._store.load((self._keys.phone(_number(phone)),))
        return EMPTY if loaded.records[0] is None else self._codec.decode(loaded.records[0])

    def key_of_phone(self, phone: str) -> str:
        """Return the whole key of a phone's record."""
        return self._namespace + self._keys.phone(_number(phone))

    async def key_of_day(self) -> str:
        """Return the whole key of today's counters."""
        return self._namespace + counters.day_key((await self._store.load(())).now)

    async def figures(self) -> Counter[str]:
        """Return today's counters, and yesterday's if the test ran across midnight."""
        return sum(await self._days(), Counter[str]())

    async def _days(self) -> list[Counter[str]]:
        now = (await self._store.load(())).now
        days = [counters.day_key(now - DAY), counters.day_key(now)]
        loaded = await self._store.load((), days)
        return [Counter(day) for day in loaded.counters]

    async def compare(self) -> None:
        """Raise AssertionError if what is stored, was sent and was told don't fit together."""
        records = {phone: await self.record(phone) for phone in self.seen}
        figures = await self.figures()
        attempts = [one for record in records.values() for one in record.attempts]
        for day in await self._days():
            assert day["spent"] <= self._budget, "I1: more than the day's budget"
            for country, most in self._country_budgets.items():
                assert day[f"spent.{country}"] <= most, "I1: more than the country's budget"
        _compare_figures(attempts, figures)
        self._compare_calls(attempts)
        messages = Counter(one.to.e164 for one in self.gateway.messages)
        for phone, record in records.items():
            _compare_phone(self.of(phone), record, messages[phone])
        approved = sum((_approved_of(seen) for seen in self.seen.values()), _Bounds())
        assert approved.allow(figures["approved.US"]), f"I5, I7, I12: {approved}, {figures}"
        wrong = sum((_wrong_of(seen) for seen in self.seen.values()), _Bounds())
        assert wrong.allow(figures["wrong"]), f"I6, I7: {wrong}, {figures}"

    def _compare_calls(self, attempts: list[Attempt]) -> None:
        calls = Counter(bytes(one.attempt) for one in self.gateway.messages)
        assert set(calls.values()) <= {1}, "I4: an attempt was handed over twice"
        known = {one.id: one for one in attempts}
        for attempt_id in calls:
            kept = known.get(attempt_id)
            assert kept is not None, "I2: a message went out that nobody admitted"
            assert kept.state is not DeliveryState.FAILED, "I2: a message went out for free"

    async def everyone_gets_in(self, verifier: SmsVerifier) -> set[str]:
        """
        I13: let each phone that holds a living code type it, see it let in, and return those.

        Who holds one is known from what was sent and told alone: a message was taken, is young, and
        no answer to this phone since then was an approval or may have been one. What is stored has
        no say in it.
        """
        let_in = set()
        for phone, seen in list(self.seen.items()):
            held = [one for one in self.gateway.sent[phone][seen.used_up :] if one.is_young]
            wrong = _wrong_of(seen)
            if held and wrong.told + wrong.unknown < WRONG_IN_TEN_MINUTES:
                # The oldest one: a newer code ends no older one.
                told = await self.check(verifier, phone, held[0].code)
                assert told.success, f"I13: {told}, {await self.record(phone)}"
                let_in.add(phone)
        return let_in

    def compare_privacy(self, stored: Stored) -> None:
        """I10: raise AssertionError if a number or a code lies in the store."""
        texts = b"\0".join([*stored, *(part for parts in stored.values() for part in parts)])
        for message in self.gateway.messages:
            assert message.to.e164[2:].encode() not in texts
            assert code_in(message).encode() not in texts


@attrs.frozen
class _Bounds:
    """How often something was done: as often as was told, or up to so often more."""

    told: int = 0
    unknown: int = 0

    def __add__(self, other: _Bounds) -> _Bounds:
        return _Bounds(self.told + other.told, self.unknown + other.unknown)

    def allow(self, done: int) -> bool:
        return self.told <= done <= self.told + self.unknown


def _compare_figures(attempts: list[Attempt], figures: Counter[str]) -> None:
    charged = [one.amount for one in attempts if one.state is not DeliveryState.FAILED]
    assert figures["spent"] == sum(charged), "I1, I8: the day's sum is not that of its sends"
    assert figures["sends.US"] == len(attempts), "I11: counted other sends than there were"
    taken = sum(one.state in TAKEN for one in attempts)
    assert figures["accepted"] == taken, f"I7: {taken} messages were taken, {figures}"
    arrived = sum(one.state is DeliveryState.DELIVERED for one in attempts)
    assert figures["delivered"] == arrived, f"I7: {arrived} messages arrived, {figures}"


def _compare_phone(seen: Seen, record: PhoneRecord, messages: int) -> None:
    assert len(record.attempts) <= SENDS_AN_HOUR, "I3: more sends than the window holds"
    assert messages <= SENDS_AN_HOUR, "I3: more messages than the window holds"
    sends = _bounds(seen.sends.values(), lambda one: one.success or one.may_have_arrived)
    assert sends.allow(len(record.attempts)), f"I7, I11: {sends}, {record.attempts}"
    for one in record.wrong:
        assert len(one.times) <= WRONG_IN_TEN_MINUTES, "I6: more wrong answers than the window"
    approved = _approved_of(seen)
    if not approved.told + approved.unknown:
        assert _wrong_of(seen).told <= WRONG_IN_TEN_MINUTES, "I6: more were told to be wrong"
    if seen.most_messages is not None:
        assert record.opted_out_at is not None, "I9: a STOP that was noted is not there"
        assert messages <= seen.most_messages, "I9: a message went out after a STOP"
    arrived = {one.id for one in record.attempts if one.state is DeliveryState.DELIVERED}
    assert seen.delivered <= arrived, "I7: a receipt that was noted is not there"


def _approved_of(seen: Seen) -> _Bounds:
    return _bounds(seen.checks.values(), lambda one: one.success)


def _wrong_of(seen: Seen) -> _Bounds:
    return _bounds(seen.checks.values(), lambda one: str(one.error_code) == "INCORRECT_CODE")


def _bounds(calls: Iterable[list[Told]], was_done: Callable[[Told], bool]) -> _Bounds:
    """Count calls: done if any answer says so, else unknown if any says that nobody knows."""
    told = unknown = 0
    for answers in calls:
        if any(map(was_done, answers)):
            told += 1
        elif any(str(one.error_code) in NOBODY_KNOWS for one in answers):
            unknown += 1
    return _Bounds(told, unknown)


def _number(phone: str) -> PhoneNumber:
    number = parse_phone(phone)
    assert isinstance(number, PhoneNumber)
    return number


def phones(first: int = 0) -> Iterator[str]:
    """Give numbers that are kept for fiction, each once."""
    for number in range(first, 10_000_000):
        yield f"+1720{number + 2_000_000:07d}"

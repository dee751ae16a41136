"""From the parts of schema 1 to a record; the form is told in :mod:`.layout`'s docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.adapters.msgpack import layout
from smsverify.adapters.msgpack.layout import HASH_BYTES, ID_BYTES, KEY_BYTES
from smsverify.adapters.msgpack.numbering import REASON_OF_NUMBER, STATE_OF_NUMBER
from smsverify.domain.record import (
    Approval,
    Attempt,
    Operation,
    PhoneRecord,
    Verification,
    WrongAnswers,
)

if TYPE_CHECKING:
    from smsverify.adapters.msgpack.layout import Layout
    from smsverify.domain.periods import Millis


class MalformedError(Exception):
    """The parts do not fit together."""


class _Reader:
    """Walks through the parts of one record, each of them from its beginning to its end."""

    __slots__ = ("hash_at", "id_at", "lists", "parts", "ref", "text", "time", "verifications")

    def __init__(self, parts: Layout) -> None:
        self.parts = parts
        refs, times, texts = iter(parts.refs), iter(parts.times), iter(parts.texts)
        self.lists = (refs, times, texts)
        self.ref, self.time, self.text = refs.__next__, times.__next__, texts.__next__
        self.id_at = 0
        self.hash_at = 0
        self.verifications: list[Verification] = []

    def id(self) -> bytes:
        start = self.id_at
        self.id_at = end = start + ID_BYTES
        return self.parts.ids[start:end]

    def hash(self) -> bytes:
        start = self.hash_at
        self.hash_at = end = start + HASH_BYTES
        return self.parts.hashes[start:end]

    def attempt(self, before: Millis) -> Attempt:
        parts, ref, time = self.parts, self.ref, self.time
        flags = ref()
        if flags > layout.ALL_FLAGS:
            raise MalformedError
        purpose, sender, amount = parts.routes[ref()]
        at = before + time()
        state_at = at + time()
        message_id = self._message(flags)
        key_hash = self.hash() if flags & layout.HAS_KEY_HASH else None
        return Attempt(
            self.id(),
            parts.purposes[purpose],
            self.carried(at),
            at,
            STATE_OF_NUMBER[flags & layout.STATE_BITS],
            state_at,
            sender,
            amount,
            REASON_OF_NUMBER[ref()] if flags & layout.HAS_REASON else None,
            ref() if flags & layout.HAS_CODE else None,
            message_id,
            key_hash,
        )

    def _message(self, flags: int) -> str | None:
        if flags & layout.HAS_MESSAGE:
            if flags & layout.HAS_TEXT:
                raise MalformedError
            return "SM" + self.hash().hex()
        return self.text() if flags & layout.HAS_TEXT else None

    def carried(self, since: Millis) -> Verification | None:
        number = self.ref()
        if number == 0:
            return None
        if number <= len(self.verifications):
            return self.verifications[number - 1]
        if number != len(self.verifications) + 1:
            raise MalformedError
        started_at = since + self.time()
        key = self.ref()
        if key:
            end = key * KEY_BYTES
            key_id = self.parts.keys[end - KEY_BYTES : end]
            if not key_id:
                raise MalformedError
            verification = Verification(self.hash(), key_id, started_at)
        else:
            verification = Verification(b"", b"", started_at)
        self.verifications.append(verification)
        return verification


def put_together(parts: Layout) -> PhoneRecord:
    """
    Return the record that the parts make.

    Raises:
        MalformedError, StopIteration, LookupError: they do not fit together.
    """
    if len(parts.keys) % KEY_BYTES:
        raise MalformedError
    reader = _Reader(parts)
    record = PhoneRecord(
        parts.stamp,
        _read_attempts(reader),
        _read_wrong(reader),
        _read_operations(reader),
        _read_approvals(reader),
        parts.opted_out_at,
        _read_message_hashes(reader),
    )
    _check_all_read(reader)
    return record


def _read_attempts(reader: _Reader) -> tuple[Attempt, ...]:
    attempts: list[Attempt] = []
    before = reader.parts.base
    for _ in range(reader.ref()):
        attempt = reader.attempt(before)
        before = attempt.at
        attempts.append(attempt)
    return tuple(attempts)


def _read_wrong(reader: _Reader) -> tuple[WrongAnswers, ...]:
    wrong: list[WrongAnswers] = []
    before = reader.parts.base
    for _ in range(reader.ref()):
        purpose = reader.parts.purposes[reader.ref()]
        times: list[Millis] = []
        for _ in range(reader.ref()):
            before += reader.time()
            times.append(before)
        wrong.append(WrongAnswers(purpose, tuple(times)))
    return tuple(wrong)


def _read_operations(reader: _Reader) -> tuple[Operation, ...]:
    base = reader.parts.base
    return tuple(
        [Operation(reader.id(), base + reader.time(), reader.ref()) for _ in range(reader.ref())]
    )


def _read_approvals(reader: _Reader) -> tuple[Approval, ...]:
    approvals: list[Approval] = []
    for _ in range(reader.ref()):
        purpose, has_key = divmod(reader.ref(), 2)
        operation = reader.id()
        verification = reader.carried(reader.parts.base)
        if verification is None:
            raise MalformedError
        approvals.append(
            Approval(
                operation,
                reader.parts.purposes[purpose],
                verification,
                reader.hash() if has_key else None,
            )
        )
    return tuple(approvals)


def _read_message_hashes(reader: _Reader) -> tuple[bytes, ...]:
    """Take the hashes that nothing else refers to."""
    left = len(reader.parts.hashes) - reader.hash_at
    if left < 0 or left % HASH_BYTES:
        raise MalformedError
    return tuple([reader.hash() for _ in range(left // HASH_BYTES)]) if left else ()


def _check_all_read(reader: _Reader) -> None:
    if reader.id_at != len(reader.parts.ids):
        raise MalformedError
    for part in reader.lists:
        if next(part, None) is not None:
            raise MalformedError

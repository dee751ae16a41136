"""From a record to the parts of schema 1; the form is told in :mod:`.layout`'s docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.adapters.msgpack import layout
from smsverify.adapters.msgpack.layout import Layout
from smsverify.adapters.msgpack.numbering import NUMBER_OF_REASON, NUMBER_OF_STATE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smsverify.domain.periods import Millis
    from smsverify.domain.record import Attempt, PhoneRecord, Verification

_USUAL_LENGTH = 34


class _Writer:
    """Gathers the parts of one record."""

    __slots__ = (
        "base",
        "hashes",
        "ids",
        "keys",
        "purposes",
        "refs",
        "routes",
        "texts",
        "times",
        "verifications",
    )

    def __init__(self, base: Millis) -> None:
        self.base = base
        self.purposes: dict[str, int] = {}
        self.keys: dict[bytes, int] = {}
        self.routes: dict[tuple[int, bytes, int], int] = {}
        self.verifications: dict[Verification, int] = {}
        self.refs: list[int] = []
        self.times: list[int] = []
        self.ids: list[bytes] = []
        self.hashes: list[bytes] = []
        self.texts: list[str] = []

    def purpose(self, name: str) -> int:
        return self.purposes.setdefault(name, len(self.purposes))

    def attempt(self, attempt: Attempt, before: Millis) -> None:
        flags = NUMBER_OF_STATE[attempt.state]
        if attempt.message_id is not None:
            flags += self._message(attempt.message_id)
        if attempt.key_hash is not None:
            flags += layout.HAS_KEY_HASH
            self.hashes.append(attempt.key_hash)
        if attempt.reason is not None:
            flags += layout.HAS_REASON
        if attempt.provider_code is not None:
            flags += layout.HAS_CODE
        route = (self.purpose(attempt.purpose), attempt.sender, attempt.amount)
        self.refs += (flags, self.routes.setdefault(route, len(self.routes)))
        self.ids.append(attempt.id)
        self.times += (attempt.at - before, attempt.state_at - attempt.at)
        self.carried(attempt.carries, attempt.at)
        if attempt.reason is not None:
            self.refs.append(NUMBER_OF_REASON[attempt.reason])
        if attempt.provider_code is not None:
            self.refs.append(attempt.provider_code)

    def _message(self, message_id: str) -> int:
        if len(message_id) == _USUAL_LENGTH and message_id.startswith("SM"):
            try:
                raw = bytes.fromhex(message_id[2:])
            except ValueError:
                raw = b""
            if raw.hex() == message_id[2:]:
                self.hashes.append(raw)
                return layout.HAS_MESSAGE
        self.texts.append(message_id)
        return layout.HAS_TEXT

    def carried(self, verification: Verification | None, since: Millis) -> None:
        if verification is None:
            self.refs.append(0)
            return
        known = len(self.verifications) + 1
        number = self.verifications.setdefault(verification, known)
        self.refs.append(number)
        if number != known:
            return
        self.times.append(verification.started_at - since)
        if verification.id == b"" and verification.key_id == b"":
            self.refs.append(0)
        else:
            self.refs.append(self.keys.setdefault(verification.key_id, len(self.keys)) + 1)
            self.hashes.append(verification.id)


def lay_out(record: PhoneRecord) -> Layout:
    """
    Return the parts of a record.

    Raises:
        ValueError: an id or hash has another length than the domain gives it.
    """
    writer = _Writer(_first_time(record))
    _write_attempts(writer, record)
    _write_wrong(writer, record)
    _write_operations(writer, record)
    _write_approvals(writer, record)
    writer.hashes += record.message_hashes
    for _, sender, _ in writer.routes:
        _check_length(sender, layout.SENDER_BYTES)
    return Layout(
        record.stamp,
        writer.base,
        list(writer.purposes),
        _side_by_side(writer.keys, layout.KEY_BYTES),
        list(writer.routes),
        writer.refs,
        writer.times,
        _side_by_side(writer.ids, layout.ID_BYTES),
        _side_by_side(writer.hashes, layout.HASH_BYTES),
        writer.texts,
        record.opted_out_at,
    )


def _first_time(record: PhoneRecord) -> Millis:
    if record.attempts:
        return record.attempts[0].at
    for wrong in record.wrong:
        if wrong.times:
            return wrong.times[0]
    if record.operations:
        return record.operations[0].at
    return record.approvals[0].verification.started_at if record.approvals else 0


def _write_attempts(writer: _Writer, record: PhoneRecord) -> None:
    writer.refs.append(len(record.attempts))
    before = writer.base
    for attempt in record.attempts:
        writer.attempt(attempt, before)
        before = attempt.at


def _write_wrong(writer: _Writer, record: PhoneRecord) -> None:
    writer.refs.append(len(record.wrong))
    if not record.wrong:
        return
    before = writer.base
    for wrong in record.wrong:
        writer.refs += (writer.purpose(wrong.purpose), len(wrong.times))
        for time in wrong.times:
            writer.times.append(time - before)
            before = time


def _write_operations(writer: _Writer, record: PhoneRecord) -> None:
    writer.refs.append(len(record.operations))
    for operation in record.operations:
        writer.refs.append(operation.attempts_left)
        writer.times.append(operation.at - writer.base)
        writer.ids.append(operation.id)


def _write_approvals(writer: _Writer, record: PhoneRecord) -> None:
    writer.refs.append(len(record.approvals))
    for approval in record.approvals:
        has_key = approval.key_hash is not None
        writer.refs.append(writer.purpose(approval.purpose) * 2 + has_key)
        writer.ids.append(approval.operation)
        writer.carried(approval.verification, writer.base)
        if approval.key_hash is not None:
            writer.hashes.append(approval.key_hash)


def _side_by_side(parts: Iterable[bytes], length: int) -> bytes:
    """Join ids without their lengths: one of another length would shift the rest."""
    for part in parts:
        if len(part) != length:
            _check_length(part, length)
    return b"".join(parts)


def _check_length(part: bytes, length: int) -> None:
    if len(part) != length:
        raise ValueError(f"A record holds an id of {len(part)} bytes in place of {length}.")

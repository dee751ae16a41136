"""How a phone's record becomes bytes and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from smsverify.domain.record import PhoneRecord


class RecordCodec(Protocol):
    """
    Turns records into bytes that carry a schema number, and back.

    A release reads its own schema and the former one, so that two releases can run side by side.
    """

    def encode(self, record: PhoneRecord) -> bytes:
        """Return the bytes of a record; equal records give equal bytes."""
        ...

    def decode(self, data: bytes) -> PhoneRecord:
        """
        Return the record.

        Raises :class:`~smsverify.errors.StoreDataInvalid` for garbage and unknown schemas, and
        nothing else, whatever the bytes are.
        """
        ...

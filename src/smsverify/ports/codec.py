"""How a record becomes bytes and comes back."""

from __future__ import annotations

from typing import Protocol, TypeAlias, TypeVar

from smsverify.domain.pool import PoolRecord
from smsverify.domain.record import PhoneRecord

R = TypeVar("R")


class Codec(Protocol[R]):
    """
    Turns records of one kind into bytes that carry a schema number, and back.

    A release reads its own schema and the former one, so that two releases can run side by side.
    """

    def encode(self, record: R) -> bytes:
        """Return the bytes of a record; equal records give equal bytes."""
        ...

    def decode(self, data: bytes) -> R:
        """
        Return the record.

        Raises :class:`~smsverify.errors.StoreDataInvalid` for garbage and unknown schemas, and
        nothing else, whatever the bytes are.
        """
        ...


RecordCodec: TypeAlias = Codec[PhoneRecord]
"""For what is kept of a phone."""

PoolCodec: TypeAlias = Codec[PoolRecord]
"""For the rests of the senders."""

"""The pool's record as MessagePack: ``[schema, stamp, [[sender, since, until, reason], ...]]``."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from smsverify.domain.pool import PoolRecord, Rest, RestReason
from smsverify.errors import StoreDataInvalid

SCHEMA: Final = 1

_SenderId = Annotated[bytes, msgspec.Meta(min_length=6, max_length=6)]
_Time = Annotated[int, msgspec.Meta(ge=0)]
_Record = tuple[int, bytes, list[tuple[_SenderId, _Time, _Time, RestReason]]]
_decoder = msgspec.msgpack.Decoder(_Record)


class MsgpackPoolCodec:
    """Encodes the pool's record; it is small, rare and written by operators' wishes mostly."""

    def encode(self, record: PoolRecord) -> bytes:
        """Return the bytes of a record."""
        rests = [(one.sender, one.since, one.until, one.reason) for one in record.rests]
        return msgspec.msgpack.encode((SCHEMA, record.stamp, rests))

    def decode(self, data: bytes) -> PoolRecord:
        """Return the record; raise StoreDataInvalid for garbage and unknown schemas."""
        try:
            schema, stamp, rests = _decoder.decode(data)
        except (msgspec.DecodeError, msgspec.ValidationError, ValueError) as error:
            raise StoreDataInvalid(
                "The sender pool's record can't be read. Check that no other program shares "
                "SMS_KEY_PREFIX."
            ) from error
        if schema != SCHEMA:
            raise StoreDataInvalid(
                f"The sender pool's record has schema {schema}, this release reads {SCHEMA}. "
                "Update smsverify."
            )
        return PoolRecord(stamp, tuple(Rest(*rest) for rest in rests))

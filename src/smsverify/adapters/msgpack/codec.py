"""Records as bytes: a schema number, then MessagePack."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec

from smsverify.adapters.msgpack.layout import SCHEMA, Layout
from smsverify.adapters.msgpack.reading import MalformedError, put_together
from smsverify.adapters.msgpack.writing import lay_out
from smsverify.errors import StoreDataInvalid

if TYPE_CHECKING:
    from typing import Final

    from smsverify.domain.record import PhoneRecord

REMEMBERED: Final = 128
"""Decoded records that are kept: an attack on one phone reads the same bytes again and again."""

LARGEST_SCHEMA: Final = 31
"""No schema has a larger number: above it begin printable characters, and other programs' data."""

_PREFIX: Final = bytes((SCHEMA,))
_NOT_OURS: Final = (
    "A phone's record can't be read: its bytes were not written by smsverify. Look at what else "
    "writes under SMS_KEY_PREFIX; nothing was changed."
)
_TROUBLE: Final = (
    msgspec.MsgspecError,
    MalformedError,
    StopIteration,
    LookupError,
    ValueError,
    OverflowError,
    RecursionError,
    MemoryError,
)


class MsgpackCodec:
    """
    Turns records into bytes and back; implements :class:`~smsverify.ports.codec.RecordCodec`.

    One object serves all threads. The form is told in :mod:`smsverify.adapters.msgpack.layout`.
    """

    def __init__(self) -> None:
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Layout).decode
        self._remembered = functools.lru_cache(maxsize=REMEMBERED)(self._read)

    def encode(self, record: PhoneRecord) -> bytes:
        """
        Return the bytes of a record; equal records give equal bytes.

        Raises:
            ValueError: an id or hash has another length than the domain gives it.
        """
        return _PREFIX + self._encode(lay_out(record))

    def decode(self, data: bytes) -> PhoneRecord:
        """
        Return the record.

        Raises:
            StoreDataInvalid: the bytes are no record, or one of a schema that is not known here.
        """
        return self._remembered(data)

    def _read(self, data: bytes) -> PhoneRecord:
        if data[:1] != _PREFIX:
            raise StoreDataInvalid(_explain_schema(data))
        try:
            return put_together(self._decode(data[1:]))
        except _TROUBLE:
            # Not chained: the cause may quote the bytes.
            raise StoreDataInvalid(_NOT_OURS) from None


def _explain_schema(data: bytes) -> str:
    """Say what a first byte that is not ours means; small numbers are schemas to come."""
    if data and data[0] <= LARGEST_SCHEMA:
        return (
            f"A phone's record has schema {data[0]}; this release reads schema {SCHEMA}. Run the "
            "release that wrote it, or a newer one; nothing was changed."
        )
    return _NOT_OURS

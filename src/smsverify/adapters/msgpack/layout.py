"""
Schema 1: how a record lies in bytes.

A record is one byte, the schema's number, and a MessagePack array of the fields of :class:`Layout`.
What comes twice is written once and referred to, times are written as the distance from a time
before them, and ids stand together without their lengths. In EBNF, where ``*`` means "as many as
the number before says" and ``[...]`` "if its flag is set"::

    refs   = n attempt* n wrong* n operation* n approval*       (in Layout.refs)
    attempt = flags route carried [reason] [provider_code]
    wrong   = purpose n                                         (n times follow in Layout.times)
    operation = attempts_left
    approval  = purpose*2 + (1 if it has a key hash) carried
    carried = 0 (none) | i (the i-th verification met so far) | i+1 (a new one) key
    key     = 0 (the id was dropped: neither id nor key) | i (the i-th of Layout.keys)

    times  = for each attempt: since the one before (the first: since base), state_at since at,
             then a new verification's start since at;
             for each wrong answer: since the one before (the first: since base);
             for each operation: since base; for each approval with a new verification: its start
             since base
    ids    = 8 bytes for each attempt, operation and approval
    hashes = 16 bytes for each attempt's message id, key hash and new verification id; for each
             approval's new verification id and key hash; for each message hash
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

SCHEMA: Final = 1

LARGEST: Final = 2**53 - 1
"""No number in a record is larger: what every language reads exactly."""

ID_BYTES: Final = 8
HASH_BYTES: Final = 16
KEY_BYTES: Final = 4
SENDER_BYTES: Final = 6

STATE_BITS: Final = 0b111
HAS_MESSAGE: Final = 1 << 3
"""A message id of the usual form, ``SM`` and 32 hexadecimal digits: 16 bytes in ``hashes``."""
HAS_TEXT: Final = 1 << 4
"""A message id of another form: in ``texts``."""
HAS_KEY_HASH: Final = 1 << 5
HAS_REASON: Final = 1 << 6
HAS_CODE: Final = 1 << 7
ALL_FLAGS: Final = (1 << 8) - 1

Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Span = Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
SenderId = Annotated[bytes, msgspec.Meta(min_length=SENDER_BYTES, max_length=SENDER_BYTES)]


class Layout(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """
    The parts of a record, in the order of their bytes.

    Attributes:
        stamp: the operation that wrote it.
        base: the first attempt's time, or the first time there is; 0 without any.
        purposes: each purpose once.
        keys: each code key's id once, 4 bytes each.
        routes: each combination of purpose, sender and amount once.
        refs: numbers and references, see above.
        times: distances in milliseconds, see above.
        ids: see above.
        hashes: see above.
        texts: message ids of another form than the usual.
        opted_out_at: as in the record.
    """

    stamp: bytes
    base: Count
    purposes: list[str]
    keys: bytes
    routes: list[tuple[Count, SenderId, Count]]
    refs: list[Count]
    times: list[Span]
    ids: bytes
    hashes: bytes
    texts: list[str]
    opted_out_at: Count | None

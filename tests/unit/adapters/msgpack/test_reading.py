"""Parts that do not fit together never make a record."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from smsverify.adapters.msgpack.codec import MsgpackCodec
from smsverify.adapters.msgpack.layout import SCHEMA
from smsverify.errors import StoreDataInvalid
from tests.unit.domain.builders import NOON, attempt, record

CODEC = MsgpackCodec()
FIELDS = [
    "stamp",
    "base",
    "purposes",
    "keys",
    "routes",
    "refs",
    "times",
    "ids",
    "hashes",
    "texts",
    "opted_out_at",
]
# One attempt, sent, with its own verification; no wrong answers, operations or approvals.
SOUND: dict[str, Any] = {
    "stamp": b"stamp567",
    "base": NOON,
    "purposes": ["verify"],
    "keys": b"key1",
    "routes": [(0, b"sender", 8_300)],
    "refs": [1, 2, 0, 1, 1, 0, 0, 0],
    "times": [0, 1_000, 0],
    "ids": b"attempt1",
    "hashes": b"verification-id1",
    "texts": [],
    "opted_out_at": None,
}


def packed(parts: dict[str, Any]) -> bytes:
    """Return the bytes of these parts."""
    return bytes((SCHEMA,)) + msgspec.msgpack.encode([parts[name] for name in FIELDS])


def test_sound_parts_make_a_record() -> None:
    """The parts that the other tests break are sound."""
    decoded = CODEC.decode(packed(SOUND))

    assert [one.id for one in decoded.attempts] == [b"attempt1"]
    assert packed(SOUND) == CODEC.encode(decoded)


@pytest.mark.parametrize(
    "broken",
    [
        {"stamp": "text"},
        {"base": -1},
        {"base": 2**53},
        {"base": 1.5},
        {"purposes": []},
        {"purposes": [b"verify"]},
        {"keys": b""},
        {"keys": b"key"},
        {"keys": b"key1k"},
        {"routes": []},
        {"routes": [(1, b"sender", 8_300)]},
        {"routes": [(0, b"short", 8_300)]},
        {"routes": [(0, b"sender", -1)]},
        {"routes": [(0, b"sender")]},
        {"refs": []},
        {"refs": [0]},
        {"refs": [2**53, 2, 0, 1, 1, 0, 0, 0]},
        {"refs": [1, 2, 0, 1, 1, 0, 0]},
        {"refs": [1, 2, 0, 1, 1, 0, 0, 0, 0]},
        {"refs": [1, 2, -1, 1, 1, 0, 0, 0]},
        {"refs": [1, 2, 1, 1, 1, 0, 0, 0]},
        {"refs": [1, 2, 0, 2, 1, 0, 0, 0]},
        {"refs": [1, 2, 0, 1, 2, 0, 0, 0]},
        {"refs": [1, 6, 0, 1, 1, 0, 0, 0]},
        {"refs": [1, 256 + 2, 0, 1, 1, 0, 0, 0]},
        {"refs": [1, 2 + 8, 0, 1, 1, 0, 0, 0]},
        {"refs": [1, 2 + 16, 0, 1, 1, 0, 0, 0]},
        {"refs": [1, 2 + 8 + 16, 0, 1, 1, 0, 0, 0], "texts": ["x"], "hashes": b"h" * 32},
        {"refs": [1, 2 + 64, 0, 1, 1, 19, 0, 0, 0]},
        {"refs": [1, 2, 0, 1, 1, 1, 1, 0, 0, 0]},
        {"refs": [1, 2, 0, 1, 1, 0, 1, 5, 0]},
        {"refs": [1, 2, 0, 1, 1, 0, 0, 1, 0, 0], "ids": b"attempt1approval"},
        {"refs": [1, 2, 0, 1, 1, 0, 0, 1, 2, 1], "ids": b"attempt1approval"},
        {"times": [0, 1_000]},
        {"times": [0, 1_000, 0, 0]},
        {"times": [0, 2**53, 0]},
        {"times": [0, "1000", 0]},
        {"ids": b""},
        {"ids": b"attempt"},
        {"ids": b"attempt12"},
        {"ids": b"attempt1attempt2"},
        {"hashes": b""},
        {"hashes": b"verification-id"},
        {"hashes": b"verification-id12"},
        {"texts": ["one too many"]},
        {"texts": [None]},
        {"opted_out_at": -1},
        {"opted_out_at": b""},
    ],
)
def test_parts_that_do_not_fit_are_refused(broken: dict[str, Any]) -> None:
    """One wrong part, and the whole is refused."""
    with pytest.raises(StoreDataInvalid):
        CODEC.decode(packed({**SOUND, **broken}))


@pytest.mark.parametrize("fields", [FIELDS[:-1], [*FIELDS, "texts"], []])
def test_another_count_of_parts_is_refused(fields: list[str]) -> None:
    """Neither a part too few nor one too many makes a record."""
    data = bytes((SCHEMA,)) + msgspec.msgpack.encode([SOUND[name] for name in fields])

    with pytest.raises(StoreDataInvalid):
        CODEC.decode(data)


def test_map_in_place_of_parts_is_refused() -> None:
    """The parts are an array; the same under their names is not a record."""
    with pytest.raises(StoreDataInvalid):
        CODEC.decode(bytes((SCHEMA,)) + msgspec.msgpack.encode(SOUND))


def test_hash_left_over_counts_as_a_message_hash() -> None:
    """What nothing refers to at the end of the hashes are the inbound messages."""
    decoded = CODEC.decode(packed({**SOUND, "hashes": b"verification-id1" + b"m" * 32}))

    assert decoded.message_hashes == (b"m" * 16, b"m" * 16)


def test_times_may_run_backwards() -> None:
    """A store whose clock went back leaves times in any order, and they come back as they were."""
    whole = record(attempt(NOON), attempt(NOON - 3_600_000, state_at=NOON - 7_200_000))

    assert whole == CODEC.decode(CODEC.encode(whole))

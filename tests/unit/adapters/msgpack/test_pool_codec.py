"""The pool's record survives its bytes, and nothing else becomes one."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsverify.adapters.msgpack.pool_codec import MsgpackPoolCodec
from smsverify.domain.pool import EMPTY_POOL, PoolRecord, Rest, RestReason
from smsverify.errors import StoreDataInvalid

CODEC = MsgpackPoolCodec()
GOLDEN = PoolRecord(
    b"order001", (Rest(b"sender", 1_795_348_800_000, 1_795_435_200_000, RestReason.FILTERED),)
)
GOLDEN_HEX = (
    "9301c4086f726465723030319194c40673656e646572cf000001a20320a200cf000001a20846fe00"
    "a866696c7465726564"
)

pools = st.builds(
    PoolRecord,
    st.binary(max_size=8),
    st.lists(
        st.builds(
            Rest,
            st.binary(min_size=6, max_size=6),
            st.integers(0, 2**45),
            st.integers(0, 2**45),
            st.sampled_from(RestReason),
        ),
        max_size=5,
    ).map(tuple),
)


@given(pools)
@example(EMPTY_POOL)
def test_record_comes_back_equal(pool: PoolRecord) -> None:
    """Decoding what was encoded gives an equal record."""
    assert pool == CODEC.decode(CODEC.encode(pool))


def test_bytes_do_not_change() -> None:
    """What lies in stores out there is read for ever, and written the same way."""
    assert CODEC.encode(GOLDEN).hex() == GOLDEN_HEX
    assert CODEC.decode(bytes.fromhex(GOLDEN_HEX)) == GOLDEN


@given(st.binary(max_size=80))
@example(b"")
@example(b"\x93\x01\xc4\x00\xdd\xff\xff\xff\xff")
@example(b"\x91" * 100_000)
@example(b"\x93\x01\xc4\x00\x91\x94\xc4\x06sender\x00\x00\xa2\xff\xff")
def test_garbage_is_refused(data: bytes) -> None:
    """Whatever bytes lie at the pool's key, they raise StoreDataInvalid and nothing else."""
    with pytest.raises(StoreDataInvalid):
        CODEC.decode(data)


@given(pools, st.data())
def test_damage_is_refused_or_makes_sense(pool: PoolRecord, data: st.DataObject) -> None:
    """A record with a byte changed or cut raises nothing but StoreDataInvalid."""
    raw = bytearray(CODEC.encode(pool))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    for damaged in (bytes(raw), bytes(raw[: data.draw(st.integers(0, len(raw)))])):
        try:
            decoded = CODEC.decode(damaged)
        except StoreDataInvalid:
            continue
        assert decoded == CODEC.decode(CODEC.encode(decoded))


def test_unknown_schema_is_named() -> None:
    """A schema of another release fails closed and says which one it is."""
    with pytest.raises(StoreDataInvalid, match="schema 2"):
        CODEC.decode(msgspec.msgpack.encode((2, b"", [])))

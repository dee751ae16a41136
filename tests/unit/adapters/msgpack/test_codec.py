"""Records survive their bytes exactly, and nothing else becomes a record."""

from __future__ import annotations

import attrs
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsverify.adapters.msgpack.codec import MsgpackCodec
from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.record import EMPTY, PhoneRecord
from smsverify.errors import StoreDataInvalid
from smsverify.testing.strategies import records as stored_records
from tests.stepping.effort import effort
from tests.unit.domain.builders import attempt, fresh, record, records

CODEC = MsgpackCodec()


@effort(40)
@given(records() | stored_records())
@example(EMPTY)
def test_record_comes_back_equal(whole: PhoneRecord) -> None:
    """Decoding what was encoded gives an equal record, whatever it holds."""
    assert whole == CODEC.decode(CODEC.encode(whole))


@effort(40)
@given(records())
def test_equal_records_give_equal_bytes(whole: PhoneRecord) -> None:
    """The bytes depend on what a record says only, not on which objects say it."""
    twin = MsgpackCodec().decode(CODEC.encode(whole))

    assert CODEC.encode(whole) == CODEC.encode(twin)


@effort(40)
@given(records(), records())
def test_different_records_give_different_bytes(one: PhoneRecord, other: PhoneRecord) -> None:
    """Bytes are the version of a record: different records never share them."""
    assert (one == other) is (CODEC.encode(one) == CODEC.encode(other))


def test_stamp_alone_changes_the_bytes() -> None:
    """Two writes of the same content have different bytes, since each has its own stamp."""
    one = record(attempt())

    assert CODEC.encode(one) != CODEC.encode(attrs.evolve(one, stamp=fresh()))


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x01")
@example(b"\x01\xdd\xff\xff\xff\xff")
@example(b"\x01\xc6\xff\xff\xff\xff")
@example(b"\x01" + b"\x91" * 100_000)
@example(b"\x01" + msgspec.msgpack.encode([b"", 0, [], b"", [], [2**53 - 1], [], b"", b"", [], 0]))
def test_garbage_is_refused(data: bytes) -> None:
    """Whatever bytes lie at our key, they raise StoreDataInvalid and nothing else."""
    with pytest.raises(StoreDataInvalid):
        CODEC.decode(data)


def any_value() -> st.SearchStrategy[object]:
    """Draw what MessagePack can say, in the shape of a record and out of it."""
    leaves = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.integers(-3, 40),
        st.floats(allow_nan=False),
        st.text(max_size=8),
        st.binary(max_size=20),
        st.sampled_from([b"12345678", b"1234567890123456", b"keys", b"sender"]),
    )
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=12), max_leaves=40)


@effort(40)
@given(st.lists(any_value(), min_size=9, max_size=13))
def test_other_messagepack_is_refused_or_makes_sense(values: list[object]) -> None:
    """MessagePack of any content is refused, or is a record that comes back equal."""
    data = b"\x01" + msgspec.msgpack.encode(values)
    try:
        decoded = CODEC.decode(data)
    except StoreDataInvalid:
        return
    assert decoded == CODEC.decode(CODEC.encode(decoded))


@effort(40)
@given(records(max_parts=3), st.data())
def test_damage_is_refused_or_makes_sense(whole: PhoneRecord, data: st.DataObject) -> None:
    """A record with bytes changed, cut or added raises nothing but StoreDataInvalid."""
    raw = bytearray(CODEC.encode(whole))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    for damaged in (bytes(raw), bytes(raw[:cut]), bytes(raw[cut:])):
        try:
            decoded = CODEC.decode(damaged)
        except StoreDataInvalid:
            continue
        assert decoded == CODEC.decode(CODEC.encode(decoded))


@effort(40)
@given(records(max_parts=2), st.binary(min_size=1, max_size=4))
def test_what_follows_a_record_is_refused(whole: PhoneRecord, more: bytes) -> None:
    """A record ends where its bytes end."""
    with pytest.raises(StoreDataInvalid):
        CODEC.decode(CODEC.encode(whole) + more)


@effort(40)
@given(records(max_parts=2))
def test_half_a_record_is_refused(whole: PhoneRecord) -> None:
    """No beginning of a record is a record."""
    data = CODEC.encode(whole)

    for end in range(len(data)):
        with pytest.raises(StoreDataInvalid):
            CODEC.decode(data[:end])


@pytest.mark.parametrize("schema", [0, 2, 31])
def test_unknown_schema_is_named(schema: int) -> None:
    """A schema of another release fails closed and says which one it is."""
    data = bytes((schema,)) + CODEC.encode(record(attempt()))[1:]

    with pytest.raises(StoreDataInvalid, match=f"schema {schema};") as caught:
        CODEC.decode(data)

    assert ErrorCode.STORE_DATA_INVALID is caught.value.code


@pytest.mark.parametrize("data", [b"hello 123456", b"{}", b"\xff" * 9, b"\x01123456"])
def test_refusal_never_quotes_the_bytes(data: bytes) -> None:
    """What lies at the key stays out of the message and out of the chain of causes."""
    with pytest.raises(StoreDataInvalid) as caught:
        CODEC.decode(data)

    error = caught.value
    assert "123456" not in repr(error)
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__


def test_garbage_is_refused_each_time() -> None:
    """A refusal is not remembered as anything else."""
    for _ in range(2):
        with pytest.raises(StoreDataInvalid):
            CODEC.decode(b"garbage")


def test_same_bytes_give_the_same_record() -> None:
    """Bytes read again and again are decoded once."""
    data = CODEC.encode(record(attempt()))

    assert CODEC.decode(data) is CODEC.decode(bytes(bytearray(data)))


@pytest.mark.parametrize("state", DeliveryState)
@pytest.mark.parametrize("reason", [None, *FailureReason])
def test_every_state_and_reason_comes_back(
    state: DeliveryState, reason: FailureReason | None
) -> None:
    """Each state with each reason survives."""
    whole = record(attempt(state=state, reason=reason, provider_code=30_007))

    assert whole == CODEC.decode(CODEC.encode(whole))

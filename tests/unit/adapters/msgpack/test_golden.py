"""Records that earlier releases wrote are read for ever."""

from __future__ import annotations

import pytest

from smsverify.adapters.msgpack.codec import MsgpackCodec
from smsverify.adapters.msgpack.layout import SCHEMA
from smsverify.domain.record import PhoneRecord
from tests.unit.adapters.msgpack.golden import schema_1

CODEC = MsgpackCodec()
ALL = [
    pytest.param(data, expected, id=f"schema-1-{name}")
    for name, (data, expected) in schema_1.GOLDEN.items()
]


@pytest.mark.parametrize(("data", "expected"), ALL)
def test_golden_record_is_read(data: str, expected: PhoneRecord) -> None:
    """What a release wrote means the same to this one."""
    assert expected == CODEC.decode(bytes.fromhex(data))


@pytest.mark.parametrize(("data", "expected"), ALL)
def test_schema_in_use_writes_the_same_bytes(data: str, expected: PhoneRecord) -> None:
    """As long as a schema is the one in use, its bytes do not change: they are the version."""
    if bytes.fromhex(data)[0] != SCHEMA:
        assert CODEC.encode(expected)[0] == SCHEMA
        return
    assert data == CODEC.encode(expected).hex()

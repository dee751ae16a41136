"""
Anything at all may lie at a phone's key: bytes of others, damaged records, records of any history.

What can't be read is told as such and left as it is. What can be read is decided on by the rules,
however strange it is. (The form of the bytes itself is fuzzed in test_codec.py.)
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hypothesis import example, given
from hypothesis import strategies as st

from smsverify.adapters.msgpack.codec import MsgpackCodec
from smsverify.domain.periods import DAY, HOUR, MINUTE, settle_time
from smsverify.domain.record import EMPTY, PhoneRecord, WrongAnswers
from smsverify.errors import StoreDataInvalid
from smsverify.ports.store import Swap, Written
from smsverify.testing import ManualClock
from smsverify.testing.strategies import EARLIEST, attempts, records, times
from tests.unit.kit import PHONE, Kit, build, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smsverify.domain.periods import Millis

CODEC = MsgpackCodec()
SENDS = ((HOUR, 5), (DAY, 20))
WRONG = ((10 * MINUTE, 5), (DAY, 20))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a record's bytes with some of them replaced, cut off or added."""
    raw = bytearray(CODEC.encode(draw(records())))
    for place, byte in draw(st.lists(st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255)))):
        raw[place] = byte
    return bytes(raw[: draw(st.integers(0, len(raw)))]) + draw(st.binary(max_size=3))


@st.composite
def crowded(draw: st.DrawFn) -> PhoneRecord:
    """Return a record around which the windows are nearly full, or full."""
    now = draw(times(EARLIEST + DAY))
    sends = draw(st.lists(attempts(times(now - HOUR, now)), min_size=3, max_size=6))
    wrong = draw(st.lists(times(now - 5 * MINUTE, now), min_size=3, max_size=6))
    return PhoneRecord(
        stamp=b"occupied",
        attempts=tuple(sorted(sends, key=lambda one: one.at)),
        wrong=(WrongAnswers("verify", tuple(sorted(wrong))),),
    )


async def plant(kit: Kit, data: bytes) -> str:
    """Put bytes in the place of a phone's record, and return its key."""
    key = kit.container.keys().phone(number())
    answer = await kit.store.commit([Swap(key, None, data, None)], [], kit.clock.wall())
    assert isinstance(answer, Written)
    return key


def readable(data: bytes) -> bool:
    """Say whether bytes are a record."""
    try:
        CODEC.decode(data)
    except StoreDataInvalid:
        return False
    return True


@given(st.binary(max_size=300) | damaged(), st.from_regex("[0-9]{6}", fullmatch=True))
@example(b"", "000000")
@example(b"\x01", "000000")
def test_what_is_no_record_is_left_alone(data: bytes, code: str) -> None:
    """No message goes out on it, no answer is taken on it, and not a byte of it changes."""
    if readable(data):
        return

    async def run() -> None:
        kit = build()
        key = await plant(kit, data)
        sent = await kit.verifier.send_verification_sms(PHONE, "MyApp", idempotency_key="mine")
        checked = await kit.verifier.verify_code(PHONE, code)
        assert (sent.success, sent.error_code) == (False, "STORE_DATA_INVALID")
        assert (checked.success, checked.error_code) == (False, "STORE_DATA_INVALID")
        assert (await kit.store.load((key,))).records == (data,)
        assert kit.gateway.messages == []

    asyncio.run(run())


def moments(record: PhoneRecord) -> list[Millis]:
    """Return every time that a record holds."""
    wrong = [time for one in record.wrong for time in one.times]
    return [one.at for one in record.attempts] + wrong


def full(times: Iterable[Millis], limits: Iterable[tuple[Millis, int]], now: Millis) -> bool:
    """Say whether one more would be too much for one of the windows."""
    settled = [settle_time(time, now) for time in times]
    return any(sum(now - one < span for one in settled) >= most for span, most in limits)


@given(
    records() | crowded(),
    st.integers(0, 5 * MINUTE) | st.integers(-2 * HOUR, 2 * DAY),
    st.from_regex("[0-9]{6}", fullmatch=True),
)
def test_any_history_is_decided_by_the_rules(before: PhoneRecord, later: int, code: str) -> None:
    """What is admitted fits into the windows; what is refused leaves no trace."""
    if before == EMPTY:
        return
    now = max(moments(before), default=2_000_000_000_000) + later

    async def run() -> None:
        kit = build(clock=ManualClock(now))
        key = await plant(kit, CODEC.encode(before))
        sent = await kit.verifier.send_verification_sms(PHONE, "MyApp")
        after = (await kit.store.load((key,))).records[0]
        assert len(kit.gateway.messages) == sent.success
        if sent.success:
            assert before.opted_out_at is None
            assert not full([one.at for one in before.attempts], SENDS, now)
        else:
            assert sent.error_code in {"RATE_LIMIT_EXCEEDED", "RECIPIENT_OPTED_OUT"}
            assert after == CODEC.encode(before)
        checked = await kit.verifier.verify_code(PHONE, code)
        wrong = [time for one in before.wrong if one.purpose == "verify" for time in one.times]
        if checked.error_code == "INCORRECT_CODE":
            assert not full(wrong, WRONG, now)
        elif not checked.success:
            assert (await kit.store.load((key,))).records[0] == after
        last = (await kit.store.load((key,))).records[0]
        assert last is None or CODEC.encode(CODEC.decode(last)) == last

    asyncio.run(run())

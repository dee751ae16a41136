"""Records as phones really have them, to fill a server with."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

import redis

from smsverify.adapters.memory.store import MemoryStore
from smsverify.adapters.system.clock import SystemClock
from smsverify.configured import namespace_of
from smsverify.container import Container
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.settings import Settings, StoreKind
from smsverify.testing import ManualClock, last_code

_PHONE = "+15551234567"
_SENDS_A_DAY = 20
_PAUSE_SECONDS = 4_000.0
_DAY_MS = 86_400_000
_CHUNK = 5_000
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


async def after_one_verification() -> bytes:
    """Give the bytes of a phone that was sent one code and gave it back."""
    clock, container = _playground()
    verifier = container.verifier()
    await verifier.send_verification_sms(_PHONE, "MyApp")
    clock.advance(20)
    result = await verifier.verify_code(_PHONE, last_code(verifier, _PHONE))
    assert result.success, result
    return await _stored(container)


async def after_a_full_day() -> bytes:
    """Give the bytes of a phone at its limits: 20 sends in a day, a wrong answer after each."""
    clock, container = _playground()
    verifier = container.verifier()
    for number in range(_SENDS_A_DAY):
        key = f"order-{number}"
        sent = await verifier.send_verification_sms(_PHONE, "MyApp", idempotency_key=key)
        assert sent.success, sent
        code = last_code(verifier, _PHONE)
        wrong = await verifier.verify_code(_PHONE, "0" * 6 if code != "0" * 6 else "1" * 6)
        assert wrong.error_code == "INCORRECT_CODE", wrong
        clock.advance(_PAUSE_SECONDS)
    return await _stored(container)


def fill(url: str, records: Sequence[bytes], phones: int) -> None:
    """Store so many phones, each under a key of its own, as the store adapter would."""
    namespace = namespace_of(_settings())
    chance = random.Random(phones)
    data = itertools.cycle(records)
    with redis.Redis.from_url(url) as client:
        left = phones
        while left > 0:
            pipeline = client.pipeline(transaction=False)
            for key in itertools.islice(_names(chance), min(left, _CHUNK)):
                pipeline.set(f"{namespace}p:{key}", next(data), px=_DAY_MS)
            pipeline.execute()
            left -= _CHUNK


def _names(chance: random.Random) -> Iterator[str]:
    while True:
        yield "".join(chance.choices(_ALPHABET, k=22))


def _settings() -> Settings:
    return Settings(simulation_mode=True, store=StoreKind.MEMORY)


def _playground() -> tuple[ManualClock, Container]:
    # Around today: how long a time is in a record depends on its size.
    clock = ManualClock(start=SystemClock().wall())
    container = Container(settings=_settings())
    container.clock.override(clock)
    container.store.override(MemoryStore(clock, "bench:"))
    return clock, container


async def _stored(container: Container) -> bytes:
    phone = parse_phone(_PHONE)
    assert isinstance(phone, PhoneNumber)
    loaded = await container.store().load((container.keys().phone(phone),))
    data: bytes | None = loaded.records[0]
    assert data is not None
    return data

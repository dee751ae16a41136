"""Records as phones really have them, to fill a server with."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

import attrs
import redis

from benchmarks.playground import Playground
from smsverify.configured import namespace_of
from smsverify.settings import Settings, StoreKind

_SENDS_A_DAY = 20
_WRONG_A_CODE = 5
_PAUSE_SECONDS = 3_700.0
_TYPING_SECONDS = 20.0
_REPORT_SECONDS = 100.0
_LONGEST_PURPOSE = 32
_DAY_MS = 86_400_000
_CHUNK = 5_000
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@attrs.frozen
class Day:
    """
    What happened to a phone in a day, beside 20 sends and as many wrong answers for each purpose.

    Attributes:
        reported: Whether each message was reported undelivered, with the provider's code.
        wishes: How often the person said STOP and START, in turns.
        purposes: How many purposes codes were sent for; several have the longest names.
    """

    reported: bool = False
    wishes: int = 0
    purposes: int = 1


FULL = Day(reported=True, wishes=2)
"""The most that a day usually leaves."""


async def after_one_verification() -> bytes:
    """Give the bytes of a phone that was sent one code and gave it back."""
    playground = Playground()
    await playground.round(after=20.0)
    return await playground.stored()


async def after_a_full_day(day: Day = Day()) -> bytes:
    """Give the bytes of a phone at its limits: 20 sends in a day, wrong answers after each."""
    others = (f"purpose_{number}".ljust(_LONGEST_PURPOSE, "x") for number in range(day.purposes))
    purposes = ("verify",) if day.purposes == 1 else tuple(others)
    playground = Playground(purposes=purposes)
    for number in range(_SENDS_A_DAY):
        playground.clock.advance(_PAUSE_SECONDS)
        purpose = purposes[number % day.purposes]
        message_id = await playground.send(f"order-{number}", purpose)
        # As many as its own window and that of the day allow.
        for _ in range(min(day.purposes, _WRONG_A_CODE)):
            playground.clock.advance(_TYPING_SECONDS)
            await playground.guess_wrong(purpose)
        if day.reported:
            playground.clock.advance(_REPORT_SECONDS)
            await playground.report_undelivered(message_id)
    for number in range(day.wishes):
        await playground.say(stop=number % 2 == 0)
    return await playground.stored()


def fill(url: str, records: Sequence[bytes], phones: int) -> None:
    """Store so many phones, each under a key of its own, as the store adapter would."""
    namespace = namespace_of(Settings(simulation_mode=True, store=StoreKind.MEMORY))
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

"""The account's own numbers: read rarely, once at a time, and kept through an outage."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from smsverify.adapters.twilio.senders import TwilioSenders
from smsverify.domain.senders import Sender
from smsverify.testing import Hold, ManualClock
from tests.unit.adapters.twilio.stand_in import StandIn

FIRST = Sender("+14155550101", "US", "415")
SECOND = Sender("+17205550100", "US", "720")


def listed(*numbers: str, sms: bool = True) -> list[Any]:
    """Return numbers as the SDK gives them."""
    able = {"sms": sms, "voice": True}
    return [SimpleNamespace(phone_number=number, capabilities=able) for number in numbers]


class Account:
    """A directory, the account behind it and a clock."""

    def __init__(self, *numbers: str) -> None:
        self.says: Any = listed(*numbers)
        self.hold: Hold | None = None
        self.clock = ManualClock()
        self.api = StandIn(self._answer)
        self.directory = TwilioSenders(self.api, clock=self.clock)  # type: ignore[arg-type]

    async def _answer(self, _: str) -> Any:
        if self.hold is not None:
            await self.hold.stop()
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    @property
    def readings(self) -> int:
        """How often the list was read."""
        return len(self.api.asked)


async def test_numbers_that_send() -> None:
    """Only numbers with SMS count, in a stable order, with country and area code."""
    account = Account()
    account.says = [
        *listed(SECOND.address, FIRST.address),
        *listed("+13035550102", sms=False),
        SimpleNamespace(phone_number="+13035550103", capabilities=None),
        SimpleNamespace(phone_number=None, capabilities={"sms": True}),
        SimpleNamespace(phone_number="73822", capabilities={"sms": True}),
    ]

    assert await account.directory.senders() == (FIRST, SECOND)


async def test_a_list_serves_for_ten_minutes() -> None:
    """Numbers are bought and sold by people: they are read every ten minutes."""
    account = Account(FIRST.address)
    await account.directory.senders()
    account.says = listed(SECOND.address)

    account.clock.advance(599.9)
    assert await account.directory.senders() == (FIRST,)
    account.clock.advance(0.1)
    assert await account.directory.senders() == (SECOND,)
    assert account.readings == 2


@pytest.mark.parametrize("trouble", [ValueError("garbled"), OSError("gone"), TimeoutError()])
async def test_an_outage_gives_the_last_list(trouble: Exception) -> None:
    """The numbers of before serve on, and Twilio is left alone for half a minute."""
    account = Account(FIRST.address)
    await account.directory.senders()
    account.says = trouble
    account.clock.advance(600)

    assert await account.directory.senders() == (FIRST,)
    account.clock.advance(29.9)
    assert await account.directory.senders() == (FIRST,)
    assert account.readings == 2
    account.says = listed(SECOND.address)
    account.clock.advance(0.1)
    assert await account.directory.senders() == (SECOND,)


@pytest.mark.parametrize("says", [OSError("gone"), []])
async def test_none_at_first(says: Any) -> None:
    """Without a list, or with an empty one, there are no senders, and it is read again soon."""
    account = Account()
    account.says = says

    assert await account.directory.senders() == ()
    account.clock.advance(29.9)
    assert await account.directory.senders() == ()
    assert account.readings == 1
    account.clock.advance(0.1)
    account.says = listed(FIRST.address)
    assert await account.directory.senders() == (FIRST,)


async def test_of_many_at_once_one_reads() -> None:
    """The first list is read once, whoever else waits for it; so is one that is not there."""
    account = Account(FIRST.address)
    account.hold = Hold()
    waiting = [asyncio.ensure_future(account.directory.senders()) for _ in range(100)]
    await account.hold.arrival()
    account.hold.release()
    assert set(await asyncio.gather(*waiting)) == {(FIRST,)}
    assert account.readings == 1

    refused = Account()
    refused.says = OSError("refused")
    assert set(await asyncio.gather(*(refused.directory.senders() for _ in range(100)))) == {()}
    assert refused.readings == 1


async def test_later_nobody_waits_for_the_reader() -> None:
    """While one reads the list again, the others have the last one at once."""
    account = Account(FIRST.address)
    await account.directory.senders()
    account.clock.advance(600)
    account.says = listed(SECOND.address)
    account.hold = Hold()
    reader = asyncio.ensure_future(account.directory.senders())
    await account.hold.arrival()

    assert await account.directory.senders() == (FIRST,)

    account.hold.release()
    assert await reader == (SECOND,)
    assert account.readings == 2


async def test_a_reader_that_goes_away() -> None:
    """A cancelled reader holds up nobody: the next one reads."""
    account = Account(FIRST.address)
    held = account.hold = Hold()
    reader = asyncio.ensure_future(account.directory.senders())
    await held.arrival()
    account.hold = None
    waiting = asyncio.ensure_future(account.directory.senders())
    reader.cancel()

    assert await waiting == (FIRST,)
    assert held.cancelled

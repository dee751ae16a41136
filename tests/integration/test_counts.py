"""
What operations cost, in counts and not in seconds: trips, commands, bytes.

A change that makes an operation dearer fails here, on every machine alike. The figures in seconds
are `make bench`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Self

import pytest

from benchmarks import records
from smsverify import Settings, SmsVerifier, create_verifier
from smsverify.testing import last_code
from tests.integration.servers import Counts, FaultProxy, Single, server_version

PHONE = "+17202000001"
KNOWN = "+17202000002"
WARM = "+17202000003"


def build(url: str) -> SmsVerifier:
    """Build a verifier in simulation over a server."""
    return create_verifier(Settings(simulation_mode=True, redis_url=url))


@pytest.fixture
async def verifier(fault_proxy: FaultProxy) -> AsyncIterator[SmsVerifier]:
    """Give a verifier that is under way: connected, scripts known, the pool looked at."""
    async with build(fault_proxy.url) as verifier:
        await send(verifier, WARM)
        await answer(verifier, WARM)
        yield verifier


class Meter:
    """What goes through the proxy while a block runs."""

    def __init__(self, proxy: FaultProxy) -> None:
        self._proxy = proxy
        self.spent = Counts()

    def __enter__(self) -> Self:
        self._before = self._proxy.counts
        return self

    def __exit__(self, *_error: object) -> None:
        self.spent = self._proxy.counts - self._before

    @property
    def commands_and_trips(self) -> tuple[int, int]:
        """Commands, and times that somebody waited for the server."""
        return self.spent.commands, self.spent.round_trips


@pytest.fixture
def meter(fault_proxy: FaultProxy) -> Meter:
    """Give what counts a block's traffic."""
    return Meter(fault_proxy)


async def send(verifier: SmsVerifier, phone: str) -> None:
    """Have a code sent."""
    assert (await verifier.send_verification_sms(phone, "MyApp")).success


async def answer(verifier: SmsVerifier, phone: str) -> None:
    """Give the code back."""
    assert (await verifier.verify_code(phone, last_code(verifier, phone))).success


async def guess(verifier: SmsVerifier, phone: str) -> str | None:
    """Give a wrong code, and return what was said to it."""
    code = last_code(verifier, phone)
    result = await verifier.verify_code(phone, code[:-1] + str((int(code[-1]) + 1) % 10))
    return result.error_code


@pytest.fixture
async def other(redis_url: str) -> AsyncIterator[SmsVerifier]:
    """Give another process over the same server, whose traffic nobody counts."""
    async with build(redis_url) as other:
        yield other


class TestSend:
    """A send is two commits, and one command more where others wrote or nothing was written."""

    async def test_to_a_phone_never_seen(self, verifier: SmsVerifier, meter: Meter) -> None:
        """It is admitted against nothing, without a look."""
        with meter:
            await send(verifier, PHONE)

        assert meter.commands_and_trips == (2, 2)

    async def test_again(self, verifier: SmsVerifier, meter: Meter) -> None:
        """What this process wrote last it need not load."""
        await send(verifier, PHONE)

        with meter:
            await send(verifier, PHONE)

        assert meter.commands_and_trips == (2, 2)

    async def test_after_an_answer(self, verifier: SmsVerifier, meter: Meter) -> None:
        """A check writes as well, and what it wrote is known as well."""
        await send(verifier, PHONE)
        await guess(verifier, PHONE)
        await answer(verifier, PHONE)

        with meter:
            await send(verifier, PHONE)

        assert meter.commands_and_trips == (2, 2)

    async def test_after_another_process(
        self, verifier: SmsVerifier, meter: Meter, other: SmsVerifier
    ) -> None:
        """A phone that only others have met costs the one commit that brings its record."""
        await send(other, KNOWN)

        with meter:
            await send(verifier, KNOWN)

        assert meter.commands_and_trips == (3, 3)

    async def test_between_two_of_another_process(
        self, verifier: SmsVerifier, meter: Meter, other: SmsVerifier
    ) -> None:
        """So does one that others have written to since."""
        await send(verifier, KNOWN)
        await send(other, KNOWN)

        with meter:
            await send(verifier, KNOWN)

        assert meter.commands_and_trips == (3, 3)

    async def test_refused(self, verifier: SmsVerifier, meter: Meter) -> None:
        """One load, and no write, however often."""
        for _ in range(5):
            await send(verifier, PHONE)

        for _ in range(3):
            with meter:
                result = await verifier.send_verification_sms(PHONE, "MyApp")

            assert result.error_code == "RATE_LIMIT_EXCEEDED"
            assert meter.commands_and_trips == (1, 1)

    async def test_after_a_refusal(self, verifier: SmsVerifier, meter: Meter) -> None:
        """A phone that somebody guesses at is loaded first, once."""
        await verifier.verify_code(PHONE, "123456")
        costs = []

        for _ in range(2):
            with meter:
                await send(verifier, PHONE)
            costs.append(meter.commands_and_trips)

        assert costs == [(3, 3), (2, 2)]

    @pytest.mark.parametrize("phone", ["+1", "nobody", "0" * 33])
    async def test_that_makes_no_sense(
        self, verifier: SmsVerifier, meter: Meter, phone: str
    ) -> None:
        """Nobody is asked."""
        with meter:
            assert not (await verifier.send_verification_sms(phone, "MyApp")).success

        assert meter.commands_and_trips == (0, 0)


class TestCheck:
    """A check of what this process sent is a commit if the answer counts, else a load."""

    async def test_right(self, verifier: SmsVerifier, meter: Meter) -> None:
        """The approval is written."""
        await send(verifier, PHONE)

        with meter:
            await answer(verifier, PHONE)

        assert meter.commands_and_trips == (1, 1)

    async def test_wrong(self, verifier: SmsVerifier, meter: Meter) -> None:
        """The wrong answer is counted, and so is the next one."""
        await send(verifier, PHONE)

        for _ in range(2):
            with meter:
                assert await guess(verifier, PHONE) == "INCORRECT_CODE"

            assert meter.commands_and_trips == (1, 1)

    @pytest.mark.parametrize("sends", [0, 1], ids=["never met", "met before"])
    async def test_of_what_another_process_sent(
        self, verifier: SmsVerifier, meter: Meter, other: SmsVerifier, sends: int
    ) -> None:
        """A load and a commit, or two commits of which the first brings the record."""
        for _ in range(sends):
            await send(verifier, KNOWN)
        await send(other, KNOWN)
        code = last_code(other, KNOWN)

        with meter:
            assert (await verifier.verify_code(KNOWN, code)).success

        assert meter.commands_and_trips == (2, 2)

    async def test_refused(self, verifier: SmsVerifier, meter: Meter) -> None:
        """A full window is seen in a load, however often."""
        await send(verifier, PHONE)
        for _ in range(5):
            await guess(verifier, PHONE)

        for _ in range(3):
            with meter:
                assert await guess(verifier, PHONE) == "TOO_MANY_ATTEMPTS"

            assert meter.commands_and_trips == (1, 1)

    async def test_with_nothing_pending(self, verifier: SmsVerifier, meter: Meter) -> None:
        """The same, so that nobody can tell from the traffic."""
        with meter:
            await verifier.verify_code(PHONE, "123456")

        assert meter.commands_and_trips == (1, 1)

    @pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "1" * 1_000_000])
    async def test_of_what_can_be_no_code(
        self, verifier: SmsVerifier, meter: Meter, code: str
    ) -> None:
        """Nobody is asked."""
        with meter:
            assert not (await verifier.verify_code(PHONE, code)).success

        assert meter.commands_and_trips == (0, 0)


class TestTheRest:
    """Status calls, the first call, many calls at once."""

    async def test_statistics(self, verifier: SmsVerifier, meter: Meter) -> None:
        """One round trip."""
        with meter:
            await verifier.statistics()

        assert meter.spent.round_trips == 1

    async def test_the_state_of_the_pool(self, verifier: SmsVerifier, meter: Meter) -> None:
        """One command."""
        with meter:
            await verifier.pool_status()

        assert meter.commands_and_trips == (1, 1)

    async def test_the_first_send(
        self, verifier: SmsVerifier, meter: Meter, fault_proxy: FaultProxy
    ) -> None:
        """A process that begins looks at the pool once, which tells the time as well."""
        async with build(fault_proxy.url) as fresh:
            with meter:
                await send(fresh, PHONE)

        assert meter.commands_and_trips == (3, 3)

    async def test_an_attack_on_one_phone(
        self, verifier: SmsVerifier, meter: Meter, redis_server: Single
    ) -> None:
        """Many guesses at once share their loads, and none of them writes."""
        await send(verifier, PHONE)
        for _ in range(5):
            await guess(verifier, PHONE)
        before = redis_server.all_keys_and_values()

        for _ in range(2):
            with meter:
                said = await asyncio.gather(*(guess(verifier, PHONE) for _ in range(500)))

            assert set(said) == {"TOO_MANY_ATTEMPTS"}
            assert meter.spent.commands == 1
        assert redis_server.all_keys_and_values() == before

    async def test_many_rounds_at_once(self, verifier: SmsVerifier, meter: Meter) -> None:
        """Their commands travel together: eight or more of them a trip."""
        phones = [f"+1720300{number:04d}" for number in range(256)]

        async def one(phone: str) -> None:
            await send(verifier, phone)
            await answer(verifier, phone)

        with meter:
            await asyncio.gather(*map(one, phones))

        assert meter.spent.commands == 3 * len(phones)
        assert meter.spent.round_trips <= meter.spent.commands / 8


class TestBytes:
    """What a phone takes, on the wire and at rest."""

    async def test_on_the_wire(self, verifier: SmsVerifier, meter: Meter) -> None:
        """A whole round, with both records and all counters: two packets up and one down."""
        with meter:
            await send(verifier, PHONE)
            await answer(verifier, PHONE)

        assert meter.spent.bytes_up <= 1_700
        assert meter.spent.bytes_down <= 100

    async def test_of_a_record(self) -> None:
        """As the codec writes it: after one verification, and after days at the limits."""
        assert len(await records.after_one_verification()) <= 125
        assert len(await records.after_a_full_day()) <= 1_250
        assert len(await records.after_a_full_day(records.FULL)) <= 1_450

    @pytest.mark.parametrize("history", ["one", "day"])
    async def test_in_the_servers_memory(
        self, redis_url: str, redis_server: Single, history: str
    ) -> None:
        """
        What docs/scaling.md says, key, end and the server's own overhead counted.

        The day is one with receipts, a STOP and a START.
        """
        one = history == "one"
        record = await (
            records.after_one_verification() if one else records.after_a_full_day(records.FULL)
        )
        before = int(redis_server.process.info("memory")["used_memory"])

        await asyncio.to_thread(records.fill, redis_url, [record], PHONES)

        after = int(redis_server.process.info("memory")["used_memory"])
        assert (after - before) / PHONES <= (400 if one else most_of_a_day())


PHONES = 10_000
"""How many share what the server takes for itself."""


def most_of_a_day() -> int:
    """Return the limit of the server in use: we aim at Valkey's, Redis rounds sizes up more."""
    return 1_600 if server_version().startswith("Valkey") else 1_750

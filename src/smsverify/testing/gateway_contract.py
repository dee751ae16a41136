"""
The contract of a gateway: every sentence of :mod:`smsverify.ports.gateway` as a test.

An adapter's test is a subclass that says how to build the gateway::

    class TestMyGateway(GatewayContract):
        @pytest.fixture
        async def gateway(self):
            gateway = MyGateway("http://127.0.0.1:...")
            yield gateway
            await gateway.close()

The tests are asynchronous: they run under pytest-asyncio, in both of its modes.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

import attrs

from smsverify.domain.delivery import Accepted, Rejected, Uncertain
from smsverify.testing.extra import missing_extra
from smsverify.testing.gateway import message_to

try:
    import pytest
except ImportError as error:
    raise missing_extra(error) from error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsverify.ports.gateway import Gateway, OutgoingSms

WITHIN: Final = 5.0
"""Seconds that the gateway is given; as many again are allowed before a test calls it stuck."""

_MESSAGE_ID: Final = re.compile(r"SM[0-9a-f]{32}")


@pytest.mark.asyncio
class GatewayContract:
    """
    The whole contract.

    Fixtures: ``gateway`` is the adapter's, and works; ``message`` is one that it accepts;
    ``refused_messages`` are some that its provider refuses; ``broken_gateways`` are gateways whose
    provider is away, stuck, or answers nonsense. The last three may be overridden.
    """

    @pytest.fixture
    def message(self) -> OutgoingSms:
        """Return a message that the provider accepts."""
        return message_to("+15551234567")

    @pytest.fixture
    def refused_messages(self) -> Sequence[OutgoingSms]:
        """Return messages that the provider refuses; none if it refuses nothing."""
        return ()

    @pytest.fixture
    def broken_gateways(self) -> Sequence[Gateway]:
        """Return gateways that can't reach a working provider; none if it can't break."""
        return ()

    async def test_a_gateway_has_a_name(self, gateway: Gateway) -> None:
        """The name is there for statistics and logs, without asking anybody."""
        assert gateway.name
        assert gateway.name.isprintable()

    async def test_a_message_is_accepted(self, gateway: Gateway, message: OutgoingSms) -> None:
        """A working provider takes a message and gives it an id of the known form."""
        async with asyncio.timeout(2 * WITHIN):
            answer = await gateway.send(message, WITHIN)

        assert isinstance(answer, Accepted)
        assert _MESSAGE_ID.fullmatch(answer.message_id)

    async def test_a_repeated_call_is_another_message(
        self, gateway: Gateway, message: OutgoingSms
    ) -> None:
        """Nothing is idempotent here: each call has an id of its own, also side by side."""
        async with asyncio.timeout(2 * WITHIN):
            answers = await asyncio.gather(*(gateway.send(message, WITHIN) for _ in range(10)))

        ids = {answer.message_id for answer in answers if isinstance(answer, Accepted)}
        assert len(ids) == 10

    async def test_refusals_are_answers(
        self, gateway: Gateway, refused_messages: Sequence[OutgoingSms]
    ) -> None:
        """What the provider refuses for certain is Rejected, and nothing is raised."""
        for message in refused_messages:
            async with asyncio.timeout(2 * WITHIN):
                assert isinstance(await gateway.send(message, WITHIN), Rejected)

    async def test_trouble_is_an_answer_in_time(
        self, broken_gateways: Sequence[Gateway], message: OutgoingSms
    ) -> None:
        """With the provider away the answer is "no" or "nobody knows", soon, and never raised."""
        for gateway in broken_gateways:
            async with asyncio.timeout(2 * WITHIN):
                assert isinstance(await gateway.send(message, WITHIN), Rejected | Uncertain)

    async def test_it_can_be_used_after_a_cancelled_call(
        self, gateway: Gateway, message: OutgoingSms
    ) -> None:
        """A caller that goes away, at any moment, takes nothing with it."""
        for turns in range(6):
            task = asyncio.ensure_future(gateway.send(message, WITHIN))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(outcome, asyncio.CancelledError | Accepted)

        async with asyncio.timeout(2 * WITHIN):
            assert isinstance(await gateway.send(message, WITHIN), Accepted)

    async def test_closed_it_can_be_used_again(
        self, gateway: Gateway, message: OutgoingSms
    ) -> None:
        """Closing gives back connections, unused and twice too; the next send opens new ones."""
        await gateway.close()
        first = await gateway.send(message, WITHIN)
        await gateway.close()
        await gateway.close()
        second = await gateway.send(message, WITHIN)

        assert isinstance(first, Accepted)
        assert isinstance(second, Accepted)

    async def test_it_serves_other_event_loops(
        self, gateway: Gateway, message: OutgoingSms
    ) -> None:
        """A loop that comes and goes in another thread uses the same object beside this one."""

        def use() -> object:
            return asyncio.run(gateway.send(message, WITHIN))

        answers = [
            await gateway.send(message, WITHIN),
            await asyncio.to_thread(use),
            await asyncio.to_thread(use),
            await gateway.send(message, WITHIN),
        ]

        assert all(isinstance(answer, Accepted) for answer in answers)

    async def test_nothing_shows_the_text_or_the_number(
        self, gateway: Gateway, message: OutgoingSms
    ) -> None:
        """Neither the gateway's repr nor its answer's holds the message or the whole number."""
        secret = attrs.evolve(message, text="Example: your code is 987654.")

        answer = await gateway.send(secret, WITHIN)

        shown = f"{gateway!r} {answer!r} {secret!r}"
        assert "987654" not in shown
        assert message.to.e164 not in shown

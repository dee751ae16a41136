"""The gateway to Twilio's Messages resource."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Final

from smsverify.adapters.twilio.backoff import Backoff, read_retry_after
from smsverify.adapters.twilio.classification import (
    answer_to_creation,
    answer_to_refusal,
    read_code,
)
from smsverify.adapters.twilio.http_client import NotSent
from smsverify.adapters.twilio.masking import mask_text
from smsverify.domain.delivery import FailureReason, Rejected, Uncertain
from smsverify.ports.gateway import NotBegun

if TYPE_CHECKING:
    from smsverify.adapters.twilio.breaker import CredentialsBreaker
    from smsverify.adapters.twilio.callback import CallbackAddresses
    from smsverify.adapters.twilio.client import Call, TwilioApi
    from smsverify.adapters.twilio.sessions import Exchange
    from smsverify.domain.delivery import GatewayAnswer
    from smsverify.ports.clock import Clock
    from smsverify.ports.entropy import Entropy
    from smsverify.ports.gateway import OutgoingSms

MARGIN_SECONDS: Final = 0.25
"""We end this much before our time, or the caller's own timer would make a sure answer unsure."""
SHORTEST_VALIDITY: Final = 1
LONGEST_VALIDITY: Final = 36_000
"""Seconds that Twilio takes as ``ValidityPeriod``."""

_CHANCES: Final = 1 << 32
_log = logging.getLogger("smsverify.twilio")


class TwilioGateway:
    """Hands messages to Twilio; implements :class:`~smsverify.ports.gateway.Gateway`."""

    def __init__(
        self,
        api: TwilioApi,
        *,
        breaker: CredentialsBreaker,
        clock: Clock,
        entropy: Entropy,
        callbacks: CallbackAddresses | None = None,
    ) -> None:
        """Ask for receipts at ``callbacks``; for none without it."""
        self._api = api
        self._breaker = breaker
        self._clock = clock
        self._entropy = entropy
        self._callbacks = callbacks

    @property
    def name(self) -> str:
        """The provider, for statistics and logs."""
        return "twilio"

    def status(self) -> dict[str, object]:
        """Return whether Twilio takes our credentials, as plain values; does no I/O."""
        return self._breaker.status()

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        """
        Hand over one message, in at most ``within`` seconds.

        A throttled request is repeated at most twice and one that found no connection once; none
        else. Cancelling may come after Twilio took the message; before, it raises
        :class:`~smsverify.ports.gateway.NotBegun`.
        """
        ends = self._clock.monotonic() + within - MARGIN_SECONDS
        backoff = Backoff()
        while True:
            left = max(0.0, ends - self._clock.monotonic())
            call = self._api.call(left)
            try:
                answer = await self._breaker.guard(partial(self._hand_over, call, message), left)
            except asyncio.CancelledError as stop:
                if call.exchange.begun:
                    raise
                raise NotBegun from stop
            pause = backoff.next_pause(
                answer,
                asked=read_retry_after(call.exchange.retry_after, self._clock.wall()),
                left=ends - self._clock.monotonic(),
                chance=int.from_bytes(self._entropy.token(4), "big") / _CHANCES,
            )
            if pause is None:
                return answer
            try:
                await self._clock.sleep(pause)
            except asyncio.CancelledError as stop:
                raise NotBegun from stop  # only what was not processed is tried again

    async def close(self) -> None:
        """Give back connections; the gateway can be used again afterwards."""
        await self._api.close()

    async def _hand_over(self, call: Call, message: OutgoingSms) -> GatewayAnswer:
        try:
            made = await call.client.messages.create_async(**self._parameters(message))
        except Exception as trouble:  # noqa: BLE001 - a garbled answer makes the SDK raise anything
            return _explain(trouble, call.exchange)
        return answer_to_creation(made.sid, made.status, made.error_code)

    def _parameters(self, message: OutgoingSms) -> dict[str, object]:
        sender = message.sender
        parameters: dict[str, object] = {
            "to": message.to.e164,
            "body": message.text,
            "validity_period": min(max(message.valid_for, SHORTEST_VALIDITY), LONGEST_VALIDITY),
            "messaging_service_sid" if sender.is_service else "from_": sender.address,
        }
        if self._callbacks is not None:
            address = self._callbacks.address(message.record, message.attempt)
            parameters["status_callback"] = address
        return parameters


def _explain(trouble: Exception, exchange: Exchange) -> GatewayAnswer:
    if isinstance(trouble, NotSent):
        return Rejected(FailureReason.NOT_CONNECTED)
    if not exchange.begun:
        return Rejected(FailureReason.BAD_REQUEST)  # it could not even be put into words
    if exchange.status is None:
        return Uncertain()
    code = read_code(getattr(trouble, "code", None))
    # Both trees of the SDK's exceptions: the older has msg, the one of RFC 9457 title and detail.
    words = [getattr(trouble, name, None) or "" for name in ("msg", "title", "detail")]
    text = mask_text(" ".join(map(str, words)))
    _log.debug("Twilio answered %s, code %s: %s", exchange.status, code, text)
    return answer_to_refusal(exchange.status, code)

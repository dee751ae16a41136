"""
What those ask who run it: figures, senders, prices.

The facade's other half; :class:`~smsverify.verifier.SmsVerifier` adds sending and checking.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from smsverify.domain.error_code import ErrorCode
from smsverify.domain.mode import Mode
from smsverify.domain.pool import RestReason
from smsverify.facade.background_loop import BACKGROUND, in_running_loop
from smsverify.facade.pool_status import describe_pool, find_sender, iso, no_pool
from smsverify.facade.price_check import describe_prices
from smsverify.facade.wording import SENTENCES
from smsverify.ports.gateway import TellsStatus

if TYPE_CHECKING:
    from smsverify.application.sender_pool import Pool
    from smsverify.domain.senders import Sender
    from smsverify.facade.parts import Parts
    from smsverify.ports.gateway import Gateway


class Operations:
    """What does not send or check; never built by itself."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._pid = os.getpid()
        self._last_error: dict[str, object] | None = None
        self._snapshot: dict[str, object] | None = None
        self._pool_snapshot: tuple[Pool, int] | None = None

    @property
    def mode(self) -> str:
        """``disabled``, ``simulation`` or ``live``."""
        return self._parts.mode.value

    @property
    def pool_available(self) -> bool:
        """Whether messages can be sent at all, by configuration; does no I/O."""
        return self._parts.mode is not Mode.DISABLED

    @property
    def takes_webhooks(self) -> bool:
        """Whether :meth:`handle_webhook` can do anything: live mode, with settings for it."""
        return self._parts.webhooks is not None

    @property
    def gateway(self) -> Gateway:
        """The gateway that messages go to; in simulation its ``messages`` are the inbox."""
        return self._parts.gateway

    async def statistics(self) -> dict[str, object]:
        """
        Return today's figures, ready for JSON: one round trip.

        A store that does not answer gives what this process knows, and says so under ``store``.
        """
        self._after_fork()
        parts = self._parts
        figures = await parts.statistics.figures()
        trouble = figures.trouble
        snapshot: dict[str, object] = {
            "as_of": iso(figures.now),
            "mode": self.mode,
            "enabled": self.pool_available,
            "store": {
                "name": parts.store.name,
                "healthy": trouble is None,
                "error": None if trouble is None else SENTENCES[trouble.code],
            },
            "gateway": parts.gateway.name,
            "gateway_status": self._gateway_status(),
            **parts.statistics.describe(figures),
            "last_error": self._last_error,
        }
        self._snapshot = snapshot
        return snapshot

    def get_statistics(self) -> dict[str, object]:
        """
        Return today's figures without awaiting.

        In a thread whose event loop runs it does not block it: it gives the last snapshot, with its
        ``as_of``, and has a new one made. Before the first one ``as_of`` is None.
        """
        if not in_running_loop():
            return BACKGROUND.run(self.statistics())
        BACKGROUND.submit(self.statistics())
        if self._snapshot is not None:
            return self._snapshot
        return {"as_of": None, "mode": self.mode, "enabled": self.pool_available}

    def _gateway_status(self) -> dict[str, object] | None:
        gateway = self._parts.gateway
        return gateway.status() if isinstance(gateway, TellsStatus) else None

    async def pool_status(self, *, show_numbers: bool = False) -> dict[str, object]:
        """
        Return the senders, ready for JSON: which of them rest, until when and why; one round trip.

        A store that does not answer gives what was last known, and says so under ``error``.

        Args:
            show_numbers: whole numbers instead of masked ones.
        """
        self._after_fork()
        if self.pool_available:
            pool = await self._parts.pool.look(fresh=True)
            self._pool_snapshot = pool, pool.now or self._parts.clock.wall()
        return self._last_pool(show_numbers=show_numbers)

    def get_pool_status(self, *, show_numbers: bool = False) -> dict[str, object]:
        """
        Return the senders without awaiting; see :meth:`pool_status`.

        In a thread whose event loop runs it gives the last snapshot, with its ``as_of``, and has a
        new one made. Before the first one ``as_of`` is None.
        """
        if not in_running_loop():
            return BACKGROUND.run(self.pool_status(show_numbers=show_numbers))
        last = self._last_pool(show_numbers=show_numbers)
        BACKGROUND.submit(self.pool_status())
        return last

    def _last_pool(self, *, show_numbers: bool) -> dict[str, object]:
        disabled = self._disabled()
        if disabled is not None or self._pool_snapshot is None:
            told = no_pool(None if disabled is None else disabled[1])
        else:
            pool, as_of = self._pool_snapshot
            rules = self._parts.pool.rules
            told = describe_pool(pool, rules, as_of=as_of, show_numbers=show_numbers)
        return {"mode": self.mode, "enabled": self.pool_available, **told}

    async def rest_sender(self, number: str) -> bool:
        """
        Let a sender rest for ``SMS_SENDER_COOLDOWN_HOURS``; return whether it did not already.

        Other processes see it within seconds. Raises ValueError for a number that is none of the
        senders, in disabled mode for every one, and :class:`~smsverify.errors.StoreError` when it
        could not be written.
        """
        sender = await self._sender(number)
        return await self._parts.pool.rest(sender, RestReason.OPERATOR)

    async def release_sender(self, number: str) -> bool:
        """End a sender's rest; return whether there was one. Raises as :meth:`rest_sender` does."""
        sender = await self._sender(number)
        return await self._parts.pool.release(sender, "operator")

    async def _sender(self, number: str) -> Sender:
        self._after_fork()
        disabled = self._disabled()
        if disabled is not None:
            raise ValueError(disabled[1])
        return find_sender(number, (await self._parts.pool.look()).senders)

    async def check_prices(self) -> dict[str, object]:
        """
        Compare yesterday's estimates per country with what the provider billed, ready for JSON.

        ``too_low`` names the countries where a message cost more than it is charged: set them in
        ``SMS_PRICES``. Outside live mode nobody bills, and ``error`` says so.

        Raises :class:`~smsverify.errors.StoreError`, or
        :class:`~smsverify.ports.billing.BillingUnavailable` when the provider's records could not
        be read.
        """
        self._after_fork()
        if self._parts.price_check is None:
            error = f"Nobody bills in {self.mode} mode: prices are checked in live mode."
            return {"mode": self.mode, "error": error, "day": None, "countries": {}, "too_low": []}
        report = await self._parts.price_check()
        return {"mode": self.mode, "error": None, **describe_prices(report)}

    def _disabled(self) -> tuple[ErrorCode, str] | None:
        if self._parts.mode is not Mode.DISABLED:
            return None
        missing = self._parts.missing_credential
        if missing is None:
            return ErrorCode.SMS_DISABLED, SENTENCES[ErrorCode.SMS_DISABLED]
        sentence = SENTENCES[ErrorCode.CREDENTIALS_MISSING].format(missing=missing)
        return ErrorCode.CREDENTIALS_MISSING, sentence

    def _after_fork(self) -> None:
        """In a forked child, drop the counts that the parent will send itself."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._parts.refusals.forget()

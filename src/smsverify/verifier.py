"""
The facade: send a code, check it, look at the figures.

Built by the container, of which it knows nothing. It checks what it is given, calls the use cases
and turns their verdicts into results; no rule is decided here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import attrs

from smsverify.application.send import SendOrder
from smsverify.domain.code import parse_code
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.languages import check_locale
from smsverify.domain.message import check_app_name
from smsverify.domain.mode import Mode
from smsverify.domain.number_rules import NumberRefusal, NumberRefusalReason
from smsverify.domain.phone_problem import PhoneProblem
from smsverify.domain.pool import RestReason
from smsverify.errors import StoreError
from smsverify.facade.answers import check_result, refused_check, refused_send, send_result
from smsverify.facade.arguments import check_client_id, check_idempotency_key, check_purpose
from smsverify.facade.background_loop import BACKGROUND, in_running_loop
from smsverify.facade.pool_status import describe_pool, find_sender, iso, no_pool
from smsverify.facade.price_check import describe_prices
from smsverify.facade.wording import SENTENCES
from smsverify.ports.gateway import TellsStatus
from smsverify.ports.webhooks import WebhookAnswer

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Final, Self

    from smsverify.application.check import CheckVerification
    from smsverify.application.commit_loop import CommitLoop
    from smsverify.application.keys import Keys
    from smsverify.application.message_texts import MessageTexts
    from smsverify.application.price_check import CheckPrices
    from smsverify.application.recipients import Recipients
    from smsverify.application.refusal_counts import RefusalCounts
    from smsverify.application.send import SendVerification
    from smsverify.application.sender_pool import Pool, SenderPool
    from smsverify.application.statistics import ReadStatistics
    from smsverify.domain.phone import PhoneNumber
    from smsverify.domain.policy import Policy
    from smsverify.domain.record import PhoneRecord
    from smsverify.domain.senders import Sender
    from smsverify.facade.results import CheckResult, SendResult
    from smsverify.ports.clock import Clock
    from smsverify.ports.gateway import Gateway
    from smsverify.ports.store import Store
    from smsverify.ports.webhooks import Headers, Webhooks

R = TypeVar("R", "SendResult", "CheckResult")

CODE_OF_REFUSAL: Final = {
    NumberRefusalReason.INVALID: ErrorCode.INVALID_PHONE_FORMAT,
    NumberRefusalReason.COUNTRY_NOT_ALLOWED: ErrorCode.COUNTRY_NOT_ALLOWED,
    NumberRefusalReason.NUMBER_TYPE_NOT_ALLOWED: ErrorCode.NUMBER_TYPE_NOT_ALLOWED,
}

OUTAGES: Final = frozenset(
    {
        ErrorCode.TWILIO_API_ERROR,
        ErrorCode.REDIS_UNAVAILABLE,
        ErrorCode.STORE_UNAVAILABLE,
        ErrorCode.STORE_CONTENDED,
        ErrorCode.STORE_DATA_INVALID,
        ErrorCode.NO_SENDER_AVAILABLE,
    }
)
"""The codes that statistics show as the last error: trouble of ours, not of a caller's."""


@attrs.frozen(kw_only=True)
class Parts:
    """
    What the container puts into a facade.

    Attributes:
        mode: what is done with messages.
        missing_credential: the variable that is missing beside the other one, None for neither.
        policy: the numbers of all rules.
        recipients: who may be sent to.
        default_locale: the language when none is asked for.
        texts: the messages.
        keys: the names of phones and clients in the store.
        send: the use case.
        check: the use case.
        statistics: the use case.
        loop: the one way of writing.
        refusals: the counts that wait.
        store: where records are kept.
        gateway: where messages go.
        pool: the senders.
        price_check: the use case, None when nobody bills.
        webhooks: who takes the provider's requests, None when nobody sends any.
        clock: this host's clock.
    """

    mode: Mode
    missing_credential: str | None
    policy: Policy
    recipients: Recipients
    default_locale: str
    texts: MessageTexts
    keys: Keys
    send: SendVerification
    check: CheckVerification
    statistics: ReadStatistics
    loop: CommitLoop[PhoneRecord]
    refusals: RefusalCounts
    store: Store
    gateway: Gateway
    pool: SenderPool
    price_check: CheckPrices | None
    webhooks: Webhooks | None
    clock: Clock


class SmsVerifier:
    """
    Proves that a person holds a phone number.

    One object serves all threads and event loops of a process, and goes on working in a forked
    child. Operational trouble comes back as a result with ``success=False``; exceptions are for
    mistakes in the program.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._pid = os.getpid()
        self._last_error: dict[str, object] | None = None
        self._snapshot: dict[str, object] | None = None
        self._pool_snapshot: tuple[Pool, int] | None = None

    def __repr__(self) -> str:
        return f"<SmsVerifier mode={self.mode} store={self._parts.store.name}>"

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

    async def send_verification_sms(
        self,
        phone_number: str,
        app_name: str,
        *,
        purpose: str | None = None,
        client_id: str | None = None,
        locale: str | None = None,
        idempotency_key: str | None = None,
    ) -> SendResult:
        """
        Send a code to a phone.

        Args:
            phone_number: in any usual spelling; with ``+`` and calling code unless
                ``SMS_DEFAULT_REGION`` is set. A bad one gives a result.
            app_name: who asks, at most 30 characters; stands in the message.
            purpose: one of ``SMS_PURPOSES``; the first one when None.
            client_id: an address or device that you trust to tell callers apart; IPv6 counts by
                its /64.
            locale: the message's language, such as ``pt-BR``; unknown ones fall back.
            idempotency_key: your own name for this send: within ten minutes the same key gives the
                first answer again and sends nothing.

        Raises:
            TypeError: an argument other than the phone has the wrong type.
            ValueError: an argument other than the phone makes no sense; nothing was sent.
        """
        parts = self._parts
        app = check_app_name(app_name)
        purpose = check_purpose(purpose, parts.policy.purposes)
        client = check_client_id(client_id)
        key = check_idempotency_key(idempotency_key)
        locale = check_locale(locale) or parts.default_locale
        self._after_fork()
        disabled = self._disabled()
        if disabled is not None:
            return refused_send(*disabled)
        try:
            phone = await parts.recipients.admit(phone_number)
        except StoreError as error:
            return self._noted(refused_send(error.code))
        if isinstance(phone, (PhoneProblem, NumberRefusal)):
            return self._refused_number(phone)
        render, segments = parts.texts.choose(locale, app)
        order = SendOrder(
            phone=phone,
            purpose=purpose,
            render=render,
            segments=segments,
            idempotency_key=key,
            client=None if client is None else parts.keys.client(client),
        )
        return await self._send(order)

    async def _send(self, order: SendOrder) -> SendResult:
        try:
            answer = await self._parts.send(order)
        except StoreError as error:
            result = refused_send(error.code)
        else:
            result = send_result(answer, order.segments, self._parts.policy)
        return self._noted(result)

    async def verify_code(
        self,
        phone_number: str,
        code: str,
        *,
        purpose: str | None = None,
        client_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> CheckResult:
        """
        Check what a person typed.

        Args:
            phone_number: the number that the code was sent to, in any usual spelling.
            code: what was typed; a bad one gives a result and is not counted.
            purpose: the one that the code was sent for.
            client_id: as for sending.
            idempotency_key: your own name for this check: within the code's life the same key and
                code give the same approval again, for a caller whose answer got lost.

        Raises:
            TypeError: an argument other than phone and code has the wrong type.
            ValueError: an argument other than phone and code makes no sense.
        """
        parts = self._parts
        purpose = check_purpose(purpose, parts.policy.purposes)
        client = check_client_id(client_id)
        key = check_idempotency_key(idempotency_key)
        self._after_fork()
        disabled = self._disabled()
        if disabled is not None:
            return refused_check(disabled[0], error=disabled[1])
        phone = parts.recipients.read(phone_number)
        if isinstance(phone, PhoneProblem):
            parts.refusals.count_check(ErrorCode.INVALID_PHONE_FORMAT)
            return refused_check(ErrorCode.INVALID_PHONE_FORMAT, error=phone.message)
        digits = parts.texts.digits
        typed = parse_code(code, digits)
        if typed is None:
            parts.refusals.count_check(ErrorCode.INVALID_CODE_FORMAT)
            sentence = SENTENCES[ErrorCode.INVALID_CODE_FORMAT].format(digits=digits)
            return refused_check(ErrorCode.INVALID_CODE_FORMAT, error=sentence)
        client_key = None if client is None else parts.keys.client(client)
        return await self._check(phone, purpose, typed, key, client_key)

    async def _check(
        self, phone: PhoneNumber, purpose: str, typed: bytes, key: str | None, client: str | None
    ) -> CheckResult:
        try:
            verdict = await self._parts.check(
                phone, purpose, typed, idempotency_key=key, client=client
            )
        except StoreError as error:
            result = refused_check(error.code)
        else:
            result = check_result(verdict)
        return self._noted(result)

    def _disabled(self) -> tuple[ErrorCode, str] | None:
        if self._parts.mode is not Mode.DISABLED:
            return None
        missing = self._parts.missing_credential
        if missing is None:
            return ErrorCode.SMS_DISABLED, SENTENCES[ErrorCode.SMS_DISABLED]
        sentence = SENTENCES[ErrorCode.CREDENTIALS_MISSING].format(missing=missing)
        return ErrorCode.CREDENTIALS_MISSING, sentence

    def _refused_number(self, refusal: PhoneProblem | NumberRefusal) -> SendResult:
        code = ErrorCode.INVALID_PHONE_FORMAT
        if isinstance(refusal, NumberRefusal):
            code = CODE_OF_REFUSAL[refusal.reason]
        self._parts.refusals.count_send(code)
        return refused_send(code, refusal.message)

    def _noted(self, result: R) -> R:
        """Return a result, remembered for the statistics if it tells of trouble of ours."""
        code = result.error_code
        if code in OUTAGES:
            at = iso(self._parts.clock.wall())
            self._last_error = {"code": str(code), "error": result.error, "at": at}
        return result

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

    async def handle_webhook(
        self, method: str, path_and_query: str, headers: Headers, body: bytes
    ) -> WebhookAnswer:
        """
        Take a request that the provider sent, from whatever framework received it.

        Returns status, headers and body to answer with: 403 for what is not proven to be the
        provider's, 503 when the store is away, so that the provider asks again, and 404 outside
        live mode and without ``SMS_PUBLIC_BASE_URL``. Never raises for what a stranger may send.
        """
        self._after_fork()
        if self._parts.webhooks is None:
            return WebhookAnswer(404, {}, b"")
        return await self._parts.webhooks.handle(method, path_and_query, headers, body)

    async def close(self) -> None:
        """Send the counts that wait, and give back connections; the object can be used again."""
        self._after_fork()
        parts = self._parts
        await parts.loop.send_counts(parts.clock.wall())
        await parts.gateway.close()
        await parts.store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def _after_fork(self) -> None:
        """In a forked child, drop the counts that the parent will send itself."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._parts.refusals.forget()

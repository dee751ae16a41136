"""
The facade: send a code, check it, look at the figures.

Built by the container, of which it knows nothing. It checks what it is given, calls the use cases
and turns their verdicts into results; no rule is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from smsverify.application.send_order import SendOrder
from smsverify.domain.code import parse_code
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.languages import check_locale
from smsverify.domain.message import check_app_name
from smsverify.domain.number_rules import NumberRefusal, NumberRefusalReason
from smsverify.domain.phone_problem import PhoneProblem
from smsverify.errors import StoreError
from smsverify.facade.answers import check_result, refused_check, refused_send, send_result
from smsverify.facade.arguments import check_client_id, check_idempotency_key, check_purpose
from smsverify.facade.operations import Operations
from smsverify.facade.pool_status import iso
from smsverify.facade.wording import SENTENCES
from smsverify.ports.webhooks import WebhookAnswer

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Final, Self

    from smsverify.domain.phone import PhoneNumber
    from smsverify.facade.results import CheckResult, SendResult
    from smsverify.ports.webhooks import Headers

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


class SmsVerifier(Operations):
    """
    Proves that a person holds a phone number.

    One object serves all threads and event loops of a process, and goes on working in a forked
    child. Operational trouble comes back as a result with ``success=False``; exceptions are for
    mistakes in the program.
    """

    def __repr__(self) -> str:
        return f"<SmsVerifier mode={self.mode} store={self._parts.store.name}>"

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

"""
The same verifier for programs without an event loop: Django, Flask, scripts.

The calls run on one background loop, so any number of threads share its connections, and what many
threads ask at once travels together. A forked worker makes a loop of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from smsverify import sms_verifier
from smsverify.facade.background_loop import BACKGROUND, in_running_loop

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType
    from typing import Self

    from smsverify.facade.results import CheckResult, SendResult
    from smsverify.ports.gateway import Gateway
    from smsverify.ports.webhooks import Headers, WebhookAnswer
    from smsverify.settings import Settings
    from smsverify.verifier import SmsVerifier

__all__ = ["SyncSmsVerifier", "create_verifier", "get_sms_verifier"]

T = TypeVar("T")


class SyncSmsVerifier:
    """
    A verifier whose methods return results instead of awaitables.

    In a thread whose event loop runs, sending and checking raise RuntimeError: they would block the
    loop. Await the methods of :attr:`asynchronous` there.
    """

    def __init__(self, verifier: SmsVerifier) -> None:
        self.asynchronous = verifier

    def __repr__(self) -> str:
        return f"<Sync{repr(self.asynchronous)[1:]}"

    @property
    def mode(self) -> str:
        """``disabled``, ``simulation`` or ``live``."""
        return self.asynchronous.mode

    @property
    def pool_available(self) -> bool:
        """Whether messages can be sent at all, by configuration; does no I/O."""
        return self.asynchronous.pool_available

    @property
    def gateway(self) -> Gateway:
        """The gateway that messages go to."""
        return self.asynchronous.gateway

    def send_verification_sms(
        self,
        phone_number: str,
        app_name: str,
        *,
        purpose: str | None = None,
        client_id: str | None = None,
        locale: str | None = None,
        idempotency_key: str | None = None,
    ) -> SendResult:
        """Send a code; see :meth:`SmsVerifier.send_verification_sms`."""
        return _wait(
            "send_verification_sms",
            self.asynchronous.send_verification_sms(
                phone_number,
                app_name,
                purpose=purpose,
                client_id=client_id,
                locale=locale,
                idempotency_key=idempotency_key,
            ),
        )

    def verify_code(
        self,
        phone_number: str,
        code: str,
        *,
        purpose: str | None = None,
        client_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> CheckResult:
        """Check a code; see :meth:`SmsVerifier.verify_code`."""
        return _wait(
            "verify_code",
            self.asynchronous.verify_code(
                phone_number,
                code,
                purpose=purpose,
                client_id=client_id,
                idempotency_key=idempotency_key,
            ),
        )

    def statistics(self) -> dict[str, object]:
        """Return today's figures; inside a running loop the last snapshot."""
        return self.asynchronous.get_statistics()

    def get_statistics(self) -> dict[str, object]:
        """Return today's figures; inside a running loop the last snapshot."""
        return self.asynchronous.get_statistics()

    def get_pool_status(self, *, show_numbers: bool = False) -> dict[str, object]:
        """Return the senders; inside a running loop the last snapshot."""
        return self.asynchronous.get_pool_status(show_numbers=show_numbers)

    def handle_webhook(
        self, method: str, path_and_query: str, headers: Headers, body: bytes
    ) -> WebhookAnswer:
        """Take a request that the provider sent; see :meth:`SmsVerifier.handle_webhook`."""
        return _wait(
            "handle_webhook",
            self.asynchronous.handle_webhook(method, path_and_query, headers, body),
        )

    def close(self) -> None:
        """Send the counts that wait, and give back connections; the object can be used again."""
        _wait("close", self.asynchronous.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def get_sms_verifier() -> SyncSmsVerifier:
    """Return this process's verifier; see :func:`smsverify.sms_verifier.get_sms_verifier`."""
    return SyncSmsVerifier(sms_verifier.get_sms_verifier())


def create_verifier(settings: Settings, **adapters: Any) -> SyncSmsVerifier:
    """Build a verifier to embed; see :func:`smsverify.sms_verifier.create_verifier`."""
    return SyncSmsVerifier(sms_verifier.create_verifier(settings, **adapters))


def _wait(method: str, work: Coroutine[Any, Any, T]) -> T:
    if in_running_loop():
        work.close()
        raise RuntimeError(
            f"An event loop runs in this thread: await SmsVerifier.{method}, which is this "
            f"object's .asynchronous.{method}, instead."
        )
    return BACKGROUND.run(work)

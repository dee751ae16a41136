"""
Webhooks for FastAPI, Starlette and every ASGI server, in the extra ``web``.

.. code-block:: python

    app.mount("/sms", create_webhook_app(verifier))  # SMS_PUBLIC_BASE_URL ends in /sms
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from smsverify.verifier import SmsVerifier

__all__ = ["create_webhook_app"]


def create_webhook_app(verifier: SmsVerifier) -> Starlette:
    """
    Return an ASGI application that takes the provider's receipts and inbound messages.

    It answers ``POST /webhooks/twilio/status`` and ``POST /webhooks/twilio/inbound``, below any
    prefix that it is mounted at. The signatures are checked against ``SMS_PUBLIC_BASE_URL``, never
    against what a header says. The verifier stays yours to close.

    Raises:
        ImportError: Starlette is not installed; the message says what to install.
    """
    try:
        from smsverify.entrypoints.web.application import webhook_application
    except ModuleNotFoundError as error:
        from smsverify.entrypoints.web.extra import missing_web

        raise missing_web(error) from error
    return webhook_application(verifier)

"""
The requests that Twilio sends to us: receipts and inbound messages, signed.

Signed by the SDK's own ``RequestValidator``, so that our check is never held against itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urldefrag, urlencode, urlsplit
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import attrs
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.integration.twilio_server.account import new_sid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.twilio_server.account import Account, Message


@attrs.frozen
class WebhookRequest:
    """
    One request to us.

    Attributes:
        url: where it goes, without a fragment.
        fields: the form's.
        headers: with the signature.
        retries: how often Twilio tries again after a server error, by the address's fragment.
    """

    url: str
    fields: Mapping[str, str]
    headers: Mapping[str, str]
    retries: int = 0

    @property
    def body(self) -> bytes:
        """The form as it goes over the wire."""
        return urlencode(self.fields).encode()

    @property
    def path_and_query(self) -> str:
        """What an HTTP server sees of the address."""
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def deliver(self, at: str | None = None) -> int:
        """
        Send it for real, also again as the fragment asks; return the last HTTP status.

        ``at`` names another scheme, host and port to connect to: a proxy stands in between, and
        what was signed stays the public address.
        """
        parts = urlsplit(self.url)
        place = at or f"{parts.scheme}://{parts.netloc}"
        status = 0
        for _ in range(1 + self.retries):
            request = HttpRequest(  # noqa: S310
                place + self.path_and_query, self.body, dict(self.headers), method="POST"
            )
            try:
                with urlopen(request, timeout=10) as reply:  # noqa: S310
                    status = reply.status
            except HTTPError as error:
                with error:
                    status = error.code
            if status < 500:
                break
        return status


@attrs.frozen
class Webhooks:
    """Makes the requests of one account."""

    _account: Account

    def receipt(
        self,
        message: Message,
        status: str,
        error_code: int | None = None,
        *,
        token: str | None = None,
        **more: str,
    ) -> WebhookRequest:
        """
        Return a status callback.

        Fields: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status and
        https://www.twilio.com/docs/messaging/api/message-resource#twilios-request-to-the-statuscallback-url.
        ``more`` are further ones, such as Twilio may add one day.
        """
        assert message.callback is not None
        fields = {
            "AccountSid": self._account.sid,
            "ApiVersion": "2010-04-01",
            "From": message.sender,
            "MessageSid": message.sid,
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
            "To": message.to,
            **more,
        }
        if error_code is not None:
            fields["ErrorCode"] = str(error_code)
        if status == "delivered":
            fields["RawDlrDoneDate"] = "2611221230"
        return self.sign(message.callback, fields, token=token)

    def inbound(
        self,
        url: str,
        from_: str,
        to: str,
        body: str,
        *,
        opt_out_type: str | None = None,
        sid: str | None = None,
        **more: str,
    ) -> WebhookRequest:
        """
        Return the request for a message that somebody sent to us.

        Fields: https://www.twilio.com/docs/messaging/guides/webhook-request; ``OptOutType``:
        https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
        """
        message_sid = sid or new_sid("SM")
        fields = {
            "AccountSid": self._account.sid,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": from_,
            "FromCity": "",
            "FromCountry": "US",
            "FromState": "CO",
            "FromZip": "",
            "MessageSid": message_sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": message_sid,
            "SmsSid": message_sid,
            "SmsStatus": "received",
            "To": to,
            "ToCity": "",
            "ToCountry": "US",
            "ToState": "CO",
            "ToZip": "",
            **more,
        }
        if opt_out_type is not None:
            fields["OptOutType"] = opt_out_type
        return self.sign(url, fields)

    def sign(
        self, url: str, fields: Mapping[str, str], *, token: str | None = None
    ) -> WebhookRequest:
        """
        Return a signed request; an address's fragment is for Twilio, neither sent nor signed.

        See https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
        """
        address, overrides = urldefrag(url)
        validator = RequestValidator(token or self._account.token)
        match = re.search(r"\brc=([0-5])\b", overrides)
        after_errors = re.search(r"\brp=[^&]*\b(5xx|all)\b", overrides)
        return WebhookRequest(
            address,
            dict(fields),
            {
                "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                "User-Agent": "TwilioProxy/1.1",
                "X-Twilio-Signature": validator.compute_signature(address, dict(fields)),
            },
            int(match[1]) if match and after_errors else 0,
        )

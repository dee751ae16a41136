"""
Twilio's requests to us: delivery receipts, and what people answer.

A request counts only if the account's token signed it for our public address, it is a form of our
own account, and, for a receipt, its address names an attempt in the way that only we write it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from smsverify.adapters.twilio.callback import ROUTE as STATUS_ROUTE
from smsverify.adapters.twilio.classification import news_of_receipt, read_message_id
from smsverify.adapters.twilio.form import LIMITS, parse_form
from smsverify.adapters.twilio.signature import find_signature, verify_signature
from smsverify.domain.opt_out import read_wish
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.errors import StoreError
from smsverify.ports.webhooks import WebhookAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsverify.adapters.twilio.callback import CallbackAddresses
    from smsverify.application.receipts import NoteOptOut, TakeReceipt
    from smsverify.ports.webhooks import Headers

INBOUND_ROUTE: Final = "/webhooks/twilio/inbound"
"""Where people's answers arrive, below the public base address."""

_DONE: Final = WebhookAnswer(200, {"content-type": "text/xml"}, b"<Response/>")
_FORBIDDEN: Final = WebhookAnswer(403, {}, b"")
_NOT_FOUND: Final = WebhookAnswer(404, {}, b"")
_POST_ONLY: Final = WebhookAnswer(405, {"allow": "POST"}, b"")
_LATER: Final = WebhookAnswer(503, {"retry-after": "5"}, b"")


class TwilioWebhooks:
    """
    Takes what Twilio posts to the public address.

    ``tokens`` are the account's, present and previous, in force while they are changed.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        tokens: Sequence[str],
        addresses: CallbackAddresses,
        take_receipt: TakeReceipt,
        note_opt_out: NoteOptOut,
    ) -> None:
        self._account_sid = account_sid
        self._tokens = tuple(tokens)
        self._addresses = addresses
        self._take_receipt = take_receipt
        self._note_opt_out = note_opt_out

    async def handle(
        self, method: str, path_and_query: str, headers: Headers, body: bytes
    ) -> WebhookAnswer:
        """Take one request; see :class:`smsverify.ports.webhooks.Webhooks`."""
        path, _, query = path_and_query.partition("?")
        route = self._route(path)
        if route is None:
            return _NOT_FOUND
        if method.upper() != "POST":
            return _POST_ONLY
        fields = self._read(route, query, headers, body)
        if fields is None:
            return _FORBIDDEN
        try:
            if route == STATUS_ROUTE:
                return await self._status(query, fields)
            return await self._inbound(fields)
        except StoreError:
            return _LATER

    def _route(self, path: str) -> str | None:
        """Return the route that a path means, with or without the public address's own path."""
        mounted = path.removeprefix(urlsplit(self._addresses.base_url).path)
        for route in (STATUS_ROUTE, INBOUND_ROUTE):
            if route in (path, mounted):
                return route
        return None

    def _read(
        self, route: str, query: str, headers: Headers, body: bytes
    ) -> Mapping[str, str] | None:
        """Return the form's fields if the request is proven to be our account's."""
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        kinds = [value for name, value in pairs if name.lower() == "content-type"]
        fields = parse_form(body, kinds[0], LIMITS) if len(kinds) == 1 else None
        if fields is None:
            return None
        url = f"{self._addresses.base_url}{route}" + (f"?{query}" if query else "")
        if not verify_signature(url, fields, find_signature(pairs), self._tokens):
            return None
        return fields if fields.get("AccountSid") == self._account_sid else None

    async def _status(self, query: str, fields: Mapping[str, str]) -> WebhookAnswer:
        callback = self._addresses.read(query)
        message_id = read_message_id(fields.get("MessageSid"))
        if callback is None or message_id is None:
            return _FORBIDDEN
        news = news_of_receipt(fields.get("MessageStatus", ""), fields.get("ErrorCode"))
        if news is not None:
            await self._take_receipt(
                callback.record,
                callback.attempt,
                news.state,
                message_id,
                news.reason,
                news.provider_code,
            )
        return _DONE

    async def _inbound(self, fields: Mapping[str, str]) -> WebhookAnswer:
        message_id = read_message_id(fields.get("MessageSid"))
        if message_id is None:
            return _FORBIDDEN
        person = parse_phone(fields.get("From", ""))
        wish = read_wish(fields.get("OptOutType"), fields.get("Body", ""))
        if isinstance(person, PhoneNumber) and wish is not None:
            await self._note_opt_out(person, opt_out=wish, message_id=message_id)
        return _DONE

"""What a local Twilio knows: an account, its keys, numbers, services, prices and messages."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from email.utils import format_datetime

import attrs

ACCOUNT_SID = "AC" + "0a" * 16
AUTH_TOKEN = "0d" * 16
API_KEY_SID = "SK" + "0b" * 16
API_KEY_SECRET = "secret-of-the-local-api-key-78901"
SERVICE_SID = "MG" + "0c" * 16

VALID_SENDER = "+15005550006"
"""Works as From with Twilio's test credentials: https://www.twilio.com/docs/iam/test-credentials"""


def new_sid(prefix: str) -> str:
    """Return a fresh id, such as ``SM`` and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def twilio_date(moment: datetime) -> str:
    """Return a time as the API of 2010 writes it."""
    return format_datetime(moment.astimezone(UTC))


@attrs.define
class Message:
    """
    A message that was taken, or that a test put there.

    Attributes:
        to: the recipient.
        sender: the number or Messaging Service that it went out from.
        body: the text.
        callback: where receipts are wanted, with its fragment.
        form: the parameters that it was made with.
        price: what it cost, in dollars, as text and below zero; None before Twilio knows.
    """

    to: str
    sender: str
    body: str = ""
    callback: str | None = None
    form: dict[str, str] = attrs.field(factory=dict)
    status: str = "queued"
    error_code: int | None = None
    segments: int = 1
    price: str | None = None
    direction: str = "outbound-api"
    sent_at: datetime = attrs.field(factory=lambda: datetime.now(UTC))
    sid: str = attrs.field(factory=lambda: new_sid("SM"))

    def body_of_answer(self, account_sid: str) -> dict[str, object]:
        """
        Return the message as the API shows it.

        From the SDK's tests, ``tests/integration/api/v2010/account/test_message.py``; a service's
        message has no sender and no segments yet when it is made
        (https://www.twilio.com/docs/messaging/api/message-resource).
        """
        by_service = self.sender.startswith("MG")
        date = twilio_date(self.sent_at)
        home = f"/2010-04-01/Accounts/{account_sid}/Messages/{self.sid}"
        return {
            "account_sid": account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": date,
            "date_sent": None if self.price is None else date,
            "date_updated": date,
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None,
            "from": None if by_service else self.sender,
            "messaging_service_sid": self.sender if by_service else None,
            "num_media": "0",
            "num_segments": "0" if by_service and self.price is None else str(self.segments),
            "price": self.price,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{home}/Media.json"},
            "to": self.to,
            "uri": f"{home}.json",
        }


@attrs.define
class Account:
    """
    An account, as a test sets it up.

    Attributes:
        sid: its SID.
        token: its token, which signs webhooks too.
        keys: API keys by SID.
        numbers: the account's own numbers, each with whether it can send SMS.
        services: Messaging Services, each with its numbers.
        prices: dollars for a segment, by country, as Twilio's prices of each carrier.
        opted_out: recipients that said STOP to this account.
        messages: all, by SID, in the order of their making.
        balance: dollars.
        status: ``active``, ``suspended`` or ``closed``.
        kind: ``Full`` or ``Trial``.
    """

    sid: str = ACCOUNT_SID
    token: str = AUTH_TOKEN
    keys: dict[str, str] = attrs.field(factory=lambda: {API_KEY_SID: API_KEY_SECRET})
    numbers: dict[str, bool] = attrs.field(
        factory=lambda: {"+17205550100": True, "+14155550101": True, "+13035550102": False}
    )
    services: dict[str, list[str]] = attrs.field(
        factory=lambda: {SERVICE_SID: ["+17205550100", "+14155550101"]}
    )
    prices: dict[str, list[str]] = attrs.field(
        factory=lambda: {"US": ["0.0079", "0.0083"], "GB": ["0.0524"]}
    )
    opted_out: set[str] = attrs.field(factory=set)
    messages: dict[str, Message] = attrs.field(factory=dict)
    balance: str = "42.50"
    status: str = "active"
    kind: str = "Full"

    def admits(self, credentials: tuple[str, str] | None) -> bool:
        """Say whether these are the account's token or one of its API keys."""
        if credentials is None:
            return False
        user, password = credentials
        expected = self.token if user == self.sid else self.keys.get(user)
        return expected is not None and secrets.compare_digest(password, expected)

    def add(self, message: Message) -> Message:
        """Keep a message."""
        self.messages[message.sid] = message
        return message

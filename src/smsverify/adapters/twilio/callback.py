"""
The addresses that receipts come back to: each names the record and the attempt that it is about.

So no index from message ids to attempts is kept, and a receipt that comes before the send was
settled finds its attempt all the same.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import attrs

ROUTE: Final = "/webhooks/twilio/status"
"""Where receipts arrive, below the public base address."""

RETRIES: Final = "#rc=5&rp=5xx,ct,rt"
"""
Asks Twilio to try again, up to five times within its 15 seconds, after a server error (the store
was down), no connection or no answer. Twilio cuts it off before it calls and signs. By default it
tries again only when it could not connect
(https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
"""

_QUERY: Final = re.compile(
    r"r=(?P<record>[A-Za-z0-9_-]{2,128})&a=(?P<attempt>[0-9a-f]{16})"
    r"(?:&t=(?P<token>[A-Za-z0-9_-]{22}))?"
)
_TOKEN_BYTES: Final = 16


@attrs.frozen
class Callback:
    """
    What an address names.

    Attributes:
        record: the key of the phone's record.
        attempt: the attempt's id, 8 bytes.
    """

    record: str
    attempt: bytes


@attrs.frozen
class CallbackAddresses:
    """
    Makes and reads addresses for receipts.

    Attributes:
        base_url: where Twilio reaches us, without a slash at the end.
        secret: with one, each address carries a token that no other attempt's has, so that whoever
            got hold of the account's token still can't report on an attempt of his choice. Without
            one, addresses carry none, and one that is there does not count.
    """

    base_url: str
    secret: bytes | None = attrs.field(default=None, repr=False)

    def address(self, record: str, attempt: bytes) -> str:
        """
        Return the address for one attempt's receipts.

        Its query has only letters, digits, ``-`` and ``_`` as values: nothing that a proxy would
        spell otherwise, for the signature is over the spelling.
        """
        query = f"r={_text(record.encode())}&a={attempt.hex()}"
        if self.secret is not None:
            query += f"&t={self._token(record, attempt)}"
        return f"{self.base_url}{ROUTE}?{query}{RETRIES}"

    def read(self, query: str) -> Callback | None:
        """Return what a query names; None for one that :meth:`address` did not make."""
        match = _QUERY.fullmatch(query)
        if match is None:
            return None
        record, attempt = _octets(match["record"]), bytes.fromhex(match["attempt"])
        if record is None:
            return None
        if self.secret is not None:
            expected = self._token(record, attempt).encode()
            if not hmac.compare_digest(expected, (match["token"] or "").encode()):
                return None
        return Callback(record, attempt)

    def _token(self, record: str, attempt: bytes) -> str:
        # The attempt has a fixed length, so no two pairs of record and attempt make one text.
        text = b"receipt|" + attempt + record.encode()
        return _text(hmac.digest(self.secret or b"", text, "sha256")[:_TOKEN_BYTES])


def _text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def _octets(text: str) -> str | None:
    try:
        record = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return None
    # Base64 has several spellings of the same octets; only ours is one that we made.
    return record if _text(record.encode()) == text else None

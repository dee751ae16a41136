"""The names under which phones and clients are kept: keyed hashes, never numbers."""

from __future__ import annotations

import functools
import hmac
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

import attrs

from smsverify.domain.code import hash_text

if TYPE_CHECKING:
    from smsverify.domain.phone import PhoneNumber

NAME_BYTES = 16
CACHE_SIZE = 4096
"""Names kept in memory: a phone is named for its send, and again for its check."""


@attrs.frozen
class Keys:
    """
    Names made with the key secret.

    The secret never rotates, or every limit and every opt-out would be forgotten.

    Attributes:
        secret: the bytes; never shown.
    """

    secret: bytes = attrs.field(repr=False)

    def phone(self, phone: PhoneNumber) -> str:
        """Return the key of a phone's record: ``p:`` and 22 characters."""
        return "p:" + _name(self.secret, "phone|" + phone.e164)

    def client(self, client_id: str) -> str:
        """Return what stands for a client in the names of its counters: 22 characters."""
        return _name(self.secret, "client|" + client_id)

    def idempotency(self, key: str | None) -> bytes | None:
        """Return the 16 bytes that stand for an idempotency key, None for none."""
        return None if key is None else hash_text(self.secret, "idempotency", key)

    def message(self, message_id: str) -> bytes:
        """Return the 16 bytes that stand for an inbound message."""
        return hash_text(self.secret, "message", message_id)


@functools.lru_cache(maxsize=CACHE_SIZE)
def _name(secret: bytes, text: str) -> str:
    digest = hmac.digest(secret, text.encode("utf-8", "surrogatepass"), "sha256")[:NAME_BYTES]
    return urlsafe_b64encode(digest)[:22].decode()

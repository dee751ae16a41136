"""
The code: derived from its verification, never stored, compared in constant time.

A verification has a random id; its code is a keyed hash of that id, the phone and the purpose, cut
to digits. So a resend carries the same code, and whoever reads the store learns nothing. NIST SP
800-63B-4 (section 3.1.3) asks for at least six digits, ten minutes of life and single use.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from smsverify.domain.phone import PhoneNumber
    from smsverify.domain.record import Verification

SCHEME: Final = b"1"
"""The version of the derivation; another one would give other codes."""

KEY_ID_BYTES: Final = 4
DUMMY: Final = b"\x00"
"""What an answer is compared with when nothing is pending: no typed code can equal it."""


@attrs.frozen
class CodeKey:
    """
    One secret that codes are derived with.

    Attributes:
        secret: the bytes; never shown.
        id: four bytes that say which secret issued a code, and tell nothing of it.
    """

    secret: bytes = attrs.field(repr=False)
    id: bytes = attrs.field(
        init=False,
        default=attrs.Factory(lambda self: key_id(self.secret), takes_self=True),
    )


def key_id(secret: bytes) -> bytes:
    """Return the short name of a secret."""
    return hmac.digest(secret, b"smsverify code key id", "sha256")[:KEY_ID_BYTES]


@attrs.frozen
class CodeKeys:
    """
    The secrets in force: the first issues, all are accepted.

    Attributes:
        keys: at least one, newest first.
        digits: how long a code is.
    """

    keys: tuple[CodeKey, ...]
    digits: int = 6

    @classmethod
    def of(cls, secrets: Sequence[bytes], digits: int = 6) -> CodeKeys:
        """Build the ring from raw secrets, newest first."""
        return cls(tuple(CodeKey(secret) for secret in secrets), digits)

    @property
    def issuing(self) -> CodeKey:
        """The secret that new codes are derived with."""
        return self.keys[0]

    def find(self, key: bytes) -> CodeKey | None:
        """Return the secret with this id, or None when it was rotated out."""
        for candidate in self.keys:
            if candidate.id == key:
                return candidate
        return None


def derive_code(
    keys: CodeKeys, phone: PhoneNumber, purpose: str, verification: Verification
) -> bytes | None:
    """
    Return a verification's code as ASCII digits, or None when its secret is gone.

    The hash, 256 bits, is read as a number modulo ten to the count of digits: the bias towards low
    codes is below 2**-220.
    """
    key = keys.find(verification.key_id)
    if key is None:
        return None
    text = b"|".join((SCHEME, key.id, phone.e164.encode(), purpose.encode(), verification.id))
    number = int.from_bytes(hmac.digest(key.secret, text, "sha256"), "big")
    return b"%0*d" % (keys.digits, number % 10**keys.digits)


def issue_code(keys: CodeKeys, phone: PhoneNumber, purpose: str, verification: Verification) -> str:
    """
    Return the code that goes into a message.

    Raises LookupError when its secret is gone: admission hands out no such verification.
    """
    code = derive_code(keys, phone, purpose, verification)
    if code is None:
        raise LookupError("The secret of this verification was rotated out.")
    return code.decode()


def same_code(typed: bytes, code: bytes | None) -> bool:
    """Compare in constant time; always compares, also when there is no code."""
    return hmac.compare_digest(typed, DUMMY if code is None else code)


def parse_code(typed: object, digits: int) -> bytes | None:
    """
    Return what was typed as bytes, or None when it cannot be a code.

    Only a plain ``str`` of exactly ``digits`` ASCII digits passes: other scripts' digits, signs,
    spaces, line ends, subclasses and other types do not.
    """
    if type(typed) is not str or len(typed) != digits:
        return None
    if not typed.isascii() or not typed.isdigit():
        return None
    return typed.encode()


def hash_text(secret: bytes, scope: str, text: str) -> bytes:
    """Return 16 bytes that stand for a text, such as an idempotency key, within a scope."""
    return hmac.digest(secret, f"{scope}|{text}".encode(), hashlib.sha256)[:16]

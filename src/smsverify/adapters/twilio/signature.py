"""
Telling Twilio's requests from everybody else's.

Twilio signs the address that it calls and the form's fields with the account's token: HMAC-SHA1
over the address and, sorted by name, each name followed by its value, in base64
(https://www.twilio.com/docs/usage/security#validating-requests). The SDK's validator does the same,
but raises on hostile input and does not compare in constant time, hence this one.

The address is the configured public one and never what a Host or X-Forwarded header says. A
signature has no time in it: a request that was captured stays signed for ever, so what it can do
must be harmless when done twice.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HEADER: Final = "x-twilio-signature"
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


def find_signature(headers: Iterable[tuple[str, str]]) -> str | None:
    """Return the one signature among the headers; None when it is missing or there are several."""
    found = [value for name, value in headers if name.lower() == HEADER]
    return found[0] if len(found) == 1 else None


def verify_signature(
    url: str, fields: Mapping[str, str], signature: str | None, tokens: Sequence[str]
) -> bool:
    """
    Say whether one of the account's tokens signed a form that was sent to ``url``.

    Both spellings of the address count, with the port and without: which of them Twilio signs
    differs between its products. Any number of tokens may be in force while they are changed; an
    empty one is none. Never raises, whatever a stranger sent.
    """
    given = _octets(signature or "")
    tail = "".join(name + fields[name] for name in sorted(fields))
    genuine = False
    for address in _spellings(url):
        for token in tokens:
            if token and hmac.compare_digest(_sign(address + tail, token), given):
                genuine = True
    return genuine


def _sign(text: str, token: str) -> bytes:
    return b64encode(hmac.digest(_octets(token), _octets(text), "sha1"))


def _octets(text: str) -> bytes:
    # A lone surrogate has no UTF-8; Twilio never signs one, so any bytes will do but an exception.
    return text.encode("utf-8", "surrogatepass")


def _spellings(url: str) -> tuple[str, ...]:
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return ()
    default = _DEFAULT_PORTS.get(parts.scheme)
    if default is None or not host:
        return ()
    without = parts.netloc.removesuffix(f":{port}") if port is not None else parts.netloc
    return (
        _with_place(url, parts, without),
        _with_place(url, parts, f"{without}:{port or default}"),
    )


def _with_place(url: str, parts: SplitResult, place: str) -> str:
    # Only the place is replaced: taking an address apart and together again may spell it otherwise.
    return url.replace(f"//{parts.netloc}", f"//{place}", 1)

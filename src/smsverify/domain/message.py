"""
The text of the message: templates, the app's name, and the last line that phones read.

A template holds ``{app}`` and ``{code}`` and is filled in one pass, so nothing inside an app's name
is ever expanded.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final

import attrs

MAX_APP_NAME_LENGTH: Final = 30
"""Characters: a longer name pushes the message out of its one segment."""

MAX_CODE_LENGTH: Final = 10
"""Digits of the longest code."""

MAX_TEXT_LENGTH: Final = 1300
"""
Characters of a text with the longest name and code filled in. Twilio refuses bodies above 1,600
(error 21617), and the last line may take 280 of them.
"""

MAX_HOST_LENGTH: Final = 253
"""Characters of a host name (RFC 1035, 2.3.4, as text)."""

MAX_RETRIEVER_BYTES: Final = 140
"""Android's SMS Retriever takes no longer message (Google's guide to it, "Construct a message")."""

_APP: Final = "{app}"
_CODE: Final = "{code}"
_PLACES: Final = re.compile(r"(\{app\}|\{code\})")
_TOUCHES_CODE: Final = re.compile(r"[\d}]\{code\}|\{code\}[\d{]")
_HOST_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_APP_HASH: Final = re.compile(r"[A-Za-z0-9+/]{11}")
# Chrome takes the first "@host #code" after any space, wherever it stands in the message.
_HOST_LIKE: Final = re.compile(r"(?:^|\s)@[A-Za-z0-9.-]+(?:\.| #)")
_BIDIRECTIONAL: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_CONTROL_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


def check_app_name(name: object) -> str:
    """
    Return an app's name as it goes into messages: composed (NFC) and without outer spaces.

    An accent written as a character of its own would turn the whole message to UCS-2.

    Raises:
        TypeError: it is no ``str``.
        ValueError: it is empty or invisible, has more than 30 characters, a line break, a brace, a
            control or bidirectional character, or a word such as ``@example.com``, which phones
            could take for the website that the code belongs to.
    """
    if not isinstance(name, str):
        raise TypeError("The app name must be a str, such as 'MyApp'.")
    # The text itself: what a subclass, such as an enumeration, calls itself is something else.
    return _check_app_name(str.__str__(name))


@functools.lru_cache(maxsize=256)
def _check_app_name(name: str) -> str:
    """Check a name once: a service has few, and shows one with each message."""
    # What needs more than four characters to compose one is no name; keep the work bounded.
    longest = 4 * MAX_APP_NAME_LENGTH
    composed = unicodedata.normalize("NFC", name[: longest + 1])
    if _has_control(composed) or not _BIDIRECTIONAL.isdisjoint(composed):
        raise ValueError(
            "The app name must be one line without control or bidirectional characters."
        )
    composed = composed.strip()
    if len(name) > longest or len(composed) > MAX_APP_NAME_LENGTH:
        raise ValueError(f"The app name must have at most {MAX_APP_NAME_LENGTH} characters.")
    if not any(character.isprintable() for character in composed):
        raise ValueError("The app name must have at least one visible character.")
    if "{" in composed or "}" in composed:
        raise ValueError("The app name must not contain braces: they mark places in templates.")
    if _HOST_LIKE.search(composed):
        raise ValueError(
            "The app name must not contain a word such as @example.com:"
            " phones read it as the website that the code belongs to."
        )
    return composed


def check_template(text: object) -> str:
    """
    Return a template as it is filled: composed (NFC), CRLF as a line feed, no outer spaces.

    Raises:
        TypeError: it is no ``str``.
        ValueError: ``{code}`` is missing, or touches a digit or another place, so that nobody could
            tell where the code ends; there are other braces; a control character; or too much text.
    """
    if not isinstance(text, str):
        raise TypeError("A message template must be a str that contains {code}.")
    composed = unicodedata.normalize("NFC", text[: MAX_TEXT_LENGTH + 1])
    template = composed.replace("\r\n", "\n").strip()
    filled = template.replace(_APP, "x" * MAX_APP_NAME_LENGTH)
    filled = filled.replace(_CODE, "0" * MAX_CODE_LENGTH)
    if len(text) > MAX_TEXT_LENGTH or len(filled) > MAX_TEXT_LENGTH:
        raise ValueError(
            f"A message template must have at most {MAX_TEXT_LENGTH} characters,"
            " with name and code filled in."
        )
    if "{" in filled or "}" in filled:
        raise ValueError("A message template may hold {app} and {code}, and no other braces.")
    if _CODE not in template:
        raise ValueError("A message template must contain {code}.")
    if _TOUCHES_CODE.search(template):
        raise ValueError("In a message template {code} must not touch a digit or another place.")
    if _has_control(template.replace("\n", "")):
        raise ValueError("A message template must not contain control characters.")
    return template


def check_origin_host(host: object) -> str:
    """
    Return a website's host in lower case, as the line ``@host #code`` names it.

    Raises:
        TypeError: it is no ``str``.
        ValueError: it is not a plain ASCII host name: it has a scheme, port, path or user, is an IP
            address, or is written in other letters than its ``xn--`` form.
    """
    if not isinstance(host, str):
        raise TypeError("The origin host must be a str, such as 'example.com'.")
    name = host.strip().lower() if host.isascii() else ""
    labels = name.split(".")
    if (
        len(name) > MAX_HOST_LENGTH
        or not all(_HOST_LABEL.fullmatch(label) for label in labels)
        or labels[-1].isdigit()
    ):
        raise ValueError(
            "The origin host must be a bare ASCII host name such as 'example.com':"
            " no scheme, port or path, and other scripts in their xn-- form."
        )
    return name


def check_android_app_hash(value: object) -> str:
    """
    Return the hash by which Android's SMS Retriever knows an app.

    Raises:
        TypeError: it is no ``str``.
        ValueError: it is not 11 characters of A-Z, a-z, 0-9, + and /, as the first 11 characters of
            a base64 text are.
    """
    if not isinstance(value, str):
        raise TypeError("The Android app hash must be a str of 11 characters.")
    app_hash = value.strip()
    if not _APP_HASH.fullmatch(app_hash):
        raise ValueError(
            "The Android app hash must be the 11 characters that Google's guide to the"
            " SMS Retriever computes: letters, digits, + and /."
        )
    return app_hash


def _has_control(text: str) -> bool:
    return any(unicodedata.category(character) in _CONTROL_CATEGORIES for character in text)


@attrs.frozen
class MessageTemplate:
    """
    A checked text and what follows it; build it once, or with :func:`message_template`.

    With an origin host the last line is ``@host #code``, by which browsers and iOS offer the code
    on that website only (https://wicg.github.io/sms-one-time-codes/). With an Android app hash the
    message ends in it, on a line of its own, or after the code in the host's line: that format
    ignores what trails the code, and Android asks only that the hash be there. So both may be set.

    Attributes:
        text: holds ``{code}`` and perhaps ``{app}``; see :func:`check_template`.
        origin_host: the website that the code belongs to; see :func:`check_origin_host`.
        android_app_hash: 11 characters; see :func:`check_android_app_hash`. Android reads messages
            of at most 140 bytes; see :func:`fits_android_retriever`.
        parts: the whole message, last line included, cut at its places.
    """

    text: str = attrs.field(converter=check_template)
    origin_host: str | None = attrs.field(
        default=None, converter=attrs.converters.optional(check_origin_host)
    )
    android_app_hash: str | None = attrs.field(
        default=None, converter=attrs.converters.optional(check_android_app_hash)
    )
    parts: tuple[str, ...] = attrs.field(init=False, repr=False, eq=False)

    @parts.default
    def _split(self) -> tuple[str, ...]:
        last_line = [] if self.origin_host is None else [f"@{self.origin_host} #{_CODE}"]
        if self.android_app_hash is not None:
            last_line.append(self.android_app_hash)
        whole = f"{self.text}\n{' '.join(last_line)}" if last_line else self.text
        return tuple(_PLACES.split(whole))


@functools.lru_cache(maxsize=256)
def message_template(
    text: str, origin_host: str | None = None, android_app_hash: str | None = None
) -> MessageTemplate:
    """Return the template for these values, built once: there is one per language and override."""
    return MessageTemplate(text, origin_host, android_app_hash)


def render(template: MessageTemplate, app_name: str, code: str) -> str:
    """
    Return the message for a phone.

    Args:
        template: what to fill.
        app_name: as :func:`check_app_name` returned it; braces in it stay as they are.
        code: the digits, which appear wherever ``{code}`` stands and in the last line.
    """
    values = {_APP: app_name, _CODE: code}
    return "".join([values.get(part, part) for part in template.parts])


def fits_android_retriever(message: str) -> bool:
    """
    Say whether Android's SMS Retriever would read this message: at most 140 bytes.

    Google does not say in which encoding; UTF-8 is the strictest that it can mean. A longer message
    still arrives, and is typed by hand.
    """
    return len(message.encode()) <= MAX_RETRIEVER_BYTES

"""Just enough of HTTP/1.1 to serve a client over a stream, and to misbehave on it."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen
class Request:
    """
    What a client sent.

    Attributes:
        method: upper case.
        target: path and query, as written on the wire.
        headers: by lower-case name.
        body: all of it.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The body's parameters."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User name and password of basic authentication."""
        scheme, _, text = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        user, _, password = b64decode(text).decode().partition(":")
        return user, password


@attrs.frozen
class Reply:
    """
    What the server answers.

    Attributes:
        status: the HTTP status.
        body: the octets.
        headers: beside the length; a content type is always there.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = attrs.field(factory=dict)

    def octets(self) -> bytes:
        """Return the answer as it goes over the wire."""
        phrase = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Odd"
        headers = {"Content-Type": "application/json", **self.headers}
        lines = [f"{name}: {value}" for name, value in headers.items()]
        lines.append(f"Content-Length: {len(self.body)}")
        head = "\r\n".join([f"HTTP/1.1 {self.status} {phrase}", *lines, "", ""])
        return head.encode() + self.body


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Return the next request of a connection; None when the client is gone."""
    try:
        first = await reader.readexactly(1)
        if not first.isupper():
            return None  # TLS, or noise
        head = first + await reader.readuntil(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = {}
        for one in lines:
            name, _, value = one.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    method, target, _ = line.split(" ", 2)
    return Request(method, target, headers, body)

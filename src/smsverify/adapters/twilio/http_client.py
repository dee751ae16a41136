"""
The transport under the official SDK.

The SDK's own asynchronous client has no timeout, logs addresses and headers, and remembers the last
request with its body. This one has a timeout on every exchange, logs nothing, remembers nothing,
follows no redirect, repeats nothing, takes no proxy and no password from the environment, and tells
a request that was never written from one that may have been processed.
"""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import aiohttp
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from yarl import URL

from smsverify.adapters.twilio.routing import route
from smsverify.adapters.twilio.sessions import Exchange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsverify.adapters.twilio.sessions import Session

CONNECT_SECONDS: Final = 4.0
"""For name, connection and TLS together: two such tries fit into a send's ten seconds."""
LARGEST_REPLY: Final = 8 * 1024 * 1024
"""Octets; a page of a thousand messages has about two million."""

_CHUNK: Final = 64 * 1024


class TransportError(Exception):
    """Superclass of what goes wrong on the wire; names the kind of trouble, never the request."""


class NotSent(TransportError):
    """No connection came about, so not one byte of the request was written."""


class NoReply(TransportError):
    """The request may have been processed: no answer came, or none that could be read."""


class HttpClient(AsyncHttpClient):  # type: ignore[misc]
    """
    Carries the SDK's requests of one call, all within one time.

    Attributes:
        exchange: what is known of the latest request.
    """

    def __init__(self, session: Session, *, base_url: str | None, ends: float) -> None:
        """Use a session until ``ends``, a time of its event loop's clock."""
        # The SDK's base class wants a logger; nothing here ever calls one.
        super().__init__(logging.getLogger(__name__), is_async=True)
        self.exchange = Exchange()
        self._session = session
        self._base_url = base_url
        self._ends = ends

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        allow_redirects: bool = False,  # noqa: ARG002, FBT001, FBT002
    ) -> Response:
        """
        Return the answer, whatever its status; the SDK's signature.

        ``timeout`` and ``allow_redirects`` are not listened to: the time is the whole call's, and a
        redirect is never followed. Raises :class:`NotSent` or :class:`NoReply`, and
        :class:`~smsverify.adapters.twilio.routing.ForeignAddress` for a host that is not Twilio's.
        """
        self.exchange = exchange = Exchange()
        try:
            url = _with_query(route(uri, self._base_url), params)
            async with (
                asyncio.timeout_at(self._ends),
                self._session.http.request(
                    method,
                    url,
                    data=None if data is None else urlencode(data, doseq=True).encode(),
                    headers=_with_credentials(headers, auth),
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS),
                    trace_request_ctx=exchange,
                ) as reply,
            ):
                exchange.status = reply.status
                exchange.retry_after = reply.headers.get("Retry-After")
                return Response(reply.status, await _read(reply), None)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            trouble = type(error).__name__
        # Raised out here, the new exception does not hold the old one, which holds the request.
        raise NoReply(trouble) if exchange.begun else NotSent(trouble)

    def __repr__(self) -> str:
        """Show nothing of any request."""
        return "<HttpClient>"


def _with_query(url: str, params: Mapping[str, object] | None) -> URL:
    if not params:
        return URL(url, encoded=True)
    joint = "&" if "?" in url else "?"
    return URL(f"{url}{joint}{urlencode(params, doseq=True)}", encoded=True)


def _with_credentials(
    headers: Mapping[str, str] | None, auth: tuple[str, str] | None
) -> dict[str, str]:
    made = dict(headers or {})
    if auth is not None:
        made["Authorization"] = "Basic " + b64encode(":".join(auth).encode()).decode()
    return made


async def _read(reply: aiohttp.ClientResponse) -> str:
    """Return the body, or what came of one that breaks off or is too long; the status counts."""
    body = bytearray()
    try:
        async for chunk in reply.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > LARGEST_REPLY:
                reply.close()
                del body[LARGEST_REPLY:]
                break
    except (aiohttp.ClientError, OSError):
        reply.close()
    return body.decode("utf-8", "replace")

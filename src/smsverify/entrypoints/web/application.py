"""
The provider's requests, from any ASGI server or framework to the verifier.

Nothing is decided here: the whole request is handed on, and the answer handed back. Only the size
of a body is bounded while it is read, so that nobody can fill the memory with one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from smsverify.verifier import SmsVerifier

LARGEST_BODY: Final = 64 * 1024
"""Octets; more is refused by the verifier, so reading stops at the first one above."""


def webhook_application(verifier: SmsVerifier) -> Starlette:
    """Return the application; it takes its paths below whatever prefix it is mounted at."""
    return Starlette(routes=[Route("/{rest:path}", _Endpoint(verifier))])


class _Endpoint:
    """Takes every path and method; the verifier knows which of them it answers."""

    def __init__(self, verifier: SmsVerifier) -> None:
        self._verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await _read(request)
        except ClientDisconnect:
            return  # nobody is left to be answered
        headers = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
        ]
        answer = await self._verifier.handle_webhook(
            scope["method"], _path_and_query(scope), headers, body
        )
        response = Response(answer.body, answer.status, answer.headers)
        await response(scope, receive, send)


async def _read(request: Request) -> bytes:
    """Return the body, or its beginning when it is larger than the largest."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return bytes(body[: LARGEST_BODY + 1])
    return bytes(body)


def _path_and_query(scope: Scope) -> str:
    """Return the request's target below the prefix that the application is mounted at."""
    path: str = scope["path"]
    prefix: str = scope.get("root_path", "")
    if path.startswith(f"{prefix}/"):  # some servers leave the prefix away themselves
        path = path[len(prefix) :]
    query: str = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path

"""Webhooks: what a provider reports over HTTP, whatever framework received it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol, TypeAlias

Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
"""A request's headers; pairs keep a header that came twice, which a mapping would hide."""


class WebhookAnswer(NamedTuple):
    """
    What to answer the provider.

    Attributes:
        status: the HTTP status.
        headers: the answer's headers.
        body: the answer's body.
    """

    status: int
    headers: dict[str, str]
    body: bytes


class Webhooks(Protocol):
    """
    Takes a provider's requests.

    ``handle`` never raises for what a stranger may send: a request that is not proven to be the
    provider's is answered 403 and changes nothing. A repeated request is answered alike and changes
    nothing more. An outage of the store is answered 503, so that the provider asks again.
    """

    async def handle(
        self, method: str, path_and_query: str, headers: Headers, body: bytes
    ) -> WebhookAnswer:
        """Take one request, its path relative to the public base address or below it."""
        ...

"""
Lists, page by page.

https://www.twilio.com/docs/usage/twilios-response#pagination
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tests.integration.twilio_server.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.integration.twilio_server.wire import Request


def page_of(name: str, bodies: Sequence[object], request: Request) -> Reply:
    """Return the page that a request to the API of 2010 asks for; its links are relative."""
    size, number = _page_asked_for(request)
    shown = bodies[number * size : (number + 1) * size]
    more = (number + 1) * size < len(bodies)
    body = {
        name: shown,
        "end": number * size + max(0, len(shown) - 1),
        "first_page_uri": _link(request, 0),
        "next_page_uri": _link(request, number + 1) if more else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": _link(request, number - 1) if number else None,
        "start": number * size,
        "uri": _link(request, number),
    }
    return Reply(200, json.dumps(body).encode())


def page_with_meta(name: str, bodies: Sequence[object], request: Request, host: str) -> Reply:
    """Return the page that a request to a newer product asks for; its links name the host."""
    size, number = _page_asked_for(request)
    more = (number + 1) * size < len(bodies)
    home = f"https://{host}"
    meta = {
        "first_page_url": home + _link(request, 0),
        "key": name,
        "next_page_url": home + _link(request, number + 1) if more else None,
        "page": number,
        "page_size": size,
        "previous_page_url": home + _link(request, number - 1) if number else None,
        "url": home + _link(request, number),
    }
    shown = bodies[number * size : (number + 1) * size]
    return Reply(200, json.dumps({name: shown, "meta": meta}).encode())


def _page_asked_for(request: Request) -> tuple[int, int]:
    return int(request.query.get("PageSize", "50")), int(request.query.get("Page", "0"))


def _link(request: Request, number: int) -> str:
    query = {**request.query, "PageSize": _page_asked_for(request)[0], "Page": number}
    return f"{request.path}?{urlencode(query)}"

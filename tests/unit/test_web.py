"""Webhooks over HTTP: the application on its own, mounted, and without its extra."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from smsverify.entrypoints.web.application import LARGEST_BODY
from smsverify.ports.webhooks import WebhookAnswer
from smsverify.web import create_webhook_app

STATUS = "/webhooks/twilio/status"


class Notes:
    """Stands in for a verifier: notes what it is handed, and answers as told."""

    def __init__(self, answer: WebhookAnswer | None = None) -> None:
        self.answer = answer or WebhookAnswer(200, {"content-type": "text/xml"}, b"<Response/>")
        self.asked: list[tuple[str, str, list[tuple[str, str]], bytes]] = []

    async def handle_webhook(
        self, method: str, path_and_query: str, headers: Any, body: bytes
    ) -> WebhookAnswer:
        """Note and answer."""
        self.asked.append((method, path_and_query, headers, body))
        return self.answer


async def ask(app: Any, method: str, path: str, **more: Any) -> httpx.Response:
    """Ask an application, whatever server it would run on."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://elsewhere.test") as client:
        return await client.request(method, path, **more)


def app_of(notes: Notes) -> Starlette:
    """Return the application around a stand-in."""
    return create_webhook_app(notes)  # type: ignore[arg-type]


async def test_everything_is_handed_on() -> None:
    """Method, path with query, headers and body arrive as they came, and the answer goes back."""
    notes = Notes(WebhookAnswer(503, {"retry-after": "5"}, b"later"))

    reply = await ask(
        app_of(notes),
        "POST",
        f"{STATUS}?r=a%2Bb&a=00",
        content=b"a=1&b=%00",
        headers=[("X-Twilio-Signature", "one"), ("X-Twilio-Signature", "two")],
    )

    assert (reply.status_code, reply.content) == (503, b"later")
    assert reply.headers["retry-after"] == "5"
    ((method, path, headers, body),) = notes.asked
    assert (method, path, body) == ("POST", f"{STATUS}?r=a%2Bb&a=00", b"a=1&b=%00")
    signatures = [text for name, text in headers if name == "x-twilio-signature"]
    assert signatures == ["one", "two"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize("path", ["/", STATUS, "/webhooks/twilio/", "/../etc/passwd"])
async def test_methods_and_paths_are_the_verifiers_business(method: str, path: str) -> None:
    """Nothing is answered here: every method and path is handed on."""
    notes = Notes(WebhookAnswer(405, {"allow": "POST"}, b""))

    reply = await ask(app_of(notes), method, path)

    assert (reply.status_code, reply.headers["allow"], reply.content) == (405, "POST", b"")
    assert notes.asked[0][0] == method


def mounted_in_starlette(app: Starlette) -> Any:
    """Mount below two prefixes, one in the other."""
    return Starlette(routes=[Mount("/one", routes=[Mount("/two", app=app)])])


def mounted_in_fastapi(app: Starlette) -> Any:
    """Mount the same in FastAPI."""
    from fastapi import FastAPI

    outer, inner = FastAPI(), FastAPI()
    inner.mount("/two", app)
    outer.mount("/one", inner)
    return outer


def under_a_root_path(app: Starlette) -> Any:
    """Run below a prefix that the server tells of and leaves in the path."""

    async def served(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "root_path": "/one/two"}, receive, send)

    return served


@pytest.mark.parametrize("mount", [mounted_in_starlette, mounted_in_fastapi, under_a_root_path])
async def test_below_a_prefix(mount: Callable[[Starlette], Any]) -> None:
    """Wherever it is mounted, the verifier sees the path below the prefix."""
    notes = Notes()

    reply = await ask(mount(app_of(notes)), "POST", f"/one/two{STATUS}?r=a&a=b", content=b"x=1")

    assert reply.status_code == 200
    assert notes.asked[0][1] == f"{STATUS}?r=a&a=b"


async def test_a_server_that_takes_the_prefix_away() -> None:
    """Some servers tell of a prefix and leave it away from the path."""
    notes = Notes()
    app = app_of(notes)

    async def served(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "root_path": "/one"}, receive, send)

    await ask(served, "POST", STATUS)
    assert notes.asked[0][1] == STATUS


# ── bodies ────────────────────────────────────────────────────────────────────────────────────


async def endless(read: list[int]) -> AsyncIterator[bytes]:
    """Give octets without end, and note how many were taken."""
    while True:
        read.append(16 * 1024)
        yield b"x" * (16 * 1024)


async def test_reading_stops_at_the_largest_body() -> None:
    """Of a body without end only as much is read as shows that it is too large."""
    notes, read = Notes(), list[int]()
    chunks = endless(read)

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": await anext(chunks), "more_body": True}

    async def send(_: object) -> None:
        """Drop it."""

    scope = {
        "type": "http",
        "method": "POST",
        "path": STATUS,
        "query_string": b"",
        "headers": [],
        "root_path": "",
    }
    await app_of(notes)(scope, receive, send)

    assert sum(read) <= LARGEST_BODY + 2 * 16 * 1024
    assert len(notes.asked[0][3]) == LARGEST_BODY + 1


@pytest.mark.parametrize("size", [0, 1, LARGEST_BODY])
async def test_a_body_that_fits_is_whole(size: int) -> None:
    """Up to the largest one a body arrives octet for octet."""
    notes = Notes()
    await ask(app_of(notes), "POST", STATUS, content=b"x" * size)
    assert notes.asked[0][3] == b"x" * size


async def test_a_client_that_goes_away() -> None:
    """A request that breaks off is nobody's: nothing is handed on, and nothing is raised."""
    notes = Notes()
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": STATUS, "query_string": b"", "headers": []}
    await app_of(notes)(scope, receive, send)

    assert (notes.asked, sent) == ([], [])


# ── the real verifier behind it ───────────────────────────────────────────────────────────────

Deliver = Callable[[Any], Awaitable[int]]


async def test_a_receipt_through_a_mounted_application() -> None:
    """A receipt that Twilio signed for the public address is taken below the same prefix."""
    from tests.unit.adapters.twilio.test_webhooks import live, send

    sent = await send(live())  # its public address ends in /base
    app = Starlette(routes=[Mount("/base", app=create_webhook_app(sent.kit.verifier))])
    request = sent.receipt("delivered")

    for headers, status in ((request.headers, 200), ({}, 403)):
        reply = await ask(
            app, "POST", request.path_and_query, content=request.body, headers=dict(headers)
        )
        assert reply.status_code == status

    assert (await sent.attempt()).state == "delivered"


# ── without the extra ─────────────────────────────────────────────────────────────────────────

WITHOUT = """
import sys
for name in ("starlette", "uvicorn"):
    sys.modules[name] = None  # as if it were not installed
{code}
"""


def run_without(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process that has neither Starlette nor uvicorn."""
    command = [sys.executable, "-c", WITHOUT.format(code=code)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_without_starlette_it_says_what_to_install() -> None:
    """The core works without the extra; only the application asks for it, by its name."""
    done = run_without(
        "import smsverify.web, smsverify.container\n"
        "try:\n    smsverify.web.create_webhook_app(None)\n"
        "except ImportError as error:\n    print(error)"
    )

    assert done.stderr == ""
    assert done.stdout.startswith("Webhooks over HTTP need starlette")
    assert "pip install 'smsverify[web]'" in done.stdout


def test_the_command_says_it_too() -> None:
    """So does the command, in one sentence."""
    done = run_without(
        "from smsverify.__main__ import main\nsys.argv[1:] = ['serve-webhooks']\nmain()"
    )

    assert "pip install 'smsverify[web]'" in done.stderr
    assert done.stderr.count("\n") == 1

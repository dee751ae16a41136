"""How the local Twilio misbehaves when a test tells it to."""

from __future__ import annotations

import asyncio
import enum
import json
import threading
from typing import TYPE_CHECKING

import attrs

from tests.integration.twilio_server.refusals import problem, refusal
from tests.integration.twilio_server.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable


class HangUp(enum.Enum):
    """When the connection is cut instead of being answered."""

    NEVER = enum.auto()
    UNREAD = enum.auto()
    """At once, without looking at the request."""
    UNANSWERED = enum.auto()
    """After the request was dealt with, before a byte of the answer."""
    MIDWAY = enum.auto()
    """In the middle of the answer's body."""
    WITH_RESET = enum.auto()
    """After the request was dealt with, by a reset."""


@attrs.define
class Gate:
    """
    Holds an answer back until it is opened.

    Attributes:
        reached: set once a request waits here.
    """

    reached: threading.Event = attrs.field(factory=threading.Event)
    _opened: threading.Event = attrs.field(factory=threading.Event)

    def open(self) -> None:
        """Let the answer go."""
        self._opened.set()

    async def pass_through(self) -> None:
        """Wait until it is open."""
        self.reached.set()
        # In a thread of the event loop a lock of another thread can only be asked again and again.
        while not self._opened.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


@attrs.frozen
class Behaviour:
    """
    What happens to one request that makes a message.

    Attributes:
        processes: the message is made, whatever is answered.
        answer: gives the answer from the form and the one that would have been given; None leaves
            that one.
        hang_up: whether the connection is cut.
        gate: what the answer waits for, after the message was made.
    """

    processes: bool = True
    answer: Callable[[dict[str, str], Reply | None], Reply] | None = None
    hang_up: HangUp = HangUp.NEVER
    gate: Gate | None = None


NORMAL = Behaviour()


def refuse(code: int, *, status: int | None = None) -> Behaviour:
    """Refuse with one of Twilio's codes."""
    return Behaviour(False, lambda form, _: refusal(code, form, status=status))


def refuse_as_problem(code: int, *, status: int | None = None) -> Behaviour:
    """Refuse with a code, in the form of RFC 9457."""
    return Behaviour(False, lambda form, _: problem(code, form, status=status))


def throttle(retry_after: str | None = None, *, code: int = 20429) -> Behaviour:
    """
    Answer 429.

    Such a request was never processed: https://www.twilio.com/docs/api/errors/20429
    """

    def answer(form: dict[str, str], _: Reply | None) -> Reply:
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return attrs.evolve(refusal(code, form, status=429), headers=headers)

    return Behaviour(False, answer)


def fail(code: int = 20500, *, status: int = 500, processes: bool = True) -> Behaviour:
    """
    Answer with trouble on Twilio's side; the message may have been sent.

    As https://www.twilio.com/docs/api/errors/20500 says under "is the request safe to retry?".
    """
    return Behaviour(processes, lambda form, _: refusal(code, form, status=status))


def say(
    status: int,
    body: bytes = b"",
    *,
    kind: str = "text/html",
    processes: bool = False,
    **headers: str,
) -> Behaviour:
    """Answer with any status and body: a proxy's page in HTML, nothing, half of something."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = Reply(status, body, {"Content-Type": kind, **named})
    return Behaviour(processes, lambda _form, _made: reply)


def answer_made(http: int = 201, /, **changes: object) -> Behaviour:
    """Make the message, and show it with other values; ``...`` leaves a key out."""

    def answer(_: dict[str, str], made: Reply | None) -> Reply:
        body = json.loads(made.body) if made is not None else {}
        body.update(changes)
        kept = {key: value for key, value in body.items() if value is not ...}
        return Reply(http, json.dumps(kept).encode())

    return Behaviour(answer=answer)


def cut(when: HangUp) -> Behaviour:
    """Cut the connection; but for UNREAD the message was made."""
    return Behaviour(processes=when is not HangUp.UNREAD, hang_up=when)


def hold(gate: Gate) -> Behaviour:
    """Make the message, and answer when the gate opens."""
    return Behaviour(gate=gate)

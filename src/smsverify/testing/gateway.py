"""A provider that answers what a test tells it to, and the code that it was handed."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from smsverify.domain.delivery import Accepted, GatewayAnswer
from smsverify.domain.phone import PhoneNumber, PhoneProblem, parse_phone
from smsverify.domain.senders import Sender
from smsverify.ports.gateway import OutgoingSms
from smsverify.testing.hold import Hold

if TYPE_CHECKING:
    from collections.abc import Iterable

Answer: TypeAlias = GatewayAnswer | Exception
"""What a script holds: an answer to return, or an exception to raise."""

_HOST_LINE: Final = re.compile(r"^@\S+ #(\d{6,10})\b", re.MULTILINE | re.ASCII)
"""The origin-bound line (https://wicg.github.io/sms-one-time-codes/)."""
_LONELY_DIGITS: Final = re.compile(r"(?<![\w+/])\d{6,10}(?![\w+/])", re.ASCII)
"""Digits that could be a code, and no part of a number, a word or an Android app's hash."""


class ScriptedGateway:
    """
    Answers from a script, then takes everything.

    Args:
        answers: what the first sends get, one each.
        name: the provider's name.

    Attributes:
        messages: what was handed over, oldest first, whatever was answered.
        closed: how many times it was closed.
    """

    def __init__(self, answers: Iterable[Answer] = (), *, name: str = "scripted") -> None:
        self.name = name
        self.messages: list[OutgoingSms] = []
        self.closed = 0
        self._script = deque(answers)
        self._holds: deque[tuple[Hold, bool]] = deque()
        self._numbers = itertools.count(1)

    def answer_next(self, *answers: Answer) -> None:
        """Put answers at the end of the script."""
        self._script.extend(answers)

    def hold(self, *, taken: bool = True) -> Hold:
        """
        Stop the next send that is not stopped yet, and return where it stops.

        With ``taken`` the provider has the message by then, and ``messages`` holds it; without, the
        request has not begun, and if the send is cancelled there, it never does.
        """
        hold = Hold()
        self._holds.append((hold, taken))
        return hold

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:  # noqa: ARG002
        """Take the message, stop if told to, and answer from the script."""
        hold, taken = self._holds.popleft() if self._holds else (None, True)
        if hold is not None and not taken:
            await hold.stop()
        self.messages.append(message)
        # Others get their turn, as with a provider that is elsewhere.
        await asyncio.sleep(0)
        if hold is not None and taken:
            await hold.stop()
        answer = self._script.popleft() if self._script else self._accept()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        """Note that it was closed; it can be used again."""
        self.closed += 1

    def _accept(self) -> Accepted:
        return Accepted(f"SM{next(self._numbers):032x}")


def message_to(e164: str, text: str = "Example: your code is 123456.") -> OutgoingSms:
    """Return a message to a number, from one of the numbers that are kept for fiction."""
    to = parse_phone(e164)
    if not isinstance(to, PhoneNumber):
        raise TypeError(to.message)
    sender = Sender("+17205550100", "US", "720")
    return OutgoingSms(to, text, sender, valid_for=600, record="p:contract", attempt=b"attempt1")


class Inbox(Protocol):
    """A gateway that keeps what it was handed, as those of simulation and tests do."""

    @property
    def messages(self) -> list[OutgoingSms]:
        """The messages, oldest first."""
        ...


class HasInbox(Protocol):
    """Whatever sends through such a gateway, as a verifier does."""

    @property
    def gateway(self) -> object:
        """The gateway."""
        ...


def last_code(verifier: HasInbox | Inbox, phone: str | PhoneNumber) -> str:
    """
    Return the code in the last message to a phone, as its owner would read it.

    Args:
        verifier: a verifier in simulation or with a :class:`ScriptedGateway`, or such a gateway.
        phone: the number, in any spelling with its calling code.

    Raises:
        LookupError: there is no message to that phone, or none of digits that could be a code.
        ValueError: the message has several such digits, as with a long number in the app's name.
        TypeError: the gateway keeps no messages, as one that really sends.
    """
    number = phone if isinstance(phone, PhoneNumber) else parse_phone(phone)
    if isinstance(number, PhoneProblem):
        # Nobody can have been sent anything there.
        raise LookupError(number.message)  # noqa: TRY004 - the type is right, the number is not
    texts = [one.text for one in _messages(verifier) if one.to.e164 == number.e164]
    if not texts:
        raise LookupError(f"No message was handed over to {number.masked}.")
    line = _HOST_LINE.search(texts[-1])
    found = {line[1]} if line else set(_LONELY_DIGITS.findall(texts[-1]))
    if not found:
        raise LookupError(f"The last message to {number.masked} holds no code.")
    if len(found) > 1:
        raise ValueError(
            "Several numbers in the message could be the code: choose an app name without one."
        )
    return found.pop()


def _messages(verifier: object) -> list[OutgoingSms]:
    gateway = getattr(verifier, "gateway", verifier)
    messages = getattr(gateway, "messages", None)
    if not isinstance(messages, list):
        raise TypeError(
            "This gateway keeps no messages: use simulation, or build the verifier with a "
            "ScriptedGateway."
        )
    return messages

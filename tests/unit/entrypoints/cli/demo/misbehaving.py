"""Parts of the library that misbehave, each in one way, to be put into a container."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from smsverify.domain.decisions import Approved, Refused, Wrong
from smsverify.domain.delivery import FailureReason, Rejected
from smsverify.domain.policy import STANDARD, send_limits
from smsverify.entrypoints.cli.demo.steps import SENDS_PER_HOUR
from smsverify.errors import ErrorCode
from smsverify.testing.gateway import ScriptedGateway

if TYPE_CHECKING:
    from smsverify.container import Container
    from smsverify.domain.delivery import GatewayAnswer
    from smsverify.ports.gateway import OutgoingSms

Break = Callable[["Container"], object]
"""Puts a misbehaving part into a container."""


class Answering:
    """Stands before a use case, and gives another answer to its n-th call."""

    def __init__(self, real: Any, call: int, answer: object) -> None:
        self._real = real
        self._left = call
        self._answer = answer

    async def __call__(self, *args: Any, **options: Any) -> object:
        """Pass the call on, and its answer back but for that one."""
        self._left -= 1
        answer = await self._real(*args, **options)
        return answer if self._left else self._answer


class ChangesTexts(ScriptedGateway):
    """Delivers messages with another text."""

    def __init__(self, change: Callable[[int, str], str]) -> None:
        super().__init__()
        self._change = change

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        """Take the message as it was changed."""
        text = self._change(len(self.messages) + 1, message.text)
        return await super().send(attrs.evolve(message, text=text), within)


class Drops(ScriptedGateway):
    """Says that it took a message, and drops it."""

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        """Take the message and lose it."""
        answer = await super().send(message, within)
        self.messages.clear()
        return answer


class Repeats(ScriptedGateway):
    """Delivers the fifth message twice."""

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        """Take the message, and perhaps once more."""
        answer = await super().send(message, within)
        if len(self.messages) == SENDS_PER_HOUR:
            self.messages.append(message)
        return answer


class CountsTwice:
    """Reads statistics that say twice what was counted."""

    def __init__(self, real: Any, field: str) -> None:
        self._real = real
        self._field = field

    async def figures(self) -> Any:
        """Read the figures, one of them doubled."""
        figures = await self._real.figures()
        twice = {**figures.counts, self._field: 2 * figures.counts[self._field]}
        return attrs.evolve(figures, counts=twice)

    def describe(self, figures: Any) -> Any:
        """Describe them as ever."""
        return self._real.describe(figures)


def gateway(build: Callable[[], object]) -> Break:
    """Give a deployment with another provider."""
    return lambda container: container.gateway.override(build())


def policy(**changes: Any) -> Break:
    """Give a deployment with other rules."""
    return lambda container: container.policy.override(attrs.evolve(STANDARD, **changes))


def check(call: int, answer: object) -> Break:
    """Give a deployment that answers the n-th check in another way."""
    return lambda container: container.check.override(Answering(container.check(), call, answer))


def send(call: int, answer: object) -> Break:
    """Give a deployment that answers the n-th send in another way."""
    return lambda container: container.send.override(Answering(container.send(), call, answer))


def counting_twice(field: str) -> Break:
    """Give a deployment whose statistics double one figure."""
    return lambda container: container.statistics.override(
        CountsTwice(container.statistics(), field)
    )


def refusing() -> ScriptedGateway:
    """Return a provider that does not take the first message."""
    return ScriptedGateway([Rejected(FailureReason.UNROUTABLE)])


def other_code_in_resend(number: int, text: str) -> str:
    """Return the first message as it is, and the others with another code."""
    if number == 1:
        return text
    return "MyApp: 123456" if "123456" not in text else "MyApp: 654321"


TOO_SOON = Refused(ErrorCode.RATE_LIMIT_EXCEEDED, "sends_per_hour", 1_000)

BROKEN: dict[str, tuple[int, Break]] = {
    "the provider refuses": (1, gateway(refusing)),
    "the message is lost": (1, gateway(Drops)),
    "no code in the message": (1, gateway(lambda: ChangesTexts(lambda number, text: "Hello!"))),
    "a code with a short life": (1, policy(code_life=60_000)),
    "any code is approved": (2, check(1, Approved())),
    "a wrong code is not counted": (2, check(1, Wrong(attempts_left=5))),
    "a resend is refused": (3, policy(sends=send_limits(5, 20, pause=60_000))),
    "a resend has another code": (3, gateway(lambda: ChangesTexts(other_code_in_resend))),
    "the right code is wrong": (4, check(2, Wrong(attempts_left=3))),
    "the right code is over": (4, check(2, Refused(ErrorCode.CODE_EXPIRED))),
    "a code is approved twice": (5, check(3, Approved())),
    "a used code still lives": (5, check(3, Wrong(attempts_left=4))),
    "a sixth message goes out": (6, policy(sends=send_limits(6, 20))),
    "a fifth message is refused": (6, policy(sends=send_limits(4, 20))),
    "a message arrives twice": (6, gateway(Repeats)),
    "the waiting time is wrong": (6, send(6, TOO_SOON)),
    "sends are counted twice": (7, counting_twice("accepted")),
    "money is counted twice": (7, counting_twice("spent")),
    "wrong answers are counted twice": (7, counting_twice("wrong")),
    "approvals are counted twice": (7, counting_twice("approved.US")),
    "refusals are counted twice": (7, counting_twice("refused_send.RATE_LIMIT_EXCEEDED")),
}
"""What goes wrong, the step that must see it, and how it is brought about."""

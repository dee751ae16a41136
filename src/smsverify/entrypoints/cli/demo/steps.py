"""
The steps of the demonstration: what each one does, what it promises, and the check of that.

A step raises :class:`~smsverify.entrypoints.cli.demo.stage.NotAsTold` when its promise is broken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from smsverify.entrypoints.cli.demo.stage import NotAsTold, Stage, code_in, expect
from smsverify.entrypoints.terminal.output import count, duration, money, refusal
from smsverify.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from smsverify.facade.results import CheckResult
    from smsverify.ports.gateway import OutgoingSms

PAUSE_SECONDS: Final = 45
"""How long the person waits before asking for the code again."""
SENDS_PER_HOUR: Final = 5
ANSWERS: Final = 5
_HOUR: Final = 3_600
_SEND: Final = 'send_verification_sms("+15551234567", "MyApp")'
_ASK_AGAIN: Final = frozenset({ErrorCode.INCORRECT_CODE, ErrorCode.INVALID_CODE_FORMAT})


@attrs.frozen
class Shown:
    """
    What there is to see of a step.

    Attributes:
        call: what the program called.
        answer: what it was told.
        messages: the conversation on the phone, if something arrived.
        figures: today's statistics, if they were asked for.
    """

    call: str
    answer: str
    messages: tuple[OutgoingSms, ...] = ()
    figures: dict[str, object] | None = None


@attrs.frozen
class Step:
    """
    One step.

    Attributes:
        title: what happens.
        promise: what holds after it; checked by ``play``.
        play: does it.
    """

    title: str
    promise: str
    play: Callable[[Stage], Awaitable[Shown]]


async def send_a_code(stage: Stage) -> Shown:
    """Send the first message."""
    result = await stage.send()
    expect("error code", result.error_code, None)
    expect("messages on the phone", len(stage.inbox), 1)
    stage.code = code_in(stage.inbox[0])
    life = duration(result.expires_in or 0)
    expect("life of the code", life, "10 min")
    answer = f"{result.message_id}, {money(result.cost or 0)}, the code lives {life}"
    return Shown(_SEND, answer, tuple(stage.inbox))


async def type_a_wrong_code(stage: Stage) -> Shown:
    """Type the code with its last digit changed."""
    wrong = stage.code[:-1] + str((int(stage.code[-1]) + 1) % 10)
    result = await stage.check(wrong)
    expect("error code", result.error_code, ErrorCode.INCORRECT_CODE)
    expect("attempts left", result.attempts_left, ANSWERS - 1)
    return Shown(_verify(wrong), refusal(result))


async def send_again(stage: Stage) -> Shown:
    """Ask for the code a second time, a little later."""
    stage.clock.advance(PAUSE_SECONDS)
    result = await stage.send()
    expect("error code", result.error_code, None)
    expect("messages on the phone", len(stage.inbox), 2)
    if code_in(stage.inbox[1]) != stage.code:
        raise NotAsTold("the second message carries another code than the first")
    answer = f"{result.message_id}, {money(result.cost or 0)}, the same code again"
    return Shown(_SEND, answer, tuple(stage.inbox))


async def type_the_right_code(stage: Stage) -> Shown:
    """Type the code, or let the person do it."""
    ask = stage.ask
    typed = stage.code if ask is None else ask("Type the code that you see on the phone").strip()
    result = await stage.check(typed)
    while ask is not None and result.error_code in _ASK_AGAIN:
        typed = ask(_not_yet(result)).strip()
        result = await stage.check(typed)
    expect("error code", result.error_code, None)
    return Shown(_verify(typed), "approved")


async def replay_the_code(stage: Stage) -> Shown:
    """Type the same code a second time."""
    result = await stage.check(stage.code)
    expect("error code", result.error_code, ErrorCode.NO_PENDING_VERIFICATION)
    return Shown(_verify(stage.code), refusal(result))


async def reach_the_limit(stage: Stage) -> Shown:
    """Ask for more messages than an hour allows."""
    while len(stage.sends) < SENDS_PER_HOUR:
        stage.clock.advance(PAUSE_SECONDS)
        expect("error code of an earlier send", (await stage.send()).error_code, None)
    result = await stage.send()
    expect("error code", result.error_code, ErrorCode.RATE_LIMIT_EXCEEDED)
    expect("messages on the phone", len(stage.inbox), SENDS_PER_HOUR)
    passed = PAUSE_SECONDS * (SENDS_PER_HOUR - 1)
    expect("waiting time in seconds", result.retry_after, _HOUR - passed)
    return Shown(_SEND, refusal(result))


async def count_the_cost(stage: Stage) -> Shown:
    """Read the statistics and compare them with what was told call by call."""
    figures = await stage.verifier.statistics()
    sends, cost = _part(figures, "sends"), _part(figures, "cost")
    charged = [result.cost for result in stage.sends if result.cost is not None]
    expect("accepted sends", sends["accepted"], SENDS_PER_HOUR)
    expect("refused sends", sends["refused"], {str(ErrorCode.RATE_LIMIT_EXCEEDED): 1})
    expect("approved checks", _part(figures, "checks")["approved"], 1)
    expect("wrong answers", _part(figures, "checks")["wrong"], _wrong(stage.checks))
    expect("dollars spent", cost["spent_dollars"], round(sum(charged), 6))
    answer = f"{count(SENDS_PER_HOUR, 'message')} for {money(sum(charged))}"
    return Shown("statistics()", answer, figures=figures)


STEPS: Final = (
    Step("A code is sent", "One SMS arrives, with a code of 6 digits.", send_a_code),
    Step("A wrong code", "It is refused and counted: 4 attempts are left.", type_a_wrong_code),
    Step(
        f"{PAUSE_SECONDS} seconds later the person asks again",
        "The second SMS carries the same code: either one will do.",
        send_again,
    ),
    Step("The right code", "It is approved, and used up.", type_the_right_code),
    Step("The same code once more", "It is refused: a code is accepted once.", replay_the_code),
    Step(
        "Three more messages, and a sixth",
        "The sixth in an hour is refused, with its waiting time; no SMS comes.",
        reach_the_limit,
    ),
    Step("What it cost", "Each SMS was charged once, and the refused one not.", count_the_cost),
)


def _verify(code: str) -> str:
    return f'verify_code("+15551234567", "{code}")'


def _not_yet(result: CheckResult) -> str:
    """Return what a person reads who typed something else."""
    left = result.attempts_left
    counted = "Not counted" if left is None else f"{count(left, 'attempt')} left"
    return f"{result.public_error}\n{counted}; try again"


def _part(figures: dict[str, object], name: str) -> dict[str, object]:
    part = figures[name]
    if not isinstance(part, dict):
        raise NotAsTold(f"{name}: {part} in the statistics")
    return part


def _wrong(checks: list[CheckResult]) -> int:
    return sum(check.error_code is ErrorCode.INCORRECT_CODE for check in checks)

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smsverify.entrypoints.cli.demo.stage import NotAsTold, Stage, build_container
from smsverify.entrypoints.cli.demo.steps import (
    STEPS,
    count_the_cost,
    reach_the_limit,
    replay_the_code,
    send_a_code,
    send_again,
    type_a_wrong_code,
    type_the_right_code,
)
from smsverify.testing.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def stage() -> Stage:
    """Give a fresh stage."""
    clock = ManualClock()
    return Stage(build_container(clock).verifier(), clock)


def test_the_steps_stand_in_the_order_of_the_story() -> None:
    """Sent, wrong, resent, right, replayed, limited, counted."""
    assert [step.play for step in STEPS] == [
        send_a_code,
        type_a_wrong_code,
        send_again,
        type_the_right_code,
        replay_the_code,
        reach_the_limit,
        count_the_cost,
    ]


async def test_each_step_shows_what_it_promises(stage: Stage) -> None:
    """Messages, reasons, waiting time and cost can be seen."""
    shown = [await step.play(stage) for step in STEPS]

    assert [len(one.messages) for one in shown] == [1, 0, 2, 0, 0, 0, 0]
    assert shown[1].answer.startswith("INCORRECT_CODE: ")
    assert shown[1].answer.endswith("4 attempts left.")
    assert "the same code again" in shown[2].answer
    assert shown[4].answer.startswith("NO_PENDING_VERIFICATION: ")
    assert shown[5].answer.endswith("Waiting time: 57 min.")
    assert shown[6].answer == "5 messages for $0.07"
    assert shown[6].figures is not None


async def test_the_wrong_code_differs_in_one_digit(stage: Stage) -> None:
    """Whatever the code is, the wrong one is as long, and another."""
    for code in ("000000", "123459", "999999"):
        stage.code = code
        with pytest.raises(NotAsTold):  # nothing was sent yet
            await type_a_wrong_code(stage)
    await send_a_code(stage)
    shown = await type_a_wrong_code(stage)
    wrong = shown.call[-8:-2]
    assert wrong != stage.code
    assert wrong[:-1] == stage.code[:-1]
    assert wrong.isdigit()


def asking(stage: Stage, answers: Iterator[str]) -> Callable[[str], str]:
    """Give a person who types these answers, and remember the questions."""

    def ask(question: str) -> str:
        questions.append(question)
        return next(answers)

    questions: list[str] = []
    stage.ask = ask
    ask.questions = questions  # type: ignore[attr-defined]
    return ask


async def test_a_person_may_try_until_it_is_right(stage: Stage) -> None:
    """Asked interactively, typing errors are told, counted only where they could be codes."""
    await send_a_code(stage)
    await type_a_wrong_code(stage)
    wrong = "000000" if stage.code != "000000" else "111111"
    ask = asking(stage, iter(["oops", wrong, f" {stage.code}\n"]))

    shown = await type_the_right_code(stage)

    assert shown.call == f'verify_code("+15551234567", "{stage.code}")'
    first, second, third = ask.questions  # type: ignore[attr-defined]
    assert first == "Type the code that you see on the phone"
    assert "Not counted" in second
    assert "3 attempts left" in third
    for step in (replay_the_code, reach_the_limit, count_the_cost):
        await step(stage)


async def test_a_person_who_never_gets_it_right_breaks_the_step(stage: Stage) -> None:
    """When the answers are used up, the code was not approved, and that is not as told."""
    await send_a_code(stage)
    wrong = "000000" if stage.code != "000000" else "111111"
    asking(stage, iter([wrong] * 6))

    with pytest.raises(NotAsTold, match="TOO_MANY_ATTEMPTS"):
        await type_the_right_code(stage)

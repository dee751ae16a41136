"""The demonstration as a whole, and what it does when a part of the library misbehaves."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from smsverify.entrypoints.cli.demo import command as demo
from smsverify.entrypoints.cli.demo.stage import build_container
from smsverify.entrypoints.cli.demo.steps import STEPS
from smsverify.entrypoints.cli.exit_status import ExitStatus
from tests.unit.entrypoints.cli.demo.misbehaving import BROKEN

if TYPE_CHECKING:
    from smsverify.container import Container
    from smsverify.testing.clock import ManualClock
    from tests.unit.entrypoints.cli.demo.misbehaving import Break
    from tests.unit.entrypoints.conftest import CommandLine


@pytest.mark.parametrize(("number", "break_it"), BROKEN.values(), ids=BROKEN)
def test_a_misbehaving_part_is_seen_at_its_step(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, number: int, break_it: Break
) -> None:
    """The demonstration ends at the step whose promise is broken, with a status that says so."""

    def broken(clock: ManualClock) -> Container:
        container = build_container(clock)
        break_it(container)
        return container

    monkeypatch.setattr(demo, "build_container", broken)
    ended = cli("demo")

    assert ended.status == ExitStatus.REFUSED
    assert f"✗ Not as told: {STEPS[number - 1].promise}\n" in ended.out
    shown = [step.title in ended.out for step in STEPS]
    assert shown == [place < number for place in range(len(STEPS))]
    assert "went as told" not in ended.out


def test_every_step_is_broken_by_something() -> None:
    """No step's check goes untested."""
    assert {number for number, _ in BROKEN.values()} == set(range(1, len(STEPS) + 1))


def test_all_steps_go_as_told(cli: CommandLine) -> None:
    """The library as it is keeps each promise."""
    ended = cli("demo")

    assert ended.status == ExitStatus.DONE
    for number, step in enumerate(STEPS, 1):
        assert f"\n{number}   {step.title}\n" in ended.out
        assert f"    ✓ {step.promise}\n" in ended.out
    assert f"✓ All {len(STEPS)} steps went as told.\n" in ended.out
    assert ended.err == ""


def test_settings_of_the_environment_change_nothing(cli: CommandLine) -> None:
    """Whoever has strict or broken settings sees the same demonstration."""
    ended = cli("demo", SMS_RATE_LIMIT_PER_HOUR="1", SMS_CODE_LENGTH="none")

    assert ended.status == ExitStatus.DONE


def test_interactively_a_person_types_the_code(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --interactive the code is asked for, and what was typed is checked."""
    containers: list[Container] = []
    questions = []

    def build(clock: ManualClock) -> Container:
        containers.append(build_container(clock))
        return containers[-1]

    def prompt(question: str, **options: object) -> str:
        questions.append(question)
        return "".join(filter(str.isdigit, containers[-1].gateway().messages[-1].text))

    monkeypatch.setattr(demo, "build_container", build)
    monkeypatch.setattr("click.prompt", prompt)

    assert cli("demo", "--interactive").status == ExitStatus.DONE
    assert questions == ["Type the code that you see on the phone"]


def test_an_input_that_ends_stops_it(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can type, the interactive demonstration stops and says so."""
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    ended = cli("demo", "--interactive")

    assert ended.status == ExitStatus.INTERRUPTED
    assert ended.err.strip() == "Stopped."

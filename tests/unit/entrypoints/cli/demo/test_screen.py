from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import pytest
from rich.console import Console

from smsverify.entrypoints.cli.demo.screen import Screen, program
from smsverify.entrypoints.cli.demo.stage import Stage
from smsverify.entrypoints.cli.demo.steps import Shown, Step


async def nothing(stage: Stage) -> Shown:
    """Do nothing."""
    return Shown("", "")


STEP = Step(
    "A long step", "It keeps a promise that needs more words than fit on one line.", nothing
)


@pytest.fixture(params=[True, False], ids=["terminal", "plain"])
def out(request: pytest.FixtureRequest) -> Console:
    """Give a narrow console, a terminal or none."""
    return Console(
        file=io.StringIO(),
        force_terminal=request.param,
        color_system=None,
        width=40,
        soft_wrap=not request.param,
    )


def text(out: Console) -> str:
    """Give what was written."""
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_a_step_shows_call_answer_and_promise_indented(out: Console) -> None:
    """What belongs to a step stands to the right of its number, broken lines too."""
    screen = Screen(out)
    screen.begin(3, STEP)
    screen.show(STEP, Shown("call()", "an answer"))

    lines = text(out).splitlines()
    assert lines[:2] == ["", "3   A long step"]
    assert all(line.startswith("    ") for line in lines[2:])
    whole = " ".join(" ".join(lines).split())
    assert whole.endswith(f"call() an answer ✓ {STEP.promise}")


def test_a_broken_promise_shows_what_was_found(out: Console) -> None:
    """A failed step has a cross, the promise, and what happened instead."""
    screen = Screen(out)
    screen.fail(STEP, "4 instead of 5")

    assert " ".join(text(out).split()) == f"✗ Not as told: {STEP.promise} 4 instead of 5"


def test_the_end_says_how_to_go_on(out: Console) -> None:
    """A newcomer gets lines that can be pasted."""
    Screen(out).close(7)

    shown = text(out)
    assert "✓ All 7 steps went as told." in shown
    assert "export SMS_SIMULATION_MODE=true" in shown
    assert "send +15551234567" in " ".join(shown.split())


def test_the_program_is_named_as_it_can_be_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On the path its name will do; else where it lies, or the module of this Python."""
    monkeypatch.setattr(shutil, "which", lambda name: f"/somewhere/{name}")
    assert program() == "smsverify"

    monkeypatch.setattr(shutil, "which", lambda name: None)
    python = tmp_path / "bin" / "python"
    monkeypatch.setattr(sys, "executable", str(python))
    assert program() == f"{python} -m smsverify"

    python.parent.mkdir()
    script = python.with_name("smsverify")
    script.touch()
    monkeypatch.chdir(tmp_path)
    assert program() == "bin/smsverify"
    monkeypatch.chdir("/")
    assert Path("/") / program() == script

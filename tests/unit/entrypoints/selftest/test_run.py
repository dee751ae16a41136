"""What the self-test shows, and how it ends."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from smsverify.entrypoints.selftest import run
from smsverify.entrypoints.selftest.run import Screen, failed, play_simulated
from smsverify.entrypoints.selftest.scenario import Outcome
from smsverify.entrypoints.selftest.simulated import SCENARIOS
from tests.unit.entrypoints.selftest import misbehaving as bad

PASSED = Outcome("Limits", True, "5 an hour", 0.0123)
FAILED = Outcome("Budget", False, "one send too many: it was " + "sent " * 20, 1.5)
SKIPPED = Outcome("Receipt", None, "none is asked for", 0.0)


def shown(*outcomes: Outcome) -> list[str]:
    """Return what stands on the screen after these outcomes."""
    paper = io.StringIO()
    screen = Screen(Console(file=paper, width=80))
    screen.open("simulation")
    for outcome in outcomes:
        screen.line(outcome)
    screen.close(outcomes)
    return paper.getvalue().splitlines()


def test_each_scenario_has_a_line_with_its_time() -> None:
    """Mark, name, what was seen and how long it took stand in one line."""
    (line,) = (one for one in shown(PASSED) if one.startswith("✅ Limits"))

    assert line.split() == ["✅", "Limits", "5", "an", "hour", "12", "ms"]
    assert cell_len(line) == 80


def test_what_failed_is_told_in_full() -> None:
    """A long reason is broken into lines of at most 80 columns and not cut."""
    lines = shown(FAILED)
    told = " ".join(" ".join(lines[3:-2]).replace("1500 ms", "").split())

    assert FAILED.said.strip() in told
    assert all(cell_len(line) <= 80 for line in lines)


@pytest.mark.parametrize(
    ("outcomes", "summary"),
    [
        ((PASSED, PASSED), "✅ 2 scenarios: 2 passed, 0 failed in"),
        ((PASSED, FAILED), "❌ 2 scenarios: 1 passed, 1 failed in"),
        ((PASSED, SKIPPED), "✅ 2 scenarios: 1 passed, 0 failed, 1 skipped in"),
    ],
)
def test_the_summary_counts(outcomes: tuple[Outcome, ...], summary: str) -> None:
    """The last line says how many held, did not, and were left out."""
    assert shown(*outcomes)[-1].startswith(summary)


def test_only_a_failure_is_one() -> None:
    """A scenario that was left out fails nothing."""
    assert failed([PASSED, FAILED])
    assert not failed([PASSED, SKIPPED])


def test_letters_that_the_output_lacks_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no emoji can be written, plain letters stand for them."""
    monkeypatch.setattr(run, "_can_write", lambda _: False)

    assert any(line.startswith("!! Budget") for line in shown(FAILED))


async def test_all_scenarios_are_played_whatever_fails() -> None:
    """One failure does not end the run."""
    outcomes = await play_simulated(bad.behind(bad.ApprovesAnything))

    assert [one.name for one in outcomes] == [one.name for one in SCENARIOS]
    assert failed(outcomes)

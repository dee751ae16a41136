from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from smsverify.entrypoints.cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.entrypoints.conftest import CommandLine

PHONE = "+15551234567"


def test_figures_are_those_of_earlier_commands(simulation: CommandLine) -> None:
    """What other processes sent and refused is counted, for people to read."""
    simulation("send", PHONE, SMS_RATE_LIMIT_PER_HOUR="1")
    simulation("send", PHONE)

    ended = simulation("stats")

    assert ended.status == ExitStatus.DONE
    assert "Sends       2 asked, 1 accepted, 0 failed, 0 unknown\n" in ended.out
    assert "  refused   1 RATE_LIMIT_EXCEEDED\n" in ended.out
    assert "Store       sqlite, healthy\n" in ended.out
    assert ended.err == ""


def test_json_is_the_statistics(simulation: CommandLine) -> None:
    """A program gets what the library gives."""
    simulation("send", PHONE)

    told = json.loads(simulation("stats", "--json").out)

    assert told["mode"] == "simulation"
    assert told["sends"]["accepted"] == 1
    assert told["cost"]["spent_dollars"] == 0.014
    assert told["store"] == {"name": "sqlite", "healthy": True, "error": None}


@pytest.mark.parametrize(
    ("options", "told"), [((), "sqlite, not healthy"), (("--json",), '"healthy": false')]
)
def test_a_store_that_does_not_answer_is_not_available(
    simulation: CommandLine, tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    """Figures without the store end with 3, and one sentence says whose they are not."""
    (tmp_path / "file").touch()

    ended = simulation("stats", *options, SMS_SQLITE_PATH=str(tmp_path / "file" / "store"))

    assert ended.status == ExitStatus.NOT_AVAILABLE
    assert "SMS_SQLITE_PATH" in ended.err
    assert ended.err.count("\n") == 1
    assert told in ended.out


def test_disabled_has_figures_too(cli: CommandLine) -> None:
    """Looking at the figures needs no account."""
    ended = cli("stats")

    assert ended.status == ExitStatus.DONE
    assert "Mode        disabled\n" in ended.out

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from smsverify.entrypoints.cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.entrypoints.conftest import CommandLine

PHONE, SENDER = "+15551234567", "+17205550100"


def test_a_sender_rests_and_is_released(simulation: CommandLine) -> None:
    """What one command orders the next one sees: no sends from a sender that rests."""
    assert simulation("pool", "rest", SENDER).out.endswith("The sender rests from now on.\n")
    assert simulation("pool", "rest", SENDER).out.endswith("The sender rests already.\n")
    assert simulation("send", PHONE).status == ExitStatus.NOT_AVAILABLE

    assert "available again" in simulation("pool", "release", "+1 720 555 0100").out
    assert "did not rest" in simulation("pool", "release", SENDER).out
    assert simulation("send", PHONE).status == ExitStatus.DONE


def test_status_for_people(simulation: CommandLine) -> None:
    """One line a sender, masked unless whole numbers are asked for."""
    simulation("send", PHONE)

    ended = simulation("pool", "status")

    assert ended.status == ExitStatus.DONE
    assert "+1***0100   US        720    available       1\n" in ended.out
    assert "1 of 1 available, 1 sent today" in ended.out
    assert SENDER not in ended.out
    simulation("pool", "rest", SENDER)
    shown = simulation("pool", "status", "--show-numbers").out
    assert SENDER in shown
    assert "UTC, operator" in shown
    assert "0 of 1 available" in shown


def test_status_for_programs(simulation: CommandLine) -> None:
    """A program gets what the library gives."""
    told = json.loads(simulation("pool", "status", "--json").out)

    assert told["mode"] == "simulation"
    assert told["totals"] == {"senders": 1, "available": 1, "resting": 0, "sent_today": 0}


@pytest.mark.parametrize(("order", "words"), [("rest", "rest"), ("release", "release")])
def test_orders_for_programs(simulation: CommandLine, order: str, words: str) -> None:
    """An order says whether it changed anything."""
    told = json.loads(simulation("pool", order, SENDER, "--json").out)
    assert told == {"order": words, "changed": order == "rest"}


@pytest.mark.parametrize("order", ["rest", "release"])
def test_no_such_sender(simulation: CommandLine, order: str) -> None:
    """A number that is no sender is wrong usage, told in one sentence without the number."""
    ended = simulation("pool", order, "+17205559999")

    assert ended.status == ExitStatus.USAGE
    assert "none of the senders" in ended.err
    assert "9999" not in ended.err
    assert ended.err.count("\n") == 1


def test_disabled(cli: CommandLine) -> None:
    """Without credentials there is no pool, and it says what to set."""
    ended = cli("pool", "status")
    assert ended.status == ExitStatus.NOT_AVAILABLE
    assert "TWILIO_ACCOUNT_SID" in ended.err
    assert cli("pool", "rest", SENDER).status == ExitStatus.USAGE


def test_the_store_is_away(simulation: CommandLine, tmp_path: Path) -> None:
    """Status and orders say that the store is not available."""
    (tmp_path / "file").touch()
    away = {"SMS_SQLITE_PATH": str(tmp_path / "file" / "store")}

    ended = simulation("pool", "status", **away)
    assert ended.status == ExitStatus.NOT_AVAILABLE
    assert "could not be read" in ended.err
    assert "+1***0100" in ended.out
    assert simulation("pool", "rest", SENDER).status == ExitStatus.NOT_AVAILABLE


@pytest.mark.parametrize("group", ["pool", "prices"])
def test_a_group_alone_shows_its_help(cli: CommandLine, group: str) -> None:
    """Without a subcommand the help is shown, and nothing is done."""
    ended = cli(group)
    assert ended.status == ExitStatus.USAGE
    assert "Commands:" in ended.out
    assert cli(group, "nonsense").status == ExitStatus.USAGE

"""The guide for users of the old system is walked: every name, variable, line and code in it."""

from __future__ import annotations

import importlib
import re
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import attrs
import pytest

from smsverify import ErrorCode, SendResult
from smsverify.adapters.structlog.sentences import sentence_of
from smsverify.domain import events
from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.domain.mode import Mode
from smsverify.domain.phone import LineType, PhoneNumber
from smsverify.entrypoints.validator import rendering
from smsverify.entrypoints.validator.report import Status
from smsverify.facade.wording import REASONS, SENTENCES
from smsverify.settings import variables

GUIDE = Path(__file__).parents[2] / "docs" / "migration.md"
TEXT = GUIDE.read_text(encoding="utf-8")
PHONE = PhoneNumber("+15551234567", "US", LineType.UNKNOWN, is_valid=False)


def rows(header: str) -> list[tuple[str, ...]]:
    """Return the rows of the table whose first column has this header."""
    found = re.search(
        rf"^\| {re.escape(header)} \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", TEXT, re.MULTILINE
    )
    assert found is not None, header
    return [
        tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])
        for line in found[1].splitlines()
    ]


def bare(cell: str) -> str:
    """Return what stands between the first backticks of a cell."""
    return cell.split("`")[1]


def resolve(dotted: str) -> object:
    """Return what a dotted name names: a module, or something in one."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        name = ".".join(parts[:cut])
        try:
            found: object = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return found
    raise AssertionError(dotted)


@pytest.mark.parametrize("row", rows("Old name"))
def test_a_name_moves_by_one_word(row: tuple[str, str]) -> None:
    """The new name is the old one with one word replaced, and it is there."""
    old, new = map(bare, row)

    assert new == re.sub(r"^utils\.", "smsverify.", old)
    found = resolve(new)
    assert callable(found) or isinstance(found, ModuleType)


@pytest.mark.parametrize("row", [*rows("Of the verifier"), *rows("In a result of sending")])
def test_a_member_is_there(row: tuple[str, str]) -> None:
    """Each method and field of the old objects has the same name here."""
    old, new = map(bare, row)

    assert new.endswith(f".{old}")
    assert resolve(new) is not None
    if ".SendResult." in new:
        assert old in {field.name for field in attrs.fields(SendResult)}
        assert SendResult(success=True).get(old, "?") != "?"


@pytest.mark.parametrize("row", rows("Old command"))
def test_a_command_moves_by_one_word(row: tuple[str, str, str]) -> None:
    """The module can be run, and the short form is a command."""
    from smsverify.entrypoints.cli.main import COMMANDS

    old, new, short = map(bare, row)

    assert new == old.replace("utils.", "smsverify.")
    assert find_spec(new.split()[2])
    assert short.split()[1] in COMMANDS
    assert new.split()[3:] == short.split()[2:]


@pytest.mark.parametrize("row", rows("Variable"))
def test_a_variable_keeps_its_name(row: tuple[str, str]) -> None:
    """The settings know each variable of the table, and each that is named beside one."""
    known = {one.name for one in variables()}
    secret = {f"{one.name}_FILE" for one in variables() if one.secret}

    assert set(re.findall(r"`([A-Z_]+)`", " ".join(row))) <= known | secret
    assert row[1].startswith("the same")


def all_lines() -> list[tuple[str, str]]:
    """Return the sentence and the name of events of each kind that the table speaks of."""
    settled = [
        events.SendSettled(PHONE, "verify", DeliveryState.SENT, "SM" + "0" * 32),
        events.SendSettled(
            PHONE, "verify", DeliveryState.FAILED, reason=FailureReason.NOT_CONNECTED
        ),
    ]
    started = [events.Started(mode, "redis") for mode in Mode]
    away = events.StoreFailed(ErrorCode.REDIS_UNAVAILABLE, "nobody listens")
    return [(sentence_of(one), one.name) for one in (*settled, *started, away)]


@pytest.mark.parametrize("row", [row for row in rows("Line") if "sms." in row[1]])
def test_a_log_line_is_still_written(row: tuple[str, str]) -> None:
    """Some event of the named kind is told in a sentence that holds the line."""
    line, name = map(bare, row)

    assert any(line in sentence and name == told for sentence, told in all_lines())


@pytest.mark.parametrize("row", rows("Sentence"))
def test_a_sentence_stands_in_the_result(row: tuple[str, str]) -> None:
    """The sentence of the error code holds the old one."""
    sentence, code = bare(row[0]), row[1].split("`")[3]

    assert sentence in SENTENCES[ErrorCode(code)]
    if code == ErrorCode.TWILIO_API_ERROR:
        assert sum(sentence in reason for reason in REASONS.values()) >= 8


def test_the_reports_lines_are_written() -> None:
    """Each line of the report is one that the validator writes; every status is in the table."""
    found = re.search(r"## Lines of the validator's report\n\n((?:\|.*\n)+)", TEXT)
    assert found is not None
    lines = [bare(line) for line in found[1].splitlines()[2:]]
    source = Path(rendering.__file__).read_text(encoding="utf-8")

    for line in lines:
        if line.startswith("STATUS: "):
            assert line.removeprefix("STATUS: ") in set(Status)
        else:
            assert line in source
    assert {f"STATUS: {status}" for status in Status} <= set(lines)


def test_error_codes_keep_their_names() -> None:
    """The six old codes are codes here."""
    old = [(bare(row[0]), bare(row[1])) for row in rows("Old code")]

    assert len(old) == 6
    for before, now in old:
        assert before == now == ErrorCode(now)


def test_the_steps_name_real_variables_and_commands() -> None:
    """What the text tells to set or to run can be set and run."""
    from smsverify.entrypoints.cli.main import COMMANDS

    known = {one.name for one in variables()} | {f"{one.name}_FILE" for one in variables()}
    assert set(re.findall(r"`((?:SMS|TWILIO|REDIS)_[A-Z_]+?)(?:=[^`]*)?`", TEXT)) <= known | set(
        ErrorCode
    )
    assert {command.split()[0] for command in re.findall(r"`smsverify ([^`]+)`", TEXT)} <= set(
        COMMANDS
    )

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from rich.table import Table

from smsverify.entrypoints.terminal import output
from smsverify.errors import ErrorCode
from smsverify.facade.results import CheckResult, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable


class Screen(io.TextIOWrapper):
    """Standard output that is a terminal, or is none."""

    def __init__(self, *, terminal: bool, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        """Say which of the two it is."""
        return self._terminal

    @property
    def text(self) -> str:
        """What was written."""
        self.seek(0)
        return self.read()


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Screen]:
    """Give a function that puts another standard output and error in place."""
    monkeypatch.setenv("TERM", "xterm-256color")

    def put(*, terminal: bool, encoding: str = "utf-8") -> Screen:
        stream = Screen(terminal=terminal, encoding=encoding)
        monkeypatch.setattr("sys.stdout", stream)
        monkeypatch.setattr("sys.stderr", stream)
        return stream

    return put


def test_a_terminal_gets_colours(screen: Callable[..., Screen]) -> None:
    """On a terminal a tick is green."""
    shown = screen(terminal=True)

    output.console().print(output.told("done"))

    assert "\x1b[1;32m✓" in shown.text


def test_what_is_no_terminal_gets_plain_text(screen: Callable[..., Screen]) -> None:
    """In a file or a pipe there are no escape codes."""
    shown = screen(terminal=False)

    output.console().print(output.told("done"))
    output.complain("not done")

    assert shown.text == "✓ done\nnot done\n"


def test_no_color_makes_a_terminal_plain(
    screen: Callable[..., Screen], monkeypatch: pytest.MonkeyPatch
) -> None:
    """NO_COLOR, set to anything, keeps every escape code away; empty it counts as unset."""
    shown = screen(terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")

    output.console().print(output.told("done"))
    output.complain("not done")

    assert shown.text == "✓ done\nnot done\n"
    monkeypatch.setenv("NO_COLOR", "")
    assert output.is_pretty()


def test_complaints_on_a_terminal_are_red(screen: Callable[..., Screen]) -> None:
    """On a terminal what went wrong catches the eye."""
    shown = screen(terminal=True)

    output.complain("not done")

    assert shown.text.startswith("\x1b[31mnot done")


def test_complaints_on_a_terminal_are_broken_between_words(
    screen: Callable[..., Screen], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal gets lines that fit, and no word in two."""
    shown = screen(terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "20")

    output.complain("Start the number with its calling code.")

    assert shown.text == "Start the number\nwith its calling\ncode.\n"


def test_a_complaint_is_one_line(screen: Callable[..., Screen]) -> None:
    """Whatever a message brings along, standard error gets a single line."""
    shown = screen(terminal=False)

    output.complain("not\n  done")

    assert shown.text == "not done\n"


def test_long_lines_are_not_broken_for_programs(screen: Callable[..., Screen]) -> None:
    """In a file a sentence stays on one line, so that it can be found."""
    shown = screen(terminal=False)

    output.console().print("word " * 40)

    assert shown.text.count("\n") == 1


def test_a_wide_terminal_is_filled_to_80_columns(
    screen: Callable[..., Screen], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines of more than 80 columns are hard to read; a narrower terminal is respected."""
    screen(terminal=True)
    monkeypatch.setenv("COLUMNS", "200")
    assert output.console().width == 80

    monkeypatch.setenv("COLUMNS", "40")
    assert output.console().width == 40


def test_markup_in_what_is_shown_is_plain_text(screen: Callable[..., Screen]) -> None:
    """An app called [bold] is shown as it is called."""
    shown = screen(terminal=False)

    output.console().print("[bold]: your code :smile:")

    assert shown.text == "[bold]: your code :smile:\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_marks_are_written_in_letters_that_the_terminal_has(
    screen: Callable[..., Screen], encoding: str
) -> None:
    """Where no tick can be written, ok and !! stand for right and wrong."""
    shown = screen(terminal=False, encoding=encoding)

    output.console().print(output.told("done"))
    output.console().print(output.told("not done", good=False))

    assert shown.text == "ok done\n!! not done\n"


def test_tables_have_no_spaces_at_the_ends_of_lines(screen: Callable[..., Screen]) -> None:
    """A table ends its lines where its text ends."""
    shown = screen(terminal=False)
    table = Table(box=None)
    table.add_column("name")
    table.add_row("a much longer name")

    output.show_table(output.console(), table)

    assert [line.rstrip() for line in shown.text.splitlines()] == shown.text.splitlines()
    assert "a much longer name" in shown.text


def test_json_is_ascii(screen: Callable[..., Screen]) -> None:
    """JSON can be read by any program, whatever letters it believes in."""
    shown = screen(terminal=False)

    output.write_json({"text": "код"})

    assert shown.text.isascii()
    assert json.loads(shown.text) == {"text": "код"}


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3_599, "59 min 59 s"),
        (3_600, "1 h"),
        (3_601, "1 h 1 min"),
        (7_140, "1 h 59 min"),
        (7_141, "2 h"),
        (86_400, "24 h"),
    ],
)
def test_durations_are_told_as_people_say_them(seconds: int, told: str) -> None:
    """Seconds become minutes and hours, rounded up, so that nobody comes too early."""
    assert output.duration(seconds) == told


@pytest.mark.parametrize(
    ("dollars", "told"),
    [
        (0.0, "$0.00"),
        (0.014, "$0.014"),
        (0.0083, "$0.0083"),
        (49.93, "$49.93"),
        (1_000_000.0, "$1,000,000.00"),
        (0.000001, "$0.000001"),
    ],
)
def test_money_is_told_to_the_last_decimal_that_it_has(dollars: float, told: str) -> None:
    """Two decimals at least, and more where cents are divided."""
    assert output.money(dollars) == told


@pytest.mark.parametrize(("number", "told"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps")])
def test_counts_agree_with_their_nouns(number: int, told: str) -> None:
    """One is singular."""
    assert output.count(number, "step") == told


def test_a_refusal_tells_the_code_the_reason_and_what_helps() -> None:
    """The waiting time, the attempts that are left and the provider's code stand in it."""
    limit = SendResult(
        success=False, error_code=ErrorCode.RATE_LIMIT_EXCEEDED, error="Full.", retry_after=61
    )
    wrong = CheckResult(
        success=False, error_code=ErrorCode.INCORRECT_CODE, error="Wrong.", attempts_left=0
    )
    provider = SendResult(
        success=False, error_code=ErrorCode.TWILIO_API_ERROR, error="No.", provider_code=21612
    )

    assert output.refusal(limit) == "RATE_LIMIT_EXCEEDED: Full. Waiting time: 1 min 1 s."
    assert output.refusal(wrong) == "INCORRECT_CODE: Wrong. 0 attempts left."
    assert output.refusal(provider) == "TWILIO_API_ERROR: No. The provider's code: 21612."

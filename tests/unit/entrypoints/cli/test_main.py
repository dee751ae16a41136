from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

import smsverify
from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.cli.main import COMMANDS, command_line

if TYPE_CHECKING:
    from tests.unit.entrypoints.conftest import CommandLine

NAMES = list(COMMANDS)


@pytest.mark.parametrize("name", NAMES)
def test_the_list_says_what_each_command_says_of_itself(name: str) -> None:
    """The sentence beside a name is the first one of that command's help."""
    command = command_line.get_command(click.Context(command_line), name)

    assert command is not None
    assert command.get_short_help_str(limit=80) == COMMANDS[name][1]
    assert command.name == name


@pytest.mark.parametrize("args", [("--help",), *((name, "--help") for name in NAMES)])
def test_help_fits_80_columns(cli: CommandLine, args: tuple[str, ...]) -> None:
    """Help is shown on standard output, no line of it is longer than 80 columns."""
    ended = cli(*args)

    assert ended.status == ExitStatus.DONE
    assert ended.out.startswith("Usage: smsverify")
    assert max(map(len, ended.out.splitlines())) <= 80
    assert ended.err == ""


def test_help_names_every_command_and_exit_status(cli: CommandLine) -> None:
    """The help of the whole leads to each command, and says what a script can tell apart."""
    shown = cli("--help").out

    for name in NAMES:
        assert f"\n  {name} " in shown
    for number in (0, 1, 2, 3):
        assert f" {number} " in shown[shown.index("Exit status") :]


def test_without_a_command_the_help_is_shown_and_nothing_done(cli: CommandLine) -> None:
    """Calling it with nothing shows the help; a script sees that it was no use of it."""
    ended = cli()

    assert ended.status == ExitStatus.USAGE
    assert ended.out == cli("--help").out


def test_version(cli: CommandLine) -> None:
    """--version is the package's version."""
    assert cli("--version").out == f"smsverify {smsverify.__version__}\n"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("sned",), "No such command 'sned'"),
        (("send",), "Missing argument 'PHONE'. See: smsverify send --help"),
        (("check", "+15551234567"), "Missing argument 'CODE'. See: smsverify check --help"),
        (("stats", "--jsn"), "No such option"),
        (("--nothing",), "See: smsverify --help"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_two(
    cli: CommandLine, args: tuple[str, ...], sentence: str
) -> None:
    """A call that makes no sense is told so in one line on standard error."""
    ended = cli(*args)

    assert ended.status == ExitStatus.USAGE
    assert sentence in ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


def test_help_loads_nothing_heavy() -> None:
    """Showing the help imports click, and none of what the commands need."""
    program = (
        "import sys\n"
        "from smsverify.entrypoints.cli.main import run\n"
        "run(['--help'])\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.split())

    assert {name for name in loaded if name.startswith("smsverify.")} == {
        "smsverify.domain",
        "smsverify.domain.error_code",
        "smsverify.entrypoints",
        "smsverify.entrypoints.cli",
        "smsverify.entrypoints.cli.exit_status",
        "smsverify.entrypoints.cli.group",
        "smsverify.entrypoints.cli.main",
    }
    libraries = {"asyncio", "attrs", "phonenumbers", "rich", "redis", "dependency_injector"}
    assert loaded.isdisjoint(libraries | {"sqlite3", "structlog", "twilio"})

"""What the README and the first documents say is so: examples run, tables are whole."""

from __future__ import annotations

import enum
import os
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from smsverify import ErrorCode
from smsverify.domain.mode import Mode
from smsverify.entrypoints.cli.main import COMMANDS, command_line
from smsverify.settings import StoreKind, variables
from smsverify.settings.dotenv_file import PREFIXES
from smsverify.sms_verifier import reset_sms_verifier

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "docs" / "architecture.md",
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
]


def blocks(text: str, language: str) -> list[str]:
    """Give the pieces of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def first_column(header: str) -> list[str]:
    """Give what stands between backticks in the first column of the table with this header."""
    table = README[README.index(f"| {header} |") :].split("\n\n")[0]
    return [cell for row in table.splitlines()[2:] for cell in re.findall(r"^\| `(\w+)` \|", row)]


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Give an environment without settings of ours, and a verifier that nobody has used."""
    for name in list(os.environ):
        if name.startswith(PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    reset_sms_verifier()
    yield
    reset_sms_verifier()


def run(example: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a piece of Python as it was pasted, and give what it printed."""
    exec(compile(example, "README.md", "exec"), {"__name__": "__main__"})  # noqa: S102
    return capsys.readouterr().out


@pytest.mark.usefixtures("fresh")
def test_the_first_example_verifies_a_phone(capsys: pytest.CaptureFixture[str]) -> None:
    """Pasted as it is, without any setting, it sends, approves once and not twice."""
    printed = run(blocks(README, "python")[0], capsys)

    assert printed.splitlines() == [
        "sent: True for 0.014 dollars",
        "approved: True",
        "approved again: False",
    ]


@pytest.mark.usefixtures("fresh")
def test_the_second_example_sends_or_says_what_to_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without settings it names them; in simulation it sends, twice in one process too."""
    example = blocks(README, "python")[1]
    assert run(example, capsys).startswith("Not set up yet: ")

    reset_sms_verifier()
    monkeypatch.setenv("SMS_SIMULATION_MODE", "true")
    for _ in range(2):
        assert re.fullmatch(r"SMS sent: SM[0-9a-f]{32}\n", run(example, capsys))


def test_every_piece_of_python_is_run() -> None:
    """An example that is added gets a test of its own."""
    assert len(blocks(README, "python")) == 2


@pytest.mark.parametrize(
    ("header", "names"), [("Mode", Mode), ("Store", StoreKind), ("Code", ErrorCode)]
)
def test_tables_are_whole(header: str, names: type[enum.StrEnum]) -> None:
    """Each mode, store and error code has one row, and no other name has one."""
    assert sorted(first_column(header)) == sorted(names)


def test_commands_and_targets_are_there() -> None:
    """Whatever a shell is told to run can be run: commands, their options, make's targets."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = [line for block in blocks(README, "sh") for line in block.splitlines()]

    for line in lines:
        program, *rest = line.split()
        if program == "smsverify":
            assert rest[0] in COMMANDS
            command = command_line.get_command(click.Context(command_line), rest[0])
            assert command is not None
            command.make_context(rest[0], rest[1:])
        elif program == "make":
            assert re.search(rf"^{rest[0]}:", makefile, re.MULTILINE)
        else:
            assert program in {"export", "pip"}
    assert {line.split()[0] for line in lines} == {"make", "pip", "export", "smsverify"}


def test_no_line_for_the_shell_ends_in_a_comment() -> None:
    """Some shells take a pasted comment for arguments, so there are none."""
    assert not any("#" in block for block in blocks(README, "sh"))


def test_variables_are_those_of_the_settings() -> None:
    """Each setting that is named is one."""
    known = {variable.name for variable in variables()}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(r"\b(?:SMS|TWILIO|REDIS)_[A-Z_]+\b", text))
        assert named - known - set(ErrorCode) == set(), page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Each link inside the project leads to a file, and to a heading if it names one."""
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("https://"):
            continue
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        assert target.is_file(), link
        if heading:
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_are_there(page: Path) -> None:
    """A path between backticks leads to a file: from the root, the package or the page."""
    text = page.read_text(encoding="utf-8")
    places = (ROOT, ROOT / "src" / "smsverify", page.parent)
    named = set(re.findall(r"`([\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|md|toml|lua|sh)))`", text))
    lost = {name for name in named if not any((place / name).exists() for place in places)}
    assert lost == set()


def test_decisions_are_numbered_without_gaps_and_have_their_parts() -> None:
    """Each decision has a number of its own, a status, the reasons and what follows."""
    pages = [page for page in PAGES if page.parent.name == "decisions"]

    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. ")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Why", "What", "What follows"]
        assert "\nStatus: " in text

"""What docs/ says is so: code is run, links lead somewhere, tables are whole."""

from __future__ import annotations

import enum
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from scripts import render_scaling
from smsverify import ErrorCode, Settings, create_verifier
from smsverify.domain import events, policy
from smsverify.domain.mode import Mode
from smsverify.entrypoints.cli.exit_status import ExitStatus
from smsverify.entrypoints.cli.main import COMMANDS
from smsverify.facade.results import CheckResult, SendResult
from smsverify.settings import StoreKind, variables
from tests.integration.installed import PLAIN

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
OURS = ("SMS_", "TWILIO_", "REDIS_")


def name_of(path: Path) -> str:
    """Return a page's name as a test's id."""
    return path.relative_to(DOCS).as_posix()


def blocks(language: str) -> list[Any]:
    """Return each piece of code in a language, with its page."""
    return [
        pytest.param(code, id=f"{name_of(page)}-{number}")
        for page in PAGES
        for number, code in enumerate(
            re.findall(
                rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
            )
        )
    ]


FRAMEWORK = re.compile("fastapi|flask|starlette|django", re.IGNORECASE)
"""What names one runs where it is installed; all else runs as after a plain installation."""


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder where nothing is set but what is given."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    place = {"PATH": tools, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    return subprocess.run(
        command,
        cwd=folder,
        env=clean | place | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("code", blocks("python"))
def test_python_runs(code: str, tmp_path: Path) -> None:
    """Pasted into a file, each piece runs in simulation; contract suites run under pytest."""
    is_test = "Contract" in code
    file = tmp_path / ("test_pasted.py" if is_test else "pasted.py")
    file.write_text(code, encoding="utf-8")
    command = [sys.executable]
    if is_test:
        command += ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto"]

    variables = {"PYTHONPATH": str(ROOT)} if is_test or FRAMEWORK.search(code) else PLAIN
    ended = run([*command, str(file)], tmp_path, SMS_SIMULATION_MODE="true", **variables)

    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("code", blocks("sh"))
def test_shell_runs(code: str, tmp_path: Path) -> None:
    """Pasted into a shell, each piece ends well, where the template lies and nothing is set."""
    shutil.copy(ROOT / ".env.sms.template", tmp_path)

    ended = run(["bash", "-eu", "-c", code], tmp_path, **PLAIN)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as the site makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Each link to another page, or to a part of one, finds it."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.is_file(), target
        assert not anchor or anchor in anchors(found), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_is_named_exists(page: Path) -> None:
    """Variables, files, commands and make's targets that a page names are there."""
    text = page.read_text("utf-8")
    known = {one.name for one in variables()} | set(ErrorCode)
    known |= {f"{one.name}_FILE" for one in variables() if one.secret}
    for name in re.findall(r"`((?:SMS|TWILIO|REDIS)_[A-Z_]*[A-Z])(?:=[^`]*)?`", text):
        assert name in known, name
    for command in re.findall(r"`smsverify ([a-z][a-z-]+)", text):
        assert command in COMMANDS, command
    for path in re.findall(r"`((?:tests|examples|benchmarks|scripts)/[\w./-]*)`", text):
        assert (ROOT / path).exists(), path
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make (\w+)", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def first_cells(page: str) -> list[str]:
    """Return what the first cells of a page's tables hold between backticks."""
    text = (DOCS / page).read_text("utf-8")
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def test_every_error_code_is_told_once() -> None:
    """The reference has a row for each code, and none for a code that is not."""
    cells = [cell for cell in first_cells("reference/error-codes.md") if cell.isupper()]

    assert sorted(cells) == sorted(ErrorCode)


def test_every_rule_and_field_is_told() -> None:
    """The reference names each rule that a refusal may carry, and fields that results have."""
    cells = {cell for cell in first_cells("reference/error-codes.md") if cell.islower()}
    rules = {
        value for name, value in vars(policy).items() if name.isupper() and isinstance(value, str)
    }
    fields = set(SendResult(success=True)) | set(CheckResult(success=True))

    assert rules <= cells
    assert cells - rules <= fields


def test_exit_statuses_are_told() -> None:
    """The reference has a row for each exit status but the shell's own."""
    text = (DOCS / "reference/error-codes.md").read_text("utf-8")
    told = {int(one) for one in re.findall(r"^\| (\d) \|", text, re.MULTILINE)}

    assert told == {int(one) for one in ExitStatus if one is not ExitStatus.INTERRUPTED}


def flat(figures: dict[str, Any], *, above: str = "") -> set[str]:
    """Return the names of a nested dict; what is keyed by code or country is one name."""
    names: set[str] = set()
    for name, value in figures.items():
        dotted = f"{above}{name}"
        if isinstance(value, dict) and name not in {"refused", "countries", "gateway_status"}:
            names |= flat(value, above=f"{dotted}.")
        else:
            names.add(dotted)
    return names


async def test_every_figure_is_told() -> None:
    """The reference has a row for each field of a real dict of statistics, and no other."""
    from smsverify.adapters.twilio.breaker import CredentialsBreaker
    from smsverify.testing import ManualClock
    from tests.unit.kit import Recorder

    verifier = create_verifier(Settings(simulation_mode=True, store=StoreKind.MEMORY))
    await verifier.send_verification_sms("+15551234567", "MyApp")
    real = flat(await verifier.statistics())
    breaker = CredentialsBreaker(clock=ManualClock(), events=Recorder())

    assert set(first_cells("reference/statistics.md")) == real | set(breaker.status())
    text = (DOCS / "reference/statistics.md").read_text("utf-8")
    for field in ("sends", "approved", "spent_dollars"):
        assert f"`{field}`" in text


def test_every_event_and_mode_is_told() -> None:
    """The guide for operations has a row for each event's name and for each mode."""
    cells = set(first_cells("operations.md"))
    names = {
        one.name
        for one in vars(events).values()
        if isinstance(one, type) and issubclass(one, events.Event) and one is not events.Event
    }

    assert names <= cells
    assert {cell for cell in cells if cell.startswith("sms.")} == names
    assert set(Mode) <= cells


@pytest.mark.parametrize("kind", [StoreKind, Mode])
def test_the_guides_speak_of_every_choice(kind: type[enum.StrEnum]) -> None:
    """Each store and mode is named in a guide."""
    guides = "".join(page.read_text("utf-8") for page in DOCS.glob("*.md"))

    assert all(f"`{one}`" in guides or f"={one}`" in guides for one in kind)


def test_the_measured_figures_are_there() -> None:
    """A clone has no results of its own, so the page has each side's figures under each load."""
    figures = render_scaling.figures_in((DOCS / "scaling.md").read_text("utf-8"))

    for title in (*(f"{load} at once" for load in render_scaling.LOADS), "a round, counted"):
        table = figures.partition(f"| {title} |")[2].partition("\n\n")[0]
        rows = re.findall(r"^\| ([^|]+) \| \d[^|]* \|", table, re.MULTILINE)
        assert rows == list(render_scaling.SIDES.values()), title


def test_the_index_leads_to_every_page() -> None:
    """Each guide and page of reference is linked from the first page."""
    text = (DOCS / "index.md").read_text("utf-8")
    pages = [*DOCS.glob("*.md"), *(DOCS / "reference").glob("*.md")]

    for page in pages:
        assert page.name == "index.md" or f"({name_of(page)})" in text


def test_the_site_has_every_page_in_its_menu() -> None:
    """The site's menu names each page once, and no page that is not there."""
    site = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]

    def pages_of(menu: list[dict[str, Any]]) -> list[str]:
        found = [one for entry in menu for one in entry.values()]
        return [
            page for one in found for page in ([one] if isinstance(one, str) else pages_of(one))
        ]

    assert sorted(pages_of(site["nav"])) == sorted(map(name_of, PAGES))
    for style in site["extra_css"]:
        assert (DOCS / style).is_file()

"""Running the command line in this process, with settings of a test's own."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Protocol

import attrs
import pytest

from smsverify.entrypoints.cli.main import run
from smsverify.settings.dotenv_file import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@attrs.frozen
class Ended:
    """How a command ended: its exit status, and what it wrote."""

    status: int
    out: str
    err: str


class CommandLine(Protocol):
    """Runs one command."""

    def __call__(self, *args: str, **variables: str) -> Ended:
        """Run it with these arguments, and with these variables set from now on."""
        ...


@pytest.fixture(autouse=True)
def logging_is_put_back() -> Iterator[None]:
    """Leave logging as it was: a command sets it up for the whole process."""
    loggers = (logging.getLogger(), logging.getLogger("smsverify"))
    before = [(logger, logger.level, list(logger.handlers)) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give each test an empty environment, a folder without .env and a store of its own."""
    for name in list(os.environ):
        if name.startswith(PREFIXES) or name == "NO_COLOR":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMS_SQLITE_PATH", str(tmp_path / "store.sqlite3"))


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Give a function that runs a command; variables that it is given stay set."""

    def call(*args: str, **variables: str) -> Ended:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        status = run(list(args))
        return Ended(status, *capsys.readouterr())

    return call


@pytest.fixture
def simulation(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Give the same in simulation."""
    monkeypatch.setenv("SMS_SIMULATION_MODE", "true")
    return cli

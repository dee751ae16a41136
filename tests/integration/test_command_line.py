"""The command line as its users have it: processes of their own, pipes, terminals, Ctrl-C."""

from __future__ import annotations

import codecs
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from smsverify.settings.dotenv_file import PREFIXES
from tests.integration.installed import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

PHONE = "+15551234567"
SCRIPT = str(Path(sys.executable).with_name("smsverify"))
MODULE = (sys.executable, "-m", "smsverify")
PATIENCE_SECONDS = 60
ESCAPE = "\x1b["


@attrs.frozen
class Machine:
    """
    A user's account on which nothing is configured.

    Attributes:
        home: the home directory; commands run there.
        variables: the environment.
    """

    home: Path
    variables: dict[str, str]

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, without a terminal."""
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=self.home,
            env=PLAIN | self.variables | variables,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE_SECONDS,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Give an account of its own, with nothing set but what tests need themselves."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith((*PREFIXES, "XDG_")) and name not in {"NO_COLOR", "COLUMNS"}
    }
    return Machine(tmp_path, kept | {"HOME": str(tmp_path), "TERM": "xterm-256color"})


class Terminal:
    """A program on a terminal of 80 columns: what it writes, and a keyboard."""

    def __init__(self, machine: Machine, *command: str, **variables: str) -> None:
        self._screen, line = pty.openpty()
        self.process = subprocess.Popen(
            command,
            stdin=line,
            stdout=line,
            stderr=line,
            cwd=machine.home,
            env=PLAIN | machine.variables | {"COLUMNS": "80"} | variables,
            start_new_session=True,
        )
        os.close(line)
        self.text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def read_until(self, pattern: str) -> re.Match[str]:
        """Read until what was written matches, and return the match."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := re.search(pattern, self.text)) is None:
            if not self._read(deadline):
                raise AssertionError(f"{pattern} was never written: {self.text}")
        return found

    def read_to_end(self) -> int:
        """Read until the program ends, and return its exit status."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._read(deadline):
            pass
        return self.process.wait(PATIENCE_SECONDS)

    def type(self, keys: str) -> None:
        """Type on the keyboard."""
        os.write(self._screen, keys.encode())

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._screen], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            piece = os.read(self._screen, 65_536)
        except OSError:  # the other side is closed
            return False
        self.text += self._decoder.decode(piece)
        return bool(piece)

    def close(self) -> None:
        """End the program if it still runs, and give the terminal back."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._screen)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    """Give a list; what is put there is closed at the end."""
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def code_in(text: str) -> str:
    """Give the code that is shown."""
    found = re.search(r"(?<![\d+])\d{6}(?!\d)", text)
    assert found is not None, text
    return found[0]


def test_the_module_is_the_command(machine: Machine) -> None:
    """`python -m smsverify` is `smsverify`."""
    assert machine.run(*MODULE, "--help").stdout == machine.run(SCRIPT, "--help").stdout != ""


def test_send_and_check_are_two_processes(machine: Machine) -> None:
    """With SMS_SIMULATION_MODE=true and nothing else, a code of one process is good in the next."""
    sent = machine.run(SCRIPT, "send", PHONE, "--app", "MyApp", SMS_SIMULATION_MODE="true")
    code = code_in(sent.stdout)
    check = machine.run(SCRIPT, "check", PHONE, code, SMS_SIMULATION_MODE="true")
    replay = machine.run(SCRIPT, "check", PHONE, code, SMS_SIMULATION_MODE="true")
    stats = machine.run(SCRIPT, "stats", "--json", SMS_SIMULATION_MODE="true")

    assert sent.returncode == 0, sent.stderr
    assert f"  MyApp: your verification code is {code}." in sent.stdout
    assert (check.returncode, replay.returncode) == (0, 1)
    assert replay.stderr.startswith("NO_PENDING_VERIFICATION: ")
    figures = json.loads(stats.stdout)
    assert figures["sends"]["accepted"] == 1
    assert figures["checks"] == {
        "approved": 1,
        "wrong": 0,
        "refused": {"NO_PENDING_VERIFICATION": 1},
    }


def test_the_store_is_for_its_user_only(machine: Machine) -> None:
    """The embedded store lies in the user's data directory, and nobody else may read it."""
    machine.run(SCRIPT, "send", PHONE, SMS_SIMULATION_MODE="true")

    (store,) = machine.home.rglob("smsverify.db")
    assert store.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "variables", "status", "sentence"),
    [
        (("send", PHONE), {}, 3, "SMS_DISABLED: "),
        (("check", PHONE, "1"), {"SMS_SIMULATION_MODE": "true"}, 1, "INVALID_CODE_FORMAT: "),
        (("sned", PHONE), {}, 2, "No such command"),
        (("stats",), {"SMS_CODE_LENGTH": "3"}, 2, "SMS_CODE_LENGTH must be"),
        (("stats",), {"SMS_SQLITE_PATH": "/dev/null/store"}, 3, "The figures are not those"),
    ],
)
def test_what_fails_says_one_sentence(
    machine: Machine,
    arguments: tuple[str, ...],
    variables: dict[str, str],
    status: int,
    sentence: str,
) -> None:
    """Each kind of failure has its exit status, and one line on standard error."""
    ended = machine.run(SCRIPT, *arguments, **variables)

    assert ended.returncode == status
    assert ended.stderr.startswith(sentence)
    assert ended.stderr.count("\n") == 1
    assert "Traceback" not in ended.stdout + ended.stderr


def test_without_its_redis_nothing_is_available(machine: Machine) -> None:
    """Where Redis should be and nobody listens, it says so and never that a code was wrong."""
    nobody = {"SMS_SIMULATION_MODE": "true", "REDIS_URL": "redis://127.0.0.1:1"}

    ended = machine.run(SCRIPT, "check", PHONE, "123456", **nobody)

    assert ended.returncode == 3
    assert ended.stderr.startswith("REDIS_UNAVAILABLE: Redis connection failed")
    assert ended.stderr.count("\n") == 1


def test_several_machines_share_a_redis(machine: Machine, redis_url: str, tmp_path: Path) -> None:
    """With REDIS_URL a code that was sent here is good elsewhere."""
    settings = {"SMS_SIMULATION_MODE": "true", "REDIS_URL": redis_url}
    elsewhere = attrs.evolve(machine, home=tmp_path / "elsewhere")
    elsewhere.home.mkdir()

    sent = machine.run(SCRIPT, "send", PHONE, "--json", **settings)
    code = code_in(json.loads(sent.stdout)["sms"]["text"])

    assert elsewhere.run(SCRIPT, "check", PHONE, code, **settings).returncode == 0


def test_settings_may_stand_in_the_folder(machine: Machine) -> None:
    """The file .env of the working directory is read."""
    (machine.home / ".env").write_text("SMS_SIMULATION_MODE=true\n", encoding="utf-8")

    assert machine.run(SCRIPT, "send", PHONE).returncode == 0


def test_the_demonstration_in_a_pipe_is_plain(machine: Machine) -> None:
    """Without a terminal the demonstration is lines of text, with nothing of a screen in them."""
    ended = machine.run(SCRIPT, "demo")

    assert ended.returncode == 0, ended.stdout
    assert ended.stderr == ""
    assert ESCAPE not in ended.stdout
    assert "✓ All 7 steps went as told." in ended.stdout
    assert not any("─" <= letter <= "╿" for letter in ended.stdout)


def test_a_terminal_without_other_letters_gets_its_own(machine: Machine) -> None:
    """An output that knows ASCII only is no reason to fail."""
    ended = machine.run(SCRIPT, "demo", PYTHONIOENCODING="ascii")

    assert ended.returncode == 0, ended.stderr
    assert "ok All 7 steps went as told." in ended.stdout


def test_the_demonstration_on_a_terminal_is_pretty(
    machine: Machine, terminals: list[Terminal]
) -> None:
    """On a terminal there are colours and a picture of the phone, in 80 columns at most."""
    terminal = Terminal(machine, SCRIPT, "demo")
    terminals.append(terminal)

    assert terminal.read_to_end() == 0
    assert ESCAPE in terminal.text
    assert "╭" in terminal.text
    lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal.text).splitlines()
    assert max(map(len, lines)) <= 80


def test_no_color_is_respected_on_a_terminal(machine: Machine, terminals: list[Terminal]) -> None:
    """With NO_COLOR no escape code reaches the terminal, on either output."""
    plain = {"NO_COLOR": "1", "SMS_SIMULATION_MODE": "true"}
    for arguments in (("demo",), ("send", "12")):
        terminal = Terminal(machine, SCRIPT, *arguments, **plain)
        terminals.append(terminal)
        terminal.read_to_end()
        assert terminal.text
        assert ESCAPE not in terminal.text


def test_a_person_plays_the_demonstration(machine: Machine, terminals: list[Terminal]) -> None:
    """Interactively the code is typed from the picture, after an error of typing."""
    terminal = Terminal(machine, SCRIPT, "demo", "--interactive", NO_COLOR="1")
    terminals.append(terminal)

    code = terminal.read_until(r"code is\s(\d{6})")[1]
    terminal.read_until("Type the code that you see on the phone: ")
    terminal.type("oops\n")
    terminal.read_until("try again: ")
    terminal.type(f"{code}\n")

    assert terminal.read_to_end() == 0
    assert "went as told" in terminal.text


def wait_until_it_waits(pid: int) -> None:
    """Return once a process sleeps for its input: on a busy machine a prompt is there earlier."""
    state = Path(f"/proc/{pid}/stat")
    deadline = time.monotonic() + PATIENCE_SECONDS
    asleep = 0
    while asleep < 5 and state.exists() and time.monotonic() < deadline:
        asleep = asleep + 1 if state.read_text().rpartition(")")[2].split()[0] == "S" else 0
        select.select([], [], [], 0.02)


def test_ctrl_c_stops_at_once(machine: Machine, terminals: list[Terminal]) -> None:
    """One Ctrl-C at the question ends the demonstration, with the shell's status for it."""
    terminal = Terminal(machine, SCRIPT, "demo", "--interactive", NO_COLOR="1")
    terminals.append(terminal)

    terminal.read_until("on the phone: ")
    wait_until_it_waits(terminal.process.pid)
    terminal.process.send_signal(signal.SIGINT)

    assert terminal.read_to_end() == 130
    assert terminal.text.endswith("Stopped.\r\n")
    assert "Traceback" not in terminal.text

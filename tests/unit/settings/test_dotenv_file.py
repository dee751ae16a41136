"""Reading a .env file."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.settings.dotenv_file import _parse, find_dotenv, read_dotenv


def written(path: Path, content: bytes) -> Path:
    """Return a .env file with this content."""
    file = path / ".env"
    file.write_bytes(content)
    return file


def test_values_quotes_and_comments(tmp_path: Path) -> None:
    """The usual forms are read; nothing is expanded and other programs' lines are kept."""
    content = (
        b"# a comment\n\nSMS_STORE=memory # why\nexport REDIS_URL='redis://:p#w@h'\n"
        b'SMS_MESSAGE_TEMPLATE="{app}: {code}"\nSMS_KEY_SECRET=${HOME}$x\nPORT=80\nSMS_PRICES=\n'
    )
    file = read_dotenv(written(tmp_path, content))
    assert file.values == {
        "SMS_STORE": "memory",
        "REDIS_URL": "redis://:p#w@h",
        "SMS_MESSAGE_TEMPLATE": "{app}: {code}",
        "SMS_KEY_SECRET": "${HOME}$x",
        "PORT": "80",
        "SMS_PRICES": "",
    }
    assert file.problems == ()


def test_a_byte_order_mark_and_line_ends_of_windows(tmp_path: Path) -> None:
    """A file saved by a Windows editor reads like any other."""
    file = read_dotenv(written(tmp_path, b"\xef\xbb\xbfSMS_STORE=memory\r\nSMS_CODE_LENGTH=7\r\n"))
    assert file.values == {"SMS_STORE": "memory", "SMS_CODE_LENGTH": "7"}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("SMS_SIMULATION_MODE true", "SMS_SIMULATION_MODE"),
        ("SMS_SIMULATION_MODE", "SMS_SIMULATION_MODE"),
        ("export TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN"),
        ("TWILIO_AUTH_TOKEN='hunter2", "TWILIO_AUTH_TOKEN"),
        ("  REDIS_URL : hunter2", "REDIS_URL"),
    ],
)
def test_a_broken_line_of_ours_is_a_problem(
    tmp_path: Path, line: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A line that would silently have no effect is named, by number and without its value."""
    caplog.set_level(logging.DEBUG)
    file = read_dotenv(written(tmp_path, f"# head\nSMS_STORE=memory\n{line}\n".encode()))
    [problem] = file.problems
    assert problem.variable == name
    assert name in problem.message
    assert "line 3" in problem.message
    assert "hunter2" not in problem.message + caplog.text
    assert file.values == {"SMS_STORE": "memory"}


def test_broken_lines_of_others_are_left_to_them(tmp_path: Path) -> None:
    """The file may serve other programs, whose lines are not our concern."""
    file = read_dotenv(written(tmp_path, b"set -a\nBARE\nMY_SMS_ x\nSMS_STORE=memory\n"))
    assert (file.problems, file.values) == ((), {"SMS_STORE": "memory"})


def test_a_file_that_can_not_be_read_is_one_problem(tmp_path: Path) -> None:
    """A missing file, a directory and bytes that are no text are named with their path."""
    binary = written(tmp_path, b"SMS_STORE=\xff\xfe")
    for path, reason in (
        (tmp_path / "none.env", "No such file"),
        (tmp_path, "directory"),
        (binary, "UTF-8"),
        (Path("a\0b"), "no path"),
    ):
        file = read_dotenv(path)
        [problem] = file.problems
        assert problem.variable is None
        assert str(path) in problem.message
        assert reason in problem.message
        assert file.values == {}


def test_only_the_working_directory_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A .env further up, or a directory of that name, is not found."""
    written(tmp_path, b"SMS_STORE=memory")
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    assert find_dotenv() is None
    monkeypatch.chdir(tmp_path)
    assert find_dotenv() == tmp_path / ".env"
    (below / ".env").mkdir()
    monkeypatch.chdir(below)
    assert find_dotenv() is None


def test_a_working_directory_that_is_gone_has_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A removed working directory is no error."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert find_dotenv() is None


def test_a_directory_that_may_not_be_looked_into_has_no_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A service that starts in somebody else's directory starts without a file."""

    def is_file(self: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "is_file", is_file)
    assert find_dotenv() is None


def test_a_repr_shows_no_values() -> None:
    """What a file holds does not show in a dump of it."""
    assert "hunter2" not in repr(_parse("TWILIO_AUTH_TOKEN=hunter2"))


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """Whatever a file holds gives values and problems, never an exception."""
    file = _parse(text)
    assert all(isinstance(value, str) for value in file.values.values())

"""The command line's log: lines for people or for programs, masked, on standard error."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from smsverify.adapters.structlog.configure import configure_logging
from smsverify.adapters.structlog.events import LOGGER_NAME, StructlogEvents
from tests.unit.adapters.structlog import every_event as one

if TYPE_CHECKING:
    from collections.abc import Iterator


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Put logging back after each test."""
    root, own = logging.getLogger(), logging.getLogger(LOGGER_NAME)
    before = root.handlers[:], root.level, own.level
    yield
    root.handlers[:], level, own_level = before
    root.setLevel(level)
    own.setLevel(own_level)


def fail(text: str) -> None:
    """Raise an error that says too much."""
    raise ValueError(text)


def objects(stream: io.StringIO) -> list[dict[str, Any]]:
    """Return the lines as JSON objects."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_line_has_stable_names() -> None:
    """A program finds the dotted name, level, time, logger, message and the fields."""
    stream = io.StringIO()
    configure_logging("INFO", "json", stream=stream)
    StructlogEvents().emit(one.WRONG)

    (line,) = objects(stream)
    timestamp = line.pop("timestamp")
    assert line == {
        "event": "sms.check.wrong",
        "level": "info",
        "logger": "smsverify",
        "message": "❌ Wrong code for +1555***4567: 4 left",
        "phone": "+1555***4567",
        "purpose": "verify",
        "attempts_left": 4,
    }
    assert timestamp.endswith("Z")
    assert len(timestamp) == len("2026-11-22T12:00:00.000Z")


def test_every_event_is_one_json_line() -> None:
    """Whatever the event, a line is one object, under its own name."""
    stream = io.StringIO()
    configure_logging("DEBUG", "json", stream=stream)
    sink = StructlogEvents()
    for event in one.EVERY_EVENT.values():
        sink.emit(event)

    named = [line["event"] for line in objects(stream)]
    assert named == [event.name for event in one.EVERY_EVENT.values()]


def test_console_line_is_for_people() -> None:
    """A line has time, level, the sentence, and what the sentence does not tell."""
    stream = io.StringIO()
    configure_logging("INFO", "console", stream=stream)
    StructlogEvents().emit(one.WRONG)

    line = stream.getvalue()
    assert line.endswith(" info     ❌ Wrong code for +1555***4567: 4 left purpose=verify\n")
    assert len(line.split(" info")[0]) == len("2026-11-22 12:00:00")


@pytest.mark.parametrize(
    ("stream", "no_color", "coloured"),
    [
        (Terminal(), None, True),
        (Terminal(), "", True),
        (Terminal(), "1", False),
        (io.StringIO(), None, False),
    ],
    ids=["terminal", "empty NO_COLOR", "NO_COLOR", "no terminal"],
)
def test_colours_are_for_terminals(
    stream: io.StringIO, no_color: str | None, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain text when nobody looks at a terminal, or when NO_COLOR is set and not empty."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    configure_logging("INFO", stream=stream)
    StructlogEvents().emit(one.FAILED)

    assert ("\x1b[" in stream.getvalue()) is coloured


def test_foreign_lines_are_masked_too() -> None:
    """What another library logs goes through the same masking, its exceptions included."""
    stream = io.StringIO()
    configure_logging("DEBUG", "json", ["open-sesame"], stream=stream)
    try:
        fail("code 482913 for +15551234567")
    except ValueError:
        logging.getLogger("other.library").exception("open-sesame %s", "+15551234567")

    (line,) = objects(stream)
    assert line["event"] == "log.other.library"
    assert line["message"] == "*** +1555***4567"
    assert "ValueError: code *** for +1555***4567" in line["exception"]
    for leak in ("482913", "5551234567", "open-sesame"):
        assert leak not in stream.getvalue()


def test_exception_and_stack_follow_the_console_line() -> None:
    """A traceback stands below its line, masked."""
    stream = io.StringIO()
    configure_logging("INFO", stream=stream)
    try:
        fail("code 482913")
    except ValueError:
        logging.getLogger("other").exception("oh", stack_info=True)

    text = stream.getvalue()
    assert "Stack (most recent call last)" in text
    assert text.endswith("ValueError: code ***\n")
    assert "482913" not in text


def test_line_breaks_can_not_forge_a_line() -> None:
    """Control characters in a message are shown, not obeyed."""
    stream = io.StringIO()
    configure_logging("INFO", stream=stream)
    logging.getLogger("smsverify").info("a\n2026-11-22 12:00:00 error    b\x1b[31m\x9b")

    assert stream.getvalue().count("\n") == 1
    assert "a\\x0a2026" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
    assert "\x9b" not in stream.getvalue()


def test_only_our_own_lines_get_louder() -> None:
    """DEBUG shows what smsverify does; other libraries are heard from WARNING on."""
    stream = io.StringIO()
    configure_logging("DEBUG", stream=stream)
    logging.getLogger("other").info("chatter")
    logging.getLogger("other").warning("trouble")
    StructlogEvents().emit(one.ADMITTED)

    assert "chatter" not in stream.getvalue()
    assert "trouble" in stream.getvalue()
    assert "admitted" in stream.getvalue()


def test_level_hides_what_is_below() -> None:
    """At WARNING a message that was sent is not worth a line."""
    stream = io.StringIO()
    configure_logging("WARNING", stream=stream)
    sink = StructlogEvents()
    sink.emit(one.SENT)
    sink.emit(one.UNKNOWN)

    assert stream.getvalue().count("\n") == 1


def test_called_twice_a_line_is_written_once() -> None:
    """Configuring again replaces what was configured before, and nobody else's handlers."""
    first, second = io.StringIO(), io.StringIO()
    other = logging.StreamHandler(io.StringIO())
    logging.getLogger().addHandler(other)
    configure_logging("INFO", stream=first)
    configure_logging("INFO", stream=second)
    StructlogEvents().emit(one.SENT)

    assert first.getvalue() == ""
    assert second.getvalue().count("\n") == 1
    assert other in logging.getLogger().handlers


def test_standard_error_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output stays free for what the command prints."""
    configure_logging("INFO")
    StructlogEvents().emit(one.SENT)

    shown = capsys.readouterr()
    assert shown.out == ""
    assert "SMS sent successfully" in shown.err


@pytest.mark.parametrize(("level", "form"), [("LOUD", "json"), ("INFO", "xml")])
def test_unknown_level_or_form_is_refused(level: str, form: str) -> None:
    """A mistake is named, and nothing is changed by it."""
    before = logging.getLogger().handlers[:]
    with pytest.raises(ValueError, match=r"LOUD|xml"):
        configure_logging(level, form)

    assert logging.getLogger().handlers == before


def test_line_that_can_not_be_written_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """When a line can't be written, the default's dump of its arguments is not shown either."""
    stream = io.StringIO()
    configure_logging("INFO", stream=stream)
    stream.close()
    logging.getLogger("smsverify").info("code %d", 482913)

    shown = capsys.readouterr().err
    assert shown == "A log line of smsverify could not be written.\n"

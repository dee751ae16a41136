"""Events reach the logger of the application that embeds this, masked, and change nothing of it."""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from smsverify.adapters.structlog.events import LOGGER_NAME, StructlogEvents, fields_of
from smsverify.domain import events
from smsverify.domain.error_code import ErrorCode
from tests.unit.adapters.structlog import every_event as one

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Record what is logged at DEBUG."""
    with caplog.at_level(logging.DEBUG, logger=LOGGER_NAME):
        yield caplog


def extra(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields that go along with a record."""
    fields = record.__dict__["smsverify"]
    assert isinstance(fields, dict)
    return fields


def test_line_is_a_sentence_with_fields_beside_it(lines: pytest.LogCaptureFixture) -> None:
    """The message is for people; name and fields are in one attribute for programs."""
    StructlogEvents().emit(one.SENT)

    (record,) = lines.records
    assert record.getMessage() == f"📤 SMS sent successfully: {one.SID}"
    assert record.name == "smsverify"
    assert record.levelno == logging.INFO
    assert extra(record) == {
        "event": "sms.send.settled",
        "phone": "+1555***4567",
        "purpose": "verify",
        "state": "sent",
        "message_id": one.SID,
        "refunded_usd": 0.0,
    }


@pytest.mark.parametrize("name", one.EVERY_EVENT)
def test_every_event_is_logged_masked(name: str, lines: pytest.LogCaptureFixture) -> None:
    """No event of the domain fails to be logged, and none shows a number or a code."""
    event = one.EVERY_EVENT[name]
    StructlogEvents().emit(event)

    (record,) = lines.records
    shown = f"{record.getMessage()} {record.__dict__}"
    assert extra(record)["event"] == event.name
    for leak in ("15551234567", "7205550100", "482913"):
        assert leak not in shown
    pickle.dumps(extra(record))


def test_units_are_those_that_programs_like() -> None:
    """Spans are seconds, money is dollars, times are text."""
    assert fields_of(one.LIMITED)["retry_after"] == 3_600
    assert fields_of(one.FAILED)["refunded_usd"] == 0.014
    assert fields_of(one.ADMITTED)["amount_usd"] == 0.014
    assert fields_of(one.RESTS)["until"] == "2026-11-22T12:00:00Z"
    assert fields_of(one.NO_CREDENTIALS) == {"pause": 60}
    assert "amount" not in fields_of(one.ADMITTED)


def test_given_secrets_are_masked(lines: pytest.LogCaptureFixture) -> None:
    """A value that the sink was told of does not get through, whatever carries it."""
    event = events.StoreFailed(ErrorCode.STORE_UNAVAILABLE, "login with open-sesame refused")
    StructlogEvents(["open-sesame"]).emit(event)

    assert "open-sesame" not in f"{lines.text} {lines.records[0].__dict__}"
    assert "login with *** refused" in lines.text


def test_level_that_is_off_costs_nothing(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the logger's level nothing is formatted."""
    touched: list[object] = []
    monkeypatch.setattr("smsverify.adapters.structlog.events.sentence_of", touched.append)
    with caplog.at_level(logging.WARNING, logger=LOGGER_NAME):
        StructlogEvents().emit(one.SENT)

    assert touched == []
    assert caplog.records == []


def test_trouble_in_logging_stays_there(
    lines: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sink never raises: what goes wrong in it does not reach a verification."""

    def fail(_event: object) -> str:
        raise RuntimeError

    monkeypatch.setattr("smsverify.adapters.structlog.events.sentence_of", fail)
    StructlogEvents().emit(one.SENT)

    assert lines.records == []


def test_handler_that_raises_does_not_reach_the_caller(lines: pytest.LogCaptureFixture) -> None:
    """Not even an application's handler that raises ends a send."""

    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError

    broken = Broken()
    logging.getLogger(LOGGER_NAME).addHandler(broken)
    try:
        StructlogEvents().emit(one.SENT)
    finally:
        logging.getLogger(LOGGER_NAME).removeHandler(broken)


def test_applications_structlog_is_neither_read_nor_changed(
    lines: pytest.LogCaptureFixture,
) -> None:
    """An application that configured structlog finds it as it was, and its chain unused."""
    seen: list[object] = []

    def spy(_logger: object, _name: str, fields: Any) -> Any:
        seen.append(fields)
        return fields

    before = structlog.get_config()
    structlog.configure(processors=[spy])
    try:
        StructlogEvents().emit(one.SENT)
        assert structlog.get_config()["processors"] == [spy]
    finally:
        structlog.configure(**before)

    assert seen == []
    assert len(lines.records) == 1


def test_logging_is_left_as_it_was() -> None:
    """Building the sink and logging adds no handler and sets no level, here or on the root."""
    code = (
        "import logging\n"
        "from smsverify.adapters.structlog.events import StructlogEvents\n"
        "from smsverify.domain.events import OptOutChanged\n"
        "StructlogEvents().emit(OptOutChanged(opted_out=True, by='person'))\n"
        "root, own = logging.getLogger(), logging.getLogger('smsverify')\n"
        "print(root.handlers, root.level, own.handlers, own.level, own.propagate)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] 30 [] 0 True\n"
    assert done.stderr == ""

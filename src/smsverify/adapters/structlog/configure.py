"""
Logging for the command line: one handler on standard error.

A library that is embedded never calls this; the application's own logging is its own.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

import structlog

from smsverify.adapters.structlog.events import LOGGER_NAME, RECORD_FIELDS
from smsverify.adapters.structlog.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping
    from typing import Final, TextIO

    from structlog.typing import Processor, WrappedLogger

_COLOURS: Final = {"warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[31;1m"}
_CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_FAINT: Final = "\x1b[2m"
_RESET: Final = "\x1b[0m"
_TOLD: Final = frozenset(
    {"event", "exception", "level", "logger", "message", "stack_info", "timestamp"}
    | {"detail", "notice"}
)
"""What a console line shows in places of its own, or in its sentence."""


def configure_logging(
    level: str | int = "INFO",
    form: str = "console",
    secrets: Iterable[str | bytes] = (),
    *,
    stream: TextIO | None = None,
) -> None:
    """
    Send log lines to standard error; called again, it replaces what it did before.

    Args:
        level: what is shown of smsverify's own lines, such as ``DEBUG``; of other libraries
            only warnings and worse are, whatever the level.
        form: ``console`` for people, in colour on a terminal unless ``NO_COLOR`` is set (see
            no-color.org), or ``json``: one object a line with ``event`` (a dotted, stable name),
            ``level``, ``timestamp`` (UTC), ``logger``, ``message`` and the event's fields.
        secrets: values that are masked wherever they stand, besides all that is always masked.
        stream: where to, in place of standard error.

    Raises:
        ValueError: the level or the form is none of those.
    """
    target = sys.stderr if stream is None else stream
    handler = _Handler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_gather],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                Redactor(secrets),
                _renderer(form, colours=_wants_colours(target)),
            ],
        )
    )
    logging.getLogger(LOGGER_NAME).setLevel(level)
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)


class _Handler(logging.StreamHandler["TextIO"]):
    """Writes lines; says of one that can't be written no more than that."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Keep quiet about the record: the default prints its arguments, unmasked."""
        if sys.stderr is not None:
            sys.stderr.write(f"A log line of {record.name} could not be written.\n")


def _wants_colours(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR")


def _gather(
    _logger: WrappedLogger, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Put a log record's parts under their names: ours bring a dotted name and fields."""
    record: logging.LogRecord = fields["_record"]
    ours = getattr(record, RECORD_FIELDS, None)
    gathered: dict[str, Any] = {
        "timestamp": _iso(record.created),
        "level": record.levelname.lower(),
        "logger": record.name,
        **fields,
        "event": f"log.{record.name}",
        "message": fields["event"],
    }
    if isinstance(ours, dict):
        gathered.update(ours)
    return gathered


def _iso(created: float) -> str:
    moment = dt.datetime.fromtimestamp(created, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _renderer(form: str, *, colours: bool) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "console":
        return _ConsoleRenderer(colours=colours)
    raise ValueError(f"A log's form is console or json, not {form!r}.")


class _ConsoleRenderer:
    """One line for people: time, level, sentence, and what the sentence does not tell."""

    def __init__(self, *, colours: bool) -> None:
        self._colours = colours

    def __call__(
        self, _logger: WrappedLogger, _method: str, fields: MutableMapping[str, Any]
    ) -> str:
        level, sentence = fields["level"], fields["message"]
        more = " ".join(
            f"{name}={value}"
            for name, value in fields.items()
            if value and name not in _TOLD and str(value) not in sentence
        )
        parts = [self._paint(_FAINT, fields["timestamp"][:19].replace("T", " "))]
        parts += [self._paint(_COLOURS.get(level, ""), f"{level:<8} {_escape(sentence)}")]
        parts += [self._paint(_FAINT, _escape(more))] if more else []
        blocks = [fields[name] for name in ("stack_info", "exception") if fields.get(name)]
        return "\n".join([" ".join(parts), *map(_escape_block, blocks)])

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_RESET}" if self._colours and colour else text


def _escape(text: str) -> str:
    """Show control characters instead of obeying them: a line break would forge a line."""
    return text.translate(_CONTROLS)


def _escape_block(text: str) -> str:
    return "\n".join(map(_escape, text.split("\n")))

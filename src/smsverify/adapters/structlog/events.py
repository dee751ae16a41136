"""
Events as log lines, through the standard library's logger ``smsverify``.

structlog is bound to that logger privately: neither its own configuration nor that of ``logging``
is read or changed, so the application that embeds this decides what is shown and where. A line's
text is a sentence for people; the record's attribute ``smsverify`` holds the dotted name and the
fields for programs.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from typing import TYPE_CHECKING, Any

import attrs

from smsverify.adapters.structlog.levels import level_of
from smsverify.adapters.structlog.redaction import Redactor
from smsverify.adapters.structlog.sentences import clock_time, seconds, sentence_of
from smsverify.domain.cost import dollars
from smsverify.domain.phone import PhoneNumber
from smsverify.domain.senders import Sender

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping
    from typing import Final

    import structlog
    from structlog.typing import WrappedLogger

    from smsverify.domain.events import Event

LOGGER_NAME: Final = "smsverify"
RECORD_FIELDS: Final = "smsverify"
"""The log record's attribute that holds the event's name and fields."""

_SPANS: Final = frozenset({"retry_after", "pause"})
_TIMES: Final = frozenset({"until"})
_MONEY: Final = frozenset({"amount", "refunded"})


class StructlogEvents:
    """
    Logs events; implements :class:`~smsverify.ports.events.EventSink`.

    Args:
        secrets: values that are masked wherever they stand, besides all that is always masked.
    """

    def __init__(self, secrets: Iterable[str | bytes] = ()) -> None:
        self._logger = logging.getLogger(LOGGER_NAME)
        self._secrets = tuple(secrets)

    @functools.cached_property
    def _bound(self) -> structlog.stdlib.BoundLogger:
        # With the first line, not with the first import: structlog takes a tenth of a second.
        from structlog.stdlib import BoundLogger

        return BoundLogger(
            self._logger, processors=[Redactor(self._secrets), _hand_over], context={}
        )

    def emit(self, event: Event) -> None:
        """Log one event; returns at once when its level is off, and never raises."""
        level = level_of(event)
        if not self._logger.isEnabledFor(level):
            return
        # The port says so: what goes wrong in logging never changes what happens to a send.
        with contextlib.suppress(Exception):
            self._bound.log(level, event.name, sentence=sentence_of(event), **fields_of(event))


def fields_of(event: Event) -> dict[str, Any]:
    """
    Return an event's fields as programs like them; what is None or empty is left out.

    Phones and senders are masked, spans are seconds rounded up, times are UTC, money is dollars
    under a name that ends in ``_usd``.
    """
    fields: dict[str, Any] = {}
    for attribute in attrs.fields(type(event)):
        name = attribute.name
        value = getattr(event, name)
        if value is None or value == "":
            continue
        if isinstance(value, (PhoneNumber, Sender)):
            value = value.masked
        elif name in _SPANS:
            value = seconds(value)
        elif name in _TIMES:
            value = clock_time(value)
        elif name in _MONEY:
            name, value = f"{name}_usd", dollars(value)
        fields[name] = value
    return fields


def _hand_over(
    _logger: WrappedLogger, _method: str, fields: MutableMapping[str, Any]
) -> tuple[tuple[str], dict[str, Any]]:
    """End the chain: the sentence is the message, the rest goes along as one attribute."""
    sentence = fields.pop("sentence")
    return (sentence,), {"extra": {RECORD_FIELDS: dict(fields)}}

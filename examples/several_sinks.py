"""One sink in front of several: metrics beside the log lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsverify.domain.events import Event
    from smsverify.ports.events import EventSink


class SeveralSinks:
    """
    Hands each event to every sink, in their order.

    ``create_verifier(settings, events=SeveralSinks(StructlogEvents(), PrometheusSink()))``; the log
    lines come from :class:`smsverify.adapters.structlog.events.StructlogEvents`.
    """

    def __init__(self, *sinks: EventSink) -> None:
        self._sinks = sinks

    def emit(self, event: Event) -> None:
        """Hand one event on; a sink must not raise."""
        for sink in self._sinks:
            sink.emit(event)

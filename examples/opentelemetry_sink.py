"""Events as an OpenTelemetry counter, and as events of the span that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import metrics, trace

if TYPE_CHECKING:
    from smsverify.domain.events import Event


class OpenTelemetrySink:
    """Counts each event, and notes it in the caller's span; no number is ever an attribute."""

    def __init__(self) -> None:
        self._counter = metrics.get_meter("smsverify").create_counter("smsverify.events")

    def emit(self, event: Event) -> None:
        """Count and note one event; the detail is an error code, a delivery state, or nothing."""
        detail = getattr(event, "code", None) or getattr(event, "state", None) or ""
        self._counter.add(1, {"event": event.name, "detail": str(detail)})
        trace.get_current_span().add_event(event.name, {"detail": str(detail)})

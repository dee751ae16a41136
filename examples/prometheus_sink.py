"""Events as a Prometheus counter; sum over ``smsverify_events_total`` by event and detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import REGISTRY, CollectorRegistry, Counter

if TYPE_CHECKING:
    from smsverify.domain.events import Event


class PrometheusSink:
    """Counts each event by its name and by what became of it; no number is ever a label."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        labels = ("event", "detail")
        self._counter = Counter("smsverify_events", "What happened.", labels, registry=registry)

    def emit(self, event: Event) -> None:
        """Count one event; the detail is an error code, a delivery state, or nothing."""
        detail = getattr(event, "code", None) or getattr(event, "state", None) or ""
        self._counter.labels(event.name, str(detail)).inc()

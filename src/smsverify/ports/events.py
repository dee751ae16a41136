"""Where facts go that a decision hands back: logs, metrics, an audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from smsverify.domain.events import Event


class EventSink(Protocol):
    """
    Takes events, each once, after the fact it tells of was written.

    ``emit`` must not block and must not raise: what a sink does with an event never changes what
    happens to a verification. An event may be lost in a crash.
    """

    def emit(self, event: Event) -> None:
        """Take one event."""
        ...

"""How loud each event is."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from smsverify.domain import events
from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.domain.error_code import ErrorCode
from smsverify.domain.mode import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Final

    from smsverify.domain.events import Event

LEVELS: Final[Mapping[type[Event], int]] = {
    events.SendAdmitted: logging.DEBUG,
    events.SenderRests: logging.WARNING,
    events.ProviderRefusesCredentials: logging.ERROR,
    # An operator's change is told at the default level of every logging setup.
    events.Audited: logging.WARNING,
}
"""How loud an event always is; those that are not here are INFO, or depend on what they say."""

CALLS_FOR_ACTION: Final = frozenset(
    {ErrorCode.DAILY_COST_LIMIT_EXCEEDED, ErrorCode.NO_SENDER_AVAILABLE}
)
"""Refusals that somebody should look at; the others are everyday."""

RECIPIENTS_OWN: Final = frozenset(
    {FailureReason.INVALID_RECIPIENT, FailureReason.OPTED_OUT, FailureReason.CANCELLED}
)
"""Failures that say nothing against the service."""


def level_of(event: Event) -> int:
    """Return the standard library's level for an event; costs next to nothing."""
    kind = type(event)
    depends = _LEVELS_BY_WHAT_IS_SAID.get(kind)
    return LEVELS.get(kind, logging.INFO) if depends is None else depends(event)


def _level_of_settled(event: events.SendSettled) -> int:
    if event.state is DeliveryState.FAILED:
        return logging.WARNING if event.reason in RECIPIENTS_OWN else logging.ERROR
    return logging.WARNING if event.state is DeliveryState.UNKNOWN else logging.INFO


def _level_of_refused(event: events.SendRefused) -> int:
    return logging.WARNING if event.code in CALLS_FOR_ACTION else logging.INFO


def _level_of_receipt(event: events.ReceiptTaken) -> int:
    return logging.WARNING if event.state is DeliveryState.UNDELIVERED else logging.INFO


def _level_of_start(event: events.Started) -> int:
    return logging.WARNING if event.notice or event.mode is Mode.DISABLED else logging.INFO


def _level_of_store_failure(event: events.StoreFailed) -> int:
    return logging.WARNING if event.code is ErrorCode.STORE_CONTENDED else logging.ERROR


_LEVELS_BY_WHAT_IS_SAID: Final[Mapping[type[Event], Callable[[Any], int]]] = {
    events.SendSettled: _level_of_settled,
    events.SendRefused: _level_of_refused,
    events.ReceiptTaken: _level_of_receipt,
    events.Started: _level_of_start,
    events.StoreFailed: _level_of_store_failure,
}

"""Which services these settings speak to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from smsverify.domain.mode import Mode
from smsverify.entrypoints.validator.finding import Topic
from smsverify.entrypoints.validator.live.probe import Probe
from smsverify.entrypoints.validator.live.store import ask_store, remedy_for
from smsverify.entrypoints.validator.live.webhook_address import NAME as BASE_URL
from smsverify.entrypoints.validator.live.webhook_address import ask_webhooks
from smsverify.entrypoints.validator.situation import CREDENTIALS
from smsverify.settings import StoreKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.entrypoints.validator.situation import Situation

_STORES: Final = frozenset({"SMS_STORE", "REDIS_URL", "SMS_SQLITE_PATH", "REDIS_MAX_CONNECTIONS"})
_SIGN_IN: Final = frozenset({*CREDENTIALS, "TWILIO_API_BASE_URL"})
_CURL: Final = "curl -I https://api.twilio.com"


def probes_for(situation: Situation) -> tuple[Probe, ...]:
    """Return what is to be asked; nothing of a variable that makes no sense by itself."""
    return tuple(_probes(situation))


def _probes(situation: Situation) -> Iterator[Probe]:
    if situation.mode is Mode.DISABLED:
        return
    if situation.mode is Mode.LIVE:
        yield from _twilio(situation)
    yield from _store(situation)
    if situation.mode is Mode.LIVE:
        yield from _webhooks(situation)


def _twilio(situation: Situation) -> Iterator[Probe]:
    settings = situation.settings
    if settings.mode is not Mode.LIVE or not situation.broken.isdisjoint(_SIGN_IN):
        return
    from smsverify.entrypoints.validator.live.twilio_account import ask_account
    from smsverify.entrypoints.validator.live.twilio_senders import ask_senders, ask_service

    ask = partial(ask_account, settings)
    yield Probe("the Twilio account", Topic.ACCOUNT, ask, _CURL, "TWILIO_API_BASE_URL")
    if settings.twilio_messaging_service_sid:
        ask, name = partial(ask_service, settings), "TWILIO_MESSAGING_SERVICE_SID"
        yield Probe("the Messaging Service", Topic.SENDERS, ask, _CURL, name)
    elif situation.broken.isdisjoint({"TWILIO_PHONE_NUMBERS", "TWILIO_MESSAGING_SERVICE_SID"}):
        ask, name = partial(ask_senders, settings), "TWILIO_PHONE_NUMBERS"
        yield Probe("the sender numbers", Topic.SENDERS, ask, _CURL, name)


def _store(situation: Situation) -> Iterator[Probe]:
    settings = situation.settings
    if not situation.broken.isdisjoint(_STORES) or settings.chosen_store is StoreKind.MEMORY:
        return
    name, remedy = remedy_for(settings)
    ask = partial(ask_store, settings)
    yield Probe(f"the store ({settings.chosen_store})", Topic.STORE, ask, remedy, name)


def _webhooks(situation: Situation) -> Iterator[Probe]:
    url = situation.settings.public_base_url
    if url is not None and BASE_URL not in situation.broken:
        ask = partial(ask_webhooks, url)
        yield Probe("the webhooks", Topic.WEBHOOKS, ask, f"curl -i {url}", BASE_URL)

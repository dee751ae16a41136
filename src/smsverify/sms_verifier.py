"""
Getting a verifier: one for the process from its environment, or any number from settings.

``from smsverify.sms_verifier import get_sms_verifier`` is how the old system's users know it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from smsverify.ports.clock import Clock
    from smsverify.ports.entropy import Entropy
    from smsverify.ports.events import EventSink
    from smsverify.ports.gateway import Gateway
    from smsverify.ports.prices import PriceSource
    from smsverify.ports.store import Store
    from smsverify.settings import Settings
    from smsverify.verifier import SmsVerifier

__all__ = ["create_verifier", "get_sms_verifier", "reset_sms_verifier"]

_LOCK: Final = threading.Lock()
_of_process: list[SmsVerifier] = []


def get_sms_verifier() -> SmsVerifier:
    """
    Return this process's verifier; built at the first call from the environment and ``./.env``.

    Raises :class:`~smsverify.errors.ConfigurationError` for a setting that makes no sense.
    """
    with _LOCK:
        if not _of_process:
            from smsverify.settings import find_dotenv, load_settings

            _of_process.append(create_verifier(load_settings(dotenv=find_dotenv())))
        return _of_process[0]


def reset_sms_verifier() -> None:
    """Forget this process's verifier, so that the next call builds one anew; for tests."""
    with _LOCK:
        _of_process.clear()


def create_verifier(
    settings: Settings,
    *,
    gateway: Gateway | None = None,
    store: Store | None = None,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    events: EventSink | None = None,
    prices: PriceSource | None = None,
) -> SmsVerifier:
    """
    Build a verifier to embed: no environment is read, and several may live in one process.

    Each adapter that is given takes the place of the one that the settings choose. No I/O is done
    before the first call of a method.

    Raises TypeError for settings that are no :class:`~smsverify.settings.Settings`.
    """
    from smsverify import configured
    from smsverify.container import Container
    from smsverify.settings import Settings

    if not isinstance(settings, Settings):
        raise TypeError(
            "create_verifier takes a smsverify.Settings, such as Settings(simulation_mode=True); "
            "get_sms_verifier reads the environment."
        )
    container = Container(settings=settings)
    given = {
        "gateway": gateway,
        "store": store,
        "clock": clock,
        "entropy": entropy,
        "events": events,
        "prices": prices,
    }
    for name, adapter in given.items():
        if adapter is not None:
            getattr(container, name).override(adapter)
    verifier = container.verifier()
    container.events().emit(configured.start_of(settings))
    return verifier

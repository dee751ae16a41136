"""What the tests of use cases and facade are built from: a container with doubles at every port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from smsverify.container import Container
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.domain.senders import Sender
from smsverify.settings import Settings
from smsverify.testing import ManualClock, ScriptedEntropy, ScriptedGateway
from smsverify.verifier import SmsVerifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smsverify.domain.events import Event
    from smsverify.domain.record import PhoneRecord
    from smsverify.ports.clock import Clock
    from smsverify.ports.store import Store

PHONE = "+15551234567"
OTHER_PHONE = "+15557654321"
SENDERS = (Sender("+17205550100", "US", "720"), Sender("+17205550101", "US", "720"))


def number(text: str = PHONE) -> PhoneNumber:
    """Return the number that a text spells."""
    found = parse_phone(text)
    assert isinstance(found, PhoneNumber)
    return found


class Recorder:
    """An event sink that keeps what it was given."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        """Keep one event."""
        self.events.append(event)

    @property
    def names(self) -> list[str]:
        """The dotted names, in order."""
        return [event.name for event in self.events]


class OpenPrices:
    """Every segment costs a cent, everywhere."""

    async def tariff(self, country: str) -> Any:
        """Return the tariff."""
        from smsverify.domain.cost import Tariff

        return Tariff({"US": 10_000})


class Directory:
    """A directory of senders that a test may change."""

    def __init__(self, *senders: Sender) -> None:
        self.listed = senders

    async def senders(self) -> tuple[Sender, ...]:
        """Return the senders."""
        return tuple(self.listed)


@attrs.frozen
class Kit:
    """
    A container, and the doubles in it.

    Attributes:
        container: builds the parts; all of them share what follows.
        clock: moves when told to.
        gateway: answers from a script.
        store: what the parts see; may be a double around memory.
        events: keeps what was published.
        directory: the senders.
    """

    container: Container
    clock: Clock
    gateway: ScriptedGateway
    store: Store
    events: Recorder
    directory: Directory

    @property
    def verifier(self) -> SmsVerifier:
        """The facade."""
        return self.container.verifier()

    async def record(self, phone: str = PHONE) -> PhoneRecord | None:
        """Return what is stored of a phone."""
        loaded = await self.store.load((self.container.keys().phone(number(phone)),))
        data = loaded.records[0]
        return None if data is None else self.container.codec().decode(data)

    async def day(self) -> Mapping[str, int]:
        """Return the counters of the day."""
        from smsverify.domain.counters import day_key

        loaded = await self.store.load((), (day_key(self.clock.wall()),))
        return loaded.counters[0]


def build(
    store: Any = None,
    *,
    clock: Clock | None = None,
    senders: tuple[Sender, ...] = SENDERS[:1],
    **settings: Any,
) -> Kit:
    """
    Build a kit in simulation; ``store`` makes the store around one in memory.

    Prices are a cent a segment, and senders are those given.
    """
    from smsverify.adapters.memory.store import MemoryStore

    clock = clock or ManualClock()
    memory = MemoryStore(clock, "test:")
    used: Store = memory if store is None else store(memory)
    gateway, events, directory = ScriptedGateway(), Recorder(), Directory(*senders)
    container = Container(settings=Settings(**{"simulation_mode": True, **settings}))
    container.clock.override(clock)
    container.entropy.override(ScriptedEntropy())
    container.gateway.override(gateway)
    container.store.override(used)
    container.events.override(events)
    container.prices.override(OpenPrices())
    container.senders.override(directory)
    return Kit(container, clock, gateway, used, events, directory)

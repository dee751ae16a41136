"""One process of the deployment: the real verifier, with a clock of its own that may be wrong."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from smsverify.adapters.builtin.senders import FixedSenders, sender_of
from smsverify.container import Container
from smsverify.settings import Settings
from smsverify.testing import HostOffset, ScriptedEntropy
from tests.stepping.provider import StepGateway
from tests.stepping.wire import StepStore

if TYPE_CHECKING:
    from smsverify.domain.events import Event
    from smsverify.ports.store import Store
    from tests.model.numbers import Numbers
    from tests.stepping.stage import Stage

SECRETS = {
    name: f"the {name} secret of codes, long enough to be one"
    for name in ("first", "second", "third")
}
PURPOSES = ("verify", "login")


def settings_of(numbers: Numbers, secrets: tuple[str, ...]) -> Settings:
    """Return the settings that ask for the model's numbers."""
    return Settings(
        simulation_mode=True,
        purposes=PURPOSES,
        code_secret=tuple(SECRETS[name] for name in secrets),
        rate_limit_per_hour=numbers.sends_per_hour,
        rate_limit_per_day=numbers.sends_per_day,
        wrong_answer_limit=numbers.wrong_per_10_minutes,
        wrong_answer_limit_per_day=numbers.wrong_per_day,
        client_send_limit_per_hour=numbers.client_sends,
        client_wrong_answer_limit_per_hour=numbers.client_wrong,
        code_lifetime_seconds=numbers.life // 1000,
        daily_cost_limit=_dollars(numbers.budget),
        country_cost_limits={
            country: _dollars(budget) for country, budget in numbers.country_budgets.items()
        },
        prices={country: _dollars(price) for country, price in numbers.prices.items()},
    )


def _dollars(micros: int) -> Decimal:
    return Decimal(micros) / 1_000_000


class _Remembers:
    """Keeps the repr of each event, to be searched for what must not be told."""

    def __init__(self, said: list[str]) -> None:
        self._said = said

    def emit(self, event: Event) -> None:
        self._said.append(repr(event))


class Host:
    """
    One process.

    Attributes:
        seconds_ahead: how far its clock is ahead of the store's.
        secrets: the names of its code secrets, the issuing one first.
        dead: whether it was killed: none of its tasks does anything any more.
    """

    def __init__(
        self,
        stage: Stage,
        name: str,
        store: Store,
        *,
        seconds_ahead: float,
        secrets: tuple[str, ...],
        seed: int,
    ) -> None:
        self.stage = stage
        self.name = name
        self.seconds_ahead = seconds_ahead
        self.secrets = secrets
        self.dead = False
        self.store = StepStore(self, store)
        self.senders = [sender_of(one) for one in sorted(stage.model.numbers.senders)]
        self.container = self._build(seed)
        self.verifier = self.container.verifier()
        self.keys = self.container.keys()

    def _build(self, seed: int) -> Container:
        stage = self.stage
        container = Container(settings=settings_of(stage.model.numbers, self.secrets))
        container.clock.override(HostOffset(stage.clock, self.seconds_ahead))
        container.entropy.override(ScriptedEntropy(seed))
        container.events.override(_Remembers(stage.said))
        container.store.override(self.store)
        container.gateway.override(StepGateway(self))
        container.senders.override(FixedSenders(self.senders))
        return container

    async def go_on(self) -> None:
        """Let a living host's task go on; a dead one's stands here for ever."""
        if self.stage.closing:
            raise asyncio.CancelledError
        if self.dead:
            await asyncio.get_running_loop().create_future()

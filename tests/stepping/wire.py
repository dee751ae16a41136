"""The store as its callers see it: commands travel there and answers back, each at its own time."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeAlias

import attrs

from smsverify.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsverify.domain.counters import Add
    from smsverify.domain.error_code import ErrorCode
    from smsverify.domain.periods import Millis
    from smsverify.ports.store import CommitAnswer, Loaded, Store, Swap
    from tests.model.phone import Phone
    from tests.model.request import Request
    from tests.model.verdict import Verdict
    from tests.stepping.host import Host

SERVED: ContextVar[Request] = ContextVar("SERVED")
"""The request that the running task works for; tasks that it starts inherit it."""


@attrs.frozen
class Loading:
    """A load on its way."""

    records: Sequence[str]
    counters: Sequence[str]


@attrs.frozen
class Committing:
    """A commit on its way."""

    swaps: Sequence[Swap]
    adds: Sequence[Add]
    decided_at: Millis


Command: TypeAlias = Loading | Committing


@attrs.define(eq=False)
class StoreCall:
    """
    One command, from being asked to being answered.

    Attributes:
        reply: what the worker waits for.
        answer: what the store said; None until it is executed.
        phone: what was stored of the request's phone right then.
        refusal: if it met a ceiling, what the model says of that.
        left: whether the worker waits no more: it was cancelled, or heard of an outage.
    """

    host: Host
    request: Request | None
    command: Command
    reply: asyncio.Future[Loaded | CommitAnswer]
    answer: Loaded | CommitAnswer | None = None
    phone: Phone | None = None
    refusal: Verdict | None = None
    left: bool = False

    @property
    def steered(self) -> bool:
        """Whether a test decides about it: it concerns a phone's record, for a request."""
        if self.request is None:
            return False
        if isinstance(self.command, Loading):
            return any(key.startswith("p:") for key in self.command.records)
        return bool(self.command.swaps) and self.command.swaps[0].key.startswith("p:")

    @property
    def waits(self) -> bool:
        """Whether somebody still waits for the answer."""
        return not self.left and not self.reply.done() and not self.host.dead

    async def execute(self, store: Store) -> Loaded | CommitAnswer:
        """Let the real store do it."""
        match self.command:
            case Loading(records, counters):
                return await store.load(records, counters)
            case Committing(swaps, adds, decided_at):
                return await store.commit(swaps, adds, decided_at)

    def fail(self, code: ErrorCode) -> None:
        """Tell the worker that the store can't be reached."""
        if self.waits:
            self.left = True
            self.reply.set_exception(StoreUnavailable("The stage lost this.", code=code))


class StepStore:
    """One host's store: it only hands commands over to the stage."""

    def __init__(self, host: Host, store: Store) -> None:
        self.host = host
        self.store = store

    @property
    def name(self) -> str:
        """The name of the real store."""
        return self.store.name

    @property
    def unavailable_code(self) -> ErrorCode:
        """The code of the real store."""
        return self.store.unavailable_code

    async def load(self, records: Sequence[str], counters: Sequence[str] = ()) -> Loaded:
        """Wait for the stage to answer."""
        return await self._travel(Loading(records, counters))  # type: ignore[return-value]

    async def commit(
        self, swaps: Sequence[Swap], adds: Sequence[Add], decided_at: Millis
    ) -> CommitAnswer:
        """Wait for the stage to answer."""
        return await self._travel(Committing(swaps, adds, decided_at))  # type: ignore[return-value]

    async def close(self) -> None:
        """Close the real store."""
        await self.store.close()

    async def _travel(self, command: Command) -> Loaded | CommitAnswer:
        await self.host.go_on()
        reply: asyncio.Future[Loaded | CommitAnswer] = asyncio.get_running_loop().create_future()
        call = StoreCall(self.host, SERVED.get(None), command, reply)
        self.host.stage.asked(call)
        try:
            return await reply
        except asyncio.CancelledError:
            call.left = True
            if call.request is not None:
                call.request.troubled = True
            raise

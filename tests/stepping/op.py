"""One request under way, led step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.ports.store import Written
from tests.stepping.wire import Committing

if TYPE_CHECKING:
    import asyncio

    from tests.model.verification_model import Request, Told
    from tests.stepping.host import Host
    from tests.stepping.provider import ProviderCall
    from tests.stepping.stage import Stage
    from tests.stepping.wire import StoreCall


class Op:
    """One request under way."""

    def __init__(
        self, stage: Stage, host: Host, request: Request, task: asyncio.Task[object]
    ) -> None:
        self.stage = stage
        self.host = host
        self.request = request
        self.task = task

    def __repr__(self) -> str:
        return f"<{self.request.kind} {self.request.number} on {self.request.host}>"

    @property
    def call(self) -> StoreCall:
        """The command that it waits for."""
        call = self.stage.waiting(self.request)
        assert call is not None, f"{self} waits for no answer of the store"
        return call

    @property
    def sms(self) -> ProviderCall:
        """The message that it waits for."""
        for call in self.stage.messages:
            if call.request is self.request and call.waits:
                return call
        raise AssertionError(f"{self} waits for no answer of the provider")

    @property
    def told(self) -> Told:
        """What its caller was told."""
        assert self.request.told is not None, f"{self} is not answered yet"
        return self.request.told

    def execute(self) -> StoreCall:
        """Let the command that it waits for be executed; it hears nothing yet."""
        call = self.call
        self.stage.execute(call)
        return call

    def hear(self) -> None:
        """Let it hear the answer to the command that was executed."""
        self.stage.deliver(self.call)

    def write(self) -> StoreCall:
        """Let all go well until a commit of it is written; it hears nothing of that yet."""
        for _ in range(10):
            if isinstance(self.execute().answer, Written):
                return self.call
            self.hear()
        raise AssertionError(f"{self} writes nothing")

    def step(self) -> StoreCall:
        """Let the command that it waits for be executed and answered."""
        call = self.execute()
        self.hear()
        return call

    def to_commit(self) -> StoreCall:
        """Let it look, if it has to, until it asks for a commit, which is not executed yet."""
        for _ in range(10):
            if isinstance(self.call.command, Committing):
                return self.call
            self.step()
        raise AssertionError(f"{self} asks for no commit")

    def repeat(self) -> None:
        """Lose the reply; its adapter gives the command again, and now it hears the answer."""
        self.stage.repeat(self.call)
        self.hear()

    def lose(self) -> StoreCall:
        """Let it hear of an outage; the command may be executed already, or later, or never."""
        call = self.call
        self.stage.lose(call)
        return call

    def to_provider(self) -> ProviderCall:
        """Let all go well until the provider is asked."""
        while not any(one.request is self.request and one.waits for one in self.stage.messages):
            assert not self.task.done(), f"{self} came to an end: {self.request.told}"
            self.stage.help_on(self)
        return self.sms

    def finish(self) -> Told:
        """Let all go well until its caller is told."""
        for _ in range(50):
            if self.task.done():
                return self.told
            self.stage.help_on(self)
        raise AssertionError(f"{self} never ends")

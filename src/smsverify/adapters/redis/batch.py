"""Commands that travel together."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from typing import Any

    from smsverify.adapters.redis.deployment import Address
    from smsverify.adapters.redis.trouble import Trouble


class Carrier(Protocol):
    """What carries a batch to a server and back."""

    def end(self, error: BaseException) -> None:
        """Give up; whoever was not answered gets trouble with this cause."""
        ...


class Command:
    """
    A command on its way.

    Attributes:
        packed: its bytes.
        waiting: those who want its reply; nobody wants that of ASKING.
    """

    __slots__ = ("packed", "waiting")

    def __init__(self, packed: bytes, *waiting: asyncio.Future[Any]) -> None:
        self.packed = packed
        self.waiting = list(waiting)

    def answer(self, reply: object) -> None:
        """Give everybody who still waits the reply, or a Trouble."""
        # An error is handed over as a value: set as an exception, it would be logged as never
        # retrieved when the caller is gone.
        for future in self.waiting:
            if not future.done():
                future.set_result(reply)


class Batch:
    """
    Commands that travel together.

    Attributes:
        deadline: until when they must be answered, by the event loop's clock.
        address: where they go, each after ASKING; None for the primary, without it.
        commands: those that were not answered yet.
        reads: the same by their bytes, as far as several callers may share one reply.
        carrier: what carries them, None before they are sent.
    """

    __slots__ = ("address", "carrier", "commands", "deadline", "reads")

    def __init__(self, deadline: float, address: Address | None = None) -> None:
        self.deadline = deadline
        self.address = address
        self.commands: deque[Command] = deque()
        self.reads: dict[bytes, Command] = {}
        self.carrier: Carrier | None = None

    def is_awaited(self) -> bool:
        """Say whether anybody still waits for a reply that has not come."""
        return any(not one.done() for command in self.commands for one in command.waiting)

    def answer_rest(self, trouble: Trouble) -> None:
        """Give trouble to everybody who was not answered."""
        while self.commands:
            self.commands.popleft().answer(trouble)

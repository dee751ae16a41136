"""The faults that a proxy can have armed, and how a test picks the commands that they strike."""

from __future__ import annotations

import asyncio
import concurrent.futures
import enum
from collections.abc import Callable
from typing import TypeAlias

from tests.integration.servers import resp

Matcher: TypeAlias = Callable[[bytes], bool]
"""Whether a command, given as its whole bytes on the wire, is meant."""


def named(*names: str) -> Matcher:
    """Mean commands by their names, such as `named("EVALSHA", "EVAL")`."""
    wanted = {name.upper().encode() for name in names}
    return lambda command: resp.command_name(command) in wanted


def mentioning(text: bytes) -> Matcher:
    """Mean commands that hold these bytes anywhere, a key for example."""
    return lambda command: text in command


class Act(enum.Enum):
    """What a fault does to a command that it strikes."""

    DROP_REPLY = enum.auto()
    DROP_REQUEST = enum.auto()
    DELAY = enum.auto()
    HOLD = enum.auto()
    BLACK_HOLE = enum.auto()
    ANSWER = enum.auto()


class Fault:
    """
    One armed fault.

    It strikes the commands that `when` means, but for the first `skip` of them, and ends after
    `n` (None: it goes on until the proxy passes all through again).

    Attributes:
        act: What it does.
        seconds: How long a DELAY is.
        reply: What an ANSWER says.
        hits: How often it struck.
    """

    def __init__(
        self,
        act: Act,
        *,
        n: int | None,
        skip: int,
        when: Matcher | None,
        seconds: float = 0.0,
        reply: bytes = b"",
    ) -> None:
        """Describe a fault; the proxy arms it."""
        self.act = act
        self.seconds = seconds
        self.reply = reply
        self.hits = 0
        self.unconditional = when is None and n is None and not skip
        self._left = n
        self._skip = skip
        self._when = when
        self._struck: concurrent.futures.Future[None] = concurrent.futures.Future()

    def strikes(self, command: bytes) -> bool:
        """Say whether it strikes this command, and count it. For the proxy's thread alone."""
        if self._left == 0 or (self._when is not None and not self._when(command)):
            return False
        if self._skip:
            self._skip -= 1
            return False
        if self._left is not None:
            self._left -= 1
        self.hits += 1
        if self.hits == 1:
            self._struck.set_result(None)
        return True

    def wait(self, within: float = 5.0) -> None:
        """
        Block until it has struck.

        Raises:
            TimeoutError: It did not in so many seconds.
        """
        self._struck.result(within)

    async def struck(self, within: float = 5.0) -> None:
        """Wait as `wait` does, leaving the event loop to others."""
        async with asyncio.timeout(within):
            await asyncio.shield(asyncio.wrap_future(self._struck))


class Hold(Fault):
    """A fault that keeps commands back, in their connection's order, until they are released."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        n: int | None,
        skip: int,
        when: Matcher | None,
    ) -> None:
        """Describe a fault; the proxy arms it."""
        super().__init__(Act.HOLD, n=n, skip=skip, when=when)
        self.gate = asyncio.Event()
        self.held: list[concurrent.futures.Future[None]] = []
        self._loop = loop

    def keep(self) -> concurrent.futures.Future[None]:
        """Note a command kept back; what is given is done when its fate is known."""
        self.held.append(concurrent.futures.Future())
        return self.held[-1]

    def release(self, *, wait: bool = True, within: float = 5.0) -> None:
        """
        Let the commands go, even if the client that sent them has given up and left.

        Args:
            wait: Whether to come back only when the server has answered them.
            within: Seconds of patience.

        Raises:
            TimeoutError: The server did not answer in time.
        """
        self._loop.call_soon_threadsafe(self.gate.set)
        if wait and concurrent.futures.wait(self.held, within).not_done:
            raise TimeoutError(f"a released command was not answered within {within:g} s")

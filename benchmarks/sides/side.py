"""What every side has: a name, a store, and operations that are called again and again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

TaskOperation = Callable[[int], Awaitable[None]]
ThreadOperation = Callable[[int], None]


class Side(Protocol):
    """
    One way to do the job.

    Attributes:
        operations: What can be measured, by name. Each takes a number that never comes twice in a
            process, and asserts that what it did succeeded. Those of a side in `threaded` block;
            the others are awaited.
        threaded: Whether the operations run in threads instead of tasks.
    """

    operations: dict[str, TaskOperation] | dict[str, ThreadOperation]
    threaded: bool

    async def prepare(self, operation: str) -> None:
        """Bring about what an operation needs, on an empty store; not measured."""
        ...

    async def close(self) -> None:
        """Give back what is open."""
        ...


def phone_of(number: int) -> str:
    """Give a phone of its own for each of the first 8 million numbers."""
    return f"+1720{2_000_000 + number}"


def wrong_guess(code: str) -> str:
    """Give a code that differs from `code`: a guess that is wrong."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)

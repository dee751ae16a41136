"""What every side has: a name, a store, and operations that are called again and again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

LIMIT = 5
"""Sends in an hour, and wrong answers in ten minutes, that the rules of all sides let through."""

TaskOperation = Callable[[int], Awaitable[None]]
ThreadOperation = Callable[[int], None]


class Side(Protocol):
    """
    One way to do the job.

    Attributes:
        operations: What can be measured, by name. Each takes a number that never comes twice in a
            process, and asserts what came of it. ``round`` is a send and its check; ``guess`` and
            ``resend`` are refused, since the windows of the phone under attack are full;
            ``first_guess`` and ``first_resend`` are the same where some may be let through.
        threaded: Whether the operations block, and run in threads; else they are awaited.
    """

    operations: dict[str, TaskOperation] | dict[str, ThreadOperation]
    threaded: bool

    async def prepare(self, operation: str) -> None:
        """Bring about what an operation needs, on an empty store; an attack: its moment before."""
        ...

    async def close(self) -> None:
        """Give back what is open."""
        ...


def phone_of(number: int) -> str:
    """Give a phone of its own for each of the first 8 million numbers."""
    return f"+1720{2_000_000 + number}"


VICTIM = phone_of(-1)
"""The phone that is attacked."""


def guess_of(number: int) -> str:
    """Give what an attacker tries as this one of a million."""
    return f"{number % 1_000_000:06d}"


def wrong_guess(code: str) -> str:
    """Give a code that differs from `code`: a guess that is wrong."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)

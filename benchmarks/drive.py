"""Calling an operation again and again, from many tasks or threads."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator

import attrs


@attrs.frozen
class Run:
    """
    One operation, for a while.

    Attributes:
        count: How often it ran.
        seconds: How long that took, by the clock on the wall.
        cpu: Seconds of the client's processor.
        p50: Milliseconds that half of the calls took at most.
        p99: The same for 99 of 100.
        server_cpu: Seconds of the server's processor; 0 without a server.
    """

    count: int
    seconds: float
    cpu: float
    p50: float
    p99: float
    server_cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.count / self.seconds

    @property
    def cpu_each(self) -> float:
        """Microseconds of the client's processor for a call."""
        return self.cpu / self.count * 1e6

    @property
    def server_cpu_each(self) -> float:
        """Microseconds of the server's processor for a call."""
        return self.server_cpu / self.count * 1e6

    @classmethod
    def of(cls, took: list[float], seconds: float, cpu: float) -> Run:
        """Sum up calls that took so many seconds each."""
        took.sort()
        last = len(took) - 1
        p50, p99 = took[last // 2] * 1e3, took[round(last * 0.99)] * 1e3
        return cls(len(took), seconds, cpu, p50, p99)


def for_seconds(seconds: float) -> Callable[[], bool]:
    """Give what says, before each call, whether so many seconds are not over yet."""
    clock = time.perf_counter
    end = clock() + seconds
    return lambda: clock() < end


def so_often(times: int) -> Callable[[], bool]:
    """Give what says so many times that another call is due; threads may ask at once."""
    left = iter(range(times))
    return lambda: next(left, None) is not None


async def in_tasks(
    operation: Callable[[int], Awaitable[None]],
    numbers: Iterator[int],
    *,
    tasks: int,
    is_due: Callable[[], bool],
) -> Run:
    """Run it in so many tasks at once, as long as another call is due."""
    took: list[float] = []
    clock = time.perf_counter

    async def one() -> None:
        while is_due():
            began = clock()
            await operation(next(numbers))
            took.append(clock() - began)

    began, cpu = clock(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(tasks):
            group.create_task(one())
    return Run.of(took, clock() - began, time.process_time() - cpu)


def counting() -> Iterator[int]:
    """Give numbers that never come twice."""
    return itertools.count()

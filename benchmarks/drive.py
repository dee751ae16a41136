"""Calling an operation again and again for a while, from many tasks or threads."""

from __future__ import annotations

import asyncio
import itertools
import threading
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


async def in_tasks(
    operation: Callable[[int], Awaitable[None]],
    numbers: Iterator[int],
    *,
    tasks: int,
    seconds: float,
) -> Run:
    """Run it in so many tasks at once."""
    took: list[float] = []
    clock = time.perf_counter
    end = clock() + seconds

    async def one() -> None:
        while (began := clock()) < end:
            await operation(next(numbers))
            took.append(clock() - began)

    began, cpu = clock(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(tasks):
            group.create_task(one())
    return _run(took, clock() - began, time.process_time() - cpu)


def in_threads(
    operation: Callable[[int], None], numbers: Iterator[int], *, tasks: int, seconds: float
) -> Run:
    """Run it in so many threads at once."""
    took: list[float] = []
    failed: list[BaseException] = []
    clock = time.perf_counter
    lock = threading.Lock()
    end = clock() + seconds

    def one() -> None:
        try:
            while (began := clock()) < end:
                with lock:
                    number = next(numbers)
                operation(number)
                took.append(clock() - began)
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            failed.append(error)

    threads = [threading.Thread(target=one) for _ in range(tasks)]
    began, cpu = clock(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return _run(took, clock() - began, time.process_time() - cpu)


def counting() -> Iterator[int]:
    """Give numbers that never come twice."""
    return itertools.count()


def _run(took: list[float], seconds: float, cpu: float) -> Run:
    took.sort()
    last = len(took) - 1
    return Run(
        count=len(took),
        seconds=seconds,
        cpu=cpu,
        p50=took[last // 2] * 1e3,
        p99=took[round(last * 0.99)] * 1e3,
    )

"""Threads that stay: what a library opens once for each thread is not opened in a measurement."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from queue import SimpleQueue

from benchmarks.drive import Run


class Crew:
    """Hands work to threads of its own, and waits until all are done."""

    def __init__(self) -> None:
        self._members: list[SimpleQueue[Callable[[], None]]] = []
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()

    def run(
        self,
        operation: Callable[[int], None],
        numbers: Iterator[int],
        *,
        threads: int,
        is_due: Callable[[], bool],
    ) -> Run:
        """Run an operation in so many threads at once, as long as another call is due."""
        took: list[float] = []
        clock = time.perf_counter

        def one() -> None:
            while is_due():
                began = clock()
                operation(next(numbers))
                took.append(clock() - began)

        began, cpu = clock(), time.process_time()
        self.all_do(one, threads)
        return Run.of(took, clock() - began, time.process_time() - cpu)

    def all_do(self, work: Callable[[], None], threads: int) -> None:
        """Let so many threads, always the same ones, do something once; raises what one raised."""
        while len(self._members) < threads:
            orders: SimpleQueue[Callable[[], None]] = SimpleQueue()
            threading.Thread(target=self._serve, args=(orders,), daemon=True).start()
            self._members.append(orders)
        for orders in self._members[:threads]:
            orders.put(work)
        ended = [self._done.get() for _ in range(threads)]
        for error in ended:
            if error is not None:
                raise error

    def _serve(self, orders: SimpleQueue[Callable[[], None]]) -> None:
        while True:
            try:
                orders.get()()
            except BaseException as error:  # noqa: BLE001 - raised by the thread that waits
                self._done.put(error)
            else:
                self._done.put(None)

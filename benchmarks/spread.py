"""A figure of several repeats: the median, and how far the others lie from it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence

import attrs

from benchmarks.drive import Run


@attrs.frozen
class Spread:
    """
    A figure.

    Attributes:
        median: The middle one of the repeats.
        low: The smallest.
        high: The largest.
    """

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Sum up the repeats."""
        known = list(values)
        return cls(statistics.median(known), min(known), max(known))


@attrs.frozen
class Figures:
    """What the repeats of one measurement came to; the units are those of `Run`."""

    rate: Spread
    p50: Spread
    p99: Spread
    cpu_each: Spread
    server_cpu_each: Spread

    @classmethod
    def of(cls, runs: Sequence[Run]) -> Figures:
        """Sum up the repeats."""

        def over(read: Callable[[Run], float]) -> Spread:
            return Spread.of(read(run) for run in runs)

        return cls(
            rate=over(lambda run: run.rate),
            p50=over(lambda run: run.p50),
            p99=over(lambda run: run.p99),
            cpu_each=over(lambda run: run.cpu_each),
            server_cpu_each=over(lambda run: run.server_cpu_each),
        )


def ratios(ours: Sequence[Run], theirs: Sequence[Run]) -> Spread:
    """
    Compare rates repeat by repeat.

    The two runs of a repeat stand side by side in time, so what else the machine does at that
    moment slows both.
    """
    return Spread.of(a.rate / b.rate for a, b in zip(ours, theirs, strict=True))

"""Asking the services: all at once, each with its own time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Protocol

import attrs

from smsverify.entrypoints.validator.finding import Finding, problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from smsverify.entrypoints.validator.finding import Topic

PROBE_SECONDS: Final = 10.0
"""How long one service may take, its several questions together."""


@attrs.frozen
class Probe:
    """
    One service to ask.

    Attributes:
        name: what is asked, for the progress display and for what is told of a failure.
        topic: the heading that its findings stand under.
        ask: asks, and returns what there is to say.
        remedy: what to try when it does not answer at all.
        variable: the setting to look at then.
        seconds: how long it may take.
    """

    name: str
    topic: Topic
    ask: Callable[[], Awaitable[Iterable[Finding]]]
    remedy: str
    variable: str
    seconds: float = PROBE_SECONDS


class Progress(Protocol):
    """Shows how far the probes are."""

    def begin(self, name: str) -> None:
        """Show that a probe runs."""
        ...

    def end(self, name: str) -> None:
        """Show that a probe is done."""
        ...


async def run_probes(probes: Sequence[Probe], progress: Progress) -> list[Finding]:
    """Ask all services side by side; return what they say in the order of the probes."""
    answers = await asyncio.gather(*(_run(probe, progress) for probe in probes))
    return [finding for answer in answers for finding in answer]


async def _run(probe: Probe, progress: Progress) -> list[Finding]:
    progress.begin(probe.name)
    try:
        async with asyncio.timeout(probe.seconds):
            return list(await probe.ask())
    except TimeoutError:
        trouble = f"did not answer within {probe.seconds:g} seconds"
    except Exception as error:  # its own text may quote an address with a password
        trouble = f"could not be asked ({type(error).__name__})"
        logging.getLogger("smsverify").debug("%s could not be asked.", probe.name, exc_info=True)
    finally:
        progress.end(probe.name)
    name = probe.name[:1].upper() + probe.name[1:]
    return [problem(probe.topic, f"{name} {trouble}.", probe.remedy, probe.variable)]

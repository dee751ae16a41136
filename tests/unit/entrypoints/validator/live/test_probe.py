"""Asking services side by side, each with its time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs

from smsverify.entrypoints.validator.finding import Finding, Severity, Topic, fine
from smsverify.entrypoints.validator.live.probe import Probe, run_probes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable


@attrs.define
class Steps:
    """Notes what a progress display would show."""

    seen: list[str] = attrs.field(factory=list)

    def begin(self, name: str) -> None:
        """Note a beginning."""
        self.seen.append(f"begin {name}")

    def end(self, name: str) -> None:
        """Note an end."""
        self.seen.append(f"end {name}")


def probe(
    name: str, ask: Callable[[], Awaitable[Iterable[Finding]]], seconds: float = 5.0
) -> Probe:
    """Return a probe that asks so."""
    return Probe(name, Topic.STORE, ask, "mend it", "REDIS_URL", seconds)


async def test_all_are_asked_at_the_same_time() -> None:
    """One that waits for another to begin would never end if they were asked in turn."""
    other_began = asyncio.Event()

    async def waits() -> list[Finding]:
        await other_began.wait()
        return [fine(Topic.STORE, "first")]

    async def begins() -> list[Finding]:
        other_began.set()
        return [fine(Topic.STORE, "second")]

    found = await run_probes([probe("one", waits), probe("two", begins)], Steps())

    assert [one.sentence for one in found] == ["first", "second"]


async def test_one_that_does_not_answer_is_a_problem_and_holds_up_nobody() -> None:
    """After its time a silent service is named, with the setting to look at."""

    async def hangs() -> list[Finding]:
        await asyncio.Event().wait()
        return []

    async def answers() -> list[Finding]:
        return [fine(Topic.STORE, "here")]

    found = await run_probes([probe("the store", hangs, 0.01), probe("it", answers)], Steps())

    assert [one.severity for one in found] == [Severity.PROBLEM, Severity.FINE]
    assert found[0].sentence == "The store did not answer within 0.01 seconds."
    assert (found[0].variable, found[0].remedy) == ("REDIS_URL", "mend it")


async def test_what_is_raised_is_not_quoted() -> None:
    """An exception's text may hold an address with its password."""

    async def raises() -> list[Finding]:
        raise OSError("redis://:hunter2@host refused")

    (found,) = await run_probes([probe("the store", raises)], Steps())

    assert found.severity is Severity.PROBLEM
    assert "OSError" in found.sentence
    assert "hunter2" not in str(found)


async def test_progress_hears_of_every_beginning_and_end() -> None:
    """Each line that appears is finished, whatever became of it."""

    async def raises() -> list[Finding]:
        raise ValueError

    steps = Steps()
    await run_probes([probe("it", raises)], steps)

    assert steps.seen == ["begin it", "end it"]

"""A call is made at most once, and whoever waits is told in its own loop."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from smsverify.adapters.sqlite.job import Job, tell


def identity(result: object) -> object:
    """Return what a call is to return."""
    return result


def refuse() -> None:
    """Fail as a call may."""
    raise ValueError("as it is")


async def test_a_result_is_told() -> None:
    """What the call returned is the answer, also if it is None."""
    for result in ("result", None):
        job = Job(partial(identity, result))
        assert not job.is_done_already()

        job.run()
        tell([job])

        assert await job.future == result


async def test_what_the_call_raised_is_told() -> None:
    """An exception is the answer as well."""
    job = Job(refuse)

    job.run()
    tell([job])

    with pytest.raises(ValueError, match="as it is"):
        await job.future


async def test_what_is_known_already_is_told_without_the_call() -> None:
    """The answer, or the exception, of the question before saves the call; None does not."""
    known, wrong = Job(refuse, lambda: "known"), Job(refuse, refuse)
    unknown = Job(refuse, lambda: None)

    assert [job.is_done_already() for job in (known, wrong, unknown)] == [True, True, False]
    tell([known, wrong])

    assert await known.future == "known"
    with pytest.raises(ValueError, match="as it is"):
        await wrong.future


async def test_who_went_away_is_not_told() -> None:
    """Cancelled before or after the call, nothing is wrong."""
    before, after = Job(refuse, refuse), Job(lambda: "unheard")
    before.future.cancel()
    assert before.is_done_already()
    after.run()
    after.future.cancel()

    tell([before, after])
    await asyncio.sleep(0)

    assert before.future.cancelled()
    assert after.future.cancelled()


def test_each_loop_is_told_of_its_own() -> None:
    """Of several loops each settles its own calls; one that was closed holds nobody up."""
    loops = [asyncio.new_event_loop() for _ in range(3)]

    async def ask() -> Job:
        return Job(asyncio.get_running_loop)

    jobs: list[Job] = [loop.run_until_complete(ask()) for loop in loops for _ in range(2)]
    loops[0].close()
    for job in jobs:
        job._result = job.loop

    tell(jobs)

    async def wait(job: Job) -> Any:
        return await job.future

    answers = [job.loop.run_until_complete(wait(job)) for job in jobs[2:]]
    assert answers == [job.loop for job in jobs[2:]]
    assert not any(job.future.done() for job in jobs[:2])
    for loop in loops[1:]:
        loop.close()

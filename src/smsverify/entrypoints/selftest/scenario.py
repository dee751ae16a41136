"""One scenario of the self-test, and what became of it."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Generic, TypeVar

import attrs
import click

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Stage = TypeVar("Stage")


class NotAsExpected(Exception):
    """Something came out otherwise than it must; the text tells what and holds no secret."""


class Skipped(Exception):
    """A scenario can't be played with these settings; the text tells why."""


@attrs.frozen
class Scenario(Generic[Stage]):
    """
    One thing that must hold.

    Attributes:
        name: what is tried, for the line of the summary.
        play: tries it, and returns what there is to say of it, in a few words; raises
            :class:`NotAsExpected` when it does not hold, :class:`Skipped` when it can't be tried.
    """

    name: str
    play: Callable[[Stage], Awaitable[str]]


@attrs.frozen
class Outcome:
    """
    What became of a scenario.

    Attributes:
        name: the scenario's.
        passed: whether it held; None when it was skipped.
        said: what was seen, or why it failed or was skipped.
        seconds: how long it took.
    """

    name: str
    passed: bool | None
    said: str
    seconds: float


async def play(scenario: Scenario[Stage], stage: Stage) -> Outcome:
    """Play one scenario; whatever it raises is its failure, but for somebody's Ctrl-C."""
    begun = time.perf_counter()
    passed: bool | None = False
    try:
        said = await scenario.play(stage)
        passed = True
    except Skipped as reason:
        passed, said = None, str(reason)
    except NotAsExpected as found:
        said = str(found)
    except click.Abort:
        raise
    except Exception as error:  # its own text may quote what must not be shown
        said = f"{type(error).__name__} was raised; see SMS_LOG_LEVEL=DEBUG"
        logging.getLogger("smsverify").debug("%s failed.", scenario.name, exc_info=True)
    return Outcome(scenario.name, passed, said, time.perf_counter() - begun)


def expect(what: str, found: object, wanted: object) -> None:
    """Raise :class:`NotAsExpected` unless what was found is what was wanted."""
    if found != wanted:
        raise NotAsExpected(f"{what}: {found} instead of {wanted}")

"""What the validator judges: the settings as far as they can be read, and where they came from."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

import attrs

from smsverify.domain.mode import Mode
from smsverify.settings import Settings, collect_problems, load_settings
from smsverify.settings.dotenv_file import read_dotenv
from smsverify.settings.unknown import known_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from smsverify.settings import SettingProblem

CREDENTIALS: Final = (
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_API_KEY_SID",
    "TWILIO_API_KEY_SECRET",
)
"""Whoever sets one of these wants to send."""

_NAME: Final = re.compile(r"\b(?:SMS|TWILIO|REDIS)_[A-Z0-9_]+")
_FILE: Final = "_FILE"


@attrs.frozen
class Situation:
    """
    Everything that the checks look at.

    Attributes:
        settings: what can be read; a variable that makes no sense has its default.
        mode: what the settings are judged for.
        asked: whether that mode was asked for, and not what the settings say themselves.
        simulated: whether the settings themselves say to simulate.
        problems: what is wrong with the settings already by their form.
        broken: the variables that these speak of; no other check judges them again.
        names: every name that is set, in the environment and in the file.
        dotenv: the file that was read, None for none.
        in_file: the names that are set in that file.
    """

    settings: Settings
    mode: Mode
    asked: bool
    simulated: bool
    problems: tuple[SettingProblem, ...]
    broken: frozenset[str]
    names: frozenset[str]
    dotenv: Path | None = None
    in_file: frozenset[str] = frozenset()


def read_situation(
    environ: Mapping[str, str] | None = None,
    dotenv: Path | None = None,
    *,
    judge_as: Mode | None = None,
) -> Situation:
    """
    Read the settings from the environment and the file, and go on where they make no sense.

    Args:
        environ: the variables; None is the environment of this process.
        dotenv: the .env file; None is no file.
        judge_as: the mode to judge for; None is the one that the settings ask for.
    """
    environ = os.environ if environ is None else environ
    from_file = {} if dotenv is None else _set_in(read_dotenv(dotenv).values)
    values = {**from_file, **_set_in(environ)}
    problems = tuple(collect_problems(environ, dotenv))
    broken = frozenset(name for one in problems for name in _spoken_of(one))
    readable = {
        name: value
        for name, value in values.items()
        if name in known_names() and name.removesuffix(_FILE) not in broken
    }
    settings = load_settings(readable)
    return Situation(
        settings=_as_if(settings, judge_as),
        mode=judge_as or _wanted(settings, values),
        asked=judge_as is not None,
        simulated=settings.simulation_mode,
        problems=problems,
        broken=broken,
        names=frozenset(values),
        dotenv=dotenv,
        in_file=frozenset(from_file),
    )


def _set_in(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value.strip()}


def _spoken_of(problem: SettingProblem) -> set[str]:
    """Return the variables that a problem is about: two when they contradict each other."""
    names = {problem.variable or "", *_NAME.findall(problem.message)}
    return {name.removesuffix(_FILE) for name in names if name in known_names()}


def _as_if(settings: Settings, mode: Mode | None) -> Settings:
    if mode is None or mode is Mode.DISABLED:
        return settings
    return attrs.evolve(settings, simulation_mode=mode is Mode.SIMULATION)


def _wanted(settings: Settings, values: Mapping[str, str]) -> Mode:
    """Return what these settings are meant for: half of the credentials mean all of them."""
    if settings.simulation_mode:
        return Mode.SIMULATION
    wants = any(name in values or name + _FILE in values for name in CREDENTIALS)
    return Mode.LIVE if wants else Mode.DISABLED

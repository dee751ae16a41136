"""What the settings refuse themselves, names that are none, and the file that they stand in."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, Final

from smsverify.entrypoints.validator.finding import Topic, fine, problem, warning
from smsverify.entrypoints.validator.remedies import line_for
from smsverify.settings import variables
from smsverify.settings.unknown import unknown_variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.situation import Situation
    from smsverify.settings import SettingProblem

_NOT_ABOVE: Final = re.compile(r"must not be above (\w+)")


def judge_forms(situation: Situation) -> Iterator[Finding]:
    """Tell what the settings refuse: with any of it a program would not start."""
    for one in situation.problems:
        yield problem(Topic.SETTINGS, one.message, _remedy(one, situation), one.variable)
    if not situation.problems:
        source = "the environment" if situation.dotenv is None else "the environment and .env"
        yield fine(Topic.SETTINGS, f"Every setting in {source} has the right form.")


def judge_names(situation: Situation) -> Iterator[Finding]:
    """Tell of names that look like settings and have no effect."""
    for one in unknown_variables(situation.names):
        remedy = f"Write {one.nearest} instead of {one.name}." if one.nearest else ""
        remedy = remedy or f"Take {one.name} out, if nothing else needs it."
        yield warning(Topic.SETTINGS, one.message, remedy, one.name)


def judge_dotenv(situation: Situation) -> Iterator[Finding]:
    """Tell when everybody on the machine can read the secrets in the file."""
    if situation.dotenv is None or situation.in_file.isdisjoint(_secret_names()):
        return
    try:
        mode = situation.dotenv.stat().st_mode
    except OSError:
        return  # it was read a moment ago; whoever takes it away now wants no advice about it
    if mode & stat.S_IROTH:
        yield problem(
            Topic.SETTINGS,
            "The file .env holds secrets, and everybody on this machine can read it.",
            f"chmod 600 {situation.dotenv}",
            ".env",
        )
    else:
        yield fine(Topic.SETTINGS, "The file .env can't be read by everybody.")


def _secret_names() -> set[str]:
    return {one.name for one in variables() if one.secret}


def _remedy(one: SettingProblem, situation: Situation) -> str:
    if one.variable is None:
        return f"Write {situation.dotenv} anew."
    contradiction = _NOT_ABOVE.search(one.message)
    if contradiction:
        return f"Lower {one.variable}, or raise {contradiction[1]}."
    return line_for(one.variable.removesuffix("_FILE"))

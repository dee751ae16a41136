"""The one place that reads the environment, and the files that it names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import attrs

from smsverify.errors import ConfigurationError
from smsverify.settings.dotenv_file import DotenvFile, read_dotenv
from smsverify.settings.model import Settings, variables
from smsverify.settings.rules import SettingProblem, contradictions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from smsverify.settings.variable import Variable

__all__ = ["collect_problems", "load_settings"]

_LONGEST_SECRET_FILE = 65_536  # bytes; a device or a log named by mistake is not read to its end


def load_settings(
    environ: Mapping[str, str] | None = None, *, dotenv: Path | None = None
) -> Settings:
    """
    Read the settings from the environment, and from a .env file for what is unset there.

    An empty value counts as unset. A secret may also be in the file that NAME_FILE names.

    Args:
        environ: The variables; None is the environment of this process.
        dotenv: The .env file to read, as :func:`find_dotenv` gives it; None is no file.

    Raises:
        ConfigurationError: the first of what :func:`collect_problems` would give.
    """
    values, problems = _read(environ, dotenv)
    if problems:
        raise ConfigurationError(problems[0].message, setting=problems[0].variable)
    return Settings(**values, source=dotenv)


def collect_problems(
    environ: Mapping[str, str] | None = None, dotenv: Path | None = None
) -> list[SettingProblem]:
    """Give all that is wrong with the settings at once; nothing when they can be loaded."""
    return _read(environ, dotenv)[1]


@attrs.frozen
class _Source:
    """One place that holds variables."""

    values: Mapping[str, str] = attrs.field(repr=False)

    def has(self, name: str) -> bool:
        """Say whether a variable is set to more than nothing."""
        return bool(self.values.get(name, "").strip())


def _read(
    environ: Mapping[str, str] | None, dotenv: Path | None
) -> tuple[dict[str, Any], list[SettingProblem]]:
    """Give the values by attribute, as far as they can be read, and all problems in their order."""
    file = DotenvFile() if dotenv is None else read_dotenv(dotenv)
    sources = (_Source(os.environ if environ is None else environ), _Source(file.values))
    values: dict[str, Any] = {}
    problems = list(file.problems)
    for variable in variables():
        try:
            values[variable.attribute] = variable.read(_text(variable, sources))
        except ConfigurationError as error:
            problems.append(SettingProblem(error.setting, str(error)))
    problems.extend(contradictions(values))
    return values, problems


def _text(variable: Variable, sources: tuple[_Source, ...]) -> str:
    """Give the text of a variable from the first source that has it or names its file."""
    for source in sources:
        here = source.has(variable.name)
        in_file = variable.secret and source.has(variable.file_name)
        if here and in_file:
            raise ConfigurationError(
                f"{variable.name} and {variable.file_name} are both set; keep one of them.",
                setting=variable.name,
            )
        if in_file:
            return _secret_in(variable, source.values[variable.file_name].strip())
        if here:
            return source.values[variable.name]
    return ""


def _secret_in(variable: Variable, path: str) -> str:
    # The path stays out of the message: someone may have put the secret itself there.
    content = b""
    reason = None
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a text that is no path is a ValueError here
            content = file.read(_LONGEST_SECRET_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "that is no path"
    text = content.decode("utf-8", errors="replace")
    if reason is None:
        reason = _unfit_content(text)
    if reason is None:
        return text  # the line break at its end counts as little as any white space around a value
    raise ConfigurationError(
        f"{variable.file_name} must name a file that holds the secret ({reason}).",
        setting=variable.file_name,
    )


def _unfit_content(text: str) -> str | None:
    if len(text) > _LONGEST_SECRET_FILE:
        return "it is far too long"
    if "\N{REPLACEMENT CHARACTER}" in text:
        return "it is not UTF-8 text"
    return None if text.strip() else "it is empty"

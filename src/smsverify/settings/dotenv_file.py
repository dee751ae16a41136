"""Reading a .env file."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from smsverify.settings.rules import SettingProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["PREFIXES", "DotenvFile", "find_dotenv", "read_dotenv"]

PREFIXES = ("SMS_", "TWILIO_", "REDIS_")
"""What the names of all variables begin with."""

_OURS = re.compile(r"\s*(?:export\s+)?['\"]?(?P<name>(?:SMS|TWILIO|REDIS)_[A-Z0-9_]*)")


@attrs.frozen
class DotenvFile:
    """
    What a .env file says.

    Attributes:
        values: The variables in it, of other programs too.
        problems: Why it, or a line of ours in it, can't be read.
    """

    values: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    problems: tuple[SettingProblem, ...] = ()


def find_dotenv() -> Path | None:
    """Give the file .env of the working directory if there is one; no other place is looked at."""
    path = Path(".env")
    try:
        return path.absolute() if path.is_file() else None
    except OSError:
        return None  # a working directory that was removed, or that we may not look into


def read_dotenv(path: Path) -> DotenvFile:
    """
    Read a .env file: NAME=value, quotes and comments as in a shell, but nothing is expanded.

    A line that can't be read is a problem when it seems to set a variable of ours; the file may
    serve other programs too.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return _unreadable(path, "it is not UTF-8 text")
    except (OSError, ValueError) as error:
        return _unreadable(path, getattr(error, "strerror", None) or "it is no path")
    return _parse(text)


def _unreadable(path: Path, reason: str) -> DotenvFile:
    message = f"The settings file {path} can't be read ({reason}); mend it or take it away."
    return DotenvFile(problems=(SettingProblem(None, message),))


def _parse(text: str) -> DotenvFile:
    from dotenv.parser import parse_stream  # noqa: PLC0415 - most programs have no .env file

    values: dict[str, str] = {}
    problems: list[SettingProblem] = []
    for binding in parse_stream(io.StringIO(text)):
        if binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
        else:
            first = binding.original.line
            problems.extend(_broken_lines(binding.original.string.splitlines(), first))
    return DotenvFile(values, tuple(problems))


def _broken_lines(lines: Iterable[str], first: int) -> list[SettingProblem]:
    found = ((number, _OURS.match(line)) for number, line in enumerate(lines, first))
    return [
        SettingProblem(
            match["name"],
            f"{match['name']} can't be read from line {number} of the .env file;"
            f" write {match['name']}=value, with closed quotes if there are any.",
        )
        for number, match in found
        if match is not None
    ]

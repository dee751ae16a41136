"""What settings that are fine one by one must not be together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["SettingProblem", "contradictions"]


@attrs.frozen
class SettingProblem:
    """
    One thing that is wrong with the settings.

    Attributes:
        variable: The variable to mend, or None when it is the file and not a single one.
        message: One sentence with the variable's name and what is expected, without the value.
    """

    variable: str | None
    message: str


# The variable and the attribute that must not be above those that follow.
_NOT_ABOVE = (
    (
        ("SMS_RATE_LIMIT_PER_HOUR", "rate_limit_per_hour"),
        ("SMS_RATE_LIMIT_PER_DAY", "rate_limit_per_day"),
    ),
    (
        ("SMS_WRONG_ANSWER_LIMIT", "wrong_answer_limit"),
        ("SMS_WRONG_ANSWER_LIMIT_PER_DAY", "wrong_answer_limit_per_day"),
    ),
)


def contradictions(values: Mapping[str, Any]) -> Iterator[SettingProblem]:
    """Give what contradicts itself in these values by attribute; a missing one is not judged."""
    for (variable, lower), (other, higher) in _NOT_ABOVE:
        if lower in values and higher in values and values[lower] > values[higher]:
            yield SettingProblem(
                variable,
                f"{variable} must not be above {other}, which counts the same over a whole day.",
            )

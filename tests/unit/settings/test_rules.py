"""Settings that contradict each other."""

from __future__ import annotations

import pytest

from smsverify.settings.rules import contradictions

HOUR_AND_DAY = ("rate_limit_per_hour", "rate_limit_per_day")
SHORT_AND_DAY = ("wrong_answer_limit", "wrong_answer_limit_per_day")


@pytest.mark.parametrize("pair", [HOUR_AND_DAY, SHORT_AND_DAY])
def test_a_short_limit_may_reach_the_long_one_and_no_further(pair: tuple[str, str]) -> None:
    """Equal limits make sense; a short one above the day's never takes effect as meant."""
    assert list(contradictions(dict(zip(pair, (5, 5), strict=True)))) == []
    [problem] = contradictions(dict(zip(pair, (6, 5), strict=True)))
    assert problem.variable == f"SMS_{pair[0].upper()}"
    assert problem.variable in problem.message
    assert f"SMS_{pair[1].upper()}" in problem.message


def test_what_could_not_be_read_is_not_judged() -> None:
    """One broken number gives one problem, not two."""
    assert list(contradictions({"rate_limit_per_hour": 6})) == []

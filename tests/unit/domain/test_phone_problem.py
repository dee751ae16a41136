"""The sentences for what is no phone number."""

from __future__ import annotations

import pytest

from smsverify.domain.phone_problem import PROBLEMS, PhoneProblemReason


@pytest.mark.parametrize("problem", PhoneProblemReason)
def test_every_problem_says_what_to_do(problem: PhoneProblemReason) -> None:
    """Each reason has one whole sentence."""
    assert PROBLEMS[problem].reason is problem
    message = PROBLEMS[problem].message
    assert message.endswith(".")
    assert "\n" not in message

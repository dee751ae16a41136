"""What a decision says of itself."""

from __future__ import annotations

import pytest

from smsverify.domain.decisions import Decision


def test_a_decision_that_knows_no_ceiling_says_so() -> None:
    """A store that reports one which nobody set has a fault, and its number is told."""
    decision: Decision[str, str] = Decision("sent", "record")

    with pytest.raises(LookupError, match="number 3 has no ceiling"):
        decision.at_ceiling(3)

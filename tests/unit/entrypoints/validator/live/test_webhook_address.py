"""What an answer to an unsigned report means."""

from __future__ import annotations

import pytest

from smsverify.entrypoints.validator.finding import Severity
from smsverify.entrypoints.validator.live.webhook_address import judge_status


@pytest.mark.parametrize(
    ("status", "severity"),
    [
        (403, Severity.FINE),
        (200, Severity.PROBLEM),
        (301, Severity.PROBLEM),
        (401, Severity.PROBLEM),
        (404, Severity.PROBLEM),
        (502, Severity.PROBLEM),
    ],
)
def test_only_a_refusal_is_right(status: int, severity: Severity) -> None:
    """Our webhooks refuse what is not signed; whoever takes it is somebody else."""
    assert judge_status("https://sms.example.com/webhooks", status).severity is severity

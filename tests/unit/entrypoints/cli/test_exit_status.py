from __future__ import annotations

import pytest

from smsverify.entrypoints.cli.exit_status import NOT_AVAILABLE, ExitStatus, status_of
from smsverify.errors import ErrorCode
from smsverify.facade.results import CheckResult, SendResult
from smsverify.verifier import OUTAGES


@pytest.mark.parametrize("result", [SendResult(success=True), CheckResult(success=True)])
def test_success_is_zero(result: SendResult | CheckResult) -> None:
    """What was done ends with 0."""
    assert status_of(result) == ExitStatus.DONE == 0


@pytest.mark.parametrize("code", sorted(set(ErrorCode) - NOT_AVAILABLE))
def test_a_refusal_is_one(code: ErrorCode) -> None:
    """What a rule refused ends with 1."""
    assert status_of(CheckResult(success=False, error_code=code)) == ExitStatus.REFUSED == 1


@pytest.mark.parametrize("code", sorted(NOT_AVAILABLE))
def test_trouble_of_the_service_is_three(code: ErrorCode) -> None:
    """What could not be tried or decided ends with 3."""
    assert status_of(SendResult(success=False, error_code=code)) == ExitStatus.NOT_AVAILABLE == 3


def test_the_codes_of_trouble_are_those_of_the_facade_and_of_missing_settings() -> None:
    """A code is trouble of the service exactly when statistics show it, or sending is off."""
    off = {ErrorCode.SMS_DISABLED, ErrorCode.CREDENTIALS_MISSING}

    assert OUTAGES | off == NOT_AVAILABLE

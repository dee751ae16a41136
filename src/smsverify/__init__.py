"""
Proves that a person holds a phone number, by a one-time code sent by SMS.

The public names are loaded when they are first asked for: importing smsverify imports no adapter.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsverify.errors import (
        ConfigurationError,
        ErrorCode,
        SmsVerifyError,
        StoreContended,
        StoreDataInvalid,
        StoreError,
        StoreUnavailable,
    )
    from smsverify.facade.results import CheckResult, SendResult
    from smsverify.settings import Settings
    from smsverify.sms_verifier import create_verifier, get_sms_verifier, reset_sms_verifier
    from smsverify.verifier import SmsVerifier

__version__ = "0.1.0"

__all__ = [
    "CheckResult",
    "ConfigurationError",
    "ErrorCode",
    "SendResult",
    "Settings",
    "SmsVerifier",
    "SmsVerifyError",
    "StoreContended",
    "StoreDataInvalid",
    "StoreError",
    "StoreUnavailable",
    "create_verifier",
    "get_sms_verifier",
    "reset_sms_verifier",
]

_HOMES = {
    "CheckResult": "smsverify.facade.results",
    "SendResult": "smsverify.facade.results",
    "Settings": "smsverify.settings",
    "SmsVerifier": "smsverify.verifier",
    "create_verifier": "smsverify.sms_verifier",
    "get_sms_verifier": "smsverify.sms_verifier",
    "reset_sms_verifier": "smsverify.sms_verifier",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES.get(name, "smsverify.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""
The exceptions of smsverify: one tree, under :class:`SmsVerifyError`.

A refusal is data (a result with an :class:`ErrorCode`); what is raised is a mistake in the program
or its configuration, or an outage that an adapter reports to the application layer.
"""

from __future__ import annotations

from smsverify.domain.error_code import ErrorCode

__all__ = [
    "ConfigurationError",
    "ErrorCode",
    "SmsVerifyError",
    "StoreContended",
    "StoreDataInvalid",
    "StoreError",
    "StoreUnavailable",
]


class SmsVerifyError(Exception):
    """Superclass of everything that smsverify raises of its own; never raised itself."""


class ConfigurationError(SmsVerifyError, ValueError):
    """
    A setting makes no sense, or what it asks for is not there.

    ``setting`` is the variable's name, or None when no single one is to blame. The message is one
    sentence that names it and says what is expected; it never holds the value of a secret.
    """

    def __init__(self, message: str, *, setting: str | None = None) -> None:
        super().__init__(message)
        self.setting = setting


class StoreError(SmsVerifyError):
    """
    Superclass of what a store adapter raises.

    The facade turns each into a result with :attr:`code`; users see the exception only when they
    call an adapter themselves.
    """

    code = ErrorCode.STORE_UNAVAILABLE


class StoreUnavailable(StoreError):
    """
    The store did not answer, or answered that it can't serve (loading, out of memory, read-only).

    Whether a commit under way was executed is unknown. ``code`` is ``REDIS_UNAVAILABLE`` for Redis
    and ``STORE_UNAVAILABLE`` for every other store.
    """

    def __init__(self, message: str, *, code: ErrorCode = ErrorCode.STORE_UNAVAILABLE) -> None:
        super().__init__(message)
        self.code = code


class StoreContended(StoreError):
    """Other writers held the store for as long as the caller could wait; nothing was written."""

    code = ErrorCode.STORE_CONTENDED


class StoreDataInvalid(StoreError):
    """
    Something that smsverify did not write lies at one of its keys, or a schema it can't read.

    Fails closed: nothing is overwritten. The message names what to look at, never the bytes.
    """

    code = ErrorCode.STORE_DATA_INVALID

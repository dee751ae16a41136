"""What callers get back: frozen objects that also answer like a dict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import attrs

from smsverify.domain.error_code import ErrorCode


class _Result(Mapping[str, object]):
    """Makes an attrs class answer ``result["success"]``, ``get`` and ``dict(result)``."""

    __slots__ = ()

    def __getitem__(self, key: str) -> object:
        if key in self._names():
            return getattr(self, key)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    @classmethod
    def _names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in attrs.fields(cast("Any", cls)))


@attrs.frozen(kw_only=True)
class SendResult(_Result):
    """
    What became of a send.

    Attributes:
        success: whether the provider took the message.
        message_id: the provider's id of it, ``SM`` and 32 hexadecimal digits; None when unknown.
        error_code: why not; None on success.
        error: what happened and what to do, for the developer; never a code or a whole number.
        public_error: the same, fit for strangers.
        retry_after: seconds until it is worth asking again; None when that is not known.
        rule: which of several limits refused.
        provider_code: the provider's own number for the trouble.
        may_have_arrived: True when nobody knows whether the message went out: it stays charged, and
            its code works.
        expires_in: seconds that the code is still accepted; None when nothing was sent.
        cost: the estimate that was charged, in dollars; None when nothing was charged.
        segments: how many segments the message takes; None when nothing was sent.
        resent: whether the message carried the code of an earlier one.
    """

    success: bool
    message_id: str | None = None
    error_code: ErrorCode | None = None
    error: str | None = None
    public_error: str | None = None
    retry_after: int | None = None
    rule: str | None = None
    provider_code: int | None = None
    may_have_arrived: bool = False
    expires_in: int | None = None
    cost: float | None = None
    segments: int | None = None
    resent: bool = False


@attrs.frozen(kw_only=True)
class CheckResult(_Result):
    """
    What became of an answer.

    Attributes:
        success: whether the code was right; it is used up now.
        error_code: why not; None on success.
        error: what happened and what to do, for the developer.
        public_error: fit for strangers: the same for wrong, expired and unknown codes.
        retry_after: seconds until it is worth asking again; None when that is not known.
        attempts_left: wrong answers that may still be given; None where that does not matter.
        rule: which of several limits refused.
    """

    success: bool
    error_code: ErrorCode | None = None
    error: str | None = None
    public_error: str | None = None
    retry_after: int | None = None
    attempts_left: int | None = None
    rule: str | None = None

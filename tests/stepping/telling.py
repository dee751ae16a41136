"""What a caller was told, in the model's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smsverify.errors import StoreError
from tests.model.verification_model import Told
from tests.stepping.provider import GatewayBroke

if TYPE_CHECKING:
    import asyncio


def told_by(task: asyncio.Task[object]) -> Told:
    """Return what a request came to; a mistake of ours is raised as it is."""
    if task.cancelled():
        return Told("cancelled")
    error = task.exception()
    if isinstance(error, StoreError):
        return Told(code=str(error.code))
    if isinstance(error, GatewayBroke):
        return Told("raised")
    if error is not None:
        raise error
    result: Any = task.result()
    if hasattr(result, "changed"):
        return Told(changed=result.changed)
    return Told(
        success=result.success,
        code=None if result.error_code is None else str(result.error_code),
        rule=result.rule,
        retry_after=result.retry_after,
        left=result.get("attempts_left"),
        message_id=result.get("message_id"),
        may_have_arrived=bool(result.get("may_have_arrived", False)),
        cost=result.get("cost"),
        resent=bool(result.get("resent", False)),
    )

"""One verifier for one command: built from the environment and ``./.env``, closed at the end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from smsverify.entrypoints.cli.logs import set_up_logs
from smsverify.settings import find_dotenv, load_settings
from smsverify.sms_verifier import create_verifier

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from smsverify.verifier import SmsVerifier

T = TypeVar("T")


def with_verifier(work: Callable[[SmsVerifier], Awaitable[T]], *, serves: bool = False) -> T:
    """
    Run one piece of work with a verifier of its own, and return what it returns.

    Work that ``serves`` others logs what happens, at the level that is set.

    Raises :class:`~smsverify.errors.ConfigurationError` for a setting that makes no sense.
    """
    settings = load_settings(dotenv=find_dotenv())
    set_up_logs(settings, serves=serves)

    async def session() -> T:
        async with create_verifier(settings) as verifier:
            return await work(verifier)

    return asyncio.run(session())

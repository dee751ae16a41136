"""Whether our own webhooks answer where Twilio will look for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsverify.entrypoints.validator.finding import Topic, fine, problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smsverify.entrypoints.validator.finding import Finding

PATH: Final = "/webhooks/twilio/status"
NAME: Final = "SMS_PUBLIC_BASE_URL"
_FORBIDDEN: Final = 403
_SECONDS: Final = 8.0


async def ask_webhooks(base_url: str) -> Iterable[Finding]:
    """Send a report without a signature, which our webhooks refuse and nobody else expects."""
    import aiohttp

    url = base_url.rstrip("/") + PATH
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
            session.post(url, data={"smsverify": "validate"}, allow_redirects=False) as reply,
        ):
            return [judge_status(url, reply.status)]
    except (aiohttp.ClientError, OSError) as error:
        trouble = type(error).__name__
    return [
        problem(
            Topic.WEBHOOKS,
            f"{NAME} does not answer: {url} could not be reached ({trouble}).",
            f"curl -i -X POST {url}",
            NAME,
        )
    ]


def judge_status(url: str, status: int) -> Finding:
    """Tell what an answer means: 403 is what our webhooks say to an unsigned report."""
    if status == _FORBIDDEN:
        return fine(Topic.WEBHOOKS, "The webhooks answer, and refuse a report without a signature.")
    return problem(
        Topic.WEBHOOKS,
        f"{NAME} leads somewhere else: {url} answered {status} to a report without a signature,"
        " where our webhooks answer 403.",
        "Mount smsverify.web.create_webhook_app there, or run: smsverify serve-webhooks",
        NAME,
    )

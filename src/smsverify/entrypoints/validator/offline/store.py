"""Where records are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify.domain.mode import Mode
from smsverify.entrypoints.validator.finding import Topic, problem, warning
from smsverify.settings import DEFAULT_REDIS_URL, StoreKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.situation import Situation


def judge_store(situation: Situation) -> Iterator[Finding]:
    """Tell of a store that forgets."""
    if situation.settings.store is StoreKind.MEMORY and situation.mode is Mode.LIVE:
        yield problem(
            Topic.STORE,
            "SMS_STORE=memory forgets codes, limits and opt-outs when the process ends, and each"
            " process would have a budget of its own.",
            "SMS_STORE=redis  (or SMS_STORE=sqlite on a single machine)",
            "SMS_STORE",
        )


def judge_unused(situation: Situation) -> Iterator[Finding]:
    """Tell of addresses that the chosen store does not use."""
    settings = situation.settings
    chosen = settings.chosen_store
    if settings.redis_url and chosen is not StoreKind.REDIS:
        yield warning(
            Topic.STORE,
            f"REDIS_URL has no effect beside SMS_STORE={chosen.value}.",
            "SMS_STORE=redis  (or REDIS_URL=)",
            "REDIS_URL",
        )
    if settings.sqlite_path and chosen is not StoreKind.SQLITE:
        yield warning(
            Topic.STORE,
            f"SMS_SQLITE_PATH has no effect: records are kept in {_place(chosen)}.",
            "SMS_STORE=sqlite  (or SMS_SQLITE_PATH=)",
            "SMS_SQLITE_PATH",
        )


def judge_redis_url(situation: Situation) -> Iterator[Finding]:
    """Tell when the server is the one that is looked for when nothing is said."""
    settings = situation.settings
    if settings.chosen_store is StoreKind.REDIS and settings.redis_url is None:
        yield warning(
            Topic.STORE,
            f"REDIS_URL is not set: the server is looked for at {DEFAULT_REDIS_URL}.",
            f"REDIS_URL={DEFAULT_REDIS_URL}/0",
            "REDIS_URL",
        )


def _place(chosen: StoreKind) -> str:
    return {StoreKind.REDIS: "Redis", StoreKind.MEMORY: "memory"}[chosen]

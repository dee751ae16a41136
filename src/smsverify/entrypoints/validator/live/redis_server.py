"""Asking the Redis server that takes our writes what it is and how it is set up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from redis.crc import key_slot
from redis.exceptions import RedisError

from smsverify import configured
from smsverify.adapters.redis.connection import ask, connect, make_link
from smsverify.adapters.redis.primary import make_primary
from smsverify.adapters.redis.url import parse_redis_url
from smsverify.entrypoints.validator.live.redis_facts import RedisFacts, facts_of
from smsverify.settings import DEFAULT_REDIS_URL

if TYPE_CHECKING:
    from smsverify.adapters.redis.connection import Link
    from smsverify.settings import Settings

ASKED_SETTINGS = ("save", "min-replicas-to-write")


async def read_redis_facts(settings: Settings) -> RedisFacts:
    """
    Return what the server that holds our keys says of itself.

    Raises one of redis-py's errors when it can't be asked.
    """
    deployment = parse_redis_url(settings.redis_url or DEFAULT_REDIS_URL)
    slot = key_slot(configured.namespace_of(settings).strip("{}").encode())
    address = await make_primary(deployment, slot).find()
    link = make_link(deployment, address)
    try:
        await connect(link)
        return await _read(link)
    finally:
        await link.disconnect(nowait=True)


async def _read(link: Link) -> RedisFacts:
    skew = await _skew(link)
    info = _fields(await ask(link, "INFO"))
    return facts_of(info, await _configuration(link), skew)


async def _skew(link: Link) -> int:
    """Return this host's clock less the server's, in milliseconds, at the middle of the asking."""
    before = time.time()
    seconds, microseconds = await ask(link, "TIME")
    here = (before + time.time()) / 2
    return round((here - int(seconds) - int(microseconds) / 1_000_000) * 1_000)


async def _configuration(link: Link) -> dict[str, object] | None:
    try:
        replies = [await ask(link, "CONFIG", "GET", name) for name in ASKED_SETTINGS]
    except RedisError:
        return None  # hosted servers keep their configuration to themselves
    return {
        _text(name): _text(value)
        for reply in replies
        for name, value in zip(reply[::2], reply[1::2], strict=True)
    }


def _fields(reply: Any) -> dict[str, object]:
    lines = (line.partition(":") for line in _text(reply).splitlines())
    return {name: value for name, colon, value in lines if colon}


def _text(reply: Any) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)

"""Whether the store that the settings choose takes and gives back a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsverify.entrypoints.validator.finding import Topic, fine, problem
from smsverify.errors import StoreError
from smsverify.ports.store import Swap, Written
from smsverify.settings import StoreKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.ports.store import Store
    from smsverify.settings import Settings

KEY: Final = "validate"
VALUE: Final = b"written by smsverify validate"
KEEP_MS: Final = 10_000

_START: Final = "redis-server --appendonly yes  (or set REDIS_URL to a server that runs)"


def remedy_for(settings: Settings) -> tuple[str, str]:
    """Return the setting to look at when the store does not serve, and what helps."""
    match settings.chosen_store:
        case StoreKind.REDIS if settings.redis_url is None:
            return "REDIS_URL", _START
        case StoreKind.REDIS:
            return "REDIS_URL", 'redis-cli -u "$REDIS_URL" PING'
        case StoreKind.SQLITE:
            return "SMS_SQLITE_PATH", "SMS_SQLITE_PATH=./smsverify.db"
        case StoreKind.MEMORY:
            return "SMS_STORE", "SMS_STORE=sqlite"


async def ask_store(settings: Settings) -> Iterable[Finding]:
    """Write a record, read it back and take it away again; then ask a server what it is."""
    from smsverify.container import Container

    store = Container(settings=settings).store()
    try:
        kept = await _write_and_read(store)
    except StoreError as error:
        return [_failed(settings, str(error))]
    finally:
        await store.close()
    if not kept:
        return [_failed(settings, "The store did not give back what was written to it.")]
    if settings.chosen_store is StoreKind.REDIS:
        return await _redis(settings)
    return [fine(Topic.STORE, f"The store answers, reads and writes: {store.name}.")]


async def _write_and_read(store: Store) -> bool:
    before = await store.load((KEY,))
    swap = Swap(KEY, before.records[0], VALUE, KEEP_MS)
    written = await store.commit((swap,), (), before.now)
    after = await store.load((KEY,))
    if not isinstance(written, Written) or after.records[0] != VALUE:
        return False
    await store.commit((Swap(KEY, VALUE, None, None),), (), after.now)
    return True


async def _redis(settings: Settings) -> Iterable[Finding]:
    from smsverify.entrypoints.validator.live.redis_facts import judge_redis
    from smsverify.entrypoints.validator.live.redis_server import read_redis_facts

    return judge_redis(await read_redis_facts(settings))


def _failed(settings: Settings, trouble: str) -> Finding:
    name, remedy = remedy_for(settings)
    return problem(Topic.STORE, trouble, remedy, name)

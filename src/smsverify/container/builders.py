"""
How each adapter is made of the settings and of others.

Every function imports what it makes when it is called, so a mode loads only its own technologies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsverify import configured
from smsverify.domain.pool import EMPTY_POOL
from smsverify.domain.record import EMPTY
from smsverify.settings import DEFAULT_REDIS_URL

if TYPE_CHECKING:
    from pathlib import Path

    from smsverify.adapters.twilio.callback import CallbackAddresses
    from smsverify.adapters.twilio.client import TwilioApi
    from smsverify.application.receipts import NoteOptOut, TakeReceipt
    from smsverify.domain.pool import PoolRecord
    from smsverify.domain.record import PhoneRecord
    from smsverify.ports.billing import Billing
    from smsverify.ports.clock import Clock
    from smsverify.ports.codec import PoolCodec, RecordCodec
    from smsverify.ports.entropy import Entropy
    from smsverify.ports.events import EventSink
    from smsverify.ports.gateway import Gateway
    from smsverify.ports.prices import PriceSource
    from smsverify.ports.senders import SenderDirectory
    from smsverify.ports.store import Store
    from smsverify.ports.webhooks import Webhooks
    from smsverify.settings import Settings


def clock() -> Clock:
    """Return this host's clock."""
    from smsverify.adapters.system.clock import SystemClock

    return SystemClock()


def entropy() -> Entropy:
    """Return the operating system's randomness."""
    from smsverify.adapters.system.entropy import SystemEntropy

    return SystemEntropy()


def codec() -> RecordCodec:
    """Return how phones' records become bytes."""
    from smsverify.adapters.msgpack.codec import MsgpackCodec

    return MsgpackCodec()


def pool_codec() -> PoolCodec:
    """Return how the pool's record becomes bytes."""
    from smsverify.adapters.msgpack.pool_codec import MsgpackPoolCodec

    return MsgpackPoolCodec()


def events(settings: Settings) -> EventSink:
    """Return the log; it masks every secret of the settings."""
    from smsverify.adapters.structlog.events import StructlogEvents

    return StructlogEvents(configured.secrets_of(settings))


def memory_store(settings: Settings, clock: Clock) -> Store:
    """Return a store that ends with the process."""
    from smsverify.adapters.memory.store import MemoryStore

    return MemoryStore(clock, configured.namespace_of(settings))


def sqlite_store(settings: Settings, clock: Clock) -> Store:
    """Return a store in a file; it is made at its first use."""
    from smsverify.adapters.sqlite.store import SqliteStore

    path = settings.sqlite_path or default_sqlite_path()
    return SqliteStore(path, namespace=configured.namespace_of(settings), clock=clock)


def default_sqlite_path() -> Path:
    """Return the file that is used when none is set: in the user's data directory."""
    import platformdirs

    return platformdirs.user_data_path("smsverify") / "smsverify.db"


def redis_store(settings: Settings, clock: Clock) -> Store:
    """Return a store on Redis; it connects at its first use."""
    from smsverify.adapters.redis.store import RedisStore

    return RedisStore(
        settings.redis_url or DEFAULT_REDIS_URL,
        namespace=configured.namespace_of(settings),
        max_connections=settings.redis_max_connections,
        clock=clock,
    )


def closed_gateway() -> Gateway:
    """Return the gateway of the disabled mode."""
    from smsverify.adapters.builtin.gateway import ClosedGateway

    return ClosedGateway()


def simulation_gateway(settings: Settings, clock: Clock, entropy: Entropy) -> Gateway:
    """Return the gateway whose messages land in memory."""
    from smsverify.adapters.simulation.gateway import SimulationGateway

    return SimulationGateway(clock, entropy, settings.simulation_latency_ms / 1000)


def builtin_prices(settings: Settings) -> PriceSource:
    """Return the operator's prices over the built-in estimates."""
    from smsverify.adapters.builtin.prices import BuiltinPrices

    return BuiltinPrices(configured.prices_of(settings))


def simulated_senders() -> SenderDirectory:
    """Return the simulation's one sender."""
    from smsverify.adapters.builtin.senders import SIMULATION_ADDRESS, FixedSenders, sender_of

    return FixedSenders((sender_of(SIMULATION_ADDRESS),))


def twilio_api(settings: Settings) -> TwilioApi:
    """Return the way to Twilio; an API key signs in before the account's token."""
    from smsverify.adapters.twilio.client import Credentials, TwilioApi

    account = settings.twilio_account_sid or ""
    user, password = account, settings.twilio_auth_token or ""
    if settings.twilio_api_key_sid and settings.twilio_api_key_secret:
        user, password = settings.twilio_api_key_sid, settings.twilio_api_key_secret
    return TwilioApi(Credentials(account, user, password), settings.twilio_api_base_url)


def tokens(settings: Settings) -> list[str]:
    """Return the tokens that webhooks may be signed with."""
    tokens = (settings.twilio_auth_token, settings.twilio_auth_token_previous)
    return [token for token in tokens if token]


def callbacks(settings: Settings) -> CallbackAddresses | None:
    """Return the addresses of receipts, None when none can come."""
    # Twilio signs with the account's token: without one no receipt could be believed.
    if settings.public_base_url is None or not tokens(settings):
        return None
    from smsverify.adapters.twilio.callback import CallbackAddresses

    secret = settings.webhook_secret
    return CallbackAddresses(
        settings.public_base_url.rstrip("/"), None if secret is None else secret.encode()
    )


def twilio_gateway(
    api: TwilioApi,
    clock: Clock,
    entropy: Entropy,
    events: EventSink,
    callbacks: CallbackAddresses | None,
) -> Gateway:
    """Return the gateway that sends."""
    from smsverify.adapters.twilio.breaker import CredentialsBreaker
    from smsverify.adapters.twilio.gateway import TwilioGateway

    breaker = CredentialsBreaker(clock=clock, events=events)
    return TwilioGateway(api, breaker=breaker, clock=clock, entropy=entropy, callbacks=callbacks)


def twilio_senders(settings: Settings, api: TwilioApi, clock: Clock) -> SenderDirectory:
    """Return the service or numbers that are set, else the account's own numbers."""
    from smsverify.adapters.builtin.senders import FixedSenders, sender_of

    if settings.twilio_messaging_service_sid is not None:
        return FixedSenders((sender_of(settings.twilio_messaging_service_sid),))
    if settings.twilio_phone_numbers:
        return FixedSenders(map(sender_of, settings.twilio_phone_numbers))
    from smsverify.adapters.twilio.senders import TwilioSenders

    return TwilioSenders(api, clock=clock)


def twilio_prices(
    settings: Settings, api: TwilioApi, otherwise: PriceSource, store: Store, clock: Clock
) -> PriceSource:
    """Return Twilio's prices, with others behind them."""
    from smsverify.adapters.twilio.prices import TwilioPrices

    own = configured.prices_of(settings)
    return TwilioPrices(api, own=own, otherwise=otherwise, store=store, clock=clock)


def twilio_billing(api: TwilioApi) -> Billing:
    """Return what Twilio billed."""
    from smsverify.adapters.twilio.billing import TwilioBilling

    return TwilioBilling(api)


def twilio_webhooks(
    settings: Settings,
    callbacks: CallbackAddresses | None,
    take_receipt: TakeReceipt,
    note_opt_out: NoteOptOut,
) -> Webhooks | None:
    """Return who takes Twilio's requests, None when none can be believed."""
    if callbacks is None:
        return None
    from smsverify.adapters.twilio.webhooks import TwilioWebhooks

    return TwilioWebhooks(
        account_sid=settings.twilio_account_sid or "",
        tokens=tokens(settings),
        addresses=callbacks,
        take_receipt=take_receipt,
        note_opt_out=note_opt_out,
    )


# By functions: a container copies the values that it is declared with, and what deletes a record is
# known by its identity.
def nothing_of_a_phone() -> PhoneRecord:
    """Return the record that means that nothing is kept of a phone."""
    return EMPTY


def nothing_of_the_pool() -> PoolRecord:
    """Return the record that means that no sender rests."""
    return EMPTY_POOL

"""
The composition root: the only module that knows every adapter.

Each adapter is a provider that a test or a service may override; what is built afterwards uses the
replacement. Adapters are imported when they are first built, so a mode loads only its own.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from smsverify import configured
from smsverify.application.care import CareForPhone
from smsverify.application.check import CheckVerification
from smsverify.application.commit_loop import CommitLoop
from smsverify.application.keys import Keys
from smsverify.application.price_check import CheckPrices
from smsverify.application.receipts import NoteOptOut, TakeReceipt
from smsverify.application.recent_phones import RecentPhones
from smsverify.application.recipients import Recipients
from smsverify.application.refusal_counts import RefusalCounts
from smsverify.application.send import SendVerification
from smsverify.application.sender_pool import SenderPool
from smsverify.application.statistics import ReadStatistics
from smsverify.application.store_clock import StoreClock
from smsverify.domain.pool import EMPTY_POOL, keeping_of_pool
from smsverify.domain.record import EMPTY
from smsverify.domain.verification import keeping_of
from smsverify.facade.parts import Parts
from smsverify.settings import DEFAULT_REDIS_URL, Settings
from smsverify.verifier import SmsVerifier

if TYPE_CHECKING:
    from pathlib import Path

    from smsverify.adapters.twilio.callback import CallbackAddresses
    from smsverify.adapters.twilio.client import TwilioApi
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


def _clock() -> Clock:
    from smsverify.adapters.system.clock import SystemClock

    return SystemClock()


def _entropy() -> Entropy:
    from smsverify.adapters.system.entropy import SystemEntropy

    return SystemEntropy()


def _codec() -> RecordCodec:
    from smsverify.adapters.msgpack.codec import MsgpackCodec

    return MsgpackCodec()


def _pool_codec() -> PoolCodec:
    from smsverify.adapters.msgpack.pool_codec import MsgpackPoolCodec

    return MsgpackPoolCodec()


def _events(settings: Settings) -> EventSink:
    from smsverify.adapters.structlog.events import StructlogEvents

    return StructlogEvents(configured.secrets_of(settings))


def _memory_store(settings: Settings, clock: Clock) -> Store:
    from smsverify.adapters.memory.store import MemoryStore

    return MemoryStore(clock, configured.namespace_of(settings))


def _sqlite_store(settings: Settings, clock: Clock) -> Store:
    from smsverify.adapters.sqlite.store import SqliteStore

    path = settings.sqlite_path or _default_sqlite_path()
    return SqliteStore(path, namespace=configured.namespace_of(settings), clock=clock)


def _default_sqlite_path() -> Path:
    import platformdirs

    return platformdirs.user_data_path("smsverify") / "smsverify.db"


def _redis_store(settings: Settings, clock: Clock) -> Store:
    from smsverify.adapters.redis.store import RedisStore

    return RedisStore(
        settings.redis_url or DEFAULT_REDIS_URL,
        namespace=configured.namespace_of(settings),
        max_connections=settings.redis_max_connections,
        clock=clock,
    )


def _closed_gateway() -> Gateway:
    from smsverify.adapters.builtin.gateway import ClosedGateway

    return ClosedGateway()


def _simulation_gateway(settings: Settings, clock: Clock, entropy: Entropy) -> Gateway:
    from smsverify.adapters.simulation.gateway import SimulationGateway

    return SimulationGateway(clock, entropy, settings.simulation_latency_ms / 1000)


def _builtin_prices(settings: Settings) -> PriceSource:
    from smsverify.adapters.builtin.prices import BuiltinPrices

    return BuiltinPrices(configured.prices_of(settings))


def _simulated_senders() -> SenderDirectory:
    from smsverify.adapters.builtin.senders import SIMULATION_ADDRESS, FixedSenders, sender_of

    return FixedSenders((sender_of(SIMULATION_ADDRESS),))


def _twilio_api(settings: Settings) -> TwilioApi:
    from smsverify.adapters.twilio.client import Credentials, TwilioApi

    account = settings.twilio_account_sid or ""
    user, password = account, settings.twilio_auth_token or ""
    if settings.twilio_api_key_sid and settings.twilio_api_key_secret:
        user, password = settings.twilio_api_key_sid, settings.twilio_api_key_secret
    return TwilioApi(Credentials(account, user, password), settings.twilio_api_base_url)


def _tokens(settings: Settings) -> list[str]:
    tokens = (settings.twilio_auth_token, settings.twilio_auth_token_previous)
    return [token for token in tokens if token]


def _callbacks(settings: Settings) -> CallbackAddresses | None:
    # Twilio signs with the account's token: without one no receipt could be believed.
    if settings.public_base_url is None or not _tokens(settings):
        return None
    from smsverify.adapters.twilio.callback import CallbackAddresses

    secret = settings.webhook_secret
    return CallbackAddresses(
        settings.public_base_url.rstrip("/"), None if secret is None else secret.encode()
    )


def _twilio_gateway(
    api: TwilioApi,
    clock: Clock,
    entropy: Entropy,
    events: EventSink,
    callbacks: CallbackAddresses | None,
) -> Gateway:
    from smsverify.adapters.twilio.breaker import CredentialsBreaker
    from smsverify.adapters.twilio.gateway import TwilioGateway

    breaker = CredentialsBreaker(clock=clock, events=events)
    return TwilioGateway(api, breaker=breaker, clock=clock, entropy=entropy, callbacks=callbacks)


def _twilio_senders(settings: Settings, api: TwilioApi, clock: Clock) -> SenderDirectory:
    from smsverify.adapters.builtin.senders import FixedSenders, sender_of

    if settings.twilio_messaging_service_sid is not None:
        return FixedSenders((sender_of(settings.twilio_messaging_service_sid),))
    if settings.twilio_phone_numbers:
        return FixedSenders(map(sender_of, settings.twilio_phone_numbers))
    from smsverify.adapters.twilio.senders import TwilioSenders

    return TwilioSenders(api, clock=clock)


def _twilio_prices(
    settings: Settings, api: TwilioApi, otherwise: PriceSource, store: Store, clock: Clock
) -> PriceSource:
    from smsverify.adapters.twilio.prices import TwilioPrices

    own = configured.prices_of(settings)
    return TwilioPrices(api, own=own, otherwise=otherwise, store=store, clock=clock)


def _twilio_billing(api: TwilioApi) -> Billing:
    from smsverify.adapters.twilio.billing import TwilioBilling

    return TwilioBilling(api)


def _twilio_webhooks(
    settings: Settings,
    callbacks: CallbackAddresses | None,
    take_receipt: TakeReceipt,
    note_opt_out: NoteOptOut,
) -> Webhooks | None:
    if callbacks is None:
        return None
    from smsverify.adapters.twilio.webhooks import TwilioWebhooks

    return TwilioWebhooks(
        account_sid=settings.twilio_account_sid or "",
        tokens=_tokens(settings),
        addresses=callbacks,
        take_receipt=take_receipt,
        note_opt_out=note_opt_out,
    )


# By functions: a container copies the values that it is declared with, and what deletes a record is
# known by its identity.
def _nothing_of_a_phone() -> PhoneRecord:
    return EMPTY


def _nothing_of_the_pool() -> PoolRecord:
    return EMPTY_POOL


class Container(containers.DeclarativeContainer):
    """Builds one verifier from its settings; every part can be overridden."""

    settings = providers.Dependency(instance_of=Settings)
    mode = settings.provided.mode.value
    policy = providers.Singleton(configured.policy_of, settings)
    keys = providers.Singleton(Keys, providers.Callable(configured.key_secret_of, settings))
    code_keys = providers.Singleton(configured.code_keys_of, settings)
    texts = providers.Singleton(configured.texts_of, settings)

    clock = providers.Singleton(_clock)
    entropy = providers.Singleton(_entropy)
    codec = providers.Singleton(_codec)
    pool_codec = providers.Singleton(_pool_codec)
    events = providers.Singleton(_events, settings)
    store = providers.Selector(
        settings.provided.chosen_store.value,
        redis=providers.Singleton(_redis_store, settings, clock),
        sqlite=providers.Singleton(_sqlite_store, settings, clock),
        memory=providers.Singleton(_memory_store, settings, clock),
    )
    twilio_api = providers.Singleton(_twilio_api, settings)
    callbacks = providers.Singleton(_callbacks, settings)
    gateway = providers.Selector(
        mode,
        disabled=providers.Singleton(_closed_gateway),
        simulation=providers.Singleton(_simulation_gateway, settings, clock, entropy),
        live=providers.Singleton(_twilio_gateway, twilio_api, clock, entropy, events, callbacks),
    )
    builtin_prices = providers.Singleton(_builtin_prices, settings)
    prices = providers.Selector(
        mode,
        disabled=builtin_prices,
        simulation=builtin_prices,
        live=providers.Singleton(
            _twilio_prices, settings, twilio_api, builtin_prices, store, clock
        ),
    )
    billing = providers.Singleton(_twilio_billing, twilio_api)
    senders = providers.Selector(
        mode,
        disabled=providers.Singleton(_simulated_senders),
        simulation=providers.Singleton(_simulated_senders),
        live=providers.Singleton(_twilio_senders, settings, twilio_api, clock),
    )

    store_clock = providers.Singleton(StoreClock, clock)
    refusals = providers.Singleton(RefusalCounts, clock)
    recent = providers.Singleton(RecentPhones)
    loop = providers.Singleton(
        CommitLoop,
        store=store,
        codec=codec,
        clock=clock,
        store_clock=store_clock,
        entropy=entropy,
        refusals=refusals,
        events=events,
        keeping=providers.Factory(partial, keeping_of, policy=policy),
        empty=providers.Callable(_nothing_of_a_phone),
    )
    pool_loop = providers.Singleton(
        CommitLoop,
        store=store,
        codec=pool_codec,
        clock=clock,
        store_clock=store_clock,
        entropy=entropy,
        refusals=refusals,
        events=events,
        keeping=providers.Object(keeping_of_pool),
        empty=providers.Callable(_nothing_of_the_pool),
    )
    pool = providers.Singleton(
        SenderPool,
        directory=senders,
        rules=providers.Callable(configured.pool_rules_of, settings),
        store=store,
        codec=pool_codec,
        loop=pool_loop,
        clock=clock,
        store_clock=store_clock,
        entropy=entropy,
    )
    send = providers.Singleton(
        SendVerification,
        loop=loop,
        gateway=gateway,
        prices=prices,
        pool=pool,
        policy=policy,
        keys=keys,
        code_keys=code_keys,
        clock=clock,
        entropy=entropy,
        refusals=refusals,
        recent=recent,
    )
    check = providers.Singleton(
        CheckVerification,
        loop=loop,
        policy=policy,
        keys=keys,
        code_keys=code_keys,
        entropy=entropy,
        refusals=refusals,
        recent=recent,
    )
    take_receipt = providers.Singleton(
        TakeReceipt, loop=loop, pool=pool, policy=policy, entropy=entropy
    )
    note_opt_out = providers.Singleton(
        NoteOptOut, loop=loop, policy=policy, keys=keys, entropy=entropy
    )
    care = providers.Singleton(
        CareForPhone, loop=loop, policy=policy, keys=keys, entropy=entropy, events=events
    )
    statistics = providers.Singleton(
        ReadStatistics,
        store=store,
        store_clock=store_clock,
        clock=clock,
        refusals=refusals,
        policy=policy,
    )
    recipients = providers.Singleton(
        Recipients,
        rules=providers.Callable(configured.number_rules_of, settings),
        default_region=settings.provided.default_region,
        pool=pool,
        home_only=providers.Callable(configured.home_only, settings),
    )
    webhooks = providers.Selector(
        mode,
        disabled=providers.Object(None),
        simulation=providers.Object(None),
        live=providers.Singleton(_twilio_webhooks, settings, callbacks, take_receipt, note_opt_out),
    )
    price_check = providers.Selector(
        mode,
        disabled=providers.Object(None),
        simulation=providers.Object(None),
        live=providers.Singleton(CheckPrices, store=store, prices=prices, billing=billing),
    )
    verifier = providers.Singleton(
        SmsVerifier,
        providers.Factory(
            Parts,
            mode=settings.provided.mode,
            missing_credential=settings.provided.missing_credential,
            policy=policy,
            recipients=recipients,
            default_locale=settings.provided.default_locale,
            texts=texts,
            keys=keys,
            send=send,
            check=check,
            statistics=statistics,
            loop=loop,
            refusals=refusals,
            store=store,
            gateway=gateway,
            pool=pool,
            price_check=price_check,
            webhooks=webhooks,
            clock=clock,
        ),
    )

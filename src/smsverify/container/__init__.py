"""
The composition root: the only module that knows every adapter.

Each adapter is a provider that a test or a service may override; what is built afterwards uses the
replacement. Adapters are imported when they are first built, so a mode loads only its own.
"""

from __future__ import annotations

from functools import partial

from dependency_injector import containers, providers

from smsverify import configured
from smsverify.application.care import CareForPhone
from smsverify.application.check import CheckVerification
from smsverify.application.commit_loop import CommitLoop
from smsverify.application.keys import Keys
from smsverify.application.price_check import CheckPrices
from smsverify.application.receipts import NoteOptOut, TakeReceipt
from smsverify.application.recipients import Recipients
from smsverify.application.refusal_counts import RefusalCounts
from smsverify.application.send import SendVerification
from smsverify.application.sender_pool import SenderPool
from smsverify.application.statistics import ReadStatistics
from smsverify.application.store_clock import StoreClock
from smsverify.container import builders
from smsverify.domain.pool import keeping_of_pool
from smsverify.domain.verification import keeping_of
from smsverify.facade.parts import Parts
from smsverify.settings import Settings
from smsverify.verifier import SmsVerifier


class Container(containers.DeclarativeContainer):
    """Builds one verifier from its settings; every part can be overridden."""

    settings = providers.Dependency(instance_of=Settings)
    mode = settings.provided.mode.value
    policy = providers.Singleton(configured.policy_of, settings)
    keys = providers.Singleton(Keys, providers.Callable(configured.key_secret_of, settings))
    code_keys = providers.Singleton(configured.code_keys_of, settings)
    texts = providers.Singleton(configured.texts_of, settings)

    clock = providers.Singleton(builders.clock)
    entropy = providers.Singleton(builders.entropy)
    codec = providers.Singleton(builders.codec)
    pool_codec = providers.Singleton(builders.pool_codec)
    events = providers.Singleton(builders.events, settings)
    store = providers.Selector(
        settings.provided.chosen_store.value,
        redis=providers.Singleton(builders.redis_store, settings, clock),
        sqlite=providers.Singleton(builders.sqlite_store, settings, clock),
        memory=providers.Singleton(builders.memory_store, settings, clock),
    )
    twilio_api = providers.Singleton(builders.twilio_api, settings)
    callbacks = providers.Singleton(builders.callbacks, settings)
    gateway = providers.Selector(
        mode,
        disabled=providers.Singleton(builders.closed_gateway),
        simulation=providers.Singleton(builders.simulation_gateway, settings, clock, entropy),
        live=providers.Singleton(
            builders.twilio_gateway, twilio_api, clock, entropy, events, callbacks
        ),
    )
    builtin_prices = providers.Singleton(builders.builtin_prices, settings)
    prices = providers.Selector(
        mode,
        disabled=builtin_prices,
        simulation=builtin_prices,
        live=providers.Singleton(
            builders.twilio_prices, settings, twilio_api, builtin_prices, store, clock
        ),
    )
    billing = providers.Singleton(builders.twilio_billing, twilio_api)
    senders = providers.Selector(
        mode,
        disabled=providers.Singleton(builders.simulated_senders),
        simulation=providers.Singleton(builders.simulated_senders),
        live=providers.Singleton(builders.twilio_senders, settings, twilio_api, clock),
    )

    store_clock = providers.Singleton(StoreClock, clock)
    refusals = providers.Singleton(RefusalCounts, clock)
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
        empty=providers.Callable(builders.nothing_of_a_phone),
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
        empty=providers.Callable(builders.nothing_of_the_pool),
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
    )
    check = providers.Singleton(
        CheckVerification,
        loop=loop,
        policy=policy,
        keys=keys,
        code_keys=code_keys,
        entropy=entropy,
        refusals=refusals,
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
        live=providers.Singleton(
            builders.twilio_webhooks, settings, callbacks, take_receipt, note_opt_out
        ),
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

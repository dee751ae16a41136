"""What the container puts into a facade."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from smsverify.application.check import CheckVerification
    from smsverify.application.commit_loop import CommitLoop
    from smsverify.application.keys import Keys
    from smsverify.application.message_texts import MessageTexts
    from smsverify.application.price_check import CheckPrices
    from smsverify.application.recipients import Recipients
    from smsverify.application.refusal_counts import RefusalCounts
    from smsverify.application.send import SendVerification
    from smsverify.application.sender_pool import SenderPool
    from smsverify.application.statistics import ReadStatistics
    from smsverify.domain.mode import Mode
    from smsverify.domain.policy import Policy
    from smsverify.domain.record import PhoneRecord
    from smsverify.ports.clock import Clock
    from smsverify.ports.gateway import Gateway
    from smsverify.ports.store import Store
    from smsverify.ports.webhooks import Webhooks


@attrs.frozen(kw_only=True)
class Parts:
    """
    What the container puts into a facade.

    Attributes:
        mode: what is done with messages.
        missing_credential: the variable that is missing beside the other one, None for neither.
        policy: the numbers of all rules.
        recipients: who may be sent to.
        default_locale: the language when none is asked for.
        texts: the messages.
        keys: the names of phones and clients in the store.
        send: the use case.
        check: the use case.
        statistics: the use case.
        loop: the one way of writing.
        refusals: the counts that wait.
        store: where records are kept.
        gateway: where messages go.
        pool: the senders.
        price_check: the use case, None when nobody bills.
        webhooks: who takes the provider's requests, None when nobody sends any.
        clock: this host's clock.
    """

    mode: Mode
    missing_credential: str | None
    policy: Policy
    recipients: Recipients
    default_locale: str
    texts: MessageTexts
    keys: Keys
    send: SendVerification
    check: CheckVerification
    statistics: ReadStatistics
    loop: CommitLoop[PhoneRecord]
    refusals: RefusalCounts
    store: Store
    gateway: Gateway
    pool: SenderPool
    price_check: CheckPrices | None
    webhooks: Webhooks | None
    clock: Clock

"""Whether Twilio lets us in, and whether the account can send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from smsverify.entrypoints.validator.finding import Topic, fine, problem, warning
from smsverify.entrypoints.validator.live.twilio_answers import Refusal, Unreachable, api_of, ask
from smsverify.entrypoints.validator.remedies import line_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from twilio.rest import Client  # type: ignore[import-untyped]

    from smsverify.adapters.twilio.client import TwilioApi
    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.settings import Settings

BILLING: Final = "https://console.twilio.com: Billing"


@attrs.frozen
class AccountFacts:
    """
    What Twilio says of the account.

    Attributes:
        status: ``active``, ``suspended`` or ``closed``.
        kind: ``Full`` or ``Trial``.
        balance: what is left, None when it could not be read.
        currency: what the balance is counted in.
    """

    status: str
    kind: str
    balance: float | None
    currency: str = "USD"


async def ask_account(settings: Settings) -> Iterable[Finding]:
    """Ask for the account and its balance."""
    api = api_of(settings)
    try:
        account: Any = await ask(api, lambda client: _account(client, settings))
        if isinstance(account, Refusal):
            return [await _refused(api, settings)]
        balance: Any = await ask(api, lambda client: client.balance.fetch_async())
    except Unreachable as trouble:
        return [unreachable(str(trouble))]
    finally:
        await api.close()
    known = not isinstance(balance, Refusal)
    facts = AccountFacts(
        status=str(account.status),
        kind=str(account.type),
        balance=float(balance.balance) if known else None,
        currency=str(balance.currency) if known else "USD",
    )
    return judge_account(facts, float(settings.daily_cost_limit))


def judge_account(facts: AccountFacts, daily_limit: float) -> Iterator[Finding]:
    """Tell whether this account can send what the day's ceiling allows."""
    if facts.status != "active":
        yield problem(
            Topic.ACCOUNT,
            f"The Twilio account is {facts.status}: it sends nothing.",
            f"Reactivate it at {BILLING}.",
            "TWILIO_ACCOUNT_SID",
        )
    elif facts.kind.lower() == "trial":
        yield warning(
            Topic.ACCOUNT,
            "The Twilio account is a trial: it sends to verified numbers only, and adds a line to"
            " every message.",
            f"Upgrade it at {BILLING}.",
            "TWILIO_ACCOUNT_SID",
        )
    else:
        yield fine(Topic.ACCOUNT, "Twilio accepts the credentials, and the account is active.")
    yield from _judge_balance(facts, daily_limit)


def _judge_balance(facts: AccountFacts, daily_limit: float) -> Iterator[Finding]:
    if facts.balance is None:
        return
    amount = f"{facts.balance:,.2f} {facts.currency}"
    top_up = f"Add funds at {BILLING}."
    if facts.balance <= 0:
        sentence = f"The account's balance is {amount}: Twilio sends nothing."
        yield problem(Topic.ACCOUNT, sentence, top_up, "TWILIO_ACCOUNT_SID")
    elif facts.balance < daily_limit:
        sentence = f"The account's balance of {amount} is below one day's SMS_DAILY_COST_LIMIT."
        yield warning(Topic.ACCOUNT, sentence, top_up, "SMS_DAILY_COST_LIMIT")
    else:
        yield fine(Topic.ACCOUNT, f"The account's balance is {amount}.")


def unreachable(trouble: str) -> Finding:
    """Return that Twilio could not be asked."""
    return problem(
        Topic.ACCOUNT,
        f"Twilio could not be reached: {trouble}.",
        "Check the network and TWILIO_API_BASE_URL: curl -I https://api.twilio.com",
        "TWILIO_API_BASE_URL",
    )


async def _account(client: Client, settings: Settings) -> Any:
    return await client.api.v2010.accounts(settings.twilio_account_sid).fetch_async()


async def _refused(api: TwilioApi, settings: Settings) -> Finding:
    """Return what a refusal means: an API key may be good and still not see the account."""
    if settings.twilio_api_key_sid and settings.twilio_api_key_secret:
        seen = await ask(api, lambda client: client.incoming_phone_numbers.list_async(limit=1))
        if not isinstance(seen, Refusal):
            sentence = "Twilio accepts the API key, which may not read the account's status."
            return fine(Topic.ACCOUNT, sentence)
        name = "TWILIO_API_KEY_SECRET"
        sentence = "Twilio refused the API key: its SID, its secret or the account is not right."
        return problem(Topic.ACCOUNT, sentence, line_for(name), name)
    return problem(
        Topic.ACCOUNT,
        "Twilio refused TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN: one of them is not right.",
        line_for("TWILIO_AUTH_TOKEN"),
        "TWILIO_AUTH_TOKEN",
    )

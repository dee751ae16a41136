"""Whether the senders are ours and can send SMS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from smsverify.domain.phone import mask_e164
from smsverify.entrypoints.validator.finding import Topic, fine, problem, warning
from smsverify.entrypoints.validator.live.twilio_account import unreachable
from smsverify.entrypoints.validator.live.twilio_answers import (
    NOT_FOUND,
    Refusal,
    Unreachable,
    api_of,
    ask,
)
from smsverify.entrypoints.validator.remedies import line_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from twilio.rest import Client  # type: ignore[import-untyped]

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.settings import Settings

MOST_NUMBERS: Final = 1_000
"""How many of the account's numbers are looked at: one page of Twilio's."""
NUMBERS: Final = "https://console.twilio.com: Phone Numbers"


async def ask_senders(settings: Settings) -> Iterable[Finding]:
    """Ask which numbers the account has, and what they can do."""
    api = api_of(settings)
    try:
        owned = await ask(api, _owned)
    except Unreachable as trouble:
        return [unreachable(str(trouble))]
    finally:
        await api.close()
    if isinstance(owned, Refusal):
        return [] if owned.of_credentials else [_unreadable("The account's numbers")]
    return judge_senders(settings.twilio_phone_numbers, owned)


def judge_senders(wanted: tuple[str, ...], owned: Mapping[str, bool]) -> Iterator[Finding]:
    """
    Tell which of the numbers can't send.

    Args:
        wanted: the numbers of the settings; none means all that the account has.
        owned: the account's numbers, each with whether it can send SMS.
    """
    name = "TWILIO_PHONE_NUMBERS"
    able = {number for number, can_send in owned.items() if can_send}
    for number in wanted:
        if number in able:
            continue
        masked = mask_e164(number)
        if number in owned:
            sentence = f"The sender {masked} can't send SMS."
            yield problem(Topic.SENDERS, sentence, f"Take {masked} out of {name}.", name)
        elif len(owned) < MOST_NUMBERS:
            sentence = f"The sender {masked} is no number of this Twilio account."
            yield problem(Topic.SENDERS, sentence, f"Take {masked} out of {name}.", name)
    good = sum(number in able for number in wanted)
    if good:
        yield fine(Topic.SENDERS, f"Senders that are ours and can send SMS: {good}.")
    elif not wanted and able:
        yield fine(Topic.SENDERS, f"Numbers of the account that can send SMS: {len(able)}.")
    elif not wanted:
        sentence = "The Twilio account has no number that can send SMS."
        yield problem(Topic.SENDERS, sentence, f"Buy one at {NUMBERS}.", name)


async def _owned(client: Client) -> dict[str, bool]:
    numbers = await client.incoming_phone_numbers.list_async(
        limit=MOST_NUMBERS, page_size=MOST_NUMBERS
    )
    return {one.phone_number: bool(_able(one.capabilities)) for one in numbers}


def _able(capabilities: Any) -> object:
    # An object of the SDK's in some releases, a mapping in others.
    if isinstance(capabilities, dict):
        return capabilities.get("sms", capabilities.get("SMS"))
    return getattr(capabilities, "sms", False)


@attrs.frozen
class ServiceFacts:
    """
    What Twilio says of a Messaging Service.

    Attributes:
        exists: whether the account has it.
        senders: how many phone numbers it chooses from.
    """

    exists: bool
    senders: int = 0


async def ask_service(settings: Settings) -> Iterable[Finding]:
    """Ask for the Messaging Service and its numbers."""
    api, sid = api_of(settings), settings.twilio_messaging_service_sid
    try:
        found = await ask(api, lambda client: client.messaging.v1.services(sid).fetch_async())
        if isinstance(found, Refusal):
            if found.of_credentials:
                return []
            if found.status != NOT_FOUND:
                return [_unreadable("The Messaging Service")]
            return judge_service(ServiceFacts(exists=False))
        numbers = await ask(
            api, lambda client: client.messaging.v1.services(sid).phone_numbers.list_async(limit=50)
        )
    except Unreachable as trouble:
        return [unreachable(str(trouble))]
    finally:
        await api.close()
    count = 0 if isinstance(numbers, Refusal) else len(numbers)
    return judge_service(ServiceFacts(exists=True, senders=count))


def judge_service(facts: ServiceFacts) -> Iterator[Finding]:
    """Tell whether messages can go out through the service."""
    name = "TWILIO_MESSAGING_SERVICE_SID"
    if not facts.exists:
        sentence = f"{name} is no Messaging Service of this Twilio account."
        yield problem(Topic.SENDERS, sentence, line_for(name), name)
    elif not facts.senders:
        yield warning(
            Topic.SENDERS,
            "The Messaging Service has no phone number to send from.",
            "Add one at https://console.twilio.com: Messaging, Services, Sender Pool.",
            name,
        )
    else:
        yield fine(Topic.SENDERS, f"The Messaging Service has phone numbers: {facts.senders}.")


def _unreadable(what: str) -> Finding:
    return warning(
        Topic.SENDERS,
        f"{what} could not be read from Twilio.",
        "Ask again: smsverify validate",
    )

"""Limits that contradict each other, and money that is not enough for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsverify.domain.cost import dollars, micros
from smsverify.entrypoints.validator.finding import Topic, fine, problem, warning
from smsverify.entrypoints.validator.offline.messages import price_of_a_message
from smsverify.entrypoints.validator.offline.senders import countries_sent_to
from smsverify.entrypoints.validator.remedies import line_for
from smsverify.settings import ALL_COUNTRIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.situation import Situation

HOUR: Final = 3600
"""Seconds."""


def judge_pause(situation: Situation) -> Iterator[Finding]:
    """Tell of a pause between messages that makes another setting pointless."""
    settings = situation.settings
    pause, name = settings.resend_pause_seconds, "SMS_RESEND_PAUSE_SECONDS"
    if pause >= settings.code_lifetime_seconds:
        yield warning(
            Topic.LIMITS,
            f"{name}={pause} is no shorter than a code's life of"
            f" {settings.code_lifetime_seconds} s: whoever misses a message waits until its code"
            " is over.",
            f"{name}=60",
            name,
        )
    elif pause and HOUR // pause < settings.rate_limit_per_hour:
        yield warning(
            Topic.LIMITS,
            f"{name}={pause} lets {HOUR // pause} messages an hour through, so"
            f" SMS_RATE_LIMIT_PER_HOUR={settings.rate_limit_per_hour} is never reached.",
            f"{name}={HOUR // settings.rate_limit_per_hour}",
            name,
        )


def judge_client_limits(situation: Situation) -> Iterator[Finding]:
    """Tell of a client that may do less than what one phone may."""
    settings = situation.settings
    pairs = (
        (
            "SMS_CLIENT_SEND_LIMIT_PER_HOUR",
            settings.client_send_limit_per_hour,
            "SMS_RATE_LIMIT_PER_HOUR",
            settings.rate_limit_per_hour,
        ),
        (
            "SMS_CLIENT_WRONG_ANSWER_LIMIT_PER_HOUR",
            settings.client_wrong_answer_limit_per_hour,
            "SMS_WRONG_ANSWER_LIMIT",
            settings.wrong_answer_limit,
        ),
    )
    for name, client, other, phone in pairs:
        if client < phone:
            yield warning(
                Topic.LIMITS,
                f"{name}={client} is below {other}={phone}: an address that several people share"
                " is stopped before one of them is.",
                line_for(name),
                name,
            )


def judge_budget(situation: Situation) -> Iterator[Finding]:
    """Tell of a day's money that does not pay for one message."""
    settings = situation.settings
    name, limit = "SMS_DAILY_COST_LIMIT", micros(settings.daily_cost_limit)
    prices = [price_of_a_message(settings, one) for one in countries_sent_to(situation)]
    if limit < min(prices):
        yield problem(
            Topic.LIMITS,
            f"{name}={settings.daily_cost_limit} does not pay for one message, so every send is"
            f" refused: one costs from ${dollars(min(prices)):g}.",
            line_for(name),
            name,
        )
    else:
        yield fine(
            Topic.LIMITS,
            f"The day's ceiling of ${settings.daily_cost_limit:f} pays for about"
            f" {limit // max(prices):,} messages to the dearest of your countries.",
        )


def judge_country_budgets(situation: Situation) -> Iterator[Finding]:
    """Tell of money for single countries that can't be spent."""
    settings = situation.settings
    name, allowed = "SMS_COUNTRY_COST_LIMITS", settings.allowed_countries
    for country, limit in sorted(settings.country_cost_limits.items()):
        listed = allowed is not None and allowed != ALL_COUNTRIES
        if country in settings.denied_countries or (listed and country not in (allowed or ())):
            yield warning(
                Topic.LIMITS,
                f"{name} holds {country}, and codes are not sent there.",
                f"Take {country} out of {name}, or add it to SMS_ALLOWED_COUNTRIES.",
                name,
            )
        elif limit > settings.daily_cost_limit:
            yield warning(
                Topic.LIMITS,
                f"{name} gives {country} ${limit:f}, more than SMS_DAILY_COST_LIMIT allows for"
                " all countries together.",
                f"Lower {country} in {name}, or raise SMS_DAILY_COST_LIMIT.",
                name,
            )

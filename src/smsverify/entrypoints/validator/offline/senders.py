"""Which numbers messages go out from, and which countries they go to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from smsverify.domain.mode import Mode
from smsverify.domain.phone import LineType, PhoneNumber, parse_phone
from smsverify.entrypoints.validator.finding import Topic, fine, problem, warning
from smsverify.entrypoints.validator.remedies import line_for
from smsverify.settings import ALL_COUNTRIES, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.situation import Situation

DEAR_TYPES: Final = (LineType.PREMIUM_RATE, LineType.SHARED_COST)
"""Kinds of numbers whose owner earns by every message: what pumping attacks use."""


def judge_senders(situation: Situation) -> Iterator[Finding]:
    """Tell where the senders come from, and of a list that a service makes useless."""
    settings = situation.settings
    numbers, service = settings.twilio_phone_numbers, settings.twilio_messaging_service_sid
    if numbers and service:
        yield warning(
            Topic.SENDERS,
            "TWILIO_PHONE_NUMBERS has no effect beside TWILIO_MESSAGING_SERVICE_SID, which"
            " chooses the senders.",
            "TWILIO_PHONE_NUMBERS=",
            "TWILIO_PHONE_NUMBERS",
        )
    elif service:
        yield fine(Topic.SENDERS, "A Messaging Service chooses the senders.")
    elif numbers:
        yield fine(Topic.SENDERS, f"Sender numbers set: {len(numbers)}.")
    else:
        yield fine(Topic.SENDERS, "The senders are the account's own numbers that can send SMS.")


def judge_sender_numbers(situation: Situation) -> Iterator[Finding]:
    """Tell of senders that no phone has."""
    for address in situation.settings.twilio_phone_numbers:
        number = parse_phone(address)
        if isinstance(number, PhoneNumber) and not number.is_valid:
            yield problem(
                Topic.SENDERS,
                f"TWILIO_PHONE_NUMBERS holds {number.masked}, which is no number in use.",
                line_for("TWILIO_PHONE_NUMBERS"),
                "TWILIO_PHONE_NUMBERS",
            )


def judge_area_code(situation: Situation) -> Iterator[Finding]:
    """Tell of an area code that is preferred and that no sender has."""
    settings = situation.settings
    wanted, listed = f"+1{settings.twilio_area_code}", settings.twilio_phone_numbers
    # Whoever left the default has asked for nothing.
    asked = settings.twilio_area_code != attrs.fields(Settings).twilio_area_code.default
    if asked and listed and not any(number.startswith(wanted) for number in listed):
        yield warning(
            Topic.SENDERS,
            "TWILIO_AREA_CODE has no effect: none of TWILIO_PHONE_NUMBERS has that area code.",
            line_for("TWILIO_AREA_CODE"),
            "TWILIO_AREA_CODE",
        )


def judge_allowed_countries(situation: Situation) -> Iterator[Finding]:
    """Tell whether it is clear which countries are sent to, in live mode."""
    settings = situation.settings
    name, allowed = "SMS_ALLOWED_COUNTRIES", settings.allowed_countries
    example = f"{name}=US,CA  (the countries that your users live in)"
    if allowed is None and settings.twilio_messaging_service_sid:
        yield problem(
            Topic.SENDERS,
            f"{name} must be set beside a Messaging Service: of its senders' countries nothing is"
            " known, so nothing would be sent.",
            example,
            name,
        )
    elif allowed is None:
        yield warning(
            Topic.SENDERS,
            f"{name} is not set: codes go to the countries of your sender numbers only.",
            example,
            name,
        )
    elif allowed == ALL_COUNTRIES:
        yield warning(
            Topic.SENDERS,
            f"{name}=* sends codes to every country; most fraud with SMS comes from those where"
            " you have no users.",
            example,
            name,
        )
    elif not allowed - settings.denied_countries:
        yield problem(
            Topic.SENDERS,
            f"SMS_DENIED_COUNTRIES denies every country that {name} allows: nothing would be sent.",
            "SMS_DENIED_COUNTRIES=",
            "SMS_DENIED_COUNTRIES",
        )
    else:
        yield fine(Topic.SENDERS, f"Codes go to {_few(allowed - settings.denied_countries)} only.")


def judge_denied_countries(situation: Situation) -> Iterator[Finding]:
    """Tell of countries that are allowed and denied."""
    settings = situation.settings
    both = (settings.allowed_countries or frozenset()) & settings.denied_countries
    if both and both != settings.allowed_countries:
        yield warning(
            Topic.SENDERS,
            f"SMS_DENIED_COUNTRIES and SMS_ALLOWED_COUNTRIES both name {_few(both)}: denied wins.",
            f"Take {_few(both)} out of SMS_DENIED_COUNTRIES, or out of SMS_ALLOWED_COUNTRIES.",
            "SMS_DENIED_COUNTRIES",
        )


def judge_default_region(situation: Situation) -> Iterator[Finding]:
    """Tell of a home country whose numbers are refused."""
    settings = situation.settings
    region, allowed = settings.default_region, settings.allowed_countries
    if region is None:
        return
    listed = allowed is not None and allowed != ALL_COUNTRIES
    if region in settings.denied_countries or (listed and region not in (allowed or ())):
        yield warning(
            Topic.SENDERS,
            f"Numbers typed without calling code count as {region} (SMS_DEFAULT_REGION), and codes"
            f" are not sent to {region}.",
            f"Add {region} to SMS_ALLOWED_COUNTRIES, or set another SMS_DEFAULT_REGION.",
            "SMS_DEFAULT_REGION",
        )


def judge_number_types(situation: Situation) -> Iterator[Finding]:
    """Tell of kinds of numbers whose owners earn by each message."""
    name = "SMS_ALLOWED_NUMBER_TYPES"
    dear = [one.value for one in DEAR_TYPES if one in situation.settings.allowed_number_types]
    if dear:
        yield warning(
            Topic.SENDERS,
            f"{name} allows {' and '.join(dear)}: the owner of such a number earns by every"
            " message that you pay for.",
            line_for(name),
            name,
        )


def countries_sent_to(situation: Situation) -> tuple[str, ...]:
    """Return the countries that are known to be sent to, in order; US where none is known."""
    settings = situation.settings
    allowed = settings.allowed_countries
    if allowed is None and situation.mode is Mode.LIVE:
        numbers = map(parse_phone, settings.twilio_phone_numbers)
        allowed = frozenset(one.region for one in numbers if isinstance(one, PhoneNumber))
    if not allowed or allowed == ALL_COUNTRIES:
        return ("US",)
    return tuple(sorted(allowed - settings.denied_countries)) or ("US",)


def _few(countries: frozenset[str]) -> str:
    shown = sorted(countries)
    most = 8
    if len(shown) <= most:
        return ", ".join(shown)
    return f"{', '.join(shown[:most])} and {len(shown) - most} more"

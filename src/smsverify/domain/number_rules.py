"""Which phone numbers may be sent to: valid or merely possible, which kinds, which countries."""

from __future__ import annotations

import enum
from typing import Final

import attrs
import phonenumbers

from smsverify.domain.phone import LineType, PhoneNumber

ALL_LINE_TYPES: Final = frozenset(LineType)

LIVE_LINE_TYPES: Final = frozenset({LineType.MOBILE, LineType.FIXED_LINE_OR_MOBILE})
"""Lines that take SMS. The rest cannot, or costs many times more: premium, satellite, shared."""

_NICKNAMES: Final = {"UK": "GB", "EL": "GR"}


@attrs.frozen
class NumberRules:
    """
    Which numbers are sent to.

    Attributes:
        require_valid: refuse numbers that no numbering plan holds today.
        allowed_types: the kinds of line that are sent to.
        allowed_countries: ISO 3166 alpha-2 codes, upper case; ``None`` allows all.
        denied_countries: the same; a country on both lists is denied.
    """

    require_valid: bool = True
    allowed_types: frozenset[LineType] = LIVE_LINE_TYPES
    allowed_countries: frozenset[str] | None = None
    denied_countries: frozenset[str] = frozenset()


LIVE_NUMBER_RULES: Final = NumberRules()
"""Real money: valid mobile numbers only. Countries are the operator's to name."""

SIMULATION_NUMBER_RULES: Final = NumberRules(require_valid=False, allowed_types=ALL_LINE_TYPES)
"""Nothing is sent, so what is possible will do: the range 555 of documentation is not valid."""


class NumberRefusalReason(enum.StrEnum):
    """The rule that a number falls under."""

    INVALID = "invalid"
    COUNTRY_NOT_ALLOWED = "country_not_allowed"
    NUMBER_TYPE_NOT_ALLOWED = "number_type_not_allowed"


@attrs.frozen
class NumberRefusal:
    """
    The answer to a number that is not sent to: data, not an exception.

    Attributes:
        reason: the first rule that it falls under, in the order of the enumeration.
        message: what to do about it; it names country and kind of line, never the number.
    """

    reason: NumberRefusalReason
    message: str


def admit_number(number: PhoneNumber, rules: NumberRules) -> NumberRefusal | None:
    """Return ``None`` for a number that may be sent to, else why not."""
    if rules.require_valid and not number.is_valid:
        return NumberRefusal(
            NumberRefusalReason.INVALID,
            "No numbering plan holds this phone number; check its digits.",
        )
    if number.region in rules.denied_countries:
        return NumberRefusal(
            NumberRefusalReason.COUNTRY_NOT_ALLOWED,
            f"Numbers of {number.region} are refused;"
            " take it off SMS_DENIED_COUNTRIES to send there.",
        )
    if rules.allowed_countries is not None and number.region not in rules.allowed_countries:
        return NumberRefusal(
            NumberRefusalReason.COUNTRY_NOT_ALLOWED,
            f"Numbers of {number.region} are not sent to;"
            " add it to SMS_ALLOWED_COUNTRIES to send there.",
        )
    if number.line_type not in rules.allowed_types:
        return NumberRefusal(
            NumberRefusalReason.NUMBER_TYPE_NOT_ALLOWED,
            f"Numbers of the type {number.line_type.value} are not sent to; ask for a mobile"
            " number, or add the type to SMS_ALLOWED_NUMBER_TYPES.",
        )
    return None


def check_country(code: object) -> str:
    """
    Return an ISO 3166 alpha-2 code in upper case, as the lists of countries and regions hold it.

    Raises:
        TypeError: it is no ``str``.
        ValueError: no country of the numbering metadata has this code.
    """
    if not isinstance(code, str):
        raise TypeError("A country is given as a str of two letters, such as 'US'.")
    # ASCII first: upper() makes SS, a country, of the German sharp s.
    country = code.strip().upper() if code.isascii() else ""
    if country in phonenumbers.SUPPORTED_REGIONS:
        return country
    if country in _NICKNAMES:
        raise ValueError(f"Write {_NICKNAMES[country]} for {country}: ISO 3166 names it so.")
    raise ValueError("A country is given by its two letters of ISO 3166, such as US or GB.")

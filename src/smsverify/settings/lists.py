"""Kinds of settings that hold several values, separated by commas in their text form."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from smsverify.domain.number_rules import check_country
from smsverify.domain.phone import LineType, PhoneProblem, parse_phone
from smsverify.settings.dollar_table import DollarTable
from smsverify.settings.kind import Kind, Secret, Unfit, text_of
from smsverify.settings.scalars import amount_of

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = [
    "ALL_COUNTRIES",
    "code_secrets",
    "countries",
    "country",
    "dollar_table",
    "number_types",
    "phone_number",
    "phone_numbers",
    "purposes",
]

ALL_COUNTRIES = frozenset({"*"})
"""What ``allowed_countries`` holds when every country is allowed."""

_COUNTRY = "ISO 3166 code of two letters, such as US or GB (not UK)"
_PURPOSE = re.compile(r"[a-z0-9_-]{1,32}", re.ASCII)
_MOST_PURPOSES = 8  # a free choice of purposes would multiply a guesser's tries
_SHORTEST_SECRET = 32


def _items(value: object) -> list[object]:
    """Split a text at its commas, or list what a collection holds; a text must hold something."""
    if isinstance(value, str):
        parts = [part for part in map(str.strip, text_of(value).split(",")) if part]
        if not parts:
            raise Unfit
        return list(parts)
    if not isinstance(value, Collection) or isinstance(value, (bytes, bytearray, Mapping)):
        raise Unfit
    return list(value)


def _country_of(value: object) -> str:
    text = text_of(value)
    try:
        return check_country(text)
    except ValueError:
        pass
    raise Unfit


def _phone_of(value: object) -> str:
    number = parse_phone(text_of(value))
    if isinstance(number, PhoneProblem):
        raise Unfit
    return number.e164


def country() -> Kind:
    """Give the kind of one country."""
    return Kind(f"a country's {_COUNTRY}", _country_of)


def countries(*, star: bool) -> Kind:
    """Give the kind of a set of countries; with `star`, `*` alone stands for all of them."""

    def parse(value: object) -> frozenset[str]:
        items = _items(value)
        if star and items == ["*"]:
            return ALL_COUNTRIES
        if star and not items:
            raise Unfit("an empty list would allow no country at all")
        return frozenset(_country_of(item) for item in items)

    form = f"a comma-separated list of countries, each by its {_COUNTRY}"
    return Kind(f"{form}, or * alone for all" if star else form, parse)


def number_types() -> Kind:
    """Give the kind of a set of line types."""
    by_word = {line_type.value: line_type for line_type in LineType}

    def parse(value: object) -> frozenset[LineType]:
        words = [text_of(item).lower() for item in _items(value)]
        if not words or not by_word.keys() >= set(words):
            raise Unfit
        return frozenset(by_word[word] for word in words)

    return Kind("a comma-separated list of " + ", ".join(by_word), parse)


def phone_number() -> Kind:
    """Give the kind of one phone number, kept in its E.164 form."""
    return Kind("a phone number in international form, such as +17205550100", _phone_of)


def phone_numbers() -> Kind:
    """Give the kind of a list of phone numbers, each once, in the order given."""

    def parse(value: object) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_phone_of(item) for item in _items(value)))

    return Kind(
        "a comma-separated list of phone numbers in international form, such as +17205550100",
        parse,
    )


def purposes() -> Kind:
    """Give the kind of the list of purposes, each once, in the order given."""

    def parse(value: object) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(text_of(item) for item in _items(value)))
        if not 1 <= len(names) <= _MOST_PURPOSES:
            raise Unfit
        if any(_PURPOSE.fullmatch(name) is None for name in names):
            raise Unfit
        return names

    return Kind(
        f"a comma-separated list of 1 to {_MOST_PURPOSES} names, each of 1 to 32 characters of"
        " a-z, 0-9, _ and -",
        parse,
    )


def code_secrets() -> Kind:
    """Give the kind of a list of secrets: the first is used, the others are still accepted."""

    def parse(value: object) -> tuple[Secret, ...]:
        secrets = tuple(Secret(text_of(item)) for item in _items(value))
        if any(len(one) < _SHORTEST_SECRET or not one.isprintable() for one in secrets):
            raise Unfit
        return secrets

    return Kind(
        f"a comma-separated list of secrets of at least {_SHORTEST_SECRET} printable characters"
        " each",
        parse,
    )


def dollar_table(*, highest: int, zero: bool) -> Kind:
    """Give the kind of a table of dollars by country; with `zero`, an amount may be 0."""

    def amount(value: object) -> Decimal:
        dollars = amount_of(value, highest=highest)
        if not zero and not dollars:
            raise Unfit
        return dollars

    def parse(value: object) -> DollarTable:
        rows = tuple((_country_of(name), amount(dollars)) for name, dollars in _pairs(value))
        if len({name for name, _ in rows}) != len(rows):
            raise Unfit("a country stands in it twice")
        return DollarTable(rows)

    least = "from 0" if zero else "above 0 and"
    return Kind(
        "a comma-separated list such as GB=10,FR=0.5: each country once, by its ISO 3166 code, with"
        f" dollars {least} up to {highest:,}, of at most 6 decimals",
        parse,
    )


def _pairs(value: object) -> list[tuple[object, object]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if not isinstance(value, str):
        raise Unfit
    pairs: list[tuple[object, object]] = []
    for item in _items(value):
        name, equals, amount = str(item).partition("=")
        if not equals:
            raise Unfit
        pairs.append((name, amount))
    return pairs

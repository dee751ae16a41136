"""Which numbers are sent to, and which names of countries the lists take."""

from __future__ import annotations

import itertools

import attrs
import phonenumbers
import pytest

from smsverify.domain.number_rules import (
    ALL_LINE_TYPES,
    LIVE_LINE_TYPES,
    LIVE_NUMBER_RULES,
    SIMULATION_NUMBER_RULES,
    NumberRefusal,
    NumberRefusalReason,
    NumberRules,
    admit_number,
    check_country,
)
from smsverify.domain.phone import LineType, PhoneNumber

GERMAN_MOBILE = PhoneNumber("+4915123456789", "DE", LineType.MOBILE, is_valid=True)
EXAMPLE = PhoneNumber("+15551234567", "US", LineType.UNKNOWN, is_valid=False)
PREMIUM = PhoneNumber("+19002345678", "US", LineType.PREMIUM_RATE, is_valid=True)


def reason(number: PhoneNumber, rules: NumberRules) -> NumberRefusalReason | None:
    """Return why a number is refused, or None."""
    refusal = admit_number(number, rules)
    return None if refusal is None else refusal.reason


@pytest.mark.parametrize("line_type", LineType)
def test_live_sends_to_mobile_lines_only(line_type: LineType) -> None:
    """Mobile and fixed-line-or-mobile are sent to, and no other kind."""
    number = attrs.evolve(GERMAN_MOBILE, line_type=line_type)
    sent_to = line_type in {LineType.MOBILE, LineType.FIXED_LINE_OR_MOBILE}
    expected = None if sent_to else NumberRefusalReason.NUMBER_TYPE_NOT_ALLOWED
    assert reason(number, LIVE_NUMBER_RULES) is expected
    assert reason(number, SIMULATION_NUMBER_RULES) is None


def test_only_simulation_takes_numbers_that_are_merely_possible() -> None:
    """The range that documentation uses works in simulation and is invalid in live mode."""
    assert reason(EXAMPLE, SIMULATION_NUMBER_RULES) is None
    assert reason(EXAMPLE, LIVE_NUMBER_RULES) is NumberRefusalReason.INVALID


@pytest.mark.parametrize(
    ("allowed", "denied", "refused"),
    [
        (None, frozenset(), False),
        (frozenset({"DE"}), frozenset(), False),
        (frozenset({"US", "FR"}), frozenset(), True),
        (frozenset(), frozenset(), True),
        (None, frozenset({"DE"}), True),
        (None, frozenset({"US"}), False),
        (frozenset({"DE"}), frozenset({"DE"}), True),
    ],
)
def test_countries(allowed: frozenset[str] | None, denied: frozenset[str], refused: bool) -> None:
    """A country must be on the allow-list, if there is one, and not on the deny-list."""
    rules = NumberRules(allowed_countries=allowed, denied_countries=denied)
    expected = NumberRefusalReason.COUNTRY_NOT_ALLOWED if refused else None
    assert reason(GERMAN_MOBILE, rules) is expected


def test_the_first_rule_broken_is_named() -> None:
    """A number wrong in every way is invalid, then of a wrong country, then of a wrong type."""
    nowhere = NumberRules(allowed_countries=frozenset())
    invalid = attrs.evolve(PREMIUM, is_valid=False)
    assert reason(invalid, nowhere) is NumberRefusalReason.INVALID
    assert reason(PREMIUM, nowhere) is NumberRefusalReason.COUNTRY_NOT_ALLOWED
    assert reason(PREMIUM, LIVE_NUMBER_RULES) is NumberRefusalReason.NUMBER_TYPE_NOT_ALLOWED


def test_a_refusal_says_what_to_do_and_never_the_number() -> None:
    """The sentence names country, kind and setting, and holds no run of the number's digits."""
    numbers = (GERMAN_MOBILE, EXAMPLE, PREMIUM)
    rules = (
        LIVE_NUMBER_RULES,
        NumberRules(allowed_countries=frozenset(), require_valid=False),
        NumberRules(denied_countries=frozenset({"DE", "US"}), require_valid=False),
    )
    refusals = [admit_number(n, r) for n, r in itertools.product(numbers, rules)]
    messages = [refusal.message for refusal in refusals if isinstance(refusal, NumberRefusal)]
    assert any("SMS_ALLOWED_COUNTRIES" in text and "DE" in text for text in messages)
    assert any("SMS_DENIED_COUNTRIES" in text for text in messages)
    assert any("SMS_ALLOWED_NUMBER_TYPES" in text for text in messages)
    assert all(text.endswith(".") for text in messages)
    assert not any(character.isdigit() for text in messages for character in text)


@pytest.mark.parametrize(
    ("number", "rules", "sentence"),
    [
        (
            EXAMPLE,
            LIVE_NUMBER_RULES,
            "No numbering plan holds this phone number; check its digits.",
        ),
        (
            GERMAN_MOBILE,
            NumberRules(denied_countries=frozenset({"DE"})),
            "Numbers of DE are refused; take it off SMS_DENIED_COUNTRIES to send there.",
        ),
        (
            GERMAN_MOBILE,
            NumberRules(allowed_countries=frozenset()),
            "Numbers of DE are not sent to; add it to SMS_ALLOWED_COUNTRIES to send there.",
        ),
        (
            PREMIUM,
            LIVE_NUMBER_RULES,
            (
                "Numbers of the type premium_rate are not sent to; ask for a mobile number,"
                " or add the type to SMS_ALLOWED_NUMBER_TYPES."
            ),
        ),
    ],
)
def test_what_a_refused_caller_reads(
    number: PhoneNumber, rules: NumberRules, sentence: str
) -> None:
    """Each rule has its sentence, whole and in one line."""
    refusal = admit_number(number, rules)
    assert refusal is not None
    assert refusal.message == sentence


def test_the_profiles_name_every_kind_of_line() -> None:
    """Simulation leaves out none, live takes a part of them."""
    assert frozenset(LineType) == ALL_LINE_TYPES
    assert LIVE_LINE_TYPES < ALL_LINE_TYPES


@pytest.mark.parametrize(
    ("code", "country"), [("US", "US"), ("gb", "GB"), (" de ", "DE"), ("XK", "XK")]
)
def test_countries_are_told_by_two_letters(code: str, country: str) -> None:
    """Case and outer spaces do not matter."""
    assert country == check_country(code)


def test_every_country_of_the_metadata_can_be_named() -> None:
    """What a number's region can be, a list can hold."""
    assert all(check_country(region) == region for region in phonenumbers.SUPPORTED_REGIONS)


@pytest.mark.parametrize("code", ["", "USA", "ZZ", "001", "U S", "ß", "ſs", "*", "US,GB"])
def test_what_is_no_country_is_refused(code: str) -> None:
    """Only ASCII codes that the metadata knows; upper-casing makes no country of a letter."""
    with pytest.raises(ValueError, match="ISO 3166") as caught:
        check_country(code)
    assert str(caught.value) == (
        "A country is given by its two letters of ISO 3166, such as US or GB."
    )


def test_common_slips_are_told_the_right_code() -> None:
    """The United Kingdom's code is GB."""
    with pytest.raises(ValueError, match="Write GB for UK"):
        check_country("uk")


@pytest.mark.parametrize("code", [None, 1, b"US", ["US"]])
def test_a_country_is_text(code: object) -> None:
    """Anything but a str is a programming mistake."""
    with pytest.raises(TypeError, match="'US'") as caught:
        check_country(code)
    assert str(caught.value) == "A country is given as a str of two letters, such as 'US'."

"""Canonical numbers: every spelling gives one key, hostile input is data, all shown is masked."""

from __future__ import annotations

import copy
import itertools
import pickle

import attrs
import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smsverify.domain import phone
from smsverify.domain.phone import (
    LineType,
    PhoneNumber,
    PhoneProblem,
    PhoneProblemReason,
    mask_e164,
    parse_phone,
)
from smsverify.domain.phone_problem import PROBLEMS

MOBILE_OR_ANY = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
EXAMPLES = sorted(
    {
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in MOBILE_OR_ANY
        if (number := phonenumbers.example_number_for_type(region, kind)) is not None
    }
)
CALLING_CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
KINDS = phonenumbers.PhoneNumberType.values()
ALL_EXAMPLES = sorted(
    {
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        for number in [
            *itertools.starmap(
                phonenumbers.example_number_for_type,
                itertools.product(phonenumbers.SUPPORTED_REGIONS, KINDS),
            ),
            *map(
                phonenumbers.example_number_for_non_geo_entity,
                phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS,
            ),
        ]
        if number is not None
    }
)
"""One for every kind of line of every region, and those of no region."""

digits = st.text(st.sampled_from("0123456789"), max_size=15)
calling_codes = st.sampled_from(CALLING_CODES)
# Zeros, ones, eights and nines are what trunk prefixes are made of.
prefixes = st.sampled_from(["", "", "0", "00", "1", "8", "06", "9"])
international = st.builds("+{}{}{}".format, calling_codes, prefixes, digits)


@st.composite
def likely_numbers(draw: st.DrawFn) -> str:
    """Draw a real number with its last digits changed and perhaps a prefix in front."""
    e164 = draw(st.sampled_from(EXAMPLES))
    code = str(phonenumbers.parse(e164).country_code)
    national = e164[1 + len(code) :]
    kept = draw(st.integers(1, len(national)))
    tail = draw(st.text(st.sampled_from("0123456789"), min_size=len(national) - kept))
    return f"+{code}{draw(prefixes)}{national[:kept]}{tail[: len(national) - kept]}"


@st.composite
def near_examples(draw: st.DrawFn) -> str:
    """Draw an example of any kind with up to four digits changed, added or dropped."""
    text = draw(st.sampled_from(ALL_EXAMPLES))
    for place in draw(st.lists(st.integers(1, len(text)), max_size=4)):
        text = text[:place] + draw(st.text("0123456789", max_size=2)) + text[place + 1 :]
    return text


almost_any = st.text(st.characters(exclude_categories=()), max_size=40)
allowed_text = st.text(st.sampled_from("0123456789 +.-()"), max_size=34)


def parsed(text: str, **options: str) -> PhoneNumber:
    """Parse what must be a number."""
    found = parse_phone(text, **options)
    assert isinstance(found, PhoneNumber), found
    return found


def reason(text: object, **options: str) -> PhoneProblemReason:
    """Parse what must be refused."""
    found = parse_phone(text, **options)
    assert isinstance(found, PhoneProblem), found
    return found.reason


@pytest.mark.parametrize(
    ("text", "e164", "region", "line_type", "is_valid"),
    [
        ("+15551234567", "+15551234567", "US", LineType.UNKNOWN, False),
        ("+1 (415) 555-2671", "+14155552671", "US", LineType.FIXED_LINE_OR_MOBILE, True),
        ("+44 7400 123456", "+447400123456", "GB", LineType.MOBILE, True),
        ("+4915123456789", "+4915123456789", "DE", LineType.MOBILE, True),
        ("+441212345678", "+441212345678", "GB", LineType.FIXED_LINE, True),
        ("+39 02 1234 5678", "+390212345678", "IT", LineType.FIXED_LINE, True),
        ("+80012345678", "+80012345678", "001", LineType.TOLL_FREE, True),
        ("+882 34 21234", "+8823421234", "001", LineType.MOBILE, True),
        ("+1 900 234 5678", "+19002345678", "US", LineType.PREMIUM_RATE, True),
        ("+7 701 234 5678", "+77012345678", "KZ", LineType.MOBILE, True),
        ("+44 7797 712345", "+447797712345", "JE", LineType.MOBILE, True),
    ],
)
def test_numbers_are_told_by_the_plan(
    text: str, e164: str, region: str, line_type: LineType, is_valid: bool
) -> None:
    """Region, kind of line and validity come from the numbering plan."""
    assert PhoneNumber(e164, region, line_type, is_valid) == parsed(text)


@pytest.mark.parametrize(
    ("e164", "spellings"),
    [
        ("+442079460958", ["+44 20 7946 0958", "+44 (0)20 7946 0958", "+44-020-79460958"]),
        ("+79123456789", ["+7 912 345-67-89", "+7 (8) 912 345 67 89"]),
        ("+36301234567", ["+36 30 123 4567", "+36 06 30 123 4567"]),
        ("+15551234567", ["+1.555.123.4567", " (+1) 555 1234567", "+(1)555-123-4567 )"]),
        ("+15551234567", ["+1 1 555 123 4567"]),
        ("+5491123456789", ["+54 9 11 2345 6789", "+54 11 15 2345 6789", "+54 011 15 2345-6789"]),
        ("+5511987654321", ["+55 11 98765 4321", "+55 (0) 15 11 98765-4321"]),
        ("+525512345678", ["+52 55 1234 5678"]),
    ],
)
def test_spellings_of_one_number_give_one_key(e164: str, spellings: list[str]) -> None:
    """Separators, trunk prefixes, carrier codes and Argentina's 15 all fold into one form."""
    assert [e164] * len(spellings) == [parsed(text).e164 for text in spellings]


@pytest.mark.parametrize(
    ("region", "e164", "spellings"),
    [
        ("US", "+14155552671", ["(415) 555-2671", "1 415 555 2671", "011 1 415 555 2671"]),
        ("GB", "+442079460958", ["020 7946 0958", "00 44 20 7946 0958", "+44 20 7946 0958"]),
        ("IT", "+390212345678", ["02 1234 5678", "0039 02 1234 5678"]),
        ("AR", "+5491123456789", ["(011) 15-2345-6789", "00 54 9 11 2345 6789"]),
    ],
)
def test_a_default_region_reads_local_spellings(
    region: str, e164: str, spellings: list[str]
) -> None:
    """What people of the region dial, at home and abroad, is the same number."""
    assert {e164} == {parsed(text, default_region=region).e164 for text in [*spellings, e164]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, PhoneProblemReason.NOT_TEXT),
        (15551234567, PhoneProblemReason.NOT_TEXT),
        (b"+15551234567", PhoneProblemReason.NOT_TEXT),
        (["+15551234567"], PhoneProblemReason.NOT_TEXT),
        (type("Text", (str,), {})("+15551234568"), PhoneProblemReason.NOT_TEXT),
        ("", PhoneProblemReason.NOT_A_NUMBER),
        ("+", PhoneProblemReason.NOT_A_NUMBER),
        (" -- ", PhoneProblemReason.NOT_A_NUMBER),
        ("+1", PhoneProblemReason.NOT_A_NUMBER),
        ("4155552671", PhoneProblemReason.NO_CALLING_CODE),
        ("+9991234567", PhoneProblemReason.UNKNOWN_CALLING_CODE),
        ("+1 253 000", PhoneProblemReason.TOO_FEW_DIGITS),
        ("+1 253 0000", PhoneProblemReason.TOO_FEW_DIGITS),
        ("+1 555 123 45678", PhoneProblemReason.TOO_MANY_DIGITS),
        ("+52 1 55 1234 5678", PhoneProblemReason.TOO_MANY_DIGITS),
        ("+49 12345678901234567", PhoneProblemReason.TOO_MANY_DIGITS),
        ("+43 00 664 123456", PhoneProblemReason.DOUBLE_PREFIX),
        ("+1" + "5" * 31, PhoneProblemReason.TOO_LONG),
        ("+15551234567 ext 5", PhoneProblemReason.BAD_CHARACTERS),
        ("+15551234567;ext=5", PhoneProblemReason.BAD_CHARACTERS),
        ("+1555CALLNOW", PhoneProblemReason.BAD_CHARACTERS),
        ("+1555123456\n7", PhoneProblemReason.BAD_CHARACTERS),
        ("+15551234567\n", PhoneProblemReason.BAD_CHARACTERS),
        ("+15551234567\x00", PhoneProblemReason.BAD_CHARACTERS),
        ("+1555\u200b1234567", PhoneProblemReason.BAD_CHARACTERS),
        ("+1555\u202e1234567", PhoneProblemReason.BAD_CHARACTERS),
        ("\uff0b15551234567", PhoneProblemReason.BAD_CHARACTERS),
        ("+١٥٥٥١٢٣٤٥٦٧", PhoneProblemReason.BAD_CHARACTERS),
        ("+1555123456\uff17", PhoneProblemReason.BAD_CHARACTERS),
        ("++15551234567", PhoneProblemReason.BAD_CHARACTERS),
        ("44+15551234567", PhoneProblemReason.BAD_CHARACTERS),
        ("+15551234567+", PhoneProblemReason.BAD_CHARACTERS),
    ],
)
def test_what_is_no_number_is_refused_with_its_reason(
    text: object, expected: PhoneProblemReason
) -> None:
    """Each kind of wrong input has a reason of its own."""
    assert expected is reason(text)


def test_length_is_judged_before_anything_else() -> None:
    """Exactly 32 characters are read, 33 are not, and a megabyte costs nothing."""
    assert parsed("+15551234567".ljust(32)).e164 == "+15551234567"
    assert reason("+15551234567".ljust(33)) is PhoneProblemReason.TOO_LONG
    assert reason("5" * 2**20) is PhoneProblemReason.TOO_LONG


def test_no_number_has_more_than_fifteen_digits() -> None:
    """Germany's plan would take longer ones; E.164 ends at fifteen."""
    assert reason("+49" + "3" * 14) is PhoneProblemReason.TOO_MANY_DIGITS
    assert parsed("+49" + "3" * 13).e164 == "+49" + "3" * 13


@pytest.mark.parametrize("region", ["", "us", "XX", "001", 7, ["US"]])
def test_an_unknown_default_region_counts_as_none(region: object) -> None:
    """A region that nobody knows neither raises nor changes what a whole number means."""
    options = {"default_region": region}
    assert parse_phone("+15551234567", **options) == parse_phone("+15551234567")  # type: ignore[arg-type]
    assert parse_phone("0041", **options).reason is PhoneProblemReason.NO_CALLING_CODE  # type: ignore[arg-type,union-attr]


def test_a_local_spelling_with_a_wrong_calling_code_says_so() -> None:
    """With a region at hand the fault is the calling code, not its absence."""
    assert reason("00 999 123456", default_region="GB") is PhoneProblemReason.UNKNOWN_CALLING_CODE


@given(
    likely_numbers() | international | allowed_text, st.sampled_from([None, "US", "GB", "IT", "AR"])
)
@example("+2000371918841", None)
@example("+90 0 927127411813", None)
@example("+310001718191", None)
def test_normalising_is_idempotent(text: str, region: str | None) -> None:
    """What a number was normalised to normalises to itself, with and without a region."""
    found = parse_phone(text, default_region=region)
    if isinstance(found, PhoneNumber):
        assert parse_phone(found.e164) == found
        assert parse_phone(found.e164, default_region=region) == found


@given(international | st.sampled_from(EXAMPLES), st.data())
def test_separators_never_make_another_number(text: str, data: st.DataObject) -> None:
    """Spaces, dots, dashes and brackets, anywhere, change nothing."""
    room = 32 - len(text)
    places = st.tuples(st.integers(0, len(text)), st.sampled_from(" .-()"))
    for place, separator in data.draw(st.lists(places, max_size=room)):
        spelled = text[:place] + separator + text[place:]
        assert parse_phone(spelled) == parse_phone(text)
        text = spelled


@pytest.mark.parametrize("e164", EXAMPLES)
def test_the_trunk_prefix_never_makes_another_number(e164: str) -> None:
    """A country's own prefix, put between calling code and number, folds or is refused."""
    plain = parsed(e164)
    code = str(phonenumbers.parse(e164).country_code)
    prefix = phonenumbers.ndd_prefix_for_region(plain.region, strip_non_digits=True) or ""
    spelled = parse_phone(f"+{code} ({prefix}) {e164[1 + len(code) :]}")
    assert isinstance(spelled, PhoneProblem) or spelled == plain


@pytest.mark.parametrize("e164", ["+540111111111", "+591011111111"])
def test_a_trunk_prefix_before_no_number_stays(e164: str) -> None:
    """Where what follows the prefix is no valid number either, what was typed is the number."""
    found = parsed(e164)
    assert (found.e164, found.is_valid) == (e164, False)


@pytest.mark.parametrize("e164", EXAMPLES)
def test_real_numbers_are_their_own_canonical_form(e164: str) -> None:
    """No example of any country's plan is changed or refused."""
    found = parsed(e164)
    assert found.e164 == e164
    assert found.is_valid


@given(almost_any | allowed_text | st.binary() | st.integers() | st.none() | st.floats())
def test_hostile_input_is_never_raised_through(text: object) -> None:
    """Whatever comes in, out comes a number or a problem."""
    assert isinstance(parse_phone(text), PhoneNumber | PhoneProblem)


@given(likely_numbers() | international)
def test_validity_and_type_are_those_of_the_metadata(text: str) -> None:
    """The shortcut that a typed number is a valid one agrees with the metadata's own answer."""
    found = parse_phone(text)
    if isinstance(found, PhoneNumber):
        assert found.is_valid == phonenumbers.is_valid_number(phonenumbers.parse(found.e164))
        assert found.is_valid == (found.line_type is not LineType.UNKNOWN)


def test_the_plan_and_the_library_read_every_kind_of_number_alike() -> None:
    """An example of each kind of each region is the same number by the short way and the long."""
    by_library = {e164: phone._parse_by_library(e164, None) for e164 in ALL_EXAMPLES}
    assert {e164: parse_phone(e164) for e164 in ALL_EXAMPLES} == by_library
    by_plan = {e164: phone._parse_by_plan(e164) for e164 in ALL_EXAMPLES}
    assert {e164: found or by_library[e164] for e164, found in by_plan.items()} == by_library


@settings(max_examples=settings().max_examples * 5)
@given(
    near_examples() | international, st.sampled_from([None, "US", "GB", "IT", "AR", "001", "us"])
)
@example("+1555123456", None)
@example("+15551234567", None)
@example("+12680000000", None)
@example("+2250123456789", None)
@example("+390000000", None)
@example("+78001234567", "RU")
@example("+5703211234567", None)
@example("+5491123456789", "AR")
@example("+541115123456", None)
@example("+9991234567", None)
def test_the_plan_and_the_library_read_any_plain_text_alike(text: str, region: str | None) -> None:
    """Valid or not, what is written as E.164 gives what the library alone would give."""
    by_library = phone._parse_by_library(text, region)
    assert parse_phone(text, default_region=region) == by_library
    assert phone._parse_by_plan(text) in {None, by_library}


def test_the_plan_settles_all_but_a_few_kinds_of_numbers() -> None:
    """Only numbers that begin like a trunk prefix, or are very short, take the long way."""
    left = [e164 for e164 in ALL_EXAMPLES if phone._parse_by_plan(e164) is None]
    assert len(left) < len(ALL_EXAMPLES) / 50


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "+123456",
        "+431110",  # a number of Vienna, and short
        "14155552671",
        "+1 4155552671",
        "+14155552671\n",
        "+1415555267\uff11",
        "+04155552671",
        "+014155552671",
        "+1415555267100000",
        "+9991234567",
    ],
)
def test_the_plan_is_asked_for_plain_numbers_only(text: str) -> None:
    """Any other spelling is for the library to read."""
    assert phone._parse_by_plan(text) is None


def test_the_long_way_never_asks_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests compare the plan with is the library alone, hidden trunk prefixes included."""
    phone._parse.cache_clear()
    monkeypatch.delattr(phone, "find_in_plan")
    hidden = phone._parse_by_library("+5703211234567", None)
    assert isinstance(hidden, PhoneNumber)
    assert hidden.e164 == "+573211234567"


def test_no_trunk_prefix_is_looked_for_in_a_valid_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first digits are its own, whatever its country dials before a number."""
    monkeypatch.delattr(phone, "_without_trunk_prefix")
    found = phone._parse_by_library("+14155552671", None)
    assert isinstance(found, PhoneNumber)
    assert found.is_valid


def test_what_the_plan_settles_never_goes_to_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The short way is the one taken, which its answers alone would not show."""
    phone._parse.cache_clear()
    monkeypatch.delattr(phone, "_parse_by_library")
    assert parsed("+14155552671").region == "US"


@given(allowed_text | international | almost_any)
def test_a_problem_never_repeats_the_input(text: str) -> None:
    """Problems are the constant sentences, which hold no digits of the input."""
    found = parse_phone(text)
    if isinstance(found, PhoneProblem):
        assert found in PROBLEMS.values()


@pytest.mark.parametrize(
    ("e164", "masked"),
    [
        ("+15551234567", "+1555***4567"),
        ("+4915123456789", "+49151***6789"),
        ("+447400123456", "+44740***3456"),
        ("+376312345", "+376***345"),
        ("+67712345", "+677***45"),
        ("+6834002", "+683***"),
        ("+29012", "+290***"),
        ("15551234567", "***"),
        ("MyApp", "***"),
        ("", "***"),
        ("+15551234567\n", "***"),
        ("+99912345678", "+999***5678"),  # no such calling code
    ],
)
def test_masks(e164: str, masked: str) -> None:
    """The calling code, a few digits and the last ones are shown; of short numbers less."""
    assert mask_e164(e164) == masked


@given(st.from_regex(r"\+[1-9][0-9]{1,14}", fullmatch=True))
def test_a_mask_always_hides_digits(e164: str) -> None:
    """At least three digits after the calling code are hidden, or all that there are."""
    shown = mask_e164(e164).replace("***", "")
    code = next((c for c in CALLING_CODES if e164.startswith(f"+{c}")), "")
    national = len(e164) - 1 - len(str(code))
    assert len(e164) - len(shown) >= min(3, national)
    assert mask_e164(e164) != e164
    assert "***" in mask_e164(e164)


@given(likely_numbers() | international)
def test_no_way_of_showing_a_number_shows_it_whole(text: str) -> None:
    """Neither str, repr, format nor a container's repr gives the digits away."""
    found = parse_phone(text)
    if isinstance(found, PhoneNumber):
        shown = f"{found} {found!r} {[found]} {found.masked}"
        assert found.e164[1:] not in shown
        assert str(found) == found.masked
        assert found.masked in repr(found)


def test_building_a_number_by_hand_is_checked_and_tells_nothing() -> None:
    """Only E.164 is taken, and the exception does not quote what was given."""
    for wrong in ("15551234567", "+0555", "+1", "+1555123456789012", "+1555 1234567", "+1555123\n"):
        with pytest.raises(ValueError, match="parse_phone") as caught:
            PhoneNumber(wrong, "US", LineType.MOBILE, is_valid=True)
        assert str(caught.value) == (
            "e164 must be + and 2 to 15 digits; build numbers with parse_phone()."
        )


def test_a_number_is_a_frozen_value() -> None:
    """Numbers compare by value, can be keys, copied and pickled, and can't be changed."""
    one, same = parsed("+1 415 555 2671"), parsed("+14155552671")
    assert one == same
    assert len({one, same}) == 1
    assert copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301  our own bytes
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.e164 = "+15551234567"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("e164", "area_code"),
    [("+17205550100", "720"), ("+12425550100", "242"), ("+442079460958", ""), ("+79123456789", "")],
)
def test_the_area_code_is_of_the_north_american_plan(e164: str, area_code: str) -> None:
    """Senders are preferred by area code, which only +1 has."""
    assert area_code == parsed(e164).area_code


def test_parsing_again_costs_a_lookup() -> None:
    """The same spelling gives the very same object."""
    assert parse_phone("+1 (415) 555-2671") is parse_phone("+1 (415) 555-2671")

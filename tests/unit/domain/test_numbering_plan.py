"""Plans: what the library would answer, in its order, or nothing where it has more to do."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator
from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata, PhoneNumberDesc, PhoneNumberType

from smsverify.domain import numbering_plan
from smsverify.domain.numbering_plan import LineType, NumberingPlan, find_in_plan, plan_of

KINDS = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
)
ANY = "[0-9]+"
CALLING_CODE = 290
"""One with two regions, whose plans the tests replace."""

lengths = st.lists(st.sampled_from([6, 7, 8]), min_size=1, unique=True).map(sorted).map(tuple)
patterns = st.sampled_from([ANY, "1[0-9]*", "[0-9]{6}|1[0-9]{6,7}"])
descriptions = st.builds(
    PhoneNumberDesc,
    patterns | st.sampled_from([None, ""]),
    possible_length=st.just(()) | lengths,
)
prefixes = st.sampled_from(
    [(None, None), ("0", None), ("1", None), ("(1)?", r"2\1"), ("0?(11)?(?:0)?", r"11\1")]
)


@st.composite
def drawn_metadata(draw: st.DrawFn) -> PhoneMetadata:
    """Draw a region's metadata, where kinds and prefixes overlap far more than in real ones."""
    kinds = ("premium_rate", "fixed_line", "mobile")
    described: dict[str, Any] = {kind: draw(st.none() | descriptions) for kind in kinds}
    prefix, rule = draw(prefixes)
    return PhoneMetadata(
        "XX",
        general_desc=PhoneNumberDesc(draw(patterns), possible_length=draw(lengths)),
        leading_digits=draw(st.sampled_from([None, "1", "[01]", "9"])),
        national_prefix_for_parsing=prefix,
        national_prefix_transform_rule=rule,
        register=False,
        **described,
    )


@contextlib.contextmanager
def regions_with(*plans: PhoneMetadata) -> Iterator[None]:
    """Let the library, and what is tested, find these plans for the regions of CALLING_CODE."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[CALLING_CODE]
    plan_for = dict(zip(regions, plans, strict=True)).get
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PhoneMetadata, "metadata_for_region", plan_for)
        for cached in ("plan_of", "_leading_digits", "_kinds"):
            patch.setattr(numbering_plan, cached, getattr(numbering_plan, cached).__wrapped__)
        yield


def by_library(national: str) -> tuple[str | None, LineType] | None:
    """Return what the library finds, or None when that is not valid or has other digits."""
    number = phonenumbers.parse(f"+{CALLING_CODE}{national}")
    if phonenumbers.national_significant_number(number) != national:
        return None
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN or not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.region_code_for_number(number), LineType[PhoneNumberType.to_string(kind)]


@pytest.mark.parametrize(
    ("calling_code", "national", "expected"),
    [
        (1, "4155552671", ("US", LineType.FIXED_LINE_OR_MOBILE)),
        (1, "8005550100", ("US", LineType.TOLL_FREE)),
        (1, "4165550100", ("CA", LineType.FIXED_LINE_OR_MOBILE)),
        (1, "2684641234", ("AG", LineType.MOBILE)),
        (7, "7012345678", ("KZ", LineType.MOBILE)),
        (44, "7400123456", ("GB", LineType.MOBILE)),
        (44, "7797712345", ("JE", LineType.MOBILE)),
        (54, "91123456789", ("AR", LineType.MOBILE)),
        (225, "0123456789", ("CI", LineType.MOBILE)),
        (39, "0212345678", ("IT", LineType.FIXED_LINE)),
        (800, "12345678", ("001", LineType.TOLL_FREE)),
    ],
)
def test_plans_settle_everyday_numbers(
    calling_code: int, national: str, expected: tuple[str, LineType]
) -> None:
    """A valid number as it is written everywhere needs no second look."""
    assert find_in_plan(calling_code, national) == expected


@pytest.mark.parametrize(
    ("calling_code", "national", "why"),
    [
        (1, "415555267", "too short"),
        (1, "41555526711", "too long"),
        (1, "3101234", "can be dialled inside one area only, says the main region"),
        (44, "02079460958", "a trunk prefix in front"),
        (7, "8001234567", "begins like a trunk prefix, and is a number"),
        (54, "1115123456", "Argentina's 15 for mobile numbers inside the country"),
        (1, "5551234567", "possible and of no kind"),
        (1, "2680000000", "a region by its leading digits, and of no kind"),
        (57, "03211234567", "a prefix that the library leaves where it is"),
    ],
)
def test_plans_leave_the_rest_to_the_library(calling_code: int, national: str, why: str) -> None:
    """What the library may change, refuse or call invalid is not settled."""
    assert find_in_plan(calling_code, national) is None, why


@pytest.mark.parametrize(
    ("prefix", "is_kept"),
    [
        (None, True),
        ("0", True),
        ("1", False),
        ("12", False),
        ("1?", False),
        ("0?", True),
        ("0?(12)?", False),
        ("0?(77)?", True),
        ("(?=(12))", False),
    ],
)
def test_a_prefix_changes_a_number_by_what_it_takes_or_captures(
    prefix: str | None, *, is_kept: bool
) -> None:
    """A prefix that matches nothing, or only the empty text, keeps the digits as they are."""
    plan = NumberingPlan(frozenset({6}), re.compile(prefix) if prefix else None, ())

    assert plan.keeps("123456") == is_kept


def test_leading_digits_settle_the_region_for_good() -> None:
    """The library asks no later region once leading digits match, so neither does the plan."""
    general = PhoneNumberDesc(ANY, possible_length=(6,))
    nothing = PhoneMetadata("XX", general, leading_digits="1", register=False)
    everything = PhoneMetadata("YY", general, general, register=False)
    with regions_with(nothing, everything):
        assert find_in_plan(CALLING_CODE, "123456") is by_library("123456") is None
        assert find_in_plan(CALLING_CODE, "234567") == by_library("234567") is not None


@pytest.mark.parametrize("pair", list(itertools.combinations(KINDS, 2)))
def test_a_number_of_two_kinds_is_of_the_library_s_first(pair: tuple[str, str]) -> None:
    """A pattern may overlap another; then their order decides."""
    kinds: dict[str, Any] = {
        pair[0]: PhoneNumberDesc(ANY),
        # Another text: the same one for mobile and fixed lines would be a rule of its own.
        pair[1]: PhoneNumberDesc("[0-9][0-9]+"),
    }
    general = PhoneNumberDesc(ANY, possible_length=(6,))
    plan = PhoneMetadata("XX", general, register=False, **kinds)
    with regions_with(plan, plan):
        assert find_in_plan(CALLING_CODE, "123456") == by_library("123456") is not None


@pytest.mark.parametrize("national", ["123456", "1234567"])
def test_fixed_lines_speak_for_mobile_ones_of_the_same_pattern(national: str) -> None:
    """Where one pattern holds for both, the library looks at the fixed lines' lengths only."""
    general = PhoneNumberDesc(ANY, possible_length=(6, 7))
    fixed_line, mobile = (PhoneNumberDesc(ANY, possible_length=(length,)) for length in (6, 7))
    plan = PhoneMetadata("XX", general, fixed_line, mobile, register=False)
    with regions_with(plan, plan):
        assert find_in_plan(CALLING_CODE, national) == by_library(national)


def test_the_main_region_s_lengths_and_prefix_hold_for_all() -> None:
    """A region that shares its calling code has no number that its main region rules out."""
    general = PhoneNumberDesc(ANY, possible_length=(6,))
    longer = PhoneNumberDesc(ANY, possible_length=(6, 7))
    main = PhoneMetadata("XX", general, national_prefix_for_parsing="1", register=False)
    other = PhoneMetadata("YY", longer, longer, national_prefix_for_parsing="2", register=False)
    with regions_with(main, other):
        assert find_in_plan(CALLING_CODE, "234567") == by_library("234567") is not None
        assert find_in_plan(CALLING_CODE, "2345678") is by_library("2345678") is None
        assert find_in_plan(CALLING_CODE, "123456") is None


@settings(max_examples=settings().max_examples * 5)
@given(drawn_metadata(), drawn_metadata(), st.from_regex("[01]{0,3}[0-9]{6}", fullmatch=True))
def test_any_plan_is_read_as_the_library_reads_it(
    main: PhoneMetadata, other: PhoneMetadata, national: str
) -> None:
    """Whatever lengths, prefixes, leading digits and kinds there are, the library agrees."""
    with regions_with(main, other):
        is_kept = numbering_plan.plan_of(CALLING_CODE).keeps(national)
        assert find_in_plan(CALLING_CODE, national) == (by_library(national) if is_kept else None)


def test_a_plan_is_made_once() -> None:
    """The second number of a calling code costs a look-up."""
    assert plan_of(1) is plan_of(1)

"""
Numbering plans: which region a national number belongs to, and what kind of line it is.

Google's metadata (``phonenumbers``) holds the plans as patterns, and reads them anew for each
number. Here they are made ready once. The answers are those of ``phonenumbers.parse``,
``region_code_for_number`` and ``number_type``; their rules and their order are kept, and every
number that the library may change first, or would call invalid, is left to it
(``docs/decisions/0011-plain-numbers-read-from-the-plan.md``).
"""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Callable, Iterator
from typing import Final, cast

import attrs
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberDesc

__all__ = ["LineType", "NumberingPlan", "find_in_plan", "plan_of"]


class LineType(enum.StrEnum):
    """What kind of line the numbering plan says that a number belongs to."""

    MOBILE = "mobile"
    FIXED_LINE_OR_MOBILE = "fixed_line_or_mobile"
    """The plan does not tell them apart, as in North America."""
    FIXED_LINE = "fixed_line"
    TOLL_FREE = "toll_free"
    PREMIUM_RATE = "premium_rate"
    SHARED_COST = "shared_cost"
    VOIP = "voip"
    PERSONAL_NUMBER = "personal_number"
    PAGER = "pager"
    UAN = "uan"
    """A company-wide ("universal access") number."""
    VOICEMAIL = "voicemail"
    UNKNOWN = "unknown"
    """The plan has no such number today; it may still be possible by its length."""


Matcher = Callable[[str], object]
"""Says of a national number, by a truthy answer, that it matches."""

_BEFORE_FIXED_LINE: Final = (
    LineType.PREMIUM_RATE,
    LineType.TOLL_FREE,
    LineType.SHARED_COST,
    LineType.VOIP,
    LineType.PERSONAL_NUMBER,
    LineType.PAGER,
    LineType.UAN,
    LineType.VOICEMAIL,
)
"""The library's order (``_number_type_helper``): a number of two kinds is of the first one."""


@attrs.frozen
class NumberingPlan:
    """
    What the numbers of one calling code have in common.

    Attributes:
        lengths: how many digits a national number may have, area code included.
        prefix: what the library may drop or rewrite at the start of a national number, such as a
            trunk prefix.
        regions: the regions of the calling code in the library's order; the first that takes a
            number has it.
    """

    lengths: frozenset[int]
    prefix: re.Pattern[str] | None
    regions: tuple[str, ...]

    def keeps(self, national: str) -> bool:
        """Whether the library takes all these digits, unchanged, for a possible number."""
        if len(national) not in self.lengths:
            return False
        found = self.prefix.match(national) if self.prefix else None
        # Argentina's prefix may also be empty; then a number changes only by what it captures.
        return found is None or (found.end() == 0 and found.lastindex is None)


def find_in_plan(calling_code: int, national: str) -> tuple[str, LineType] | None:
    """
    Return the region and the kind of line of a valid number, or ``None`` for the library to decide.

    Args:
        calling_code: one that ``phonenumbers.COUNTRY_CODE_TO_REGION_CODE`` holds.
        national: the digits after it, 0 to 9 only.
    """
    plan = plan_of(calling_code)
    if not plan.keeps(national):
        return None
    for region in plan.regions:
        leading_digits = _leading_digits(calling_code, region)
        if leading_digits is None or leading_digits.match(national):
            line_type = _line_type(calling_code, region, national)
            if line_type is not None:
                return region, line_type
            if leading_digits is not None:
                # Leading digits settle the region, though it has no such number.
                return None
    return None


@functools.cache
def plan_of(calling_code: int) -> NumberingPlan:
    """Return the plan of a calling code; its main region's lengths and prefix hold for all."""
    regions = COUNTRY_CODE_TO_REGION_CODE[calling_code]
    main = _metadata(calling_code, regions[0])
    # Lengths for use inside one area stand apart, and are never among these.
    general = cast("PhoneNumberDesc", main.general_desc)
    prefix = main.national_prefix_for_parsing
    return NumberingPlan(
        frozenset(general.possible_length), re.compile(prefix) if prefix else None, regions
    )


def _metadata(calling_code: int, region: str) -> PhoneMetadata:
    # The library's tables name no region without metadata, and its own parse() relies on that.
    return cast(
        "PhoneMetadata", PhoneMetadata.metadata_for_region_or_calling_code(calling_code, region)
    )


@functools.cache
def _leading_digits(calling_code: int, region: str) -> re.Pattern[str] | None:
    """Return what tells a region from its neighbours; ``None`` where only its kinds of line do."""
    leading_digits = _metadata(calling_code, region).leading_digits
    return None if leading_digits is None else re.compile(leading_digits)


def _line_type(calling_code: int, region: str, national: str) -> LineType | None:
    is_number, kinds = _kinds(calling_code, region, len(national))
    if is_number(national):
        for line_type, is_of_kind in kinds:
            if is_of_kind(national):
                return line_type
    return None


@functools.cache
def _kinds(
    calling_code: int, region: str, length: int
) -> tuple[Matcher, tuple[tuple[LineType, Matcher], ...]]:
    """Return a region's general description, and its kinds of line that have this length."""
    metadata = _metadata(calling_code, region)
    kinds = tuple(kind for kind in _all_kinds(metadata, length) if kind[1] is not _never)
    return _matcher(metadata.general_desc, length), kinds


def _all_kinds(metadata: PhoneMetadata, length: int) -> Iterator[tuple[LineType, Matcher]]:
    for line_type in _BEFORE_FIXED_LINE:
        yield line_type, _matcher(getattr(metadata, line_type.value), length)
    fixed_line, mobile = (_matcher(d, length) for d in (metadata.fixed_line, metadata.mobile))
    if metadata.same_mobile_and_fixed_line_pattern:
        # Their lengths may differ all the same; the library looks at the fixed line's alone.
        yield LineType.FIXED_LINE_OR_MOBILE, fixed_line
        return
    yield LineType.FIXED_LINE_OR_MOBILE, lambda number: fixed_line(number) and mobile(number)
    yield LineType.FIXED_LINE, fixed_line
    yield LineType.MOBILE, mobile


def _matcher(description: PhoneNumberDesc | None, length: int) -> Matcher:
    """Return what recognises a description's numbers of one length; no lengths mean any."""
    if description is None or not description.national_number_pattern:
        return _never
    if description.possible_length and length not in description.possible_length:
        return _never
    return re.compile(description.national_number_pattern).fullmatch


def _never(_: str) -> bool:
    return False

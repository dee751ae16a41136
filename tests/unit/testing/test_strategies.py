"""The strategies give what they promise."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain.code import parse_code
from smsverify.domain.phone import PhoneNumber, parse_phone
from smsverify.domain.record import PhoneRecord
from smsverify.testing import strategies


@given(strategies.phones())
def test_phones_are_in_their_canonical_form(phone: PhoneNumber) -> None:
    """Parsing a number's E.164 form gives the number."""
    assert parse_phone(phone.e164) == phone


@given(st.data(), strategies.phones())
def test_spellings_mean_the_number(data: st.DataObject, phone: PhoneNumber) -> None:
    """Every way to write a number is read as that number."""
    assert parse_phone(data.draw(strategies.spellings(phone))) == phone


@given(st.data(), st.integers(6, 10))
def test_codes_are_codes_and_the_others_are_not(data: st.DataObject, digits: int) -> None:
    """What is said to be a code passes as one, and nothing else does."""
    code = data.draw(strategies.codes(digits))

    assert parse_code(code, digits) == code.encode()
    assert parse_code(data.draw(strategies.not_codes(digits)), digits) is None


@given(strategies.records())
def test_records_hold_what_the_rules_could_have_written(record: PhoneRecord) -> None:
    """Ids have their sizes, and a purpose's wrong answers stand together."""
    assert len(record.stamp) == 8
    assert all(len(one.id) == 8 and len(one.sender) == 6 for one in record.attempts)
    assert all(len(one.id) == 8 for one in record.operations)
    purposes = [one.purpose for one in record.wrong]
    assert len(set(purposes)) == len(purposes)
    # Values compare and hash by what they hold.
    assert hash(attrs.evolve(record)) == hash(record)

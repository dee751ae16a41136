"""Addresses for receipts: what they name, and that nobody makes one up."""

from __future__ import annotations

from urllib.parse import urldefrag, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.adapters.twilio.callback import Callback, CallbackAddresses

RECORD, ATTEMPT = "p:abcDEF123_-", bytes(range(8))
PLAIN = CallbackAddresses("https://sms.example.com/base")
BOUND = CallbackAddresses("https://sms.example.com/base", b"secret of 32 characters, or more")


def query_of(addresses: CallbackAddresses, record: str = RECORD, attempt: bytes = ATTEMPT) -> str:
    """Return the query of an address, as a web server sees it."""
    return urlsplit(addresses.address(record, attempt)).query


@pytest.mark.parametrize("addresses", [PLAIN, BOUND])
def test_address(addresses: CallbackAddresses) -> None:
    """An address is below the public one and asks Twilio, in its fragment, to try again."""
    url, overrides = urldefrag(addresses.address(RECORD, ATTEMPT))
    assert url.startswith("https://sms.example.com/base/webhooks/twilio/status?")
    assert overrides == "rc=5&rp=5xx,ct,rt"


@pytest.mark.parametrize("addresses", [PLAIN, BOUND])
@given(
    record=st.text(st.characters(codec="utf-8"), min_size=1, max_size=24),
    attempt=st.binary(min_size=8, max_size=8),
)
def test_round_trip(addresses: CallbackAddresses, record: str, attempt: bytes) -> None:
    """What an address was made for can be read from its query, which needs no escapes."""
    query = query_of(addresses, record, attempt)
    assert addresses.read(query) == Callback(record, attempt)
    assert query.replace("=", "").replace("&", "").replace("-", "").replace("_", "").isalnum()


def test_token_is_bound() -> None:
    """A token is good for its own attempt and record and for no other."""
    token = query_of(BOUND).partition("&t=")[2]
    other_attempt = query_of(BOUND, attempt=bytes(8)).partition("&t=")[0]
    other_record = query_of(BOUND, record="p:other").partition("&t=")[0]
    assert BOUND.read(f"{other_attempt}&t={token}") is None
    assert BOUND.read(f"{other_record}&t={token}") is None
    assert CallbackAddresses("https://x", b"another").read(query_of(BOUND)) is None


def test_token_is_needed() -> None:
    """With a secret an address without a token is nobody's."""
    assert BOUND.read(query_of(PLAIN)) is None


def test_token_does_not_count_without_a_secret() -> None:
    """Without a secret, addresses made while there was one still work."""
    assert PLAIN.read(query_of(BOUND)) == Callback(RECORD, ATTEMPT)


@pytest.mark.parametrize(
    "query",
    ["", "r=YQ", "a=0001020304050607", "a=0001020304050607&r=YQ", "r=YQ&a=000102030405060",
     "r=YQ&a=00010203040506070", "r=YQ&a=000102030405060G", "r=YQ&a=000102030405060A",
     "r=YQ&a=0001020304050607&x=1", "r=YQ&a=0001020304050607\n", "r=YR&a=0001020304050607",
     "r=Y&a=0001020304050607", "r=_w&a=0001020304050607", "r=YQ==&a=0001020304050607",
     "r=YQ&a=0001020304050607&t=", "r=" + "Y" * 200 + "&a=0001020304050607", "é"],
)  # fmt: skip
def test_made_up(query: str) -> None:
    """A query that was not made here names nothing, and raises nothing."""
    assert PLAIN.read(query) is None


@given(st.text())
def test_never_raises(query: str) -> None:
    """Any text is read or refused."""
    assert BOUND.read(query) is None


def test_secret_is_not_shown() -> None:
    """The secret does not show in a repr."""
    assert "secret" not in repr(BOUND).replace("secret=", "")

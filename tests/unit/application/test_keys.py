"""Names in the store: keyed hashes, so that no key tells a number."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from smsverify.application.keys import Keys
from tests.unit.kit import OTHER_PHONE, PHONE, number

KEYS = Keys(b"a secret of the tests")


def test_a_phones_key_is_stable_and_secret() -> None:
    """The same phone has one key; another phone or secret gives another one."""
    key = KEYS.phone(number())

    assert key == Keys(b"a secret of the tests").phone(number("+1 (555) 123-4567"))
    assert len({key, KEYS.phone(number(OTHER_PHONE)), Keys(b"other").phone(number())}) == 3
    assert re.fullmatch(r"p:[A-Za-z0-9_-]{22}", key)


def test_the_key_of_a_phone_never_changes() -> None:
    """Every limit and opt-out is found by this name, in all releases."""
    assert KEYS.phone(number()) == "p:JSsT1_tFXxKh37hF98G9ng"


def test_other_names_never_change() -> None:
    """What a client has used up, and what was asked or said before, is found by these names."""
    assert KEYS.client("someone") == "M-kATugHAlwhUsUwLsHHgg"
    assert (KEYS.idempotency("something") or b"").hex() == "8d0c7d9cc71af48fb1124f5a56a2d7b1"
    assert KEYS.message("SM1").hex() == "b4fbe687d71a6d30c5557623911fa29f"


def test_scopes_stay_apart() -> None:
    """A phone, a client, an idempotency key and a message of the same text have other names."""
    names = {
        KEYS.phone(number())[2:].encode(),
        KEYS.client(PHONE).encode(),
        KEYS.idempotency(PHONE),
        KEYS.message(PHONE),
    }

    assert len(names) == 4


@given(st.text(min_size=1, max_size=255))
def test_a_clients_name_fits_into_a_key(client: str) -> None:
    """Whatever a client is called, its name is 22 plain characters."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", KEYS.client(client))


def test_a_client_that_is_no_whole_text_has_a_name() -> None:
    """Half a character, as a broken client sends it, is a client like any other."""
    assert KEYS.client("half \ud83d") != KEYS.client("half \ude00")


def test_no_key_is_no_hash() -> None:
    """Without an idempotency key there is nothing to compare."""
    assert KEYS.idempotency(None) is None
    assert len(KEYS.idempotency("") or b"") == 16


def test_the_secret_is_not_shown() -> None:
    """The secret shows in no repr."""
    assert repr(KEYS) == "Keys()"

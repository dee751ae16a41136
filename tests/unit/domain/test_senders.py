"""One person sees one sender, and a change of the pool moves only whom it must."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain.senders import Roster, Sender, choose_sender, mask_address

SENDERS = tuple(Sender(f"+1720555{line:04d}", "US", "720") for line in range(100, 108))
SERVICE = Sender("MG0123456789abcdef0123456789abcdef")
NOBODY: frozenset[bytes] = frozenset()

recipients = st.text(min_size=1, max_size=20)
pools = st.lists(st.sampled_from(SENDERS), unique=True, max_size=8).map(tuple)


@given(pools, recipients, st.randoms())
def test_choice_does_not_depend_on_the_order(
    pool: tuple[Sender, ...], recipient: str, chance: st.DataObject
) -> None:
    """Two processes that list the senders in different orders choose alike."""
    shuffled = list(pool)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert choose_sender(Roster(pool), recipient, "US", NOBODY) == choose_sender(
        Roster(tuple(shuffled)), recipient, "US", NOBODY
    )


@given(pools, recipients, st.sampled_from(SENDERS))
def test_leaving_sender_moves_only_its_own_recipients(
    pool: tuple[Sender, ...], recipient: str, leaving: Sender
) -> None:
    """Who had another sender keeps it when one goes, and when it comes back."""
    before = choose_sender(Roster(pool), recipient, "US", NOBODY)
    left = tuple(one for one in pool if one != leaving)
    after = choose_sender(Roster(left), recipient, "US", NOBODY)

    if before != leaving:
        assert after == before
    else:
        assert after != leaving
    assert choose_sender(Roster(pool), recipient, "US", frozenset({leaving.id})) == after


def test_recipients_are_spread_over_the_senders() -> None:
    """Eight senders carry an eighth each, within a third of it."""
    chosen = Counter(
        choose_sender(Roster(SENDERS), f"p:{number}", "US", NOBODY) for number in range(4_000)
    )

    assert set(chosen) == set(SENDERS)
    assert all(333 < count < 667 for count in chosen.values())


def test_highest_hash_wins() -> None:
    """The choice is pinned: another rule would move everybody to another number."""
    best = max(SENDERS, key=lambda one: hashlib.sha256(one.id + b"p:name").digest())

    assert best == choose_sender(Roster(SENDERS), "p:name", "US", NOBODY)


@given(recipients)
def test_preferred_area_code_goes_first(recipient: str) -> None:
    """While a sender of the preferred area can be used, no other is."""
    near, far = Sender("+17205550100", "US", "720"), Sender("+12125550100", "US", "212")
    roster = Roster((far, near), "720")

    assert choose_sender(roster, recipient, "US", NOBODY) == near
    assert choose_sender(roster, recipient, "US", frozenset({near.id})) == far
    assert choose_sender(Roster((far,), "720"), recipient, "US", NOBODY) == far


def test_no_preference_prefers_nobody() -> None:
    """Without a preferred area, senders without one are not preferred for that."""
    abroad, near = Sender("+447400123456", "GB"), Sender("+17205550100", "US", "720")
    chosen = {choose_sender(Roster((abroad, near)), f"p:{n}", "US", NOBODY) for n in range(50)}

    assert chosen == {abroad, near}


@pytest.mark.parametrize("area", ["800", "833", "844", "855", "866", "877", "888"])
def test_toll_free_numbers_stay_in_north_america(area: str) -> None:
    """A toll-free sender reaches the United States and Canada, and nobody else."""
    free = Sender(f"+1{area}5550100", "US", area)

    assert choose_sender(Roster((free,)), "p", "US", NOBODY) == free
    assert choose_sender(Roster((free,)), "p", "CA", NOBODY) == free
    assert choose_sender(Roster((free,)), "p", "GB", NOBODY) is None
    assert not free.reaches("MX")


def test_local_numbers_reach_everywhere() -> None:
    """Only toll-free numbers are held back."""
    assert SENDERS[0].reaches("GB")
    assert SERVICE.reaches("GB")


def test_nobody_left_is_none() -> None:
    """No senders, or none that has not failed: nobody is chosen."""
    everyone = frozenset(one.id for one in SENDERS)

    assert choose_sender(Roster(()), "p", "US", NOBODY) is None
    assert choose_sender(Roster(SENDERS), "p", "US", everyone) is None
    assert choose_sender(Roster(SENDERS), "p", "US", everyone - {SENDERS[3].id}) == SENDERS[3]


def test_service_is_known_by_its_address() -> None:
    """A Messaging Service is no number and has no country."""
    assert SERVICE.is_service
    assert not SENDERS[0].is_service
    assert Roster((*SENDERS, SERVICE)).countries == {"US"}


def test_sender_is_known_by_six_bytes_of_its_address() -> None:
    """The short name in records follows from the address alone and never changes."""
    sender = Sender("+17205550100")

    assert sender.id == hashlib.sha256(b"+17205550100").digest()[:6]
    assert sender.id == Sender("+17205550100", "US", "720").id
    assert len({one.id for one in (*SENDERS, SERVICE)}) == 9


def test_address_is_masked() -> None:
    """A sender shows the beginning and the last four characters only."""
    assert mask_address("+17205550100") == "+1***0100"
    assert SENDERS[0].masked == "+1***0100"
    assert "7205550100" not in repr(SENDERS[0])
    assert SERVICE.masked == "MG***cdef"

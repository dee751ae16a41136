"""Rests begin and end by order or by count, and receipts never rest the last sender."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsverify.domain.counters import Add
from smsverify.domain.decisions import Decision, Noted
from smsverify.domain.events import SenderReleased, SenderRests
from smsverify.domain.periods import DAY, HOUR, MINUTE
from smsverify.domain.pool import (
    EMPTY_POOL,
    FILTERED_RECIPIENTS,
    PoolRecord,
    Rest,
    RestOrder,
    RestReason,
    add_filtered,
    begin_rest,
    end_rest,
    filtered_key,
    filtered_keys,
    keeping_of_pool,
    resting,
    too_often_filtered,
)
from smsverify.domain.senders import Sender
from tests.unit.domain.builders import NOON, SENDER, fresh

OTHER = Sender("+12125550100", "US", "212")
THIRD = Sender("+13035550100", "US", "303")
EVERYBODY = (SENDER, OTHER, THIRD)


def order(**changes: Any) -> RestOrder:
    """Build an order that SENDER rests for a day because carriers filter it."""
    plain = RestOrder(fresh(), SENDER, EVERYBODY, DAY, RestReason.FILTERED)
    return attrs.evolve(plain, **changes)


def rest(sender: Sender = SENDER, since: int = NOON, until: int = NOON + DAY) -> Rest:
    """Build a rest by order of the operator."""
    return Rest(sender.id, since, until, RestReason.OPERATOR)


def test_rest_begins() -> None:
    """Since now, for the cooldown, with its reason, and an event; the whole decision."""
    wish = order()

    assert begin_rest(None, wish, NOON) == Decision(
        Noted(changed=True),
        PoolRecord(wish.operation, (Rest(SENDER.id, NOON, NOON + DAY, RestReason.FILTERED),)),
        events=(SenderRests(SENDER, NOON + DAY, "filtered"),),
    )


@pytest.mark.parametrize("reason", RestReason)
def test_sender_that_rests_is_left_alone(reason: RestReason) -> None:
    """A second reason neither lengthens a rest nor tells of it again."""
    assert begin_rest(PoolRecord(b"", (rest(),)), order(reason=reason), NOON + 1) == Decision(
        Noted(changed=False)
    )


def test_rest_that_is_over_can_begin_again() -> None:
    """To the millisecond: the next rest begins when the last one ended; what is over goes."""
    before = PoolRecord(b"", (rest(), rest(OTHER, until=NOON + 2 * DAY)))

    assert not begin_rest(before, order(), NOON + DAY - 1).verdict.changed
    after = begin_rest(before, order(), NOON + DAY).record
    assert after is not None
    assert after.rests == (
        rest(OTHER, until=NOON + 2 * DAY),
        Rest(SENDER.id, NOON + DAY, NOON + 2 * DAY, RestReason.FILTERED),
    )


def test_receipts_never_rest_the_last_sender() -> None:
    """A guess about filtering must not end the service; with another one left it may rest."""
    others_rest = PoolRecord(b"", (rest(OTHER), rest(THIRD)))

    assert begin_rest(others_rest, order(), NOON + 1) == Decision(Noted(changed=False))
    assert begin_rest(None, order(all_senders=(SENDER,)), NOON) == Decision(Noted(changed=False))
    assert begin_rest(PoolRecord(b"", (rest(OTHER),)), order(), NOON + 1).verdict.changed


@pytest.mark.parametrize("reason", [one for one in RestReason if one is not RestReason.FILTERED])
def test_certain_reasons_rest_the_last_sender_too(reason: RestReason) -> None:
    """What is known, or said by an operator, holds for the last one as well."""
    decision = begin_rest(None, order(all_senders=(SENDER,), reason=reason), NOON)

    assert decision.verdict.changed
    assert decision.events == (SenderRests(SENDER, NOON + DAY, reason.value),)


def test_rest_ends_before_its_time() -> None:
    """The released sender goes from the record, the others stay; the whole decision."""
    before = PoolRecord(b"", (rest(), rest(OTHER)))

    assert end_rest(before, b"operatio", SENDER, "operator", NOON + 1) == Decision(
        Noted(changed=True),
        PoolRecord(b"operatio", (rest(OTHER),)),
        events=(SenderReleased(SENDER, "operator"),),
    )


@pytest.mark.parametrize(
    "before", [None, EMPTY_POOL, PoolRecord(b"", (rest(OTHER),)), PoolRecord(b"", (rest(until=1),))]
)
def test_sender_that_does_not_rest_is_not_released(before: PoolRecord | None) -> None:
    """Nothing is written and nothing told."""
    assert end_rest(before, b"operatio", SENDER, "operator", NOON) == Decision(Noted(changed=False))


def test_resting_are_those_whose_rest_is_not_over() -> None:
    """By the sender's id; no record means that nobody rests."""
    record = PoolRecord(b"", (rest(until=NOON), rest(OTHER, until=NOON + 1)))

    assert resting(record, NOON) == {OTHER.id: rest(OTHER, until=NOON + 1)}
    assert resting(None, NOON) == {}


def test_record_is_kept_until_the_last_rest_ends() -> None:
    """Without rests for an hour: there is nothing to remember."""
    record = PoolRecord(b"", (rest(until=NOON + HOUR), rest(OTHER, until=NOON + DAY)))

    assert keeping_of_pool(record, NOON) == DAY
    assert keeping_of_pool(EMPTY_POOL, NOON) == HOUR


def test_filtered_phone_is_noted_by_hour_and_minute() -> None:
    """The group names sender and hour, the field the phone and the minute."""
    noted = add_filtered(SENDER.id, "p:name", NOON + 59_999)

    assert noted == Add(
        f"filtered:{SENDER.id.hex()}:2026-11-22T12",
        f"p:name@{NOON // MINUTE}",
        1,
        None,
        NOON + 59_999 + 3 * DAY,
    )
    assert filtered_key(SENDER.id, NOON) == noted.key
    assert filtered_keys(SENDER.id, NOON) == (
        noted.key,
        f"filtered:{SENDER.id.hex()}:2026-11-22T11",
    )


def noted(*events: tuple[str, int]) -> list[dict[str, int]]:
    """Return the groups that these phones and times lead to, as a store would give them."""
    groups: dict[str, dict[str, int]] = {}
    for phone, at in events:
        add = add_filtered(SENDER.id, phone, at)
        group = groups.setdefault(add.key, {})
        group[add.field] = group.get(add.field, 0) + add.amount
    return list(groups.values())


def test_three_phones_within_an_hour_are_too_many() -> None:
    """Also across the full hour; two are not, nor is one phone three times."""
    late = NOON - 10 * MINUTE

    assert FILTERED_RECIPIENTS == 3
    assert too_often_filtered(noted(("a", late), ("b", NOON), ("c", NOON)), NOON)
    assert not too_often_filtered(noted(("a", NOON), ("b", NOON)), NOON)
    assert not too_often_filtered(noted(("a", late), ("a", NOON), ("a", NOON + 1)), NOON + 1)
    assert not too_often_filtered([], NOON)
    assert too_often_filtered(noted(("@", NOON), ("a@b", NOON), ("c@", NOON)), NOON)


def test_phone_of_an_hour_ago_no_longer_counts() -> None:
    """Sixty minutes, counted in minutes."""
    events = noted(("a", NOON), ("b", NOON + MINUTE), ("c", NOON + MINUTE))

    assert too_often_filtered(events, NOON + HOUR - 1)
    assert not too_often_filtered(events, NOON + HOUR)


def test_foreign_fields_are_passed_over() -> None:
    """What does not look like a note is not counted."""
    groups = [{"": 1, "x": 1, "a@": 1, "b@y": 1, f"c@{NOON // MINUTE}": 1, f"@{NOON}": 1}]

    assert not too_often_filtered(groups, NOON)


@given(st.lists(st.tuples(st.sampled_from("abcd@"), st.integers(0, 3 * HOUR)), max_size=12))
def test_count_is_that_of_the_last_sixty_minutes(events: list[tuple[str, int]]) -> None:
    """Equal to counting the phones of the last sixty minutes by hand."""
    now = NOON + 3 * HOUR
    pairs = [(phone, NOON + at) for phone, at in events]
    recent = {phone for phone, at in pairs if now // MINUTE - at // MINUTE < 60}

    assert too_often_filtered(noted(*pairs), now) is (len(recent) >= 3)

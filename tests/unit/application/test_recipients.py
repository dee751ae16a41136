"""Who may be sent to: what was typed, what the lists say, and where the senders live."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from smsverify.application.recipients import Recipients
from smsverify.domain.number_rules import (
    LIVE_NUMBER_RULES,
    SIMULATION_NUMBER_RULES,
    NumberRefusal,
    NumberRefusalReason,
)
from smsverify.domain.phone import PhoneNumber
from smsverify.domain.phone_problem import PhoneProblem

BRITISH = "+447400123456"
AMERICAN = "+12015550123"


@attrs.define
class HomePool:
    """A pool of which only the countries count, and whether there are senders."""

    home: frozenset[str]
    looks: int = 0
    senders: tuple[object, ...] = ("one",)

    async def look_to_write(self) -> Any:
        """Return itself."""
        self.looks += 1
        return self


def recipients(*, home_only: bool = False, **changes: Any) -> tuple[Recipients, HomePool]:
    """Build recipients over senders in the USA."""
    pool = HomePool(frozenset({"US"}))
    plain = Recipients(SIMULATION_NUMBER_RULES, None, pool, home_only)  # type: ignore[arg-type]
    return attrs.evolve(plain, **changes), pool


async def test_while_no_sender_is_known_the_country_is_not_to_blame() -> None:
    """Senders that could not be read yet forbid no country; a service that names none does."""
    one, pool = recipients(home_only=True)
    pool.home = frozenset()

    assert isinstance(await one.admit("+17205550123"), NumberRefusal)
    pool.senders = ()
    assert isinstance(await one.admit("+17205550123"), PhoneNumber)


@pytest.mark.parametrize("text", ["", "hello", "5551234567", None, 5, b"+15551234567"])
async def test_what_is_no_number_is_a_problem(text: object) -> None:
    """What can't be read gives the problem with it, and asks nobody."""
    one, pool = recipients(home_only=True)

    assert isinstance(one.read(text), PhoneProblem)
    assert isinstance(await one.admit(text), PhoneProblem)
    assert pool.looks == 0


async def test_the_default_region_is_used() -> None:
    """A number as dialled at home is read in the region that is set."""
    one, _ = recipients(default_region="US")

    found = await one.admit("(555) 123-4567")

    assert isinstance(found, PhoneNumber)
    assert found.e164 == "+15551234567"


async def test_lists_hold_without_a_look_at_the_pool() -> None:
    """With lists of countries nobody needs to know where the senders live."""
    one, pool = recipients(
        rules=attrs.evolve(LIVE_NUMBER_RULES, allowed_countries=frozenset({"GB"}))
    )

    assert isinstance(await one.admit(BRITISH), PhoneNumber)
    refusal = await one.admit(AMERICAN)

    assert isinstance(refusal, NumberRefusal)
    assert refusal.reason is NumberRefusalReason.COUNTRY_NOT_ALLOWED
    assert pool.looks == 0


async def test_home_only_allows_the_senders_own_countries() -> None:
    """Live mode without a list sends where its senders live, and nowhere else."""
    one, pool = recipients(home_only=True, rules=LIVE_NUMBER_RULES)

    assert isinstance(await one.admit(AMERICAN), PhoneNumber)
    refusal = await one.admit(BRITISH)
    assert isinstance(refusal, NumberRefusal)
    assert refusal.reason is NumberRefusalReason.COUNTRY_NOT_ALLOWED
    pool.home = frozenset({"GB"})
    assert isinstance(await one.admit(BRITISH), PhoneNumber)


async def test_a_denied_country_is_denied_at_home_too() -> None:
    """The deny-list stands above the senders' own countries."""
    rules = attrs.evolve(LIVE_NUMBER_RULES, denied_countries=frozenset({"US"}))
    one, _ = recipients(home_only=True, rules=rules)

    assert isinstance(await one.admit(AMERICAN), NumberRefusal)

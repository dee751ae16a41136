"""The table of dollars by country."""

from __future__ import annotations

import pickle
from decimal import Decimal

import attrs
import pytest

from smsverify.settings import DollarTable

TABLE = DollarTable((("GB", Decimal(10)), ("FR", Decimal("0.5"))))


def test_it_is_a_mapping() -> None:
    """Lookup, order, length and equality are those of a dict."""
    assert dict(TABLE) == {"GB": Decimal(10), "FR": Decimal("0.5")} == TABLE
    assert list(TABLE) == ["GB", "FR"]
    assert TABLE.get("US") is None
    with pytest.raises(KeyError, match="US"):
        TABLE["US"]


def test_it_is_a_value() -> None:
    """It can't change, equal tables hash alike, and a copy is equal."""
    turned = DollarTable(TABLE.rows[::-1])
    assert (turned, hash(turned)) == (TABLE, hash(TABLE))
    assert hash(DollarTable()) != hash(TABLE)
    assert pickle.loads(pickle.dumps(TABLE)) == TABLE  # noqa: S301 - our own bytes
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        TABLE.rows = ()  # type: ignore[misc]


def test_it_reads_as_it_is_written() -> None:
    """Its text is the form in which the variable holds it."""
    assert str(TABLE) == "GB=10,FR=0.5"

"""What Twilio's records say that messages cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from smsverify.adapters.twilio.billing import TwilioBilling
from smsverify.adapters.twilio.sessions import Exchange
from smsverify.ports.billing import Bill, BillingUnavailable
from smsverify.testing.clock import NOON


class Records:
    """Stands in for the SDK's client: gives messages, then trouble."""

    def __init__(self, *messages: Any, trouble: Exception | None = None) -> None:
        self.exchange = Exchange(begun=True, status=200)
        self.asked: list[dict[str, object]] = []
        self._messages = messages
        self._trouble = trouble

    def call(self, _: float) -> Any:
        """Return one call."""
        client = SimpleNamespace(messages=SimpleNamespace(stream_async=self._stream))
        return SimpleNamespace(client=client, exchange=self.exchange)

    async def _stream(self, **asked: object) -> AsyncIterator[Any]:
        self.asked.append(asked)
        return self._give()

    async def _give(self) -> AsyncIterator[Any]:
        for message in self._messages:
            yield message
        if self._trouble is not None:
            raise self._trouble


def message(**changes: object) -> Any:
    """Return a message as the SDK gives it."""
    usual = {
        "direction": "outbound-api",
        "to": "+13035550123",
        "num_segments": "2",
        "price": "-0.01660",
        "price_unit": "USD",
    }
    return SimpleNamespace(**{**usual, **changes})


async def bills(records: Records) -> list[Bill]:
    """Read the bills of a day."""
    return [bill async for bill in TwilioBilling(records).bills(NOON)]  # type: ignore[arg-type]


async def test_a_bill() -> None:
    """A message's country, segments and price, of the UTC day that was asked for."""
    records = Records(message(), message(to="+442071838750", direction="outbound-reply"))

    assert await bills(records) == [Bill("US", 2, 16_600), Bill("GB", 2, 16_600)]
    assert records.asked == [{"date_sent": dt.date(2050, 1, 1), "page_size": 1000}]


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "inbound"},
        {"direction": None},
        {"to": "whatsapp:+13035550123"},
        {"to": None},
        {"num_segments": "0"},
        {"num_segments": None},
    ],
)
async def test_what_is_no_bill(changes: dict[str, object]) -> None:
    """What came in, went elsewhere or was not put into segments yet is left out."""
    assert await bills(Records(message(**changes))) == []


@pytest.mark.parametrize("changes", [{"price": None}, {"price_unit": "EUR"}])
async def test_a_price_that_is_not_known(changes: dict[str, object]) -> None:
    """It is a bill all the same, without an amount."""
    assert await bills(Records(message(**changes))) == [Bill("US", 2, None)]


@pytest.mark.parametrize(
    ("status", "words"), [(None, "gave no answer"), (401, "answered 401"), (200, "answered 200")]
)
async def test_records_that_end_in_the_middle(status: int | None, words: str) -> None:
    """Whatever goes wrong, also after the first page, is one error without the SDK's words."""
    records = Records(message(), trouble=RuntimeError("+13035550123"))
    records.exchange.status = status

    with pytest.raises(BillingUnavailable, match=words) as caught:
        await bills(records)

    assert "3035550123" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__

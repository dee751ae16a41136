"""Senders that are known from the start."""

from __future__ import annotations

import pytest

from smsverify.adapters.builtin.senders import SIMULATION_ADDRESS, FixedSenders, sender_of
from smsverify.domain.senders import Sender
from smsverify.errors import ConfigurationError

SERVICE = "MG0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (SIMULATION_ADDRESS, Sender("+17205550100", "US", "720")),
        ("+1 (720) 555-0100", Sender("+17205550100", "US", "720")),
        ("+1 416 555 0123", Sender("+14165550123", "CA", "416")),
        ("+447400123456", Sender("+447400123456", "GB", "")),
        ("+18005550199", Sender("+18005550199", "US", "800")),
        (SERVICE, Sender(SERVICE, "", "")),
    ],
)
def test_sender_knows_its_country_and_area(address: str, expected: Sender) -> None:
    """A number's country and area code are found, in any spelling; a service has neither."""
    assert expected == sender_of(address)


@pytest.mark.parametrize(
    "address",
    ["", "MyApp", "12345", "7205550100", "MG123", "MG" + "g" * 32, "+1720555010012345678", "+"],
)
def test_other_addresses_are_a_configuration_error(address: str) -> None:
    """What is neither a whole number nor a service is refused, and not repeated."""
    with pytest.raises(ConfigurationError, match="sender") as caught:
        sender_of(address)

    assert not address or address == "+" or address not in str(caught.value)


async def test_directory_lists_what_it_was_given() -> None:
    """The order is kept, a doubled sender counts once, and an empty list is empty."""
    first, second = sender_of("+17205550100"), sender_of("+14165550123")

    assert (first, second) == await FixedSenders([first, second, first]).senders()
    assert await FixedSenders([]).senders() == ()

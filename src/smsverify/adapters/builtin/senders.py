"""Senders that are known from the start: the operator's list, or simulation's one number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from smsverify.domain.phone import PhoneProblem, parse_phone
from smsverify.domain.senders import Sender
from smsverify.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

SIMULATION_ADDRESS: Final = "+17205550100"
"""Simulation's only sender: a number of the range 555-01XX, which no subscriber has."""

_SERVICE: Final = re.compile(r"MG[0-9a-f]{32}")


class FixedSenders:
    """
    A directory that never changes; implements :class:`~smsverify.ports.senders.SenderDirectory`.

    Args:
        senders: the senders, in the order in which they are listed; a doubled one counts once.
    """

    def __init__(self, senders: Iterable[Sender]) -> None:
        self._senders = tuple({sender.address: sender for sender in senders}.values())

    async def senders(self) -> tuple[Sender, ...]:
        """Return the senders, in the order they were given."""
        return self._senders


def sender_of(address: str) -> Sender:
    """
    Return the sender of an address, with its country and area code.

    Args:
        address: a phone number with ``+`` and calling code in any spelling, or the SID of a
            Messaging Service (``MG`` and 32 hexadecimal digits), which has neither.

    Raises:
        ConfigurationError: it is neither; the message does not repeat it.
    """
    if _SERVICE.fullmatch(address):
        return Sender(address)
    number = parse_phone(address)
    if isinstance(number, PhoneProblem):
        raise ConfigurationError(f"A sender's phone number can't be read. {number.message}")
    return Sender(number.e164, number.region, number.area_code)

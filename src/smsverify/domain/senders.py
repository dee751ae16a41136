"""
Choosing the number that a message goes out from.

Nothing is leased: the choice is a pure function of the recipient and of who rests, so one person
sees one sender, and two processes choose alike without talking to each other.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from typing import Final

SENDER_ID_BYTES: Final = 6
NANP: Final = frozenset({"US", "CA"})
"""Where a toll-free number of the North American plan reaches by SMS, says Twilio's guide."""
TOLL_FREE: Final = frozenset({"800", "833", "844", "855", "866", "877", "888"})


def mask_address(address: str) -> str:
    """Return a sender's address fit for logs: the last four characters stay."""
    return f"{address[:2]}***{address[-4:]}"


@attrs.frozen
class Sender:
    """
    A number of ours, or a Messaging Service that chooses one itself.

    Attributes:
        address: E.164, or ``MG`` and 32 hexadecimal digits; shows itself masked.
        country: ISO code of the number's country; empty for a service.
        area_code: three digits in the North American plan, else empty.
        id: six bytes that stand for it in records. Our own numbers are no secret, so this hash is
            not keyed.
    """

    address: str = attrs.field(repr=mask_address)
    country: str = ""
    area_code: str = ""
    id: bytes = attrs.field(
        init=False,
        repr=False,
        default=attrs.Factory(
            lambda self: hashlib.sha256(self.address.encode()).digest()[:SENDER_ID_BYTES],
            takes_self=True,
        ),
    )

    @property
    def masked(self) -> str:
        """The address fit for logs."""
        return mask_address(self.address)

    @property
    def is_service(self) -> bool:
        """Whether this is a Messaging Service."""
        return not self.address.startswith("+")

    def reaches(self, country: str) -> bool:
        """Say whether messages from here get to a country at all."""
        return self.area_code not in TOLL_FREE or country in NANP


@attrs.frozen
class Roster:
    """
    The senders that may be chosen from now.

    Attributes:
        senders: those of the operator's that do not rest, in a stable order.
        area_code: the one that is preferred, empty for none.
    """

    senders: tuple[Sender, ...]
    area_code: str = ""

    @property
    def countries(self) -> frozenset[str]:
        """The senders' own countries."""
        return frozenset(sender.country for sender in self.senders if sender.country)


def choose_sender(
    roster: Roster, recipient: str, country: str, avoid: frozenset[bytes]
) -> Sender | None:
    """
    Return the sender for a recipient, or None when none is left.

    ``recipient`` is any stable name of the phone; ``avoid`` are senders that failed for it lately.
    Among those that fit, the highest hash of sender and recipient wins (rendezvous hashing), so
    a sender that comes or goes moves only the recipients that it takes or had.
    """
    fit = [one for one in roster.senders if one.reaches(country) and one.id not in avoid]
    preferred = [one for one in fit if one.area_code and one.area_code == roster.area_code]
    candidates = preferred or fit
    if len(candidates) <= 1:
        return candidates[0] if candidates else None
    name = recipient.encode()
    return max(candidates, key=lambda one: hashlib.sha256(one.id + name).digest())

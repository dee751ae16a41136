"""What a send is asked for, and what it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import attrs

from smsverify.domain.decisions import Admitted, Refused, SentBefore
from smsverify.domain.delivery import GatewayAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsverify.domain.phone import PhoneNumber


@attrs.frozen
class SendOrder:
    """
    What a caller wants sent.

    Attributes:
        phone: the recipient, already allowed by country and type.
        purpose: one of the declared purposes.
        render: gives the text for a code; its count of segments is the same for every code.
        segments: that count.
        idempotency_key: the caller's own name for this send.
        client: what stands for the caller's client in counters.
    """

    phone: PhoneNumber
    purpose: str
    render: Callable[[str], str] = attrs.field(repr=False)
    segments: int
    idempotency_key: str | None = attrs.field(default=None, repr=False)
    client: str | None = None


@attrs.frozen
class Handed:
    """
    The gateway was asked, or would have been.

    Attributes:
        admitted: what was charged for it.
        answer: what the gateway said.
    """

    admitted: Admitted
    answer: GatewayAnswer


SendAnswer: TypeAlias = Handed | SentBefore | Refused

"""Which sender numbers there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from smsverify.domain.senders import Sender


class SenderDirectory(Protocol):
    """Lists the senders that the operator owns; says nothing of which of them rest."""

    async def senders(self) -> tuple[Sender, ...]:
        """
        Return the senders, in a stable order; empty when there are none.

        A directory that asks the provider keeps its last answer and gives it when the provider
        can't be reached; with no answer yet it returns an empty tuple.
        """
        ...

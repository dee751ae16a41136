"""A provider of SMS that takes everything, and the messages as their persons see them."""

from __future__ import annotations

import time
from collections import defaultdict

import attrs

from smsverify.domain.delivery import GatewayAnswer
from smsverify.ports.gateway import OutgoingSms
from smsverify.testing import ScriptedGateway, last_code

SLACK_SECONDS = 10
"""How long before the end of its life a code is no longer held to work: the store has its clock."""


def code_in(message: OutgoingSms) -> str:
    """Return the code that a message brings."""
    return last_code(_Inbox([message]), message.to)


@attrs.frozen
class Sent:
    """
    A message, as the person sees it.

    Attributes:
        at: when it was handed over, by the monotonic clock.
    """

    message: OutgoingSms
    at: float

    @property
    def code(self) -> str:
        """What is to be typed."""
        return code_in(self.message)

    @property
    def is_young(self) -> bool:
        """Whether its code's life is not over yet, by what the provider was told of that."""
        return time.monotonic() - self.at < self.message.valid_for - SLACK_SECONDS


class Provider(ScriptedGateway):
    """
    Takes everything.

    Attributes:
        sent: each phone's messages, oldest first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sent: defaultdict[str, list[Sent]] = defaultdict(list)

    async def send(self, message: OutgoingSms, within: float) -> GatewayAnswer:
        """Put the message before its person, and take it."""
        self.sent[message.to.e164].append(Sent(message, time.monotonic()))
        return await super().send(message, within)


@attrs.frozen
class _Inbox:
    messages: list[OutgoingSms]

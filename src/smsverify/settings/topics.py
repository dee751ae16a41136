"""The headings of the template, in its order, and how much what stands under them matters."""

from __future__ import annotations

import enum

import attrs


class Group(enum.StrEnum):
    """How much a variable matters to someone who sets the library up."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"


@attrs.frozen
class Topic:
    """
    A heading under which some variables stand.

    Attributes:
        group: How much they matter.
        title: The heading.
    """

    group: Group
    title: str


START = Topic(Group.REQUIRED, "Pick one: simulation, or a Twilio account")
SENDERS = Topic(Group.RECOMMENDED, "Senders and countries")
SECRETS = Topic(Group.RECOMMENDED, "Secrets of your own (make one: openssl rand -hex 32)")
WEBHOOKS = Topic(Group.RECOMMENDED, "Receipts and opt-outs")
SHARED_STORE = Topic(Group.RECOMMENDED, "Store shared by several machines")
LIMITS = Topic(Group.OPTIONAL, "Limits")
MONEY = Topic(Group.OPTIONAL, "Money")
CODES = Topic(Group.OPTIONAL, "Codes")
NUMBERS = Topic(Group.OPTIONAL, "Phone numbers")
MESSAGE = Topic(Group.OPTIONAL, "Message")
STORE = Topic(Group.OPTIONAL, "Store")
TWILIO = Topic(Group.OPTIONAL, "Twilio")
LOGS = Topic(Group.OPTIONAL, "Logs")
TRIALS = Topic(Group.OPTIONAL, "Simulation and self-test")

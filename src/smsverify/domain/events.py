"""
Facts that a decision hands back, to be published once what they tell of was written.

An event holds the phone as a :class:`~smsverify.domain.phone.PhoneNumber`, which shows itself
masked; no event holds a code or a secret. ``name`` is dotted and stable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

if TYPE_CHECKING:
    from smsverify.domain.delivery import DeliveryState, FailureReason
    from smsverify.domain.error_code import ErrorCode
    from smsverify.domain.mode import Mode
    from smsverify.domain.periods import Millis
    from smsverify.domain.phone import PhoneNumber
    from smsverify.domain.senders import Sender


@attrs.frozen
class Event:
    """Superclass of all events."""

    name: ClassVar[str] = "sms.event"


@attrs.frozen
class Started(Event):
    """
    A verifier was built; nothing was connected yet.

    ``notice`` is a sentence on something that whoever runs it should know, such as credentials
    that simulation leaves unused; empty when there is nothing. ``settings_file`` is the file that
    settings came from beside the environment, None for none.
    """

    name: ClassVar[str] = "sms.verifier.started"
    mode: Mode
    store: str
    notice: str = ""
    settings_file: str | None = None


@attrs.frozen
class SendAdmitted(Event):
    """A send was charged and counted; the provider is asked next."""

    name: ClassVar[str] = "sms.send.admitted"
    phone: PhoneNumber
    purpose: str
    sender: Sender
    amount: int
    repeats: bool


@attrs.frozen
class SendRefused(Event):
    """A send was refused before anything was written; the code and rule say why."""

    name: ClassVar[str] = "sms.send.refused"
    phone: PhoneNumber
    purpose: str
    code: ErrorCode
    rule: str | None = None
    retry_after: Millis | None = None


@attrs.frozen
class SendSettled(Event):
    """The provider answered, or will not: the attempt is SENT, FAILED or UNKNOWN."""

    name: ClassVar[str] = "sms.send.settled"
    phone: PhoneNumber
    purpose: str
    state: DeliveryState
    message_id: str | None = None
    reason: FailureReason | None = None
    provider_code: int | None = None
    refunded: int = 0


@attrs.frozen
class ReceiptTaken(Event):
    """A delivery receipt raised an attempt's state."""

    name: ClassVar[str] = "sms.receipt.taken"
    state: DeliveryState
    message_id: str | None
    reason: FailureReason | None = None
    provider_code: int | None = None


@attrs.frozen
class CodeApproved(Event):
    """The right code was typed in time; every live code of the phone and purpose is used up."""

    name: ClassVar[str] = "sms.check.approved"
    phone: PhoneNumber
    purpose: str


@attrs.frozen
class AnswerWrong(Event):
    """A wrong answer was counted."""

    name: ClassVar[str] = "sms.check.wrong"
    phone: PhoneNumber
    purpose: str
    attempts_left: int


@attrs.frozen
class CheckRefused(Event):
    """A check was refused without being counted."""

    name: ClassVar[str] = "sms.check.refused"
    phone: PhoneNumber
    purpose: str
    code: ErrorCode
    rule: str | None = None
    retry_after: Millis | None = None


@attrs.frozen
class OptOutChanged(Event):
    """A person said STOP or START, or an operator or the provider said it for them."""

    name: ClassVar[str] = "sms.opt_out.changed"
    opted_out: bool
    by: str


@attrs.frozen
class SenderRests(Event):
    """A sender number begins to rest."""

    name: ClassVar[str] = "sms.sender.rests"
    sender: Sender
    until: Millis
    reason: str


@attrs.frozen
class SenderReleased(Event):
    """A sender number may be used again before its time."""

    name: ClassVar[str] = "sms.sender.released"
    sender: Sender
    by: str


@attrs.frozen
class ProviderRefusesCredentials(Event):
    """The provider refused our credentials; no further call is made for ``pause`` milliseconds."""

    name: ClassVar[str] = "sms.provider.credentials_refused"
    pause: Millis


@attrs.frozen
class StoreFailed(Event):
    """The store did not answer, was contended or can't be read; the call failed closed."""

    name: ClassVar[str] = "sms.store.failed"
    code: ErrorCode
    detail: str


@attrs.frozen
class Audited(Event):
    """An operator changed what is kept of a phone, and said why."""

    name: ClassVar[str] = "sms.audit"
    phone: PhoneNumber
    action: str
    reason: str

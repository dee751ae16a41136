"""
The Messages resource.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.integration.twilio_server.account import VALID_SENDER, Message
from tests.integration.twilio_server.pages import page_of
from tests.integration.twilio_server.refusals import refusal
from tests.integration.twilio_server.wire import Reply

if TYPE_CHECKING:
    from tests.integration.twilio_server.account import Account
    from tests.integration.twilio_server.wire import Request

PARAMETERS = frozenset(
    {
        "AddressRetention",
        "ApplicationSid",
        "Attempt",
        "Body",
        "ContentRetention",
        "ContentSid",
        "ContentVariables",
        "FallbackFrom",
        "ForceDelivery",
        "From",
        "MaxPrice",
        "MediaUrl",
        "MessageIntent",
        "MessagingServiceSid",
        "PersistentAction",
        "ProvideFeedback",
        "RiskCheck",
        "ScheduleType",
        "SendAsMms",
        "SendAt",
        "ShortenUrls",
        "SmartEncoded",
        "StatusCallback",
        "To",
        "TrafficType",
        "ValidityPeriod",
    }
)
"""What the SDK can send when it makes a message (``MessageList.create``)."""

FILTERS = frozenset(
    {"To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"}
)

REFUSED_RECIPIENTS = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
REFUSED_SENDERS = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
"""Magic numbers of test credentials: https://www.twilio.com/docs/iam/test-credentials"""

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_HOST = re.compile(r"[A-Za-z0-9.-]+")


def create(account: Account, form: dict[str, str]) -> Reply:
    """Make a message, or refuse it with the first reason that there is."""
    code = find_refusal(account, form)
    if code is not None:
        return refusal(code, form)
    message = account.add(
        Message(
            to=form["To"],
            sender=form.get("MessagingServiceSid") or form["From"],
            body=form["Body"],
            callback=form.get("StatusCallback"),
            form=form,
            status="accepted" if "MessagingServiceSid" in form else "queued",
        )
    )
    return Reply(201, json.dumps(message.body_of_answer(account.sid)).encode())


def find_refusal(account: Account, form: dict[str, str]) -> int | None:
    """
    Return the code that the parameters deserve.

    Stricter than Twilio in one thing: Twilio ignores unknown parameters and says so in the
    account's debugger (20001, a warning), where no test would see it.
    """
    if not PARAMETERS.issuperset(form):
        return 20001
    if "Body" not in form:
        return 21602
    if len(form["Body"]) > 1600:
        return 21617
    valid = form.get("ValidityPeriod", "36000")
    if not (valid.isdecimal() and 1 <= int(valid) <= 36_000):
        return 21658
    return _refused_recipient(account, form) or _refused_sender(account, form)


def _refused_recipient(account: Account, form: dict[str, str]) -> int | None:
    to = form.get("To")
    if to is None:
        return 21604
    if not _NUMBER.fullmatch(to):
        return 21211
    if to in account.opted_out:
        return 21610
    return REFUSED_RECIPIENTS.get(to)


def _refused_sender(account: Account, form: dict[str, str]) -> int | None:
    callback = form.get("StatusCallback")
    if callback is not None and not _HOST.fullmatch(urlsplit(callback).hostname or ""):
        return 21609
    service, sender = form.get("MessagingServiceSid"), form.get("From")
    if service is not None:
        numbers = account.services.get(service)
        return 21705 if numbers is None else None if numbers else 21704
    if sender is None:
        return 21603
    if sender in REFUSED_SENDERS:
        return REFUSED_SENDERS[sender]
    return None if sender == VALID_SENDER or account.numbers.get(sender) else 21606


def read_list(account: Account, request: Request) -> Reply:
    """List messages, newest first, by day (of UTC, as Twilio's are), sender and recipient."""
    query = request.query
    if not FILTERS.issuperset(query):
        return refusal(20001)
    chosen = [one for one in account.messages.values() if _passes(one, query)]
    chosen.sort(key=lambda one: one.sent_at, reverse=True)
    bodies = [one.body_of_answer(account.sid) for one in chosen]
    return page_of("messages", bodies, request)


def _passes(message: Message, query: dict[str, str]) -> bool:
    """Filter as documented: a day means that day, and with < or > that day too; a time means it."""
    day, moment = message.sent_at.strftime("%Y-%m-%d %Y-%m-%dT%H:%M:%SZ").split()
    after, before = query.get("DateSent>", ""), query.get("DateSent<", "9")
    return (
        query.get("To", message.to) == message.to
        and query.get("From", message.sender) == message.sender
        and query.get("DateSent", day)[:10] == day
        and after <= (moment if "T" in after else day)
        and before >= (moment if "T" in before else day)
    )


def read_one(account: Account, sid: str) -> Reply:
    """Show one message."""
    message = account.messages.get(sid)
    if message is None:
        return refusal(20404)
    return Reply(200, json.dumps(message.body_of_answer(account.sid)).encode())

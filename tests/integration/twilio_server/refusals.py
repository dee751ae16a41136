"""
The bodies with which Twilio refuses.

Shape: https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions, and for the
newer products RFC 9457. Messages: as the page of each code below
https://www.twilio.com/docs/api/errors quotes them; those of the older codes have a number in them.
"""

from __future__ import annotations

import json
from typing import Final

from tests.integration.twilio_server.wire import Reply

MESSAGES: Final = {
    14102: "Message 'From' attribute is invalid",
    14103: "Message Invalid Body",
    14108: "Message 'From' number is not SMS-capable",
    20001: "Unknown parameters",
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    20503: "Service unavailable",
    21211: "Invalid 'To' Phone Number: {to}",
    21212: "The 'From' number {from_} is not a valid phone number, shortcode, or alphanumeric"
    " sender ID.",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To'"
    " number: {to}",
    21601: "Phone number {from_} is not a valid SMS-capable inbound phone number",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number provided ({from_}) is not a valid message-capable Twilio phone"
    " number for this destination/account",
    21608: "The number {to} is unverified. Trial accounts cannot send messages to unverified"
    " numbers",
    21609: "The 'StatusCallback' URL {callback} is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "The 'To' phone number: {to}, is not currently reachable using the 'From' phone number:"
    " {from_} via SMS",
    21614: "'To' number is not a valid mobile number: {to}",
    21617: "The concatenated message body exceeds the 1600 character limit.",
    21635: "'To' number cannot be a landline: {to}",
    21658: "Parameter is invalid: ValidityPeriod",
    21661: "The 'From' number {from_} is not SMS-capable",
    21704: "The Messaging Service contains no phone numbers.",
    21705: "The Messaging Service Sid is invalid.",
    60202: "Max check attempts reached",
    60203: "Max send attempts reached",
    60212: "Too many concurrent requests for phone number {to}",
    60238: "Verification blocked by Twilio for {to}",
    60410: "Verification delivery attempt blocked: the prefix of {to} is temporarily blocked",
    60413: "Verification blocked: device of {to}",
    60605: "Verification delivery attempt blocked: the country of {to} is not enabled",
}

STATUSES: Final = {
    20003: 401,
    20404: 404,
    20429: 429,
    20500: 500,
    20503: 503,
    60202: 429,
    60203: 429,
    60212: 429,
    60238: 403,
    60410: 403,
    60413: 403,
    60605: 403,
}
"""All others come with 400."""


def status_of(code: int) -> int:
    """Return the HTTP status that a code comes with."""
    return STATUSES.get(code, 400)


def refusal(code: int, form: dict[str, str] | None = None, *, status: int | None = None) -> Reply:
    """Return the answer that gives a code, with the request's own numbers quoted in its text."""
    sent = form or {}
    text = MESSAGES.get(code, "Something else for {to}").format(
        to=sent.get("To", ""),
        from_=sent.get("From", ""),
        callback=sent.get("StatusCallback", ""),
    )
    http = status or status_of(code)
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": text, "more_info": more, "status": http}
    return Reply(http, json.dumps(body).encode())


def problem(code: int, form: dict[str, str] | None = None, *, status: int | None = None) -> Reply:
    """Return the same in the form of RFC 9457, as the SDK reads it (``Version.exception``)."""
    http = status or status_of(code)
    sent = form or {}
    text = MESSAGES.get(code, "Something else for {to}").format(
        to=sent.get("To", ""), from_=sent.get("From", ""), callback=""
    )
    body = {
        "type": f"https://www.twilio.com/docs/api/errors/{code}",
        "title": "Invalid request",
        "status": http,
        "code": code,
        "detail": text,
        "instance": "urn:uuid:00000000-0000-0000-0000-000000000000",
    }
    return Reply(http, json.dumps(body).encode(), {"Content-Type": "application/problem+json"})

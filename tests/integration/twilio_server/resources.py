"""What is read beside messages: the account, its balance and numbers, services, prices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.integration.twilio_server.pages import page_of, page_with_meta
from tests.integration.twilio_server.refusals import refusal
from tests.integration.twilio_server.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.twilio_server.account import Account
    from tests.integration.twilio_server.wire import Request

DATE = "Thu, 30 Jul 2015 20:00:00 +0000"
ISO_DATE = "2015-07-30T20:12:31Z"


def read_account(account: Account) -> Reply:
    """From the SDK's ``tests/integration/api/v2010/test_account.py``."""
    body = {
        "auth_token": "not shown by the local Twilio",
        "date_created": DATE,
        "date_updated": DATE,
        "friendly_name": "Local",
        "owner_account_sid": account.sid,
        "sid": account.sid,
        "status": account.status,
        "subresource_uris": {},
        "type": account.kind,
        "uri": f"/2010-04-01/Accounts/{account.sid}.json",
    }
    return _reply(body)


def read_balance(account: Account) -> Reply:
    """From the SDK's ``tests/integration/api/v2010/account/test_balance.py``."""
    return _reply({"account_sid": account.sid, "balance": account.balance, "currency": "USD"})


def read_numbers(account: Account, request: Request) -> Reply:
    """From the SDK's ``tests/integration/api/v2010/account/test_incoming_phone_number.py``."""
    bodies = []
    for index, (number, sends) in enumerate(account.numbers.items()):
        sid = f"PN{index:032x}"
        bodies.append(
            {
                "account_sid": account.sid,
                "address_requirements": "none",
                "address_sid": None,
                "api_version": "2010-04-01",
                "beta": False,
                "capabilities": {"mms": sends, "sms": sends, "voice": True, "fax": False},
                "date_created": DATE,
                "date_updated": DATE,
                "friendly_name": number,
                "origin": "twilio",
                "phone_number": number,
                "sid": sid,
                "sms_url": "",
                "status": "in-use",
                "status_callback": "",
                "uri": f"/2010-04-01/Accounts/{account.sid}/IncomingPhoneNumbers/{sid}.json",
            }
        )
    return page_of("incoming_phone_numbers", bodies, request)


def read_service(account: Account, sid: str) -> Reply:
    """From the SDK's ``tests/integration/messaging/v1/test_service.py``."""
    if sid not in account.services:
        return refusal(20404)
    body = {
        "account_sid": account.sid,
        "area_code_geomatch": True,
        "date_created": ISO_DATE,
        "date_updated": ISO_DATE,
        "fallback_to_long_code": True,
        "friendly_name": "Codes",
        "inbound_method": "POST",
        "inbound_request_url": None,
        "links": {},
        "mms_converter": True,
        "scan_message_content": "inherit",
        "sid": sid,
        "smart_encoding": False,
        "status_callback": None,
        "sticky_sender": True,
        "synchronous_validation": False,
        "url": f"https://messaging.twilio.com/v1/Services/{sid}",
        "validity_period": 36_000,
    }
    return _reply(body)


def read_service_numbers(account: Account, sid: str, request: Request) -> Reply:
    """From the SDK's ``tests/integration/messaging/v1/service/test_phone_number.py``."""
    if sid not in account.services:
        return refusal(20404)
    bodies = [
        {
            "account_sid": account.sid,
            "capabilities": ["SMS"],
            "country_code": "US",
            "date_created": ISO_DATE,
            "date_updated": ISO_DATE,
            "phone_number": number,
            "service_sid": sid,
            "sid": f"PN{index:032x}",
            "url": f"https://messaging.twilio.com/v1/Services/{sid}/PhoneNumbers/PN{index:032x}",
        }
        for index, number in enumerate(account.services[sid])
    ]
    return page_with_meta("phone_numbers", bodies, request, "messaging.twilio.com")


def read_prices(account: Account, country: str) -> Reply:
    """From the SDK's ``tests/integration/pricing/v1/messaging/test_country.py``."""
    if country not in account.prices:
        return refusal(20404)
    carriers = [
        {
            "carrier": f"Carrier {index}",
            "mcc": "310",
            "mnc": f"{index:03}",
            "prices": [{"base_price": price, "current_price": price, "number_type": "mobile"}],
        }
        for index, price in enumerate(account.prices[country])
    ]
    body = {
        "country": country,
        "inbound_sms_prices": [],
        "iso_country": country,
        "outbound_sms_prices": carriers,
        "price_unit": "USD",
        "url": f"https://pricing.twilio.com/v1/Messaging/Countries/{country}",
    }
    return _reply(body)


def read_countries(account: Account, request: Request) -> Reply:
    """From the same place."""
    bodies = [
        {
            "country": country,
            "iso_country": country,
            "url": f"https://pricing.twilio.com/v1/Messaging/Countries/{country}",
        }
        for country in account.prices
    ]
    return page_with_meta("countries", bodies, request, "pricing.twilio.com")


def _reply(body: Mapping[str, object]) -> Reply:
    return Reply(200, json.dumps(body).encode())

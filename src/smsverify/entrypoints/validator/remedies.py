"""The line or the command that mends a setting."""

from __future__ import annotations

from typing import Final

from smsverify.settings import variables
from smsverify.settings.documents import as_text

_CONSOLE: Final = "https://console.twilio.com"

_BY_HAND: Final = {
    "TWILIO_ACCOUNT_SID": f"TWILIO_ACCOUNT_SID=AC...  (copy it from {_CONSOLE})",
    "TWILIO_AUTH_TOKEN": f"TWILIO_AUTH_TOKEN=...  (copy it from {_CONSOLE})",
    "TWILIO_AUTH_TOKEN_PREVIOUS": "TWILIO_AUTH_TOKEN_PREVIOUS=  (take the value out)",
    "TWILIO_API_KEY_SID": f"TWILIO_API_KEY_SID=SK...  (make one at {_CONSOLE}: API keys)",
    "TWILIO_API_KEY_SECRET": (
        f"TWILIO_API_KEY_SECRET=...  (shown once, when the key is made at {_CONSOLE}: API keys)"
    ),
    "TWILIO_MESSAGING_SERVICE_SID": (
        f"TWILIO_MESSAGING_SERVICE_SID=MG...  (copy it from {_CONSOLE}: Messaging, Services)"
    ),
}
_OWN_SECRETS: Final = ("SMS_CODE_SECRET", "SMS_KEY_SECRET", "SMS_WEBHOOK_SECRET")


def line_for(name: str) -> str:
    """Return a line for the settings that is right, or the command that makes one."""
    if name in _BY_HAND:
        return _BY_HAND[name]
    if name in _OWN_SECRETS:
        return f'echo "{name}=$(openssl rand -hex 32)" >> .env'
    for variable in variables():
        if variable.name == name:
            return f"{name}={as_text(variable.default) or variable.example}"
    return f"unset {name}"

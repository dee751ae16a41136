"""Where requests go: Twilio's hosts, or the one in their place, and nowhere else."""

from __future__ import annotations

import pytest

from smsverify.adapters.twilio.routing import ForeignAddress, route

PATH = "/2010-04-01/Accounts/AC1/Messages.json?DateSent%3E=2026-11-21"


@pytest.mark.parametrize(
    "host", ["api.twilio.com", "pricing.twilio.com", "api.dublin.ie1.twilio.com", "twilio.com"]
)
def test_twilio_itself(host: str) -> None:
    """Without a base address, requests go to Twilio's own hosts as they are."""
    assert route(f"https://{host}{PATH}", None) == f"https://{host}{PATH}"


@pytest.mark.parametrize("base", ["http://127.0.0.1:8080", "https://egress.example.com/"])
@pytest.mark.parametrize("host", ["api.twilio.com", "pricing.twilio.com", "messaging.twilio.com"])
def test_base_address(base: str, host: str) -> None:
    """A base address takes the place of every host, and the path and query stay untouched."""
    assert route(f"https://{host}{PATH}", base) == base.rstrip("/") + PATH


def test_base_address_itself() -> None:
    """A next page that the base address names by its own name is read there."""
    base = "http://127.0.0.1:8080"
    assert route(base + PATH, base) == base + PATH


@pytest.mark.parametrize("base", [None, "https://egress.example.com"])
@pytest.mark.parametrize(
    "url",
    [
        "http://api.twilio.com/x",
        "https://api.twilio.com.example.org/x",
        "https://eviltwilio.com/x",
        "https://example.org/x",
        "https://api.twilio.com@example.org/x",
        "https://api.twilio.com:8443/x",
        "//api.twilio.com/x",
        "/x",
        "",
        "https://egress.example.com.example.org/x",
    ],
)
def test_foreign(url: str, base: str | None) -> None:
    """An address of anybody else's is never asked, and the error does not show it."""
    with pytest.raises(ForeignAddress) as caught:
        route(url, base)
    assert "example.org" not in str(caught.value)
